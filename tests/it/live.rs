//! `check --live`: a mapping beside what the server behind says of itself, or what its rows show.

use scim_sidecar::provision::{Seen, Weight};
use scim_sidecar::reload::Reloader;
use scim_sidecar::seam::real;
use serde_json::{Value as Json, json};

use crate::people::set;
use crate::scene::process::run;
use crate::scene::{Authority, Dialect, KeyKind, Legacy, Setup, Sidecar, ana, bo, on_all};

on_all! {
    no_slip_in_the_name_of_a_field_is_overlooked,
}

fn check(setup: &Setup) -> (i32, String) {
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    let (code, out, err) = run(&["check", "--config", "sidecar.toml", "--live"], &folder.path(""));
    assert_eq!(err, "");
    (code, out)
}

/// What is seen of a server, and the names of the fields that were looked for.
async fn look(setup: &Setup) -> (Vec<Seen>, Vec<String>) {
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    let seams = real::seams();
    let reloader = Reloader::begin(&folder.path("sidecar.toml"), &seams, true);
    let reloader = reloader.unwrap_or_else(|refused| panic!("{}", refused.report));
    let generation = reloader.current().take();
    let provisioner = &generation.projects[0].provisioner;
    let fields = provisioner.mapping.entity.fields.iter();
    let names = fields.map(|(_, field)| field.name.to_string()).collect();
    (provisioner.probe(&*seams.clock).await, names)
}

/// A person in whose row every mapped field holds something.
fn whole() -> Json {
    let mut row = ana();
    for (column, value) in [
        ("FirstName", json!("Ana")),
        ("LastName", json!("Diaz")),
        ("DisplayName", json!("Ana")),
        ("contactCell", json!("300")),
        ("idBossUser", json!(8)),
        ("IdentificationNumber", json!("A-12")),
        ("EmployeeLevel", json!(3)),
        ("IsContractor", json!(false)),
        ("ScimExternalId", json!("object-of-ana")),
        ("ScimDeleted", json!(false)),
    ] {
        row[column] = value;
    }
    row
}

/// A mapping's text in which a field has another name, wherever it is named.
fn misspelt(text: &str, name: &str) -> String {
    let is_part = |sign: Option<char>| {
        sign.is_some_and(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '.' | '{'))
    };
    let mut changed = String::new();
    for line in text.split_inclusive('\n') {
        let is_scims = ["scim", "from", "otherwise", "#"];
        if is_scims.iter().any(|word| line.trim_start().starts_with(word)) {
            changed.push_str(line);
            continue;
        }
        let mut rest = line;
        while let Some((before, after)) = rest.split_once(name) {
            changed.push_str(before);
            changed.push_str(name);
            if !is_part(before.chars().next_back()) && !is_part(after.chars().next()) {
                changed.push('x');
            }
            rest = after;
        }
        changed.push_str(rest);
    }
    changed
}

async fn no_slip_in_the_name_of_a_field_is_overlooked(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(bo()).with_user(whole()).await;
    let setup = Sidecar::in_front_of(&legacy);
    let (seen, names) = look(&setup).await;
    let is_fine = |seen: &Seen| match seen {
        Seen::Searchable => true,
        // What the server takes less of than the mapping lets through.
        Seen::Differs(difference) => difference.weight == Weight::Gap && !difference.is_unknown,
        _ => false,
    };
    assert!(seen.iter().all(is_fine), "{seen:?}");
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let (slip, setup) = match name.strip_suffix('"') {
            None => (format!("{name}x"), setup.clone().mapping(|text| misspelt(&text, &name))),
            Some(begin) => {
                let slip = format!("{begin}x\"");
                (slip.clone(), setup.clone().mapping(|text| text.replace(&name, &slip)))
            }
        };
        let (seen, names) = look(&setup).await;
        assert!(names.contains(&slip) && !names.contains(&name), "{slip}: {names:?}");
        let tells = |seen: &Seen| match seen {
            Seen::Unknown(field, _) => field.as_str() == slip,
            Seen::Differs(difference) => difference.name == slip && difference.is_unknown,
            _ => false,
        };
        assert!(seen.iter().any(tells), "{slip}: {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_is_compared_with_the_servers_own_description() {
    for dialect in [Dialect::Odata, Dialect::Soap, Dialect::Rest] {
        let legacy = Legacy::start(dialect).await;
        let setup = Sidecar::in_front_of(&legacy);
        let (code, out) = check(&setup);
        assert!(out.contains("project `hr`: the people can be searched"), "{out}");
        assert!(out.ends_with("0 errors, 0 warnings\n"), "{out}");
        // Nobody whom clients may see is there yet.
        let is_compared = !out.contains("types and lengths were not compared");
        assert_eq!(is_compared, dialect == Dialect::Odata, "{out}");
        assert_eq!(code, 0, "{out}");
    }
    let legacy = Legacy::start(Dialect::Odata).await;
    let setup = Sidecar::in_front_of(&legacy).replacing("contactCell", "contactCel");
    let (code, out) = check(&setup.replacing("max_length = 200", "max_length = 201"));
    assert_eq!(code, 78);
    assert!(out.contains("error: the upstream has no field `contactCel` (project `hr`)"), "{out}");
    assert!(out.contains("help: did you mean `contactCell`?"), "{out}");
    assert!(out.contains("warning: `fullName` takes fewer characters than"), "{out}");
    assert!(out.contains("the upstream takes 200, the mapping 201"), "{out}");
    assert!(out.ends_with("1 error, 2 warnings\n"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_description_types_are_compared_with_what_rows_hold() {
    let legacy = Legacy::start(Dialect::Rest).with_user(bo()).with_user(whole()).await;
    let setup = Sidecar::in_front_of(&legacy);
    let (code, out) = check(&setup);
    assert!(code == 0 && out.ends_with("0 errors, 0 warnings\n"), "{out}");
    assert!(!out.contains("were not compared"), "{out}");
    legacy.people().store().update("7", |row| {
        set(row, "employment.level", "high".into());
        set(row, "employment.contractor", json!({ "since": 2020 }));
        set(row, "contact.mobile", 3_001_234_567_i64.into());
        set(row, "audit.createdAt", true.into());
    });
    let setup = setup.replacing("\"name.display\"", "\"name.dispay\"");
    let (code, out) = check(&setup);
    assert_eq!(code, 78, "{out}");
    for expected in [
        "error: `employment.level` is of another type (project `hr`)",
        "field = \"employment.level\"",
        "the mapping takes it for an integer, a row holds a text",
        "error: `employment.contractor` is of another type",
        "the mapping takes it for a boolean, a row holds an object",
        "error: `audit.createdAt` is of another type",
        "warning: `contact.mobile` is read as a text and holds a number",
        "warning: no row has `name.dispay`",
        "none of the 2 rows that were looked at has it",
        "help: did you mean `name.display`?",
    ] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
    assert!(out.ends_with("3 errors, 2 warnings\n"), "{out}");

    // SOAP has characters alone, and they must be those of the type.
    let legacy = Legacy::start(Dialect::Soap).with_user(bo()).with_user(whole()).await;
    let (code, out) = check(&Sidecar::in_front_of(&legacy));
    assert!(code == 0 && out.ends_with("0 errors, 0 warnings\n"), "{out}");
    let setup = Sidecar::in_front_of(&legacy).mapping(|text| {
        let (before, after) = text.split_once("field      = \"IdentificationNumber\"").unwrap();
        let after = after.replacen("\"string\"", "\"integer\"", 1);
        let after = after.replacen("max_length = 50", "", 1);
        let text = format!("{before}field      = \"IdentificationNumber\"{after}");
        text.replace("\"701984\"", "701984")
    });
    let (code, out) = check(&setup);
    assert_eq!(code, 78, "{out}");
    assert!(out.contains("error: `IdentificationNumber` is of another type"), "{out}");
    assert!(out.contains("the mapping takes it for an integer, a row holds other"), "{out}");
}
