//! Pages, projection and order: lines 045 to 055.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::scene::{Dialect, Legacy, Sidecar, ana, bo, on_all, person};

on_all! {
    c045_pages_leave_nobody_out_and_show_nobody_twice,
    c046_oktas_pages_have_whole_numbers_and_a_stable_order,
    c047_c048_numbers_out_of_range_are_brought_into_it_and_words_refused,
    c048_no_page_is_longer_than_the_service_says,
    c049_c050_c051_a_client_chooses_what_it_is_shown,
    c052_people_are_put_in_order,
    c053_a_search_by_post_finds_what_the_get_finds,
}

async fn twelve(dialect: Dialect) -> Legacy {
    let mut legacy = Legacy::start(dialect);
    for number in 1..=12 {
        legacy = legacy.with_user(person(100 + number, &format!("p{number:02}")));
    }
    legacy.await
}

async fn c045_pages_leave_nobody_out_and_show_nobody_twice(dialect: Dialect) {
    let legacy = twelve(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let mut seen = BTreeSet::new();
    for (start, returned) in [(1, 5), (6, 5), (11, 2)] {
        let answer = idp.get(&format!("/Users?startIndex={start}&count=5")).await;
        let list = answer.is(200);
        assert_eq!(list["startIndex"], start);
        assert_eq!(list["itemsPerPage"], returned);
        assert_eq!(list["totalResults"], 12);
        for id in answer.ids() {
            assert!(seen.insert(id.to_owned()), "{id} twice");
        }
    }
    assert_eq!(seen.len(), 12);
}

#[tokio::test]
async fn c045_pages_are_whole_when_the_upstreams_own_are_smaller() {
    let mut legacy = Legacy::start(Dialect::Odata).with(|options| options.page_limit = 4);
    for number in 1..=12 {
        legacy = legacy.with_user(person(100 + number, &format!("p{number:02}")));
    }
    let legacy = legacy.await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let all = sidecar.idp("entra").get("/Users?count=100").await;
    assert_eq!(all.ids().len(), 12);
    let middle = sidecar.idp("entra").get("/Users?startIndex=3&count=7").await;
    assert_eq!(middle.ids(), all.ids()[2..9]);
}

async fn c046_oktas_pages_have_whole_numbers_and_a_stable_order(dialect: Dialect) {
    let legacy = twelve(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("okta");
    let all = idp.get("/Users?startIndex=1&count=100").await;
    let two = idp.get("/Users?startIndex=1&count=2").await;
    for answer in [&all, &two] {
        for name in ["totalResults", "startIndex", "itemsPerPage"] {
            assert!(answer.json[name].is_u64(), "{name} in {answer}");
        }
    }
    assert_eq!(all.ids().len(), 12);
    assert_eq!(two.ids(), all.ids()[..2]);
    assert_eq!(idp.get("/Users?startIndex=1&count=100").await.ids(), all.ids());
}

async fn c047_c048_numbers_out_of_range_are_brought_into_it_and_words_refused(dialect: Dialect) {
    let legacy = twelve(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("strict");
    for count in ["0", "-1"] {
        let none = idp.get(&format!("/Users?count={count}")).await;
        assert!(none.resources().is_empty());
        assert_eq!(none.json["totalResults"], 12);
    }
    let first = idp.get("/Users?startIndex=1&count=3").await;
    for start in ["0", "-5"] {
        let raised = idp.get(&format!("/Users?startIndex={start}&count=3")).await;
        assert_eq!(raised.ids(), first.ids());
        assert_eq!(raised.json["startIndex"], 1);
    }
    let beyond = idp.get("/Users?startIndex=1000").await;
    assert!(beyond.resources().is_empty());
    assert_eq!(beyond.json["totalResults"], 12);
    let many = idp.get("/Users?count=1000000").await;
    assert_eq!(many.ids().len(), 12);
    for query in ["count=abc", "startIndex=abc", "count=1.5", "count="] {
        idp.get(&format!("/Users?{query}")).await.scim_error(400, "invalidValue");
    }
    let huge = idp.get("/Users?startIndex=99999999999999999999&count=99999999999999999999").await;
    assert!(huge.resources().is_empty(), "{huge}");
    assert_eq!(huge.json["totalResults"], 12);
}

async fn c048_no_page_is_longer_than_the_service_says(dialect: Dialect) {
    let legacy = twelve(dialect).await;
    let short = |text: String| {
        let others = text.lines().filter(|line| !line.starts_with("page "));
        let text: String = others.flat_map(|line| [line, "\n"]).collect();
        text.replace("[upstream]\n", "[upstream]\npage = 5\n")
    };
    let sidecar = Sidecar::in_front_of(&legacy).mapping(short).start().await;
    let idp = sidecar.idp("strict");
    let config = idp.get("/ServiceProviderConfig").await;
    assert_eq!(config.is(200)["filter"]["maxResults"], 5);
    let all: Vec<String> = (101..=112).map(|id| id.to_string()).collect();
    for (query, expected) in
        [("", &all[..5]), ("?count=100", &all[..5]), ("?count=6&startIndex=4", &all[3..8])]
    {
        let answer = idp.get(&format!("/Users{query}")).await;
        assert_eq!(answer.ids(), expected, "{query}");
        assert_eq!(answer.json["totalResults"], 12);
    }
}

async fn c049_c050_c051_a_client_chooses_what_it_is_shown(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("strict");
    let names = |json: &Json| json.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let set = |names: &[&str]| names.iter().copied().map(str::to_owned).collect::<BTreeSet<_>>();
    let user = "urn:ietf:params:scim:schemas:core:2.0:User";
    for (query, expected) in [
        ("attributes=userName", &["schemas", "id", "userName"][..]),
        ("attributes=USERNAME,unheardOf", &["schemas", "id", "userName"]),
        ("attributes=name.givenName", &["schemas", "id"]),
        (&format!("attributes={user}:userName"), &["schemas", "id", "userName"]),
        ("attributes=password,userName", &["schemas", "id", "userName"]),
        ("attributes=name", &["schemas", "id", "name"]),
    ] {
        let one = idp.get(&format!("/Users/7?{query}")).await;
        assert_eq!(names(one.is(200)), set(expected), "{query}");
        let listed = idp.get(&format!("/Users?{query}")).await;
        assert_eq!(listed.only(), &one.json, "{query}");
    }
    let less = idp.get("/Users/7?excludedAttributes=emails,id,schemas").await;
    assert!(less.is(200).get("emails").is_none());
    assert_eq!(less.json["id"], "7");
    assert_eq!(less.json["userName"], "ana@contoso.com");
    assert!(!idp.get("/Users/7").await.text.contains("password"));
}

async fn c052_people_are_put_in_order(dialect: Dialect) {
    let mut small = person(9, "aaa");
    small["LastName"] = "Zeta".into();
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).with_user(small).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("strict");
    let config = idp.get("/ServiceProviderConfig").await;
    let sorts = !dialect.lacks("052");
    assert_eq!(config.is(200)["sort"]["supported"], sorts);
    for (query, ids) in [
        ("sortBy=userName", ["9", "7", "8"]),
        ("sortBy=userName&sortOrder=ascending", ["9", "7", "8"]),
        ("sortBy=userName&sortOrder=descending", ["8", "7", "9"]),
        ("sortBy=emails.value&sortOrder=descending", ["8", "7", "9"]),
        ("sortBy=id", ["7", "8", "9"]),
        ("sortBy=ID&sortOrder=descending", ["9", "8", "7"]),
        (
            "sortBy=urn:ietf:params:scim:schemas:core:2.0:User:id&sortOrder=descending",
            ["9", "8", "7"],
        ),
        ("sortBy=unheardOf", ["7", "8", "9"]),
    ] {
        // RFC 7644 §3.4.2.3: what is not supported is ignored; the order is the key's.
        let ids = if sorts { ids } else { ["7", "8", "9"] };
        assert_eq!(idp.get(&format!("/Users?{query}")).await.ids(), ids, "{query}");
    }
}

async fn c053_a_search_by_post_finds_what_the_get_finds(dialect: Dialect) {
    let legacy = twelve(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("strict");
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "active eq true",
        "startIndex": 2,
        "count": 3,
        "attributes": ["userName", "emails"],
        "sortBy": "userName",
        "sortOrder": "descending",
    });
    let posted = idp.post("/Users/.search", &body).await;
    let query = "filter=active+eq+true&startIndex=2&count=3&attributes=userName,emails\
                 &sortBy=userName&sortOrder=descending";
    let got = idp.get(&format!("/Users?{query}")).await;
    assert_eq!(posted.is(200), got.is(200));
    assert_eq!(posted.resources().len(), 3);
    // There is one type of resource, so a search from the root is the same.
    assert_eq!(idp.post("/.search", &body).await.is(200), posted.is(200));
    idp.post("/Users/.search", "{}").await.scim_error(400, "invalidSyntax");
    assert!(legacy.writes().is_empty());
}

#[tokio::test]
async fn c055_there_are_no_groups() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let answer = sidecar.idp("okta").get("/Groups?startIndex=1&count=100").await;
    answer.scim_error(404, "");
    let grants = Dialect::Odata.grants();
    let sidecar = Sidecar::in_front_of(&legacy)
        .granting(&format!("{grants}\nempty_groups = true"))
        .start()
        .await;
    let idp = sidecar.idp("okta");
    let answer = idp.get("/Groups?startIndex=1&count=100").await;
    assert_eq!(answer.is(200)["totalResults"], 0);
    assert_eq!(answer.json["Resources"], json!([]));
    idp.get("/Groups/7").await.scim_error(404, "");
    idp.post("/Groups", json!({ "displayName": "x" })).await.scim_error(404, "");
}
