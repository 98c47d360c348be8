//! Looking for people: lines 026 to 044.

use serde_json::json;

use crate::scene::{Client, Dialect, Legacy, Sidecar, ana, anchored, bo, on_all, person};

on_all! {
    c026_a_random_name_finds_nobody,
    c027_the_placeholder_is_entras_alone,
    c028_c029_c030_everybody_is_found_by_user_name_in_any_letter_case,
    c031_an_external_id_is_compared_letter_for_letter,
    c032_c033_an_e_mail_is_found_however_it_is_asked_for,
    c034_a_reference_is_checked_by_id_and_manager_in_either_order,
    c035_an_unquoted_value_is_tolerated_by_profile,
    c036_names_and_operators_are_written_in_any_letter_case,
    c037_signs_are_kept_in_filters_and_in_values,
    c038_presence_negation_and_grouping_mean_what_they_say,
    every_mapped_attribute_can_be_looked_for,
    c039_every_operator_is_answered_or_refused_but_never_ignored,
    c040_c041_what_is_no_filter_is_refused,
    c042_a_name_may_be_qualified_by_its_schema,
    c043_a_value_is_never_part_of_the_upstreams_question,
    c044_all_who_meet_a_filter_are_told,
    c044_two_rows_of_one_anchor_are_both_told_and_logged,
    a_row_that_would_be_printed_like_another_is_not_there,
    a_right_to_match_is_no_right_to_list,
}

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PROPERTIES: &str = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties";

/// Ana (7) with everything, Bo (8) disabled, Cy (9) with little; Ana is Bo's boss.
async fn three(dialect: Dialect) -> Legacy {
    let mut ana = anchored(ana(), "Object-A");
    ana["FirstName"] = "Ana".into();
    ana["LastName"] = "Diaz".into();
    ana["fullName"] = "Ana Diaz".into();
    ana["contactCell"] = "+57 300".into();
    ana["IdentificationNumber"] = "701984".into();
    ana["EmployeeLevel"] = 3.into();
    ana["IsContractor"] = false.into();
    ana["HireDate"] = "2026-03-01T00:00:00Z".into();
    let mut bo = bo();
    bo["enabled"] = false.into();
    bo["enabledForAssignation"] = false.into();
    bo["idBossUser"] = 7.into();
    bo["EmployeeLevel"] = 5.into();
    Legacy::start(dialect).with_user(ana).with_user(bo).with_user(person(9, "cy")).await
}

/// Asserts who is found by each filter.
async fn finds(idp: &Client, expected: &[(&str, &[&str])]) {
    for (filter, ids) in expected {
        let answer = idp.find(filter).await;
        assert_eq!(answer.status, 200, "{filter}: {answer}");
        assert_eq!(answer.ids(), *ids, "{filter}");
        assert_eq!(answer.json["totalResults"], ids.len(), "{filter}");
    }
}

async fn c026_a_random_name_finds_nobody(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let path = "/Users?filter=userName+eq+%227d420df3-6a05-4d0f-9f0f-5d4b2d1b6b5c%22";
    let answer = sidecar.idp("entra").get(path).await;
    let list = answer.is(200);
    assert_eq!(list["totalResults"], 0);
    assert_eq!(list["Resources"], json!([]));
    assert_eq!(list["startIndex"], 1);
}

async fn c027_the_placeholder_is_entras_alone(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let filter = "PLACEHOLDER eq \"8646d011-1693-4cd3-9ee6-0d7482ca2219\"";
    assert!(sidecar.idp("entra").find(filter).await.ids().is_empty());
    for caller in ["strict", "tolerant", "okta"] {
        sidecar.idp(caller).find(filter).await.scim_error(400, "invalidFilter");
    }
    for caller in ["entra", "strict", "tolerant"] {
        let answer = sidecar.idp(caller).find("favouriteColour eq \"x\"").await;
        answer.scim_error(400, "invalidFilter");
    }
    // A test of the connection tests the one to the server behind as well.
    assert_eq!(legacy.calls().len(), 1);
}

async fn c028_c029_c030_everybody_is_found_by_user_name_in_any_letter_case(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let found = idp.find("userName eq \"ana@contoso.com\"").await;
    assert_eq!(found.only(), idp.get("/Users/7").await.is(200));
    for name in ["ANA@CONTOSO.COM", "Ana@Contoso.com"] {
        assert_eq!(idp.find(&format!("userName eq \"{name}\"")).await.ids(), ["7"]);
    }
    let found = idp.find("userName eq \"bo@contoso.com\"").await;
    assert_eq!(found.only()["id"], "8");
    assert_eq!(found.only()["active"], false);
}

async fn c031_an_external_id_is_compared_letter_for_letter(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let expected: [(&str, &[&str]); 3] = [
        ("externalId eq \"Object-A\"", &["7"]),
        ("externalId eq \"object-a\"", &[]),
        ("externalId eq \"Object-B\"", &[]),
    ];
    finds(&sidecar.idp("entra"), &expected).await;
}

async fn c032_c033_an_e_mail_is_found_however_it_is_asked_for(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let expected: [(&str, &[&str]); 6] = [
        ("emails[type eq \"work\"].value eq \"ana@contoso.com\"", &["7"]),
        ("emails.value eq \"ana@contoso.com\"", &["7"]),
        ("emails[value eq \"ana@contoso.com\"]", &["7"]),
        ("emails[type eq \"work\" and value eq \"ana@contoso.com\"]", &["7"]),
        ("emails[type eq \"home\" and value eq \"ana@contoso.com\"]", &[]),
        ("emails eq \"ana@contoso.com\"", &["7"]),
    ];
    finds(&sidecar.idp("entra"), &expected).await;
}

async fn c034_a_reference_is_checked_by_id_and_manager_in_either_order(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for filter in ["id eq \"8\" and manager eq \"7\"", "manager eq \"7\" and id eq \"8\""] {
        let answer = idp.list(&[("filter", filter), ("attributes", "id")]).await;
        assert_eq!(*answer.only(), json!({ "schemas": answer.only()["schemas"], "id": "8" }));
    }
    let expected: [(&str, &[&str]); 5] = [
        ("id eq \"8\" and manager eq \"9\"", &[]),
        ("id eq \"7\" and manager eq \"7\"", &[]),
        ("manager.value eq \"7\"", &["8"]),
        (&format!("{ENTERPRISE}:manager eq \"7\""), &["8"]),
        ("id eq \"none\"", &[]),
    ];
    finds(&idp, &expected).await;
}

async fn c035_an_unquoted_value_is_tolerated_by_profile(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(anchored(ana(), "jyoung")).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    assert_eq!(sidecar.idp("entra").find("externalId eq jyoung").await.ids(), ["7"]);
    assert_eq!(sidecar.idp("tolerant").find("externalId eq jyoung").await.ids(), ["7"]);
    let strict = sidecar.idp("strict").find("externalId eq jyoung").await;
    strict.scim_error(400, "invalidFilter");
}

async fn c036_names_and_operators_are_written_in_any_letter_case(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let expected: [(&str, &[&str]); 3] = [
        ("username Eq \"ana@contoso.com\"", &["7"]),
        ("USERNAME EQ \"ana@contoso.com\" AND Active Eq true", &["7"]),
        ("Emails[Type eq \"Work\"].Value eq \"ana@contoso.com\"", &["7"]),
    ];
    finds(&sidecar.idp("ping"), &expected).await;
}

async fn c037_signs_are_kept_in_filters_and_in_values(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(person(7, "a+b")).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let escaped = idp.get("/Users?filter=userName+eq+%22a%2Bb%40contoso.com%22").await;
    assert_eq!(escaped.ids(), ["7"]);
    let space = idp.get("/Users?filter=userName+eq+%22a+b%40contoso.com%22").await;
    assert!(space.ids().is_empty());
    for name in
        ["O'Brien", "a \"quoted\" one", "back\\slash", "Zoë Ñandú 日本 🙂", "50% & more; #1?"]
    {
        let change = crate::scene::patch(
            json!({ "op": "Replace", "path": "name.familyName", "value": name }),
        );
        assert_eq!(idp.patch("/Users/7", change).await.is(200)["name"]["familyName"], name);
        assert_eq!(legacy.person(7)["LastName"], name);
        let filter = format!("name.familyName eq {}", json!(name));
        let found = idp.find(&filter).await;
        if dialect.lacks("037") {
            // Not one of these is made of the signs that may stand in a condition.
            found.scim_error(400, "invalidFilter");
        } else {
            assert_eq!(found.ids(), ["7"], "{filter}");
        }
    }
    let mut body = crate::scene::scim_person("ana");
    for name in ["o'brien@contoso.com", "a b@contoso.com", "ño@contoso.com"] {
        body["userName"] = name.into();
        let before = legacy.writes().len();
        idp.post("/Users", &body).await.scim_error(400, "invalidValue");
        assert_eq!(legacy.writes().len(), before);
    }
}

async fn c038_presence_negation_and_grouping_mean_what_they_say(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let expected: [(&str, &[&str]); 11] = [
        ("userName pr and active eq true", &["7", "9"]),
        ("not (active eq true)", &["8"]),
        ("active eq false", &["8"]),
        ("userName pr", &["7", "8", "9"]),
        ("externalId pr", &["7"]),
        ("not (externalId pr)", &["8", "9"]),
        ("manager pr", &["8"]),
        (
            "userName eq \"ana@contoso.com\" or userName eq \"bo@contoso.com\" and active eq true",
            &["7"],
        ),
        (
            "(userName eq \"ana@contoso.com\" or userName eq \"bo@contoso.com\") and active eq false",
            &["8"],
        ),
        ("phoneNumbers pr", &["7"]),
        ("emails[type eq \"work\"] and active eq true", &["7", "9"]),
    ];
    finds(&sidecar.idp("strict"), &expected).await;
}

async fn every_mapped_attribute_can_be_looked_for(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).hire_date().start().await;
    let expected: [(&str, &[&str]); 13] = [
        ("id eq \"7\"", &["7"]),
        ("userName eq \"ana@contoso.com\"", &["7"]),
        ("externalId eq \"Object-A\"", &["7"]),
        ("active eq false", &["8"]),
        ("name.formatted eq \"ana diaz\"", &["7"]),
        ("name.givenName eq \"Ana\"", &["7"]),
        ("name.familyName eq \"Diaz\"", &["7"]),
        ("phoneNumbers[type eq \"mobile\"].value eq \"+57 300\"", &["7"]),
        ("phoneNumbers.value eq \"+57 300\"", &["7"]),
        (&format!("{PROPERTIES}:IdentificationNumber eq \"701984\""), &["7"]),
        (&format!("{PROPERTIES}:EmployeeLevel eq 5"), &["8"]),
        (&format!("{PROPERTIES}:IsContractor eq false"), &["7"]),
        (&format!("{PROPERTIES}:HireDate eq \"2026-03-01T00:00:00Z\""), &["7"]),
    ];
    finds(&sidecar.idp("strict"), &expected).await;
}

async fn c039_every_operator_is_answered_or_refused_but_never_ignored(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).hire_date().start().await;
    let idp = sidecar.idp("strict");
    let level = |rest: &str| format!("{PROPERTIES}:EmployeeLevel {rest}");
    let expected: [(&str, &[&str]); 10] = [
        ("name.givenName co \"NA\"", &["7"]),
        ("name.givenName sw \"an\"", &["7"]),
        ("name.familyName ew \"AZ\"", &["7"]),
        ("name.familyName ew \"an\"", &[]),
        (&level("gt 3"), &["8"]),
        (&level("ge 3"), &["7", "8"]),
        (&level("lt 5"), &["7"]),
        (&level("le 5"), &["7", "8"]),
        (&format!("{PROPERTIES}:HireDate gt \"2026-01-01T00:00:00Z\""), &["7"]),
        (&format!("{PROPERTIES}:HireDate lt \"2026-01-01T00:00:00Z\""), &[]),
    ];
    finds(&idp, &expected).await;
    // Whoever has none is not equal to it.
    finds(&idp, &[("name.givenName ne \"ana\"", &["8", "9"])]).await;
    // Rows that do not tell when they changed did so at no time.
    let changed: &[&str] = if dialect.lacks("072") { &[] } else { &["7", "8", "9"] };
    // What a server cannot be asked is refused; what is answered is answered right.
    let either: [(&str, &[&str]); 7] = [
        ("userName co \"a\"", &["7"]),
        ("userName sw \"ana\"", &["7"]),
        ("userName gt \"b\"", &["8", "9"]),
        ("meta.lastModified gt \"2020-01-01T00:00:00Z\"", changed),
        ("meta.created lt \"2020-01-01T00:00:00Z\"", &[]),
        ("id co \"7\"", &["7"]),
        ("manager ne \"7\"", &["7", "9"]),
    ];
    for (filter, ids) in either {
        let answer = idp.find(filter).await;
        if answer.status == 400 {
            answer.scim_error(400, "invalidFilter");
        } else {
            assert_eq!(answer.ids(), ids, "{filter}");
        }
    }
}

async fn c040_c041_what_is_no_filter_is_refused(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    for filter in [
        "",
        "userName",
        "userName xx \"a\"",
        "userName eq",
        "(userName eq \"a\"",
        "userName eq \"a\")",
        "userName eq \"a\" trailing",
        "userName eq \"a\" and",
        "not userName eq \"a\"",
        "userName eq \"a",
        "emails[type eq \"work\"",
        "emails[].value eq \"a\"",
        "active gt true",
        "active eq \"perhaps\"",
        "and and and",
    ] {
        for caller in ["entra", "strict"] {
            let answer = sidecar.idp(caller).find(filter).await;
            // The failure message names the filter.
            assert_eq!(answer.status, 400, "{caller}: `{filter}`: {answer}");
            answer.scim_error(400, "invalidFilter");
        }
    }
    for filter in ["userName eq 7", "userName eq ana@contoso.com", "active eq True"] {
        sidecar.idp("strict").find(filter).await.scim_error(400, "invalidFilter");
    }
    let deep = format!("{}userName pr{}", "(".repeat(5000), ")".repeat(5000));
    let schema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    let body = json!({ "schemas": [schema], "filter": deep });
    let answer = sidecar.idp("entra").post("/Users/.search", body).await;
    answer.scim_error(400, "invalidFilter");
    assert!(legacy.calls().is_empty());
}

async fn c042_a_name_may_be_qualified_by_its_schema(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let expected: [(&str, &[&str]); 3] = [
        (&format!("{USER}:userName eq \"ana@contoso.com\""), &["7"]),
        (&format!("{}:USERNAME eq \"ana@contoso.com\"", USER.to_uppercase()), &["7"]),
        (&format!("{PROPERTIES}:IdentificationNumber eq \"701984\""), &["7"]),
    ];
    finds(&sidecar.idp("entra"), &expected).await;
}

async fn c043_a_value_is_never_part_of_the_upstreams_question(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for value in [
        "' or 1 eq 1",
        "' or 1 eq 1 or '@contoso.com",
        "x' or 'a' eq 'a'--",
        "ana') or (userName ne '",
        "ana@contoso.com' or domain eq 'local",
        "$filter=1 eq 1",
        "&$top=100&$filter=1 eq 1",
        "%27 or 1 eq 1",
        "\u{0}",
        "a\nb",
    ] {
        for attribute in ["userName", "externalId", "emails.value", "name.familyName"] {
            let answer = idp.find(&format!("{attribute} eq {}", json!(value))).await;
            if dialect.lacks("043") && answer.status == 400 {
                answer.scim_error(400, "invalidFilter");
                continue;
            }
            assert!(answer.ids().is_empty(), "{attribute} {value}");
        }
        idp.find(&format!("id eq {}", json!(value))).await.is(200);
    }
    assert!(legacy.canary().is_empty(), "{:?}", legacy.canary());
    for id in ["7' or '1'='1", "7)", "7%20or%201%20eq%201", "7/../1", "..%2F..", "%00"] {
        let encoded = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
        idp.get(&format!("/Users/{encoded}")).await.scim_error(404, "");
    }
}

async fn c044_all_who_meet_a_filter_are_told(dialect: Dialect) {
    let mut twin = person(8, "ana2");
    twin["contactEmail"] = "ana@contoso.com".into();
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(twin).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let found = sidecar.idp("entra").find("emails.value eq \"ana@contoso.com\"").await;
    assert_eq!(found.ids(), ["7", "8"]);
    assert_eq!(found.json["totalResults"], 2);
}

async fn c044_two_rows_of_one_anchor_are_both_told_and_logged(dialect: Dialect) {
    let legacy = Legacy::start(dialect)
        .with_user(anchored(ana(), "one-object"))
        .with_user(anchored(bo(), "one-object"))
        .await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let found = sidecar.idp("entra").find("externalId eq \"one-object\"").await;
    assert_eq!(found.ids(), ["7", "8"]);
    assert_eq!(found.json["totalResults"], 2);
    let log = found.log();
    assert!(log.iter().any(|event| event.field("people") == "2"), "{log:?}");
    assert!(!format!("{log:?}").contains("one-object"));
}

async fn a_row_that_would_be_printed_like_another_is_not_there(dialect: Dialect) {
    let mut other = person(8, "ana");
    other["domain"] = "CONTOSO".into();
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(other).await;
    let sidecar = Sidecar::in_front_of(&legacy).variant("domain table").start().await;
    let idp = sidecar.idp("entra");
    // Only `CONTOSO` is printed as `contoso.com`.
    assert_eq!(idp.get("/Users").await.ids(), ["8"]);
    assert_eq!(idp.find("userName eq \"ana@contoso.com\"").await.ids(), ["8"]);
}

async fn a_right_to_match_is_no_right_to_list(dialect: Dialect) {
    let legacy = three(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).rights("entra", &["match"]).start().await;
    let idp = sidecar.idp("entra");
    idp.find("userName eq \"ana@contoso.com\"").await.is(200);
    idp.find("externalId eq \"Object-A\" and active eq true").await.is(200);
    idp.find("PLACEHOLDER eq \"x\"").await.is(200);
    for filter in [
        "active eq true",
        "active eq false",
        "userName pr",
        "userName eq \"ana@contoso.com\" or active eq true",
        "meta.resourceType eq \"User\"",
        "not (userName eq \"x@y\")",
        "userName ne \"x@y\"",
        "emails[type eq \"work\"]",
        "emails.type eq \"work\"",
        "emails.primary eq true",
        "externalId eq null",
    ] {
        let answer = idp.find(filter).await;
        assert_eq!(answer.status, 403, "{filter}: {answer}");
        assert!(answer.scim_error(403, "").contains("list"), "{answer}");
    }
    idp.get("/Users").await.scim_error(403, "");
}
