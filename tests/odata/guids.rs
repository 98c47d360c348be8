//! Ids that are GUIDs.

use super::rows::person;
use super::stage::{Stage, guid_mapping, replace};

#[tokio::test(flavor = "multi_thread")]
async fn an_id_must_be_the_rows_letter_for_letter() {
    let stage = Stage::with(&guid_mapping()).await;
    let entra = stage.idp("entra");
    let row = stage.guids.add(person("ana")).await;
    let id = row["ID"].as_str().unwrap();
    assert_eq!(entra.get(&format!("/Users/{id}")).await.is(200)["id"], id);
    let others = [
        id.to_ascii_uppercase(),
        id.replace('-', ""),
        format!("%7B{id}%7D"),
        format!("'{id}'"),
        format!("{id}%20"),
        super::stage::NOBODY.to_owned(),
        "7".to_owned(),
        "x%27)%20or%20(true".to_owned(),
    ];
    for other in others {
        entra.get(&format!("/Users/{other}")).await.scim_error(404, "");
        let path = format!("/Users/{other}");
        entra.patch(&path, replace("active", false)).await.scim_error(404, "");
        entra.delete(&path).await.scim_error(404, "");
    }
    let find = |id: String| {
        let entra = entra.clone();
        async move { entra.find(&format!("id eq \"{id}\"")).await.ids().len() }
    };
    assert_eq!(find(id.to_owned()).await, 1);
    assert_eq!(find(id.to_ascii_uppercase()).await, 0);
    assert_eq!(find("nothing' or true".to_owned()).await, 0);
    assert!(stage.guids.get(&row["ID"]).await["enabled"].as_bool().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_beside_a_key_may_be_a_guid() {
    // The person's number addresses the row, and clients are told the text of another column.
    let stage = Stage::replacing(&[(
        "key         = { field = \"idUser\", type = \"integer\" }",
        "key         = { field = \"idUser\", type = \"integer\" }\nid          = { field = \"externalId\", type = \"guid\" }",
    ), ("anchor      = { scim = \"externalId\", field = \"externalId\" }", "# no anchor")])
    .await;
    let mut row = person("ana");
    row["externalId"] = super::stage::NOBODY.into();
    stage.people.add(row).await;
    let entra = stage.idp("entra");
    assert_eq!(entra.get("/Users").await.ids(), [super::stage::NOBODY]);
    entra.get("/Users/1").await.scim_error(404, "");
}
