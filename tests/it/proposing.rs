//! `init --from-metadata` and `--from-scim`: what they propose is checked, served and used.
#![cfg(unix)]

use std::fs;

use serde_json::json;

use crate::scene::process::run_with;
use crate::scene::{BASE, Dialect, Folder, Legacy, Sidecar};

/// What the server behind asks for.
const TOKEN: &str = "the-scenes-own-bearer-token";

/// Runs the binary beside the runtime that serves what it asks.
async fn told(arguments: Vec<String>, folder: Folder) -> (Folder, (i32, String, String)) {
    tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let told = run_with(&arguments, &folder.path(""), &[("LEGACY_TOKEN", TOKEN)]);
        (folder, told)
    })
    .await
    .unwrap()
}

fn line(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[tokio::test]
async fn what_is_proposed_from_metadata_serves() {
    let legacy =
        Legacy::start(Dialect::Odata).with(|options| options.bearer = Some(TOKEN.to_owned())).await;
    let url = format!("{}/odata/data/$metadata", legacy.base());
    let folder = Folder::new();
    // Two data tables, and one of them is named like people.
    let arguments = line(&format!("init --from-metadata {url} --token-env LEGACY_TOKEN out"));
    let (folder, (code, out, err)) = told(arguments, folder).await;
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("wrote out/mappings/wfuser.toml\nwrote out/sidecar.toml\n"), "{out}");
    let check = line("check out/mappings/wfuser.toml");
    let (folder, (code, out, _)) = told(check, folder).await;
    assert!(code == 0 && out.ends_with("0 errors, 0 warnings\n"), "{out}");
    let mapping = fs::read_to_string(folder.path("out/mappings/wfuser.toml")).unwrap();
    let sidecar = fs::read_to_string(folder.path("out/sidecar.toml")).unwrap();
    assert!(sidecar.contains("mapping   = \"mappings/wfuser.toml\""), "{sidecar}");
    let base = url.trim_end_matches("$metadata");
    assert!(sidecar.contains(&format!("base_url = \"{base}\"")), "{sidecar}");

    // The scene's `base_url` is the project, so the collection is named from there.
    let proposed = mapping.replace("collection = \"WFUser\"", "collection = \"odata/data/WFUser\"");
    let sidecar = Sidecar::in_front_of(&legacy).mapping(|_| proposed).start().await;
    let entra = sidecar.idp("entra");
    let own = "urn:ietf:params:scim:schemas:extension:wfuser:2.0:User";
    let made = entra
        .post(
            "/Users",
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", own],
                "userName": "ana@contoso.com",
                "externalId": "0a21",
                "active": true,
                "name": { "givenName": "Ana", "familyName": "Diaz", "formatted": "Ana Diaz" },
                "emails": [{ "type": "work", "value": "ana@contoso.com" }],
                own: { "EmployeeLevel": 3, "HireDate": "2026-03-01T00:00:00Z", "notifByEmail": true },
            }),
        )
        .await
        .is(201)
        .clone();
    assert_eq!(made[own]["EmployeeLevel"], 3, "{made:#}");
    let id = made["id"].as_str().unwrap().to_owned();
    let row = legacy.person(id.parse().unwrap());
    assert_eq!(
        (&row["userName"], &row["domain"], &row["FirstName"], &row["enabled"]),
        (&json!("ana"), &json!("contoso.com"), &json!("Ana"), &json!(true))
    );
    entra.find("userName eq \"ana@contoso.com\"").await.only();
    entra.delete(&format!("/Users/{id}")).await.is(204);
    assert_eq!(legacy.person(id.parse().unwrap())["enabled"], false);

    // Its own /Schemas, as a mapping for another server.
    let schemas = entra.get("/Schemas").await.is(200).clone();
    folder.write("schemas.json", &schemas.to_string());
    let arguments = line("init --from-scim schemas.json out2");
    let (folder, (code, out, err)) = told(arguments, folder).await;
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let (folder, (code, out, _)) = told(line("check out2/mappings/people.toml"), folder).await;
    assert!(code == 0 && out.ends_with("0 errors, 0 warnings\n"), "{out}");
    let mapping = fs::read_to_string(folder.path("out2/mappings/people.toml")).unwrap();
    for piece in
        ["name.givenName", "emails[type eq", "enterprise:2.0:User:manager", "EmployeeLevel"]
    {
        assert!(mapping.contains(piece), "`{piece}` is not in\n{mapping}");
    }
    assert!(BASE.starts_with('/'));
}

#[tokio::test]
async fn nothing_is_fetched_that_serving_would_not_ask_for() {
    let folder = Folder::new();
    let url = "http://203.0.113.7/$metadata";
    let (folder, told_of_it) = told(line(&format!("init --from-metadata {url}")), folder).await;
    assert!(told_of_it.0 == 1 && told_of_it.2.contains("is not encrypted"), "{told_of_it:?}");
    let url = "https://ana:hunter2@localhost/$metadata";
    let (folder, told_of_it) = told(line(&format!("init --from-metadata {url}")), folder).await;
    assert_eq!((told_of_it.0, told_of_it.1.as_str()), (1, ""));
    assert!(!told_of_it.2.contains("hunter2"), "{told_of_it:?}");

    let legacy = Legacy::start(Dialect::Odata).await;
    let url = format!("{}/odata/data/$metadata", legacy.base());
    let (folder, told_of_it) = told(line(&format!("init --from-metadata {url}")), folder).await;
    assert_eq!(told_of_it.0, 1, "without a token: {told_of_it:?}");
    assert!(told_of_it.2.contains("`--token-env` names the variable"), "{told_of_it:?}");
    assert_eq!(fs::read_dir(folder.path("")).unwrap().count(), 0, "nothing was written");
}

#[tokio::test]
async fn what_is_there_stays_and_what_is_unclear_is_asked() {
    let folder = Folder::new();
    let service = include_str!("../fixtures/metadata/people-service.xml");
    folder.write("service.xml", service);
    folder.write("sidecar.toml", "format = 1\n");
    let (folder, (code, out, err)) =
        told(line("init --from-metadata service.xml --entity Offices"), folder).await;
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("wrote ./mappings/offices.toml\n"), "{out}");
    assert_eq!(fs::read_to_string(folder.path("sidecar.toml")).unwrap(), "format = 1\n");
    let (folder, (code, _, err)) =
        told(line("init --from-metadata service.xml --entity Offices"), folder).await;
    assert!(code == 1 && err.contains("is there already, so nothing was written"), "{err}");
    let (folder, (code, _, err)) =
        told(line("init --from-metadata service.xml --entity Nobody"), folder).await;
    assert!(code == 1 && err.contains("there are `Staff` or `Offices`"), "{err}");
    let both = line("init --from-metadata service.xml --from-scim service.xml");
    let (_folder, (code, _, _)) = told(both, folder).await;
    assert_eq!(code, 64);
}
