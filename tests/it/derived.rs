//! A person made of what /Schemas says and of nothing else, by the strict caller: whatever is
//! advertised is taken, echoed, changed and taken away (RFC 7643 §7).

use serde_json::{Map, Value as Json, json};

use crate::scene::{Dialect, Legacy, Sidecar, has, on_all, patch};

on_all! {
    a_person_made_of_the_schemas_alone_lives_a_whole_life,
}

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// A writable attribute: its path, and the schema's definition of it.
struct Advertised {
    path: String,
    schema: String,
    definition: Json,
}

impl Advertised {
    fn name(&self) -> &str {
        self.definition["name"].as_str().unwrap()
    }

    /// The anchor never changes once it is filled, and what identifies is tried by its own scenes.
    fn is_fixed(&self) -> bool {
        ["externalId", "userName"].contains(&self.path.as_str())
    }

    /// What a request or an answer holds for it.
    fn of<'j>(&self, person: &'j Json) -> &'j Json {
        if self.schema == CORE { &person[self.name()] } else { &person[&self.schema][self.name()] }
    }
}

fn advertised(schemas: &Json) -> Vec<Advertised> {
    let mut found = Vec::new();
    for schema in schemas["Resources"].as_array().unwrap() {
        let urn = schema["id"].as_str().unwrap();
        for definition in schema["attributes"].as_array().unwrap() {
            if definition["mutability"] == "readOnly" {
                continue;
            }
            let name = definition["name"].as_str().unwrap();
            let path = if urn == CORE { name.to_owned() } else { format!("{urn}:{name}") };
            found.push(Advertised { path, schema: urn.to_owned(), definition: definition.clone() });
        }
    }
    found
}

/// A value as the definition wants it; `round` makes another one each time.
fn value(definition: &Json, round: usize, boss: &str) -> Json {
    let one = match definition["type"].as_str().unwrap() {
        "complex" => {
            let subs = definition["subAttributes"].as_array().unwrap();
            let refers = subs.iter().any(|sub| sub["name"] == "$ref");
            let mut object = Map::new();
            for sub in subs.iter().filter(|sub| sub["mutability"] != "readOnly") {
                // What a reference points to says the value as well.
                if !(refers && sub["name"] == "value") {
                    let name = sub["name"].as_str().unwrap().to_owned();
                    object.insert(name, value(sub, round, boss));
                }
            }
            Json::Object(object)
        }
        "boolean" => json!(round.is_multiple_of(2)),
        "integer" => json!(round),
        "decimal" => json!(1.5),
        "dateTime" => json!("2026-03-01T00:00:00Z"),
        "reference" => json!(boss),
        _ => match definition["canonicalValues"].get(0) {
            Some(canonical) => canonical.clone(),
            None => json!(format!("text-{round}")),
        },
    };
    if definition["multiValued"] == true { json!([one]) } else { one }
}

fn person(attributes: &[Advertised], round: usize, boss: &str) -> Json {
    let mut person = json!({ "schemas": [CORE] });
    for attribute in attributes {
        let value = value(&attribute.definition, round, boss);
        if attribute.schema == CORE {
            person[attribute.name()] = value;
        } else {
            let schemas = person["schemas"].as_array_mut().unwrap();
            if !schemas.contains(&json!(attribute.schema)) {
                schemas.push(json!(attribute.schema));
            }
            person[&attribute.schema][attribute.name()] = value;
        }
    }
    person
}

async fn a_person_made_of_the_schemas_alone_lives_a_whole_life(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let sidecar = Sidecar::in_front_of(&legacy).start().await;
    let idp = sidecar.idp("strict");
    let schemas = idp.get("/Schemas").await;
    let attributes = advertised(schemas.is(200));
    assert!(attributes.len() > 6, "{schemas}");

    let required: Vec<_> = advertised(&schemas.json)
        .into_iter()
        .filter(|attribute| attribute.definition["required"] == true)
        .collect();
    let boss = idp.post("/Users", person(&required, 9, "")).await;
    boss.is(201);
    let boss = boss.header("location").to_owned();

    let sent = person(&attributes, 0, &boss);
    let created = idp.post("/Users", &sent).await;
    assert!(has(created.is(201), &sent), "{sent}\n{created}");
    let path = format!("/Users/{}", created.id());
    assert_eq!(idp.get(&path).await.is(200), &created.json);
    let found = idp.find("userName eq \"TEXT-0\"").await;
    assert_eq!(found.only(), &created.json);

    let mut sent = person(&attributes, 2, &boss);
    for fixed in ["externalId", "userName"] {
        sent[fixed] = created.json[fixed].clone();
    }
    let replaced = idp.put(&path, &sent).await;
    assert!(has(replaced.is(200), &sent), "{sent}\n{replaced}");

    for attribute in &attributes {
        let projected = idp.get(&format!("{path}?attributes={}", attribute.path)).await;
        let shown = projected.is(200);
        assert_eq!(attribute.of(shown), attribute.of(&replaced.json), "{}", attribute.path);
        if attribute.is_fixed() {
            continue;
        }
        let name = &attribute.path;
        for (op, round) in [("replace", 3), ("add", 4)] {
            let wanted = value(&attribute.definition, round, &boss);
            let operation = json!({ "op": op, "path": name, "value": wanted });
            let changed = idp.patch(&path, patch(operation)).await;
            assert!(has(attribute.of(changed.is(200)), &wanted), "{op} {name}: {changed}");
            assert_eq!(idp.get(&path).await.is(200), &changed.json);
        }
        let removed = idp.patch(&path, patch(json!({ "op": "remove", "path": name }))).await;
        match name.as_str() {
            // Always there: required, or with a default.
            "active" => drop(removed.scim_error(400, "mutability")),
            _ if attribute.definition["required"] == true => {
                removed.scim_error(400, "mutability");
            }
            // A full name is made anew, for the server behind wants one.
            "name" => assert!(removed.is(200)["name"].get("givenName").is_none(), "{removed}"),
            _ => assert!(attribute.of(removed.is(200)).is_null(), "{name}: {removed}"),
        }
    }
    idp.delete(&path).await.is(204);
    idp.get(&path).await.scim_error(404, "");
}
