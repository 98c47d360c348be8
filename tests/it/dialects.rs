//! What the dialects have in common, and what each costs: the same rows, the calls of every
//! operation, and values that stay values.

use serde_json::{Value as Json, json};

use crate::replay;
use crate::scene::process::{Process, run};
use crate::scene::{
    Authority, Dialect, Folder, KeyKind, Legacy, Sidecar, ana, anchored, bo, on_all, patch, person,
    scim_person,
};

on_all! {
    every_operation_has_its_number_of_calls,
    a_hostile_value_stays_a_value,
}

/// The rows, without what no two servers have alike: the random `guidUser` and both times.
fn rows(legacy: &Legacy) -> Vec<Json> {
    let mut rows = legacy.rows();
    for row in &mut rows {
        let row = row.as_object_mut().unwrap();
        row.retain(|name, _| !["guidUser", "baCreatedTime", "baLastUpdated"].contains(&&**name));
    }
    rows
}

#[tokio::test]
async fn both_dialects_leave_the_same_rows_of_entras_cycle() {
    let mut left = Vec::new();
    for dialect in [Dialect::Odata, Dialect::Soap] {
        let legacy = replay::entras_cycle(dialect).await;
        left.push(rows(&legacy));
    }
    assert_eq!(left[0], left[1]);
}

/// `scim-sidecar demo`, twice, from an empty folder.
#[cfg(unix)]
#[tokio::test]
async fn both_demonstrations_leave_the_same_rows() {
    let mut left = Vec::new();
    for dialect in ["odata", "soap"] {
        let folder = Folder::new();
        let arguments = ["demo", "--dialect", dialect, "--data", "kept", "--listen", "127.0.0.1:0"];
        let more = ["--upstream-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        let arguments: Vec<&str> = arguments.into_iter().chain(more).collect();
        let mut process = Process::spawn(&arguments, &folder.path(""));
        let shown = process.until("ready");
        assert!(!shown.contains("UNEXPECTED"), "{shown}");
        process.signal("INT");
        let (code, out, err) = tokio::task::spawn_blocking(|| process.ended()).await.unwrap();
        assert_eq!(code, 0, "{out}{err}");
        let file = folder.path("kept/legacy.sqlite");
        assert!(file.is_file());
        let legacy = Legacy::start(Dialect::Odata).with(|options| options.file = Some(file)).await;
        left.push(rows(&legacy));
    }
    assert!(left[0].len() > 3, "{left:?}");
    assert_eq!(left[0], left[1]);
}

async fn every_operation_has_its_number_of_calls(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(anchored(ana(), "A")).with_user(bo()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let change =
        |path: &str, value: &str| patch(json!({ "op": "replace", "path": path, "value": value }));
    let is = |operation: &str, expected: &[&str]| {
        let mut expected = expected.to_vec();
        // SOAP's answer to a write does not carry the row.
        if dialect == Dialect::Soap && ["create", "update"].contains(expected.last().unwrap()) {
            expected.push("read");
        }
        // The people server tells only the new key, and is asked for name and anchor by turns.
        if dialect == Dialect::Rest && operation.starts_with("POST") {
            expected.insert(0, "search");
            if expected.ends_with(&["create"]) {
                expected.push("read");
            }
        }
        assert_eq!(legacy.take_actions(), expected, "{operation}");
    };
    idp.get("/Users/7").await.is(200);
    is("GET", &["read"]);
    idp.find("userName eq \"ana@contoso.com\"").await.only();
    is("filter, the first time", &["search"]);
    idp.find("userName eq \"ana@contoso.com\"").await.only();
    is("filter, the second time", &["read"]);
    assert!(idp.find("userName eq \"cy@contoso.com\"").await.ids().is_empty());
    is("filter that finds nobody", &["search"]);
    idp.find("externalId eq \"A\"").await.only();
    is("filter by the anchor", &["search"]);
    idp.get("/Users?count=1").await.is(200);
    is("list", &["search"]);
    let created = idp.post("/Users", scim_person("cy")).await;
    created.is(201);
    is("POST", &["search", "create"]);
    idp.patch("/Users/7", change("name.givenName", "Ana")).await.is(200);
    is("PATCH", &["read", "update"]);
    idp.patch("/Users/7", change("name.givenName", "Ana")).await.is(200);
    is("PATCH without a change", &["read"]);
    idp.patch("/Users/7", change("userName", "anita@contoso.com")).await.is(200);
    is("PATCH of the name", &["read", "search", "update"]);
    let mut whole = scim_person("cy");
    whole["active"] = false.into();
    idp.put(&format!("/Users/{}", created.id()), whole).await.is(200);
    is("PUT", &["read", "update"]);
    idp.post("/Users", scim_person("cy")).await.is(409);
    is("POST of somebody who is there", &["search"]);
    idp.delete("/Users/8").await.is(204);
    is("DELETE", &["read", "update"]);
    idp.post("/Users", scim_person("bo")).await.is(201);
    is("POST of somebody deleted", &["search", "update"]);
    idp.get("/Users/99").await.is(404);
    is("GET of nobody", &["read"]);
}

/// What tries to be more than a value: in SQL, in OData, in XML.
const HOSTILE: [&str; 22] = [
    "' OR 1=1 --",
    "' OR '1'='1",
    "x' OR userName LIKE '%",
    "ana' AND 1=1 AND 'a'='a",
    "'; DROP TABLE WFUSER; --",
    "' UNION SELECT 1 --",
    "''",
    "\\' OR 1=1 --",
    "\u{2019} OR 1=1 --",
    "\u{ff07} OR 1=1 --",
    "ana@contoso.com' OR domain = 'local",
    "%",
    "a%' ESCAPE '%",
    "[a-z]",
    "]]> OR 1=1 <![CDATA[",
    "</Filters><Filters>1=1</Filters><Filters>",
    "</fullName><enabled>False</enabled><fullName>",
    "<ROLE key=\"10001\"/>",
    "&lt;/fullName&gt;&#39; OR 1=1",
    "a/*",
    "a -- b",
    "1 OR 1=1",
];

async fn a_hostile_value_stays_a_value(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(anchored(ana(), "A")).with_user(bo()).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let filters = |value: &str| {
        let value = json!(value).to_string();
        let attributes = ["userName", "externalId", "emails.value", "name.familyName", "id"];
        let mut filters: Vec<String> =
            attributes.iter().map(|name| format!("{name} eq {value}")).collect();
        for operator in ["co", "sw", "ew", "ne"] {
            filters.push(format!("name.formatted {operator} {value}"));
        }
        filters
    };
    // Every kind of look-up once, with values as they should be.
    for filter in filters("77") {
        idp.find(&filter).await.is(200);
    }
    let named = |name: &str| {
        let mut body = scim_person("cy");
        body["userName"] = name.into();
        body.as_object_mut().unwrap().remove("externalId");
        body
    };
    idp.post("/Users", named("cy@contoso.com")).await.is(201);
    idp.post("/Users", named("cy")).await.is(201);
    let replace =
        |path: &str, value: &str| patch(json!({ "op": "replace", "path": path, "value": value }));
    idp.patch("/Users/8", replace("externalId", "B")).await.is(200);
    idp.patch("/Users/8", replace("userName", "bob@contoso.com")).await.is(200);
    let shapes = legacy.statements();
    assert_eq!(shapes.is_empty(), dialect != Dialect::Soap);

    let keys = [1, 8, 9];
    let others = keys.map(|key| legacy.row(key));
    for value in HOSTILE {
        for filter in filters(value) {
            let answer = idp.find(&filter).await;
            match answer.status.as_u16() {
                400 => drop(answer.scim_error(400, "invalidFilter")),
                _ if filter.contains(" ne ") => assert!(answer.ids().len() >= 3, "{filter}"),
                _ => assert!(answer.ids().is_empty(), "{filter}: {answer}"),
            }
        }
        for name in [value.to_owned(), format!("{value}@contoso.com"), format!("cy@{value}")] {
            // A domain is not bound to the signs of a userName, so some of these are people.
            let created = idp.post("/Users", named(&name)).await;
            let renamed = idp.patch("/Users/7", replace("userName", &name)).await;
            for (answer, done) in [(created, 201), (renamed, 200)] {
                let status = answer.status.as_u16();
                assert!([done, 400, 409].contains(&status), "{name}: {answer}");
            }
        }
        // What is only stored may hold every sign, and is stored as it is.
        let answer = idp.patch("/Users/7", replace("name.familyName", value)).await;
        assert_eq!(answer.is(200)["name"]["familyName"], value);
        assert_eq!(legacy.person(7)["LastName"], value);
        assert_eq!(legacy.person(7)["enabled"], true, "{value}");
        assert!(legacy.roles(7).is_empty(), "{value}");
    }
    assert!(legacy.canary().is_empty(), "{:?}", legacy.canary());
    assert_eq!(legacy.statements(), shapes, "one shape more is a value that changed a statement");
    assert_eq!(keys.map(|key| legacy.row(key)), others, "nobody else was touched");
}

/// Over OData alone: the other dialects' servers have no such option.
#[tokio::test]
async fn a_server_is_asked_for_the_fields_that_are_mapped_where_the_mapping_says_so() {
    let legacy = Legacy::start(Dialect::Odata).with_user(anchored(ana(), "A")).await;
    let options = "options = { select = true }";
    let sidecar =
        Sidecar::in_front_of(&legacy).replacing(&format!("# {options}"), options).start().await;
    let idp = sidecar.idp("entra");
    let read = idp.get("/Users/7").await;
    assert!(idp.find("userName eq \"ana@contoso.com\"").await.only() == read.is(200), "{read}");
    let calls = legacy.take_calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    for call in calls {
        let (_, select) = call.split_once("$select=").expect("a selection");
        let names: Vec<&str> = select.split(['"', '&', ' ']).next().unwrap().split(',').collect();
        for (name, is_mapped) in
            [("idUser", true), ("userName", true), ("ScimDeleted", true), ("guidUser", false)]
        {
            assert_eq!(names.contains(&name), is_mapped, "{name} in {call}");
        }
    }
    let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
    assert_eq!(idp.patch("/Users/7", off).await.is(200)["active"], false);
    assert_eq!(legacy.take_actions(), ["read", "update"]);
}

#[tokio::test]
async fn a_list_that_is_too_long_for_one_answer_is_refused() {
    let legacy = Legacy::start(Dialect::Soap);
    let legacy =
        (11..15).fold(legacy, |legacy, id| legacy.with_user(person(id, &format!("p{id}"))));
    let legacy = legacy.await;
    let sidecar = Sidecar::in_front_of(&legacy).replacing("most = 5000", "most = 3").start().await;
    let idp = sidecar.idp("entra");
    for query in ["", "?count=1", "?count=0", "?filter=active+eq+true"] {
        idp.get(&format!("/Users{query}")).await.scim_error(400, "tooMany");
    }
    assert_eq!(idp.find("userName eq \"p12@contoso.com\"").await.ids(), ["12"]);
    let config = idp.get("/ServiceProviderConfig").await;
    let config = config.is(200);
    assert_eq!(config["filter"]["maxResults"], 100);
    assert_eq!(config["sort"]["supported"], false);
    assert_eq!(config["etag"]["supported"], true);
}

/// The mapping may have another owner than `sidecar.toml`: it gives nobody rights by itself.
#[test]
fn a_mapping_that_gives_rights_is_refused_where_nobody_allowed_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let legacy = runtime.block_on(async { Legacy::start(Dialect::Soap).await });
    let authority = Authority::new(KeyKind::Ecdsa);
    let roles = "insert   = { Roles = [{ ROLE = { \"@key\" = \"10001\" } }], Organizations";
    for (setup, expected) in [
        (Sidecar::in_front_of(&legacy), 0),
        (Sidecar::in_front_of(&legacy).granting(""), 1),
        (Sidecar::in_front_of(&legacy).replacing("insert   = { Organizations", roles), 1),
        (
            Sidecar::in_front_of(&legacy)
                .replacing("insert   = { Organizations", roles)
                .granting("grants = [\"Roles\", \"Organizations\"]"),
            0,
        ),
    ] {
        let folder = setup.folder(&authority);
        let (code, out, err) = run(&["check", "--config", "sidecar.toml"], &folder.path(""));
        assert_eq!(code.min(1), expected, "{out}{err}");
        assert_eq!(expected == 1, format!("{out}{err}").contains("gives people rights upstream"));
    }
}
