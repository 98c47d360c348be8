//! What a client learns before it begins: lines 017 to 024; line 025 is among the reloads.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::scene::{Dialect, Legacy, Sidecar, ana, on_all, patch, scim_person};
use serde_json::json;

on_all! {
    c017_the_service_says_what_it_can,
    c018_the_resource_types_are_listed_and_read,
    c019_c020_the_schemas_are_listed_and_read,
    c021_every_mapped_attribute_is_in_the_schemas_and_nothing_else,
    c022_c023_discovery_is_neither_filtered_nor_written,
    one_more_column_is_one_more_attribute_by_the_mapping_alone,
}

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PROPERTIES: &str = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties";

/// An attribute of a schema, by its path through `subAttributes`.
fn attribute<'s>(schemas: &'s Json, urn: &str, path: &[&str]) -> &'s Json {
    let schemas = schemas["Resources"].as_array().unwrap();
    let schema = schemas.iter().find(|schema| schema["id"] == urn).expect(urn);
    let mut list = &schema["attributes"];
    let mut found = &Json::Null;
    for name in path {
        found = list
            .as_array()
            .and_then(|list| list.iter().find(|attribute| attribute["name"] == *name))
            .unwrap_or_else(|| panic!("no {path:?} in {urn}"));
        list = &found["subAttributes"];
    }
    found
}

fn has_null(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Array(list) => list.iter().any(has_null),
        Json::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

async fn c017_the_service_says_what_it_can(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let answer = sidecar.idp("entra").get("/ServiceProviderConfig").await;
    let config = answer.is(200);
    assert_eq!(config["schemas"][0], "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig");
    assert_eq!(config["patch"]["supported"], true);
    for (feature, member) in [
        ("bulk", "supported"),
        ("filter", "supported"),
        ("changePassword", "supported"),
        ("sort", "supported"),
        ("etag", "supported"),
    ] {
        assert!(config[feature][member].is_boolean(), "{feature}");
    }
    for (feature, member) in
        [("bulk", "maxOperations"), ("bulk", "maxPayloadSize"), ("filter", "maxResults")]
    {
        assert!(config[feature][member].is_u64(), "{feature}.{member}");
    }
    let schemes = config["authenticationSchemes"].as_array().unwrap();
    assert_eq!(schemes[0]["type"], "oauthbearertoken");
    assert!(schemes[0]["name"].is_string() && schemes[0]["description"].is_string());
    assert!(!has_null(config));
}

async fn c018_the_resource_types_are_listed_and_read(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let listed = idp.get("/ResourceTypes").await;
    let user = listed.only();
    assert_eq!(user["name"], "User");
    assert_eq!(user["endpoint"], "/Users");
    assert_eq!(user["schema"], USER);
    let extensions = user["schemaExtensions"].as_array().unwrap();
    let urns: Vec<_> = extensions.iter().map(|e| e["schema"].as_str().unwrap()).collect();
    assert_eq!(urns, [ENTERPRISE, PROPERTIES]);
    assert_eq!(idp.get("/ResourceTypes/User").await.is(200), user);
    idp.get("/ResourceTypes/Group").await.scim_error(404, "");
}

async fn c019_c020_the_schemas_are_listed_and_read(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    let listed = idp.get("/Schemas").await;
    let urns: Vec<_> = listed.resources().iter().map(|s| s["id"].as_str().unwrap()).collect();
    for urn in [USER, ENTERPRISE, PROPERTIES] {
        assert!(urns.contains(&urn), "{urn}");
        let schema = idp.get(&format!("/Schemas/{urn}")).await;
        assert_eq!(schema.is(200)["id"], urn);
        assert_eq!(schema.json["meta"]["resourceType"], "Schema");
    }
    assert!(!has_null(&listed.json));
    for word in ["readWrite", "caseExact", "\"default\""] {
        assert!(listed.text.contains(word), "{word}");
    }
    for word in ["ReadWrite", "Always", "read_write", "Default\""] {
        assert!(!listed.text.contains(word), "{word}");
    }
    idp.get("/Schemas/urn:nobody").await.scim_error(404, "");
}

/// The SCIM paths that the dialect's mapping states, with its custom property `HireDate`.
fn mapped(dialect: Dialect) -> BTreeSet<String> {
    let text = crate::scene::shipped(dialect).lines();
    let stated = text.filter_map(|line| {
        let path = line.strip_prefix("scim ")?.trim_start().strip_prefix('=')?.trim();
        let sign = path.chars().next().filter(|sign| ['"', '\''].contains(sign))?;
        Some(path[1..].split(sign).next()?.to_owned())
    });
    let hire_date = format!("{PROPERTIES}:HireDate");
    stated
        // What every resource has stands in no schema (RFC 7643 §3.1, §7).
        .filter(|path| !path.starts_with("meta."))
        .chain([hire_date])
        // A person who refers to another one is told by that one's id.
        .map(|path| if path.ends_with(":manager") { format!("{path}.value") } else { path })
        .collect()
}

/// The paths that a client derives of /Schemas.
fn derived(schemas: &Json) -> BTreeSet<String> {
    let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    let mut paths = BTreeSet::new();
    for schema in list(&schemas["Resources"]) {
        let urn = text(&schema["id"]);
        let start = if urn == USER { String::new() } else { format!("{urn}:") };
        for attribute in list(&schema["attributes"]) {
            let name = format!("{start}{}", text(&attribute["name"]));
            let parts = list(&attribute["subAttributes"]);
            if parts.is_empty() {
                paths.insert(name.clone());
            }
            let of_type = parts.iter().find(|part| part["name"] == "type");
            let types = of_type.map(|part| list(&part["canonicalValues"])).unwrap_or_default();
            for part in parts.iter().map(|part| text(&part["name"])) {
                if types.is_empty() || ["type", "primary"].contains(&part.as_str()) {
                    paths.insert(format!("{name}.{part}"));
                    continue;
                }
                for kind in &types {
                    paths.insert(format!("{name}[type eq {kind}].{part}"));
                }
            }
        }
    }
    paths
}

async fn c021_every_mapped_attribute_is_in_the_schemas_and_nothing_else(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).hire_date().start().await;
    let listed = sidecar.idp("entra").get("/Schemas").await;
    let schemas = listed.is(200);
    // Each path that the mapping states, derived as a client derives it: `a`, `a.b`,
    // `a[type eq "x"].b` where `x` is among the canonical values of the type, and `urn:a`.
    let mapped = mapped(dialect);
    assert!(mapped.len() > 10, "{mapped:?}");
    let derived = derived(schemas);
    for path in &mapped {
        assert!(derived.contains(path), "{path} is not in {derived:#?}");
    }
    // And nothing else but what every element of a list says of itself.
    for path in derived.difference(&mapped) {
        let of_element = [".type", ".primary", ".display", ".$ref"];
        assert!(of_element.iter().any(|end| path.ends_with(end)), "{path} is not mapped");
    }
    assert_eq!(attribute(schemas, USER, &["emails", "type"])["canonicalValues"], json!(["work"]));
    let types = attribute(schemas, USER, &["phoneNumbers", "type"]);
    assert_eq!(types["canonicalValues"], json!(["mobile"]));
    attribute(schemas, ENTERPRISE, &["manager", "value"]);
    for (name, kind) in [
        ("IdentificationNumber", "string"),
        ("EmployeeLevel", "integer"),
        ("IsContractor", "boolean"),
        ("HireDate", "dateTime"),
    ] {
        assert_eq!(attribute(schemas, PROPERTIES, &[name])["type"], kind);
    }
    // What is not stored is not advertised.
    for name in ["nickName", "title", "addresses", "password"] {
        assert!(!listed.text.contains(&format!("\"name\":\"{name}\"")), "{name}");
    }
}

async fn c022_c023_discovery_is_neither_filtered_nor_written(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    for path in ["/Schemas", "/ResourceTypes"] {
        idp.get(&format!("{path}?filter=id+eq+%22a%22")).await.scim_error(403, "");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let answer = idp.send(idp.request(method, path), "{}").await;
            answer.scim_error(405, "");
            assert_eq!(answer.header("allow"), "GET");
        }
    }
    idp.post("/ServiceProviderConfig", "{}").await.scim_error(405, "");
}

#[tokio::test]
async fn c024_what_is_not_offered_is_said_to_be_so() {
    let legacy = Legacy::start(Dialect::Odata).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("entra");
    idp.get("/Me").await.scim_error(501, "");
    idp.patch("/Me", patch(json!([]))).await.scim_error(501, "");
    idp.post("/Bulk", "{}").await.scim_error(501, "");
}

async fn one_more_column_is_one_more_attribute_by_the_mapping_alone(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let sidecar = Sidecar::in_front_of(&legacy)
        .appending(&format!(
            "[[attribute]]\nscim = \"nickName\"\nfield = \"contactMessenger\"\nmax_length = 100\n\
             [[attribute]]\nscim = \"{PROPERTIES}:Language\"\nfield = \"language\"\ntype = \"integer\""
        ))
        .start()
        .await;
    let idp = sidecar.idp("entra");
    let listed = idp.get("/Schemas").await;
    attribute(listed.is(200), USER, &["nickName"]);
    assert_eq!(attribute(&listed.json, PROPERTIES, &["Language"])["type"], "integer");

    let mut body = scim_person("bo");
    body["nickName"] = "Bobo".into();
    body[PROPERTIES] = json!({ "Language": 3 });
    let created = idp.post("/Users", &body).await;
    assert_eq!(created.is(201)["nickName"], "Bobo");
    assert_eq!(created.json[PROPERTIES]["Language"], 3);
    let change = patch(json!([
        { "op": "Add", "path": "nickName", "value": "Anita" },
        { "op": "Add", "path": format!("{PROPERTIES}:Language"), "value": "2" },
    ]));
    idp.patch("/Users/7", change).await.is(200);
    let row = legacy.person(7);
    assert_eq!((&row["contactMessenger"], &row["language"]), (&json!("Anita"), &json!(2)));
    assert_eq!(idp.find("nickName eq \"anita\"").await.ids(), ["7"]);
    assert_eq!(idp.find(&format!("{PROPERTIES}:Language eq 2")).await.ids(), ["7"]);
}
