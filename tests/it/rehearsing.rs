//! A rollout tried beforehand: people of an export against the rows of a living server.

mod company;

use scim_sidecar::cli::{self, Command, Exit};
use scim_sidecar::legacy::{Fault, Kind};
use scim_sidecar::platform::loose_permissions;
use scim_sidecar::seam::real;
use serde_json::{Value as Json, json};

use crate::scene::{
    Authority, Dialect, Folder, KeyKind, Legacy, Sidecar, ana, anchored, bo, on_all, person,
};
use company::{
    ACCENTED, BURIED, Company, FAR, FOREIGN, GONE, LEAVERS, LOCAL, NAMESAKES, PEOPLE, RENAMED,
    REPEATED, RETURNING, REVIVED, ROWS, SAME, SERVICES_OFF, TALKATIVE, TWICE, TWINS, UNBOUND,
};

on_all! {
    a_company_is_rehearsed_and_every_count_is_exact,
    each_person_is_told_with_rule_fields_and_reason,
    an_edit_of_a_mapping_is_told_row_by_row_and_person_by_person,
    people_are_matched_by_what_is_declared_and_nothing_else,
    an_outage_is_no_rehearsal,
}

/// How a run ended: exit code, standard output, standard error.
struct Ended {
    exit: Exit,
    out: String,
    err: String,
}

/// Runs the command in a folder that `serve` could run in.
async fn rehearse(folder: &Folder, arguments: &[&str]) -> Ended {
    let config = folder.path("sidecar.toml").display().to_string();
    let mut line = vec!["scim-sidecar", "rehearse", "--config", &config];
    line.extend(arguments);
    let command = Command::parse_from(line).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = cli::run(command, &real::seams(), &mut out, &mut err).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { exit, out: text(out), err: text(err) }
}

fn document(folder: &Folder) -> Json {
    serde_json::from_str(&std::fs::read_to_string(folder.path("rehearsal.json")).unwrap()).unwrap()
}

async fn a_company_is_rehearsed_and_every_count_is_exact(dialect: Dialect) {
    let company = Company::new();
    let legacy = Legacy::start(dialect).await;
    for row in &company.rows {
        legacy.insert(row).unwrap();
    }
    assert_eq!(legacy.rows().len(), ROWS);
    // The server behind finds accents equal, as many databases do.
    legacy.fault(Fault::always(Kind::FoldingCollation));
    let setup = Sidecar::in_front_of(&legacy).variant("domain table");
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    let people = folder.write("people.csv", &company.table()).display().to_string();
    let out = folder.path("rehearsal.json").display().to_string();

    let arguments = [&*people, "--match", "userName", "--match", "externalId", "--out", &out];
    let ended = rehearse(&folder, &arguments).await;
    assert_eq!(ended.exit, Exit::Fine, "{}", ended.err);

    // Over SOAP nothing but the mapping's `literal` enters a condition, so other names are refused.
    let unaskable = if dialect == Dialect::Soap { FOREIGN + TWINS } else { 0 };
    let refused = NAMESAKES + 1 + FAR + unaskable;
    let changed = UNBOUND + LEAVERS + RETURNING + RENAMED;
    let others = SAME + changed + refused + ACCENTED + LOCAL + REVIVED + TWICE + GONE + REPEATED;
    let told = document(&folder);
    for (verdict, expected) in [
        ("unchanged", SAME),
        ("change", changed),
        ("create", PEOPLE - others),
        ("adopt", 0),
        ("revive", REVIVED),
        ("not-created", GONE),
        ("ambiguous", TWICE),
        ("conflict", ACCENTED + LOCAL),
        ("duplicate", REPEATED),
        ("refused", refused),
    ] {
        assert_eq!(told["counts"][verdict], expected, "{verdict}\n{}", ended.out);
    }
    let left = told["leftOver"].as_array().unwrap();
    let of = |shown: &str| left.iter().filter(|row| row["shown"] == shown).collect::<Vec<_>>();
    let inactive = of("living").iter().filter(|row| row["active"] == false).count();
    assert_eq!((of("deleted").len(), inactive), (BURIED, SERVICES_OFF));
    // The administrator of the domain `local`, whom the mapping protects.
    assert_eq!((of("hidden").len(), &of("hidden")[0]["protected"]), (1, &Json::Bool(true)));
    let concerned = told["people"].as_array().unwrap().iter();
    let rows: usize = concerned.map(|one| one["rows"].as_array().unwrap().len()).sum();
    assert_eq!(rows + left.len(), ROWS, "every row is somebody's or nobody's");

    let of = |column: &str| format!("{}\n", dialect.field_of(column));
    for (count, line) in [
        (UNBOUND, &*of("ScimExternalId")),
        (LEAVERS + RETURNING, &*of("enabled")),
        (RENAMED, &*of("userName")),
        (NAMESAKES, "400 mutability: "),
        (1, "403: this person is protected"),
        (TALKATIVE, "phoneNumbers[type eq \"mobile\"].value: expected at most 20"),
        (ACCENTED, "409 uniqueness: the server behind takes this userName for one"),
        (LOCAL, "409 uniqueness: a user with this userName already exists"),
    ] {
        assert!(ended.out.contains(&format!("{count:8}  {line}")), "{line:?} in\n{}", ended.out);
    }
    // What everybody may see names nobody.
    assert!(!ended.out.contains('@'), "{}", ended.out);
    let twins = told["people"].as_array().unwrap().iter().filter(|one| {
        let remarks = one["remarks"].as_array().unwrap();
        remarks.iter().any(|remark| remark.as_str().unwrap().contains("only in accents"))
    });
    assert_eq!(twins.count(), if dialect == Dialect::Soap { 0 } else { TWINS });

    // Nothing was written, and nobody was searched one by one who need not be.
    assert!(legacy.writes().is_empty());
    let searches = legacy.take_actions();
    assert!(searches.iter().all(|action| *action == "search"), "{searches:?}");
    let pages = match dialect {
        Dialect::Odata => ROWS.div_ceil(100),
        Dialect::Soap => 1,
        Dialect::Rest => ROWS.div_ceil(50),
    };
    assert!(searches.len() <= pages + 2 * ACCENTED, "{} searches", searches.len());
    assert_eq!(loose_permissions(&folder.path("rehearsal.json")), None);
}

const PORTAL: &str = "userPrincipalName,mail,givenName,surname,objectId,accountEnabled,mobile\n\
    ana@contoso.com,ana@contoso.com,Ana,Diaz,object-of-ana,True,\n\
    bo@contoso.com,bo@contoso.com,,,object-of-bo,False,\n\
    eva@contoso.com,eva@contoso.com,Eva,Ruiz,object-of-eva,True,+57 300 000 0000 extension 7\n\
    zoe@contoso.com,,Zoe,Ruiz,object-of-zoe,True,\n\
    ANA@contoso.com,ana@contoso.com,Ana,Diaz,other,True,\n";

async fn each_person_is_told_with_rule_fields_and_reason(dialect: Dialect) {
    let legacy = Legacy::start(dialect)
        .with_user(ana())
        .with_user(anchored(bo(), "object-of-another-bo"))
        .with_user(person(9, "left"))
        .await;
    let setup = Sidecar::in_front_of(&legacy);
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    let people = folder.write("people.csv", PORTAL).display().to_string();
    let out = folder.path("rehearsal.json").display().to_string();
    let ended = rehearse(&folder, &[&people, "--out", &out]).await;
    assert_eq!((ended.exit, ended.err.as_str()), (Exit::Fine, ""));
    let told = document(&folder);
    let one = |number: usize| &told["people"][number];
    assert_eq!((&one(0)["verdict"], &one(0)["rule"]), (&"change".into(), &"userName".into()));
    assert_eq!((&one(0)["rows"][0], &one(0)["line"]), (&"7".into(), &2.into()));
    let writes = one(0)["writes"].as_array().unwrap();
    let full = writes.iter().find(|write| write["field"] == dialect.field_of("fullName")).unwrap();
    assert_eq!((&full["old"], &full["new"]), (&"Mx ana".into(), &"Ana Diaz".into()));
    let field = dialect.field_of("ScimExternalId");
    let anchor = writes.iter().find(|write| write["field"] == field).unwrap();
    assert_eq!((&anchor["old"], &anchor["new"]), (&Json::Null, &"object-of-ana".into()));
    assert_eq!((&one(1)["verdict"], &one(1)["rows"][0]), (&"refused".into(), &"8".into()));
    assert_eq!(one(1)["why"]["scimType"], "mutability");
    assert_eq!(one(2)["verdict"], "create");
    assert!(one(2)["leftOut"][0].as_str().unwrap().contains("at most 20 characters, found 28"));
    assert_eq!(one(3)["why"]["detail"], "`emails[type eq \"work\"].value` is required");
    assert_eq!((&one(4)["verdict"], &one(4)["line"]), (&"duplicate".into(), &6.into()));
    assert_eq!(one(4)["remarks"][0], "line 2 has the same userName");
    assert_eq!(told["leftOver"][1]["userName"], "left@contoso.com");
    assert!(legacy.writes().is_empty());

    // The file is there: it is not replaced. What is asked for on the terminal is printed there.
    let again = rehearse(&folder, &[&people, "--out", &out]).await;
    assert_eq!(again.exit, Exit::Failed);
    let shown = rehearse(&folder, &[&people, "--show"]).await;
    assert!(shown.out.contains("This file holds personal data"), "{}", shown.out);
    let full =
        format!("write,2,ana@contoso.com,,7,,{},Mx ana,Ana Diaz", dialect.field_of("fullName"));
    assert!(shown.out.contains(&full), "{}", shown.out);

    // A manager is the row that the manager is bound to; Graph's own JSON says who.
    let graph = r#"{"value":[
        {"id":"a","userPrincipalName":"ana@contoso.com","mail":"ana@contoso.com","accountEnabled":true},
        {"id":"l","userPrincipalName":"left@contoso.com","mail":"left@contoso.com","accountEnabled":true,
         "manager":{"id":"a"}},
        {"id":"n","userPrincipalName":"new@contoso.com","mail":"new@contoso.com","accountEnabled":true,
         "manager":{"id":"nobody"}}]}"#;
    let people = folder.write("people.json", graph).display().to_string();
    let out = folder.path("rehearsal.csv").display().to_string();
    let ended = rehearse(&folder, &[&people, "--out", &out]).await;
    assert_eq!(ended.exit, Exit::Fine, "{}", ended.err);
    let table = std::fs::read_to_string(&out).unwrap();
    let boss = dialect.field_of("idBossUser");
    assert!(table.contains(&format!("write,2,left@contoso.com,,9,,{boss},,7,,,")), "{table}");
    assert!(table.contains("the manager is not in the export"), "{table}");
}

async fn an_edit_of_a_mapping_is_told_row_by_row_and_person_by_person(dialect: Dialect) {
    let mut row = ana();
    row["domain"] = "CONTOSO".into();
    let legacy = Legacy::start(dialect).with_user(row).with_user(bo()).await;
    let setup = Sidecar::in_front_of(&legacy).variant("domain table");
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    folder.write("old.toml", dialect.mapping());
    let people = folder.write("people.csv", PORTAL).display().to_string();
    let old = folder.path("old.toml").display().to_string();
    let out = folder.path("rehearsal.json").display().to_string();
    let ended = rehearse(&folder, &[&people, "--against", &old, "--out", &out]).await;
    assert_eq!(ended.exit, Exit::Fine, "{}", ended.err);
    let told = document(&folder);
    let told = told["against"].as_array().unwrap();
    let find = |key: &str, whose: Json, what: &str| {
        let found = told.iter().find(|one| one[key] == whose && one["what"] == what);
        let found = found.unwrap_or_else(|| panic!("{whose} {what} in {told:?}"));
        (found["old"].clone(), found["new"].clone())
    };
    let row = find("row", "7".into(), "userName");
    assert_eq!(row, ("ana@CONTOSO".into(), "ana@contoso.com".into()));
    let done = find("line", 2.into(), "what would be done");
    assert_eq!(done, ("create".into(), "change".into()));
    assert_eq!(find("line", 2.into(), "rows concerned"), (Json::Null, "7".into()));
    assert_eq!(
        find("line", 4.into(), dialect.field_of("domain")),
        ("contoso.com".into(), "CONTOSO".into())
    );
    assert!(ended.out.contains("rows that would be shown otherwise"), "{}", ended.out);
    assert!(legacy.writes().is_empty());
}

async fn an_outage_is_no_rehearsal(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(ana()).await;
    let setup = Sidecar::in_front_of(&legacy);
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    let people = folder.write("people.csv", PORTAL).display().to_string();
    let many = rehearse(&folder, &[&people, "--limit", "1"]).await;
    assert_eq!(many.exit, Exit::Failed);
    assert!(many.err.contains("expected at most 1 people"), "{}", many.err);
    let none = rehearse(&folder, &[&people, "--match", "title"]).await;
    assert!(none.err.contains("the mapping has no attribute `title`"), "{}", none.err);
    let nobody = rehearse(&folder, &[&people, "--caller", "nobody"]).await;
    assert!(nobody.err.contains("expected `entra`"), "{}", nobody.err);
    legacy.kill().await;
    let down = rehearse(&folder, &[&people]).await;
    assert_eq!(down.exit, Exit::Failed);
    assert!(down.err.contains("the people of the server behind cannot be read"), "{}", down.err);
    assert!(down.out.is_empty(), "{}", down.out);
}

async fn people_are_matched_by_what_is_declared_and_nothing_else(dialect: Dialect) {
    let mut shared = person(9, "shared");
    shared["contactEmail"] = "bo@contoso.com".into();
    let legacy = Legacy::start(dialect).with_user(ana()).with_user(bo()).with_user(shared).await;
    let setup = Sidecar::in_front_of(&legacy)
        .replacing("on_conflict = \"conflict\"", "on_conflict = \"adopt\"");
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    let scim = json!({ "totalResults": 3, "Resources": [
        { "id": "a", "userName": "ana@contoso.com", "externalId": "object-of-ana", "active": true,
          "emails": [{ "type": "work", "value": "ana.diaz@contoso.com" }] },
        { "id": "b", "userName": "bo.lee@contoso.com", "externalId": "object-of-bo", "active": true,
          "emails": [{ "type": "work", "value": "bo@contoso.com" }] },
        { "id": "c", "userName": "cy@contoso.com", "externalId": "object-of-cy", "active": true,
          "emails": [{ "type": "work", "value": "cy@contoso.com" }] },
    ]});
    let people = folder.write("people.json", &scim.to_string()).display().to_string();
    let verdicts = |told: &Json| -> Vec<(String, Json)> {
        let people = told["people"].as_array().unwrap().iter();
        people.map(|one| (one["verdict"].as_str().unwrap().into(), one["rows"].clone())).collect()
    };
    let of = |verdict: &str, rows: Json| (verdict.to_owned(), rows);
    let out = folder.path("rehearsal.json").display().to_string();

    // Nobody is bound by an e-mail that was not declared; a create adopts by the name alone.
    let ended = rehearse(&folder, &[&people, "--match", "externalId", "--out", &out]).await;
    assert_eq!(ended.exit, Exit::Fine, "{}", ended.err);
    let found = verdicts(&document(&folder));
    let expected = [of("adopt", json!(["7"])), of("create", json!([])), of("create", json!([]))];
    assert_eq!(found, expected);

    std::fs::remove_file(&out).unwrap();
    let mail = "emails[type eq \"work\"].value";
    let arguments = [&*people, "--match", "userName", "--match", mail, "--out", &out];
    let ended = rehearse(&folder, &arguments).await;
    assert_eq!(ended.exit, Exit::Fine, "{}", ended.err);
    let found = verdicts(&document(&folder));
    let expected =
        [of("change", json!(["7"])), of("ambiguous", json!(["8", "9"])), of("create", json!([]))];
    assert_eq!(found, expected);
    assert!(legacy.writes().is_empty());
}
