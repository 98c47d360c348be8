//! A report of two people and a row.

use super::super::outcome::{Why, Written};
use super::*;

fn judged(place: u64, user_name: &str, verdict: Verdict) -> Judged {
    Judged {
        place,
        user_name: user_name.to_owned(),
        verdict,
        rows: Vec::new(),
        rule: None,
        writes: Vec::new(),
        left_out: Vec::new(),
        why: None,
        remarks: Vec::new(),
    }
}

fn rehearsal() -> Rehearsal {
    let mut ana = judged(2, "ana@contoso.com", Verdict::Change);
    ana.rows = vec!["7".to_owned()];
    ana.rule = Some("userName".to_owned());
    let new = Some("=HYPERLINK(\"x\")".to_owned());
    ana.writes = vec![Written { field: "fullName".to_owned(), old: None, new }];
    ana.left_out = vec!["phone: expected at most 20 characters, found 25".to_owned()];
    let mut bo = judged(3, "bo@x", Verdict::Refused);
    bo.why = Some(Why {
        status: 400,
        scim_type: Some("invalidValue".to_owned()),
        detail: "`userName`: too long".to_owned(),
    });
    let row = LeftOver {
        id: "1".to_owned(),
        user_name: Some("admon@local".to_owned()),
        shown: Shown::Hidden,
        is_protected: true,
        is_active: false,
    };
    let unmapped = [("displayName".to_owned(), 2)].into();
    Rehearsal { people: vec![ana, bo], left_over: vec![row], rows: 2, asked: 1, unmapped }
}

fn told(print: impl FnOnce(&Report<'_>, &mut Vec<u8>)) -> String {
    let rehearsal = rehearsal();
    let differences = [Difference {
        place: None,
        who: "7".to_owned(),
        what: "userName".to_owned(),
        old: Some("a".to_owned()),
        new: None,
    }];
    let report = Report {
        project: "hr",
        caller: "entra",
        unit: "line",
        rehearsal: &rehearsal,
        differences: Some(&differences),
    };
    let mut out = Vec::new();
    print(&report, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn counts_hold_nobodys_name_or_value() {
    let text = told(|report, out| report.counts(out).unwrap());
    assert_eq!(
        text,
        "rehearsed project `hr` as caller `entra`: 2 people, 2 rows; nothing was written

people
       1  bound, fields would change
       1  would be refused

fields that would change
       1  fullName

why people would be refused, or are in conflict
       1  400 invalidValue: `userName`: too long

left out of what is written
       1  phone: expected at most 20 characters

sent by the directory and not stored by the mapping
       2  displayName

rows that nobody of the export is
       1  outside the mapping's scope, or without a name that can be printed (1 protected, 1 inactive)

against the old mapping: rows that would be shown otherwise
       1  userName

searches that only the server behind could answer: 1
"
    );
}

#[test]
fn a_table_says_first_what_it_holds_and_runs_nothing() {
    let text = told(|report, out| report.table(out).unwrap());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], format!("\"{NOTICE}\""));
    assert!(lines[1].starts_with("kind,line,userName,verdict,row,rule,what,old,new,status"));
    assert!(lines[3].contains("fullName,,\"'=HYPERLINK(\"\"x\"\")\""), "{}", lines[3]);
    assert_eq!(lines[5], "left-over,,admon@local,hidden,1,,,,,,,\"protected, inactive\"");
    assert_eq!(lines[6], "against,,,,7,,userName,a,,,,");
    assert_eq!(harmless("+57 (1) 300"), "+57 (1) 300");
    assert_eq!(harmless("+57;cmd"), "'+57;cmd");
}

#[test]
fn a_document_is_json_and_says_first_what_it_holds() {
    let text = told(|report, out| report.document(out).unwrap());
    assert!(text.starts_with(&format!("{{\"notice\":\"{NOTICE}\"")));
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(json["counts"]["change"], 1);
    assert_eq!(json["people"][0]["writes"][0]["old"], Json::Null);
    assert_eq!(json["people"][1]["why"]["status"], 400);
    assert_eq!(json["leftOver"][0]["protected"], true);
    assert_eq!(json["against"][0]["row"], "7");
}

#[test]
fn one_is_counted_as_one() {
    assert_eq!(counted(1, "person", "people"), "1 person");
    assert_eq!(counted(0, "row", "rows"), "0 rows");
}
