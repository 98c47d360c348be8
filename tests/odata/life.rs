//! A person's life, over both kinds of keys.

use serde_json::{Value as Json, json};

use super::rows::{Rows, person};
use super::stage::{Stage, guid_mapping, mapping, patch, replace, scim};

const CODE: &str = "urn:ietf:params:scim:schemas:extension:legacy:2.0:User:departmentCode";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The key of a row by its printed id.
fn key(id: &str) -> Json {
    id.parse::<i64>().map_or_else(|_| id.into(), Json::from)
}

async fn life(stage: &Stage, rows: &Rows) {
    let entra = stage.idp("entra");
    let created = entra.post("/Users", scim("ana@contoso.com")).await;
    created.is(201);
    let (id, path) = (created.id(), format!("/Users/{}", created.id()));
    assert!(created.header("location").ends_with(&path), "{created}");
    assert_eq!(created.json["name"]["formatted"], "Ana Diaz");
    let row = rows.get(&key(&id)).await;
    assert_eq!(
        (&row["userName"], &row["fullName"]),
        (&json!("ana@contoso.com"), &json!("Ana Diaz"))
    );
    let read = entra.get(&path).await;
    assert_eq!(read.is(200), &created.json);
    assert!(read.json["meta"]["created"].as_str().unwrap().ends_with('Z'));
    assert_eq!(read.header("etag"), row["@odata.etag"].as_str().unwrap());

    // Somebody of that name is there already: seen before, in any letter case.
    for name in ["ana@contoso.com", "ANA@contoso.com"] {
        entra.post("/Users", scim(name)).await.scim_error(409, "uniqueness");
    }
    // Every write names the version that was read, or the service would answer 428.
    let patched = entra.patch(&path, replace("name.familyName", "Gómez")).await;
    assert_eq!(patched.is(200)["name"]["formatted"], "Ana Gómez");
    assert_ne!(patched.header("etag"), read.header("etag"));
    let nothing = entra.patch(&path, replace("name.familyName", "Gómez")).await;
    assert_eq!(nothing.is(200)["meta"], patched.json["meta"], "nothing to write, nothing written");

    // The department comes with the row, and the foreign key can be written.
    let moved = entra.patch(&path, replace(CODE, "D2")).await;
    assert_eq!(moved.is(200)[ENTERPRISE]["department"], "Büro & Co");
    let found = entra.find(&format!("{ENTERPRISE}:department eq \"büro & co\"")).await;
    assert_eq!(found.only()["id"], id);
    let sent = replace(&format!("{ENTERPRISE}:department"), "Sales");
    entra.patch(&path, &sent).await.scim_error(400, "mutability");
    assert_eq!(rows.get(&key(&id)).await["department_code"], "D2");

    // Leaving and coming back.
    assert_eq!(entra.patch(&path, replace("active", "False")).await.is(200)["active"], false);
    assert_eq!(entra.find("userName eq \"Ana@Contoso.com\"").await.only()["active"], false);
    let mut whole = scim("ana@contoso.com");
    whole["phoneNumbers"] = json!([{ "type": "mobile", "value": "+57 1" }]);
    let put = entra.put(&path, &whole).await;
    assert_eq!((&put.is(200)["active"], &put.json[ENTERPRISE]), (&json!(true), &Json::Null));
    assert_eq!(rows.get(&key(&id)).await["contactCell"], "+57 1");
    entra.delete(&path).await.is(204);
    assert_eq!(rows.get(&key(&id)).await, Json::Null);
    for answer in [
        entra.get(&path).await,
        entra.patch(&path, replace("active", true)).await,
        entra.put(&path, &whole).await,
        entra.delete(&path).await,
    ] {
        answer.scim_error(404, "");
    }
    assert_eq!(rows.count().await, 0, "an update of nobody makes nobody");
    // A hard deletion leaves nothing that a new person could inherit (line 110).
    let again = entra.post("/Users", scim("ana@contoso.com")).await;
    assert_eq!(again.is(201)["phoneNumbers"], Json::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_a_number_lives_and_dies() {
    let stage = Stage::with(&mapping()).await;
    life(&stage, &stage.people).await;
}

/// With the other person's row that comes along.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_lives_and_dies_where_mapped_fields_alone_are_asked_for() {
    let options = "options = { select = true, ieee754 = true }";
    let stage = Stage::replacing(&[(&format!("# {options}"), options)]).await;
    life(&stage, &stage.people).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_a_guid_lives_and_dies() {
    let stage = Stage::with(&guid_mapping()).await;
    life(&stage, &stage.guids).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c107_a_stale_version_is_412_and_changes_nothing() {
    let stage = Stage::set().await;
    let row = stage.people.add(person("ana")).await;
    let entra = stage.idp("entra");
    let path = format!("/Users/{}", row["idUser"]);
    let read = entra.get(&path).await;
    let version = read.header("etag");
    let unchanged = entra.request("GET", &path).header("if-none-match", version);
    assert_eq!(entra.send(unchanged, "").await.status, 304);
    stage.people.change(&row["idUser"], json!({ "level": 4 })).await;
    let stale = |method| entra.request(method, &path).header("if-match", version);
    let body = replace("active", false);
    entra.send(stale("PATCH"), &body).await.scim_error(412, "");
    entra.send(stale("PUT"), scim("ana")).await.scim_error(412, "");
    entra.send(stale("DELETE"), "").await.scim_error(412, "");
    assert_eq!(stage.people.get(&row["idUser"]).await["enabled"], true);
    // Without a condition of the client the row is read again, and the change is made.
    assert_eq!(entra.patch(&path, &body).await.is(200)["active"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn c101_two_changes_at_once_are_both_kept() {
    let stage = Stage::set().await;
    let row = stage.people.add(person("ana")).await;
    let path = format!("/Users/{}", row["idUser"]);
    let (one, other) = (stage.idp("entra"), stage.idp("strict"));
    let (given, family) = (replace("name.givenName", "Ana"), replace("name.familyName", "Diaz"));
    let (one, other) = tokio::join!(one.patch(&path, given), other.patch(&path, family));
    one.is(200);
    other.is(200);
    let row = stage.people.get(&row["idUser"]).await;
    assert_eq!((&row["firstName"], &row["lastName"]), (&json!("Ana"), &json!("Diaz")));
}

#[tokio::test(flavor = "multi_thread")]
async fn c118_what_the_service_refuses_is_told_in_the_mappings_words() {
    // Nothing is looked up before, and no limit is known: the service alone decides.
    let stage = Stage::replacing(&[
        (
            "anchor      = { scim = \"externalId\", field = \"externalId\" }",
            "enforces_unique = true",
        ),
        ("field      = \"firstName\"\nmax_length = 40", "field      = \"firstName\""),
    ])
    .await;
    stage.people.add(person("ana@contoso.com")).await;
    let strict = stage.idp("strict");
    let detail = strict.post("/Users", scim("ana@contoso.com")).await;
    let detail = detail.scim_error(409, "uniqueness").to_owned();
    assert_eq!(detail, "a user with this userName already exists");
    let mut long = scim("bo@contoso.com");
    long["name"]["givenName"] = "x".repeat(41).into();
    let detail = strict.post("/Users", &long).await.scim_error(400, "invalidValue").to_owned();
    assert_eq!(detail, "the server behind does not accept a value");
    assert_eq!(stage.people.count().await, 1);
    // What the mapping knows is refused before the service is called.
    let name = "x".repeat(101);
    let answer = strict.post("/Users", scim(&name)).await;
    assert!(answer.scim_error(400, "invalidValue").contains("100 characters"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_is_a_person_of_the_same_service() {
    for (mapping, is_guid) in [(mapping(), false), (guid_mapping(), true)] {
        let stage = Stage::with(&mapping).await;
        let entra = stage.idp("entra");
        let boss = entra.post("/Users", scim("boss@contoso.com")).await;
        let ana = entra.post("/Users", scim("ana@contoso.com")).await;
        let (boss, path) = (boss.id(), format!("/Users/{}", ana.id()));
        let manager = format!("{ENTERPRISE}:manager");
        let answer = entra.patch(&path, replace(&manager, boss.as_str())).await;
        assert_eq!(answer.is(200)[ENTERPRISE]["manager"]["value"], boss);
        let found = entra.find(&format!("{manager}.value eq \"{boss}\"")).await;
        assert_eq!(found.only()["id"], ana.id());
        // Nobody is a manager whom nobody is, be the key of the right shape or not.
        for nobody in [super::stage::NOBODY, "999999", "' or 1 eq 1"] {
            let other = patch(json!({ "op": "replace", "path": manager, "value": nobody }));
            stage.idp("strict").patch(&path, other).await.scim_error(400, "invalidValue");
            let found = entra.find(&format!("{manager}.value eq \"{nobody}\"")).await;
            assert_eq!(found.json["totalResults"], 0, "{found}");
        }
        let rows = if is_guid { &stage.guids } else { &stage.people };
        assert_eq!(rows.count().await, 2);
    }
}
