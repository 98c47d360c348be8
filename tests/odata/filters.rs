//! What clients search for, as the service and SCIM mean it.

use serde_json::{Value as Json, json};

use super::rows::person;
use super::scene::client::Client;
use super::stage::Stage;

const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
const OWN: &str = "urn:ietf:params:scim:schemas:extension:legacy:2.0:User";

async fn names(client: &Client, filter: &str) -> Vec<String> {
    let found = client.list(&[("filter", filter), ("sortBy", "id")]).await;
    let people = found.resources().iter();
    people.map(|person| person["userName"].as_str().unwrap().to_owned()).collect()
}

fn with(user_name: &str, more: Json) -> Json {
    let mut row = person(user_name);
    for (name, value) in more.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_found_as_scim_means_it() {
    let stage = Stage::set().await;
    let rows = [
        with(
            "ana",
            json!({
                "department_code": "D1", "level": 3, "salary": 10.5, "hireDate": "2026-03-01",
                "lastSeen": "2026-03-01T10:00:00+02:00", "firstName": "Ana",
            }),
        ),
        with(
            "Bo",
            json!({
                "department_code": "D2", "level": 5, "salary": 10.25, "hireDate": "2026-02-28",
                "enabled": false, "contactEmail": "bo@contoso.com", "firstName": "",
            }),
        ),
        with("cy", json!({ "enabled": null })),
    ];
    for row in rows {
        stage.people.add(row).await;
    }
    let entra = stage.idp("entra");
    for (filter, expected) in [
        ("userName eq \"ANA\"", &["ana"][..]),
        ("userName ne \"ana\"", &["Bo", "cy"]),
        ("userName sw \"B\" or userName ew \"Y\"", &["Bo", "cy"]),
        ("not (userName co \"n\")", &["Bo", "cy"]),
        ("emails[type eq \"work\"].value eq \"BO@contoso.com\"", &["Bo"]),
        ("emails.value eq \"bo@contoso.com\"", &["Bo"]),
        // Nothing is neither true nor false, and another value than both.
        ("active eq true", &["ana"]),
        ("active ne true", &["Bo", "cy"]),
        ("not (active eq false)", &["ana", "cy"]),
        ("active pr", &["ana", "Bo"]),
        ("not (active pr)", &["cy"]),
        // An empty text is nothing.
        ("name.givenName pr", &["ana"]),
        ("not (name.givenName pr)", &["Bo", "cy"]),
        ("not (name.givenName eq \"ana\")", &["Bo", "cy"]),
        ("not (name.givenName sw \"A\")", &["Bo", "cy"]),
    ] {
        assert_eq!(names(&entra, filter).await, expected, "{filter}");
    }
    for (filter, expected) in [
        ("level gt 3", &["Bo"][..]),
        ("level le 5", &["ana", "Bo"]),
        ("not (level le 5)", &["cy"]),
        ("level ne 3", &["Bo", "cy"]),
        ("salary gt 10.25", &["ana"]),
        ("salary eq 10.50", &["ana"]),
        ("hireDate ge \"2026-03-01\"", &["ana"]),
        ("hireDate lt \"2026-03-01\"", &["Bo"]),
        ("hireDate ne \"2026-03-01\"", &["Bo", "cy"]),
        ("hireDate eq \"the first of March\"", &[]),
        ("hireDate pr", &["ana", "Bo"]),
        ("lastSeen eq \"2026-03-01T08:00:00Z\"", &["ana"]),
        ("lastSeen lt \"2026-03-01T09:00:00+00:30\"", &["ana"]),
        ("departmentCode eq \"d2\"", &["Bo"]),
    ] {
        let filter = filter.replacen("not (", &format!("not ({OWN}:"), 1);
        let filter = if filter.starts_with("not") { filter } else { format!("{OWN}:{filter}") };
        assert_eq!(names(&entra, &filter).await, expected, "{filter}");
    }
    for (filter, expected) in [
        ("eq \"SALES\"", &["ana"][..]),
        ("co \"& co\"", &["Bo"]),
        ("ne \"Sales\"", &["Bo", "cy"]),
        ("pr", &["ana", "Bo"]),
    ] {
        assert_eq!(names(&entra, &format!("{DEPARTMENT} {filter}")).await, expected, "{filter}");
    }
    let present = format!("{DEPARTMENT} pr");
    let sorted = entra.list(&[("sortBy", DEPARTMENT), ("filter", &present)]).await;
    assert_eq!(sorted.ids(), ["2", "1"]);
    // A part of a day is none.
    let refused = entra.find(&format!("{OWN}:hireDate sw \"2026\"")).await;
    assert!(refused.scim_error(400, "invalidFilter").contains("`sw`"));
    let refused = entra.find(&format!("{OWN}:hireDate gt \"soon\"")).await;
    refused.scim_error(400, "invalidFilter");
}

/// SQLite lowers ASCII alone. What is asked for as it is written is found all the same; in other
/// letters beyond ASCII it is missed by the service, and nobody else is ever taken for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_folds_only_in_part_is_found_as_it_is_written() {
    let stage = Stage::set().await;
    stage.people.add(person("JOSÉ@contoso.com")).await;
    stage.people.add(person("jose@contoso.com")).await;
    let entra = stage.idp("entra");
    for (asked, expected) in [
        ("josé@contoso.com", &[][..]),
        ("JOSÉ@contoso.com", &["JOSÉ@contoso.com"]),
        ("josÉ@CONTOSO.com", &["JOSÉ@contoso.com"]),
        ("JOSE@contoso.com", &["jose@contoso.com"]),
        // Now the key of that name is known.
        ("josé@contoso.com", &["JOSÉ@contoso.com"]),
    ] {
        assert_eq!(names(&entra, &format!("userName eq \"{asked}\"")).await, expected, "{asked}");
    }
    assert_eq!(names(&entra, "userName sw \"JOSÉ\"").await, ["JOSÉ@contoso.com"]);
    let again = super::stage::scim("JOSÉ@contoso.com");
    entra.post("/Users", again).await.scim_error(409, "uniqueness");
}
