//! The people server as its shipped mapping describes it: whole documents, page numbers, string
//! ids, errors inside a 200, and real deletion.

use serde_json::json;

use crate::scene::columns::person as of_columns;
use crate::scene::{
    Dialect, Legacy, Setup, Sidecar, ana, anchored, bo, person, replace, scim_person, shipped,
};

/// A sidecar with the shipped mapping as it is, which really deletes.
fn deleting(legacy: &Legacy) -> Setup {
    Sidecar::in_front_of(legacy).mapping(|_| shipped(Dialect::Rest).to_owned())
}

#[tokio::test]
async fn c109_c110_c111_the_deleted_are_gone_and_come_back_as_somebody_new() {
    let legacy = Legacy::start(Dialect::Rest).with_user(anchored(ana(), "A")).await;
    let sidecar = deleting(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.find("userName eq \"ana@contoso.com\"").await.only();
    let deleted = idp.delete("/Users/7").await;
    deleted.is(204);
    assert_eq!(deleted.text, "");
    assert_eq!(deleted.events("audit")[0].field("operation"), "delete");
    assert_eq!(legacy.row(7), None, "the row is gone");
    idp.get("/Users/7").await.scim_error(404, "");
    idp.patch("/Users/7", replace("active", true)).await.scim_error(404, "");
    idp.put("/Users/7", scim_person("ana")).await.scim_error(404, "");
    idp.delete("/Users/7").await.scim_error(404, "");
    for filter in ["userName eq \"ana@contoso.com\"", "id eq \"7\"", "externalId eq \"A\""] {
        assert!(idp.find(filter).await.ids().is_empty(), "{filter}");
    }
    assert!(idp.get("/Users").await.ids().is_empty());
    // Whoever comes back is somebody new, also to another object of the directory.
    legacy.insert(&person(50, "cy")).unwrap();
    let back = idp.post("/Users", scim_person("ana")).await;
    assert_eq!(back.is(201)["id"], "51");
    assert_eq!(back.events("audit")[0].field("operation"), "create");
    assert_eq!(idp.find("userName eq \"ana@contoso.com\"").await.only()["id"], "51");
}

#[tokio::test]
async fn c112_a_person_to_whom_others_refer_is_not_deleted() {
    let mut reporting = bo();
    reporting["idBossUser"] = 7.into();
    let legacy = Legacy::start(Dialect::Rest).with_user(ana()).with_user(reporting).await;
    let sidecar = deleting(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let refused = idp.delete("/Users/7").await;
    assert!(refused.scim_error(409, "").contains("refer"), "{refused}");
    assert_eq!(refused.events("audit")[0].field("outcome"), "refused");
    assert_eq!(idp.get("/Users/7").await.is(200)["active"], true);
    idp.delete("/Users/8").await.is(204);
    idp.delete("/Users/7").await.is(204);
    assert_eq!(legacy.rows().len(), 1);
}

#[tokio::test]
async fn c113_a_probe_is_gone() {
    let legacy = Legacy::start(Dialect::Rest).await;
    let sidecar = deleting(&legacy).start().await;
    let idp = sidecar.idp("tolerant");
    let created = idp.post("/Users", scim_person("probe")).await;
    created.is(201);
    let path = format!("/Users/{}", created.id());
    idp.delete(&path).await.is(204);
    idp.get(&path).await.scim_error(404, "");
    idp.patch(&path, replace("active", true)).await.scim_error(404, "");
    idp.put(&path, scim_person("probe")).await.scim_error(404, "");
    idp.delete(&path).await.scim_error(404, "");
    assert!(idp.get("/Users").await.ids().is_empty());
    assert_eq!(legacy.rows().len(), 1, "only the administrator is left");
}

/// Every window of the list, over the server's own pages of at most five rows.
#[tokio::test]
async fn c045_numbered_pages_leave_nobody_out_and_show_nobody_twice() {
    let mut legacy = Legacy::start(Dialect::Rest);
    for number in 1..=12 {
        legacy = legacy.with_user(person(100 + number, &format!("p{number:02}")));
    }
    let legacy = legacy.await;
    let sidecar =
        deleting(&legacy).replacing("page        = 50 ", "page        = 5 ").start().await;
    let idp = sidecar.idp("okta");
    let everybody: Vec<String> = (101..=112).map(|id| id.to_string()).collect();
    for start in 1..=14_usize {
        for count in 1..=6_usize {
            drop(legacy.take_calls());
            let answer = idp.get(&format!("/Users?startIndex={start}&count={count}")).await;
            let wanted: Vec<_> = everybody.iter().skip(start - 1).take(count.min(5)).collect();
            assert_eq!(answer.ids(), wanted, "{count} from {start}");
            assert_eq!(answer.json["totalResults"], 12, "{count} from {start}");
            assert!(legacy.take_calls().len() <= 2, "{count} from {start}");
        }
    }
    let by_name = idp.get("/Users?sortBy=userName&sortOrder=descending&startIndex=3&count=4").await;
    assert_eq!(by_name.ids(), ["110", "109", "108", "107"]);
    // Pages of another size than the mapping says would have gaps between them.
    let wrong = deleting(&legacy).replacing("page        = 50 ", "page        = 60 ").start().await;
    wrong.idp("okta").get("/Users").await.scim_error(502, "");
}

#[tokio::test]
async fn a_change_keeps_what_the_mapping_does_not_know() {
    let mut row = of_columns(&ana());
    row["badge"] = json!({ "colour": "red", "doors": [1, { "a.b": null }] });
    row["name"]["middle"] = "M".into();
    let legacy = Legacy::start(Dialect::Rest).await;
    legacy.people().store().insert(row);
    let sidecar = deleting(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.patch("/Users/7", replace("name.givenName", "Ana \"A\"")).await.is(200);
    let mut whole = scim_person("ana");
    whole["active"] = false.into();
    idp.put("/Users/7", whole).await.is(200);
    let kept = legacy.people().store().row("7").unwrap();
    assert_eq!(kept["badge"], json!({ "colour": "red", "doors": [1, { "a.b": null }] }));
    assert_eq!(
        kept["name"],
        json!({ "first": "ana", "last": "Diaz", "full": "ana Diaz", "middle": "M" })
    );
    assert_eq!((&kept["revision"], &kept["account"]["enabled"]), (&json!(3), &json!(false)));
}

/// Ids that are no numbers, and that would be something else in a path.
#[tokio::test]
async fn an_id_may_be_any_text_and_stays_one_segment() {
    let legacy = Legacy::start(Dialect::Rest).await;
    let ids = ["a/b", "A b", "\u{e4}?#%", "people", "7;x", "_find"];
    for (number, id) in ids.into_iter().enumerate() {
        let mut row = of_columns(&person(9, &format!("p{number}")));
        row["id"] = id.into();
        legacy.people().store().insert(row);
    }
    let sidecar = deleting(&legacy).start().await;
    let idp = sidecar.idp("strict");
    let path = |id: &str| {
        let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
        format!("/Users/{id}")
    };
    for (number, id) in ids.into_iter().enumerate() {
        let shown = idp.get(&path(id)).await;
        assert_eq!(shown.is(200)["id"], id);
        assert_eq!(shown.json["userName"], format!("p{number}@contoso.com"));
        idp.patch(&path(id), replace("active", false)).await.is(200);
        idp.delete(&path(id)).await.is(204);
        idp.get(&path(id)).await.scim_error(404, "");
    }
    for id in ["..", ".", "a/..", "../people/7", "A B"] {
        idp.get(&path(id)).await.scim_error(404, "");
    }
    assert_eq!(legacy.rows().len(), 1);
}

/// What is neither a success nor a known error is not taken for either.
#[tokio::test]
async fn an_unknown_code_is_502_and_a_write_of_that_kind_is_looked_up() {
    use scim_sidecar::legacy::{Fault, Kind};
    let legacy = Legacy::start(Dialect::Rest).with_user(ana()).await;
    let sidecar = deleting(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let odd = |code: &str| Kind::Status {
        code: 200,
        retry_after: None,
        body: json!({ "result": { "code": code }, "data": null }).to_string(),
    };
    legacy.fault(Fault::once(odd("ODD")).on(http::Method::GET));
    idp.get("/Users/7").await.scim_error(502, "");
    legacy.fault(Fault::once(odd("ODD")).on(http::Method::PATCH));
    let answer = idp.patch("/Users/7", replace("active", false)).await;
    answer.scim_error(502, "");
    assert_eq!(answer.events("audit")[0].field("outcome"), "not done");
    legacy.fault(Fault::once(odd("STALE")).on(http::Method::PATCH));
    idp.patch("/Users/7", replace("active", false)).await.is(200);
}

/// What the server cannot search is compared here, over so many people and no more.
#[tokio::test]
async fn a_filter_that_the_server_cannot_search_is_bounded() {
    let legacy = Legacy::start(Dialect::Rest).with_user(ana()).with_user(bo()).await;
    let filter = "userName sw \"an\" and not (name.formatted co \"bo\")";
    let sidecar = deleting(&legacy).start().await;
    assert_eq!(sidecar.idp("strict").find(filter).await.ids(), ["7"]);
    let few = deleting(&legacy).replacing("scan = 5000", "scan = 1").start().await;
    few.idp("strict").find(filter).await.scim_error(400, "tooMany");
    assert_eq!(few.idp("strict").find("userName eq \"bo@contoso.com\"").await.ids(), ["8"]);
    let none = deleting(&legacy).replacing("search = { scan = 5000 }\n", "").start().await;
    none.idp("strict").find(filter).await.scim_error(400, "invalidFilter");
    assert_eq!(none.idp("strict").get("/Users").await.ids(), ["7", "8"]);
}
