//! Answers of each known shape.

use http::header::CONTENT_TYPE;
use proptest::prelude::*;

use super::*;
use crate::upstream::dialect::Page;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/soap/", $name, ".xml"))
    };
}

const READ: Action<'_> = Action::Read { key: &SEVEN };

fn read_as<'b>(
    entity: &Entity,
    action: Action<'_>,
    media: &'static str,
    body: &'b str,
) -> Result<Outcome<'b>, Unreadable> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    BizagiSoap.read(&Call { entity, action }, StatusCode::OK, &headers, body.as_bytes())
}

fn read<'b>(entity: &Entity, action: Action<'_>, body: &'b str) -> Result<Outcome<'b>, Unreadable> {
    read_as(entity, action, "text/xml; charset=utf-8", body)
}

fn rows<'b>(entity: &Entity, body: &'b str) -> Page<'b> {
    match read(entity, Action::Search(&query(Predicate::TRUE)), body) {
        Ok(Outcome::Rows(page)) => page,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_are_read_in_every_shape_that_is_known() {
    let users = users();
    let page = rows(&users, fixture!("rows"));
    assert_eq!((page.records.len(), page.total, page.next), (2, Some(2), None));
    let first = &page.records[0];
    for (name, expected) in [
        ("idUser", Value::Integer(7)),
        ("userName", Value::text("ana")),
        ("domain", Value::text("contoso.com")),
        ("fullName", Value::text("Ana & Eva <Díaz>")),
        ("contactEmail", Value::text("ana@contoso.com")),
        ("contactCell", Value::Absent),
        ("enabled", Value::Boolean(true)),
        ("enabledForAssignation", Value::Boolean(true)),
        // The other person's columns are not this one's.
        ("idBossUser", Value::Integer(3)),
        ("EmployeeLevel", Value::Integer(4)),
        ("HireDate", Value::DateTime("2022-12-12T00:00:00Z".into())),
        ("normalCost", Value::Absent),
    ] {
        assert_eq!(first.value(field(&users, name)), &expected, "{name}");
    }
    let second = &page.records[1];
    assert_eq!(second.value(users.key), &Value::Integer(3));
    assert_eq!(second.value(field(&users, "enabled")), &Value::Boolean(false));
    let Ok(Outcome::Row(row)) = read(&users, READ, fixture!("rows")) else { panic!() };
    assert_eq!(&row, first);
}

#[test]
fn the_twin_of_characters_is_read_as_well() {
    let users = users();
    let page = rows(&users, fixture!("rows-as-string"));
    let row = &page.records[0];
    assert_eq!(row.value(users.key), &Value::Integer(7));
    assert_eq!(row.value(field(&users, "fullName")), &Value::text("Ana & Eva"));
}

#[test]
fn nobody_is_an_empty_list_and_a_missing_row() {
    let users = users();
    let body = fixture!("nobody");
    assert_eq!(rows(&users, body).records, []);
    let call = Call { entity: &users, action: READ };
    assert!(BizagiSoap.refuses(&call, StatusCode::OK, body.as_bytes()));
    let kind = BizagiSoap.recognise(&call, StatusCode::OK, body.as_bytes());
    assert_eq!(kind, Some(Kind::Refused(Class::Missing)));
    for body in [fixture!("rows"), fixture!("rows-as-string")] {
        assert!(!BizagiSoap.refuses(&call, StatusCode::OK, body.as_bytes()));
    }
    let everybody = query(Predicate::TRUE);
    let search = Call { entity: &users, action: Action::Search(&everybody) };
    assert!(!BizagiSoap.refuses(&search, StatusCode::OK, body.as_bytes()));
}

#[test]
fn the_answer_to_a_write_tells_the_key() {
    let users = users();
    let delta = Delta::default();
    let written = |body| match read(&users, Action::Create(&delta), body) {
        Ok(Outcome::Written { key, row: None, version: None }) => key,
        other => panic!("{other:?}"),
    };
    assert_eq!(written(fixture!("saved")), Some(SEVEN));
    assert_eq!(written(fixture!("saved-as-string")), Some(SEVEN));
    let silent =
        fixture!("saved").replace("<Entities xmlns=\"\"><WFUSER>7</WFUSER></Entities>", "");
    assert_eq!(written(&silent), None);
    let other = UpstreamKey::Integer(8);
    let update = |key| Action::Update { key, delta: &delta, source: None, version: None };
    assert!(matches!(read(&users, update(&SEVEN), fixture!("saved")), Ok(Outcome::Written { .. })));
    assert_eq!(read(&users, update(&other), fixture!("saved")), Err(Unreadable::NotARow));
}

#[test]
fn a_refusal_hides_in_a_success() {
    let users = users();
    let delta = Delta::default();
    let update = Call {
        entity: &users,
        action: Action::Update { key: &SEVEN, delta: &delta, source: None, version: None },
    };
    let reading = Call { entity: &users, action: READ };
    for body in [fixture!("error"), fixture!("error-as-string")] {
        assert!(BizagiSoap.refuses(&update, StatusCode::OK, body.as_bytes()));
        let told = |call| BizagiSoap.recognise(call, StatusCode::OK, body.as_bytes());
        assert_eq!(told(&update), Some(Kind::Refused(Class::Invalid)));
        assert_eq!(told(&reading), Some(Kind::Unsupported));
        let tree = BizagiSoap.tree(body.as_bytes());
        assert_eq!(tree["ErrorCode"], "SAV-031");
        assert_eq!(tree["ErrorMessage"], "A user with these values already exists.");
    }
    let told = |body: &str| {
        BizagiSoap.recognise(&update, StatusCode::INTERNAL_SERVER_ERROR, body.as_bytes())
    };
    assert_eq!(told(fixture!("fault-client")), Some(Kind::Unsupported));
    assert_eq!(told(fixture!("fault-server")), Some(Kind::Refused(Class::Unavailable)));
    assert_eq!(told("<html>Runtime Error</html>"), None);
    // A person may be named like an error.
    let named = fixture!("rows").replace("ana</", "BizAgiWSError</");
    let everybody = query(Predicate::TRUE);
    let search = Call { entity: &users, action: Action::Search(&everybody) };
    assert!(!BizagiSoap.refuses(&search, StatusCode::OK, named.as_bytes()));
}

#[test]
fn a_missing_endpoint_is_never_a_missing_row() {
    let users = users();
    let call = Call { entity: &users, action: READ };
    for (status, expected) in [
        (StatusCode::NOT_FOUND, Some(Kind::Unsupported)),
        (StatusCode::BAD_REQUEST, Some(Kind::Unsupported)),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, Some(Kind::Unsupported)),
        (StatusCode::UNAUTHORIZED, None),
        (StatusCode::FORBIDDEN, None),
        (StatusCode::TOO_MANY_REQUESTS, None),
        (StatusCode::SERVICE_UNAVAILABLE, None),
    ] {
        assert!(BizagiSoap.refuses(&call, status, b"<html>"));
        assert_eq!(BizagiSoap.recognise(&call, status, b"<html>"), expected, "{status}");
    }
}

#[test]
fn what_is_no_answer_is_not_understood() {
    let users = users();
    let rows = fixture!("rows");
    let everybody = query(Predicate::TRUE);
    let search = Action::Search(&everybody);
    for media in ["text/html", "application/json", "image/svg"] {
        let error = read_as(&users, search, media, rows).unwrap_err();
        assert!(matches!(error, Unreadable::MediaType(_)), "{media}");
    }
    for media in ["application/xml", "application/soap+xml; charset=utf-8"] {
        assert!(read_as(&users, search, media, rows).is_ok(), "{media}");
    }
    assert_eq!(read(&users, search, " \r\n"), Err(Unreadable::Empty));
    let misfit = rows.replace("<EmployeeLevel>4<", "<EmployeeLevel>four<");
    assert_eq!(read(&users, search, &misfit), Err(Unreadable::Misfit("EmployeeLevel".into())));
    let other = rows.replace("WFUSER", "ROLE");
    assert_eq!(read(&users, search, &other), Err(Unreadable::NotARow));
    let list = rows.replace("Entities>", "Things>");
    assert_eq!(read(&users, search, &list), Err(Unreadable::NoRows("Entities")));
    for body in ["<html><body>Log in</body></html>", "{}", "x", "<a>", fixture!("fault-server")] {
        assert!(read(&users, search, body).is_err(), "{body}");
        assert!(read(&users, READ, body).is_err(), "{body}");
    }
}

/// Every beginning of an answer is one that broke off, and none of them is a shorter list.
#[test]
fn a_truncated_answer_is_never_a_list() {
    let users = users();
    let everybody = query(Predicate::TRUE);
    for body in [fixture!("rows").trim_end(), fixture!("rows-as-string").trim_end()] {
        for (end, _) in body.char_indices() {
            assert!(read(&users, Action::Search(&everybody), &body[..end]).is_err(), "{end}");
        }
    }
}

#[test]
fn xml_brings_no_types_no_entities_and_no_depth() {
    let users = users();
    let rows = fixture!("rows");
    let everybody = query(Predicate::TRUE);
    let search = Action::Search(&everybody);
    let typed = rows.replacen(
        "<soap:Envelope",
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><soap:Envelope",
        1,
    );
    assert_eq!(read(&users, search, &typed), Err(Unreadable::Elaborate));
    let entity = rows.replace("<userName>boss</userName>", "<userName>&e;</userName>");
    assert_eq!(read(&users, search, &entity), Err(Unreadable::Elaborate));
    let inner = fixture!("rows-as-string").replacen("&lt;Biz", "&lt;!DOCTYPE x&gt;&lt;Biz", 1);
    assert_eq!(read(&users, search, &inner), Err(Unreadable::Elaborate));
    let deep = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
    let deep = rows.replace("<deep><er/></deep>", &deep);
    assert_eq!(read(&users, search, &deep), Err(Unreadable::Elaborate));
    let many = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert!(read(&users, search, &many).is_err());
    let call = Call { entity: &users, action: READ };
    assert!(!BizagiSoap.refuses(&call, StatusCode::OK, many.as_bytes()));
}

/// One of the known answers, with pieces cut out, doubled or put in.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let fixtures: Vec<&'static str> = vec![
        fixture!("rows"),
        fixture!("rows-as-string"),
        fixture!("saved"),
        fixture!("error-as-string"),
        fixture!("fault-client"),
    ];
    let piece = prop_oneof![
        any::<Vec<u8>>(),
        "[<>&;/!\\[\\]='\" a-zA-Z]{0,12}".prop_map(String::into_bytes),
        Just(b"<![CDATA[".to_vec()),
        Just(b"<!DOCTYPE x [<!ENTITY a \"b\">]>".to_vec()),
        Just(b"&lt;Entities&gt;".to_vec()),
        Just(b"</soap:Body>".to_vec()),
    ];
    let change = (any::<prop::sample::Index>(), 0_usize..40, piece);
    (prop::sample::select(fixtures), prop::collection::vec(change, 0..6)).prop_map(
        |(fixture, changes)| {
            let mut body = fixture.as_bytes().to_vec();
            for (at, length, piece) in changes {
                let start = at.index(body.len() + 1);
                let end = (start + length).min(body.len());
                body.splice(start..end, piece);
            }
            body
        },
    )
}

proptest! {
    #[test]
    fn any_answer_is_read_or_refused(body in prop_oneof![mangled(), any::<Vec<u8>>()]) {
        let entity = users();
        let (query, delta) = (query(Predicate::TRUE), Delta::default());
        let actions = [
            Action::Read { key: &SEVEN },
            Action::Search(&query),
            Action::Create(&delta),
            Action::Update { key: &SEVEN, delta: &delta, source: None, version: None },
        ];
        let headers = BizagiSoap.media();
        for action in actions {
            let call = Call { entity: &entity, action };
            // Whatever comes of it, it comes: no panic and no endless reading.
            let _ = BizagiSoap.read(&call, StatusCode::OK, &headers, &body);
            let _ = BizagiSoap.refuses(&call, StatusCode::OK, &body);
            let _ = BizagiSoap.recognise(&call, StatusCode::OK, &body);
            let _ = BizagiSoap.tree(&body);
        }
    }
}
