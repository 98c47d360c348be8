//! `check --live`: the mapping beside what the service says of itself in `$metadata`.

use scim_sidecar::seam::real;

use super::scene::certificate::{Authority, KeyKind};
use super::scene::process::run;
use super::server::Server;
use super::stage::{folder, guid_mapping, mapping, tokens};

/// Exit code and output, without what differs from run to run.
fn check(mapping: &str) -> (i32, String) {
    let authority = Authority::new(KeyKind::Ecdsa);
    let folder = folder(Server::running(), &authority, mapping, &tokens(&real::seams()));
    let (code, out, err) = run(&["check", "--config", "sidecar.toml", "--live"], &folder.path(""));
    assert_eq!(err, "");
    (code, out)
}

#[test]
fn the_shipped_mapping_is_what_the_service_says() {
    for mapping in [mapping(), guid_mapping()] {
        let (code, out) = check(&mapping);
        assert!(out.contains("the people can be searched"), "{out}");
        assert!(out.ends_with("0 errors, 0 warnings\n"), "{out}");
        assert_eq!(code, 0);
    }
}

/// The mapping up to its examples, with another name for a field wherever it names one.
fn renamed(text: &str, name: &str, other: &str) -> String {
    let (old, new) = (format!("\"{name}\""), format!("\"{other}\""));
    let line = |line: &str| {
        let names = ["field", "unique"].iter().filter_map(|key| line.find(key)).min();
        let (before, after) = line.split_at(names.unwrap_or(line.len()));
        format!("{before}{}\n", after.replace(&old, &new))
    };
    text.lines().map(line).collect()
}

#[test]
fn every_field_name_that_the_service_does_not_have_is_found() {
    let mut text = mapping();
    text.truncate(text.find("[[example]]").unwrap());
    let mut names: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once("field"))
        .filter_map(|(_, after)| after.trim_start_matches([' ', '=']).strip_prefix('"'))
        .filter_map(|after| after.split('"').next())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 18, "{names:?}");
    for name in names {
        let wrong = format!("{name}x");
        let (code, out) = check(&renamed(&text, name, &wrong));
        assert_eq!(code, 78, "{name}: {out}");
        assert!(out.contains(&format!("the upstream has no field `{wrong}`")), "{out}");
        assert!(out.contains(&format!("help: did you mean `{name}`?")), "{out}");
        assert!(out.contains("^^"), "{out}");
    }
}

#[test]
fn types_lengths_and_what_may_be_null_are_compared() {
    for (old, new, code, expected) in [
        (
            "data/WFUsers\"",
            "data/WFUser\"",
            78,
            &["the upstream has no collection", "did you mean `odata/v4/data/WFUsers`?"][..],
        ),
        (
            "expand      = [\"department\"]",
            "expand      = [\"department\", \"departement\"]",
            78,
            &["nothing leads from a row to one other row by `departement`"],
        ),
        (
            "field = \"level\"\ntype  = \"integer\"",
            "field = \"level\"\ntype  = \"dateTime\"",
            78,
            &["`level` is of another type", "takes it for a dateTime, the upstream has Edm.Int32"],
        ),
        (
            "literal = \"date\"",
            "",
            78,
            &["`hireDate` is of another type", "say `literal = \"date\"`"],
        ),
        (
            "field      = \"contactCell\"",
            "literal    = \"guid\"\nfield      = \"contactCell\"",
            78,
            &["takes it for a GUID, the upstream has Edm.String", "leave `literal` out"],
        ),
        (
            "field = \"lastSeen\"",
            "field = \"createdAt\"",
            78,
            &["`createdAt` is written by the upstream alone", "add `read_only = true`"],
        ),
        (
            "max_length = 40",
            "max_length = 60",
            0,
            &["the upstream takes 40, the mapping 60", "say `max_length = 40`"],
        ),
        (
            "required   = true\n",
            "",
            0,
            &["`contactEmail` cannot be cleared", "add `required = true`"],
        ),
        (
            "key         = { field = \"idUser\", type = \"integer\" }",
            "key         = { field = \"level\", type = \"integer\" }",
            78,
            &["a row is not addressed by `level`", "says: by `idUser`"],
        ),
        (
            "[[attribute]]\nscim       = 'emails[type eq \"work\"].value'\nfield      = \"contactEmail\"",
            "[[attribute]]\nscim       = 'emails[type eq \"work\"].value'\nfield      = \"boss_idUser_\"",
            78,
            &["a new row needs `contactEmail`, which the mapping does not write"],
        ),
    ] {
        let mut text = mapping();
        // What the examples show is another matter.
        text.truncate(text.find("[[example]]").unwrap());
        assert!(text.contains(old), "`{old}` is not in the mapping");
        let (found, out) = check(&text.replace(old, new));
        assert_eq!(found, code, "{new}: {out}");
        for words in expected {
            assert!(out.contains(words), "`{words}` is not in {out}");
        }
    }
}
