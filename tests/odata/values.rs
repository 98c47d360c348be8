//! Values on their way in and out: whatever a text holds, it is a text.

use serde_json::json;

use super::stage::{Stage, patch, scim};

const OWN: &str = "urn:ietf:params:scim:schemas:extension:legacy:2.0:User";

#[tokio::test(flavor = "multi_thread")]
async fn c037_every_text_is_stored_found_and_told_as_it_was_sent() {
    let stage = Stage::set().await;
    let entra = stage.idp("entra");
    let texts = [
        "a+b@contoso.com",
        "o'neil@contoso.com",
        "''",
        "100%25@contoso.com",
        "a b",
        "a&b=c#d?e/f;g",
        "back\\slash",
        "quo\"te",
        "x') or (userName ne '",
        "日本語😀",
        "ß",
        "null",
        "true",
        "7",
        "$filter=1",
        "tab\tin",
    ];
    for (number, text) in texts.iter().enumerate() {
        let created = entra.post("/Users", scim(text)).await;
        assert_eq!(created.is(201)["userName"], *text);
        let literal = json!(text).to_string();
        for filter in [
            format!("userName eq {literal}"),
            format!("userName sw {literal} and userName ew {literal}"),
            format!("externalId eq {}", json!(format!("object-of-{text}"))),
        ] {
            let found = entra.find(&filter).await;
            assert_eq!(found.only()["userName"], *text, "{filter}");
        }
        assert_eq!(stage.people.count().await, number as u64 + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_days_and_times_keep_their_value() {
    for ieee754 in [false, true] {
        let pieces: &[(&str, &str)] = match ieee754 {
            true => {
                &[("# options = { select = true, ieee754 = true }", "options = { ieee754 = true }")]
            }
            false => &[],
        };
        let stage = Stage::replacing(pieces).await;
        let entra = stage.idp("entra");
        let mut ana = scim("ana");
        ana[OWN] = json!({
            "level": 3, "salary": 1234567890123.45, "hireDate": "2024-02-29",
            "lastSeen": "2026-03-01T10:00:00+02:00",
        });
        let created = entra.post("/Users", &ana).await;
        created.is(201);
        assert!(created.text.contains("1234567890123.45"), "{created}");
        assert_eq!(created.json[OWN]["hireDate"], "2024-02-29");
        assert_eq!(created.json[OWN]["lastSeen"], "2026-03-01T08:00:00Z");
        let path = format!("/Users/{}", created.id());
        // The same time in another spelling is the same time: nothing is written.
        let same = json!({ "op": "replace", "path": format!("{OWN}:lastSeen"),
            "value": "2026-03-01T09:00:00+01:00" });
        let answer = entra.patch(&path, patch(same)).await;
        assert_eq!(answer.is(200)["meta"], created.json["meta"]);
        // What is no day is left out for a tolerant caller, and refused for a strict one.
        let wrong = json!([
            { "op": "replace", "path": format!("{OWN}:hireDate"), "value": "2026-02-29" },
            { "op": "replace", "path": "active", "value": false },
        ]);
        let answer = stage.idp("strict").patch(&path, patch(wrong.clone())).await;
        assert!(answer.scim_error(400, "invalidValue").contains("a day such as"));
        let answer = entra.patch(&path, patch(wrong)).await;
        assert_eq!(answer.is(200)["active"], false);
        assert_eq!(answer.json[OWN]["hireDate"], "2024-02-29");
        let clear = json!({ "op": "remove", "path": format!("{OWN}:hireDate") });
        assert!(entra.patch(&path, patch(clear)).await.is(200)[OWN]["hireDate"].is_null());
    }
}
