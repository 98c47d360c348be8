//! Given a call, the exact request; given an answer, the record or the refusal.

mod answers;
mod collections;
mod statement;

use regex::Regex;

use super::*;
use crate::record::{
    Delta, Entity, Field, FieldIndex, Fields, Operator, OptionValue, Predicate, Query, Structure,
    UpstreamKey,
};
use crate::value::{Type, Value};

const SEVEN: UpstreamKey = UpstreamKey::Integer(7);

fn base() -> Origin {
    Origin::parse("https://legacy.example/HR").unwrap()
}

/// `WFUSER` as far as the tests need it.
fn users() -> Entity {
    let mut fields = Fields::default();
    let mut field =
        |name: &str, kind| fields.push(Field::new(name, kind, Case::Insensitive)).unwrap();
    let key = field("idUser", Type::Integer);
    for name in ["userName", "domain", "fullName", "contactEmail", "contactCell"] {
        field(name, Type::String);
    }
    field("enabled", Type::Boolean);
    field("enabledForAssignation", Type::Boolean);
    field("idBossUser", Type::Integer);
    field("EmployeeLevel", Type::Integer);
    field("normalCost", Type::Decimal);
    field("HireDate", Type::DateTime);
    let code = Structure::Named(vec![("Code".into(), Structure::Leaf("1".into()))]);
    let insert = Structure::Named(vec![("Organizations".into(), Structure::List(vec![code]))]);
    let options = Options::new(vec![
        OptionValue::Text("WebServices/EntityManagerSOA.asmx".into()),
        OptionValue::Text("xml".into()),
        OptionValue::Pattern(Regex::new("^(?:[A-Za-z0-9!$*+.=_~#@-]{1,100})$").unwrap()),
        OptionValue::Text("saveEntity".into()),
        OptionValue::Structure(insert),
        OptionValue::Nothing,
        OptionValue::Text("entityInfo".into()),
        OptionValue::Nothing,
    ]);
    let facts = BizagiSoap.description().facts;
    Entity {
        collection: "WFUSER".into(),
        fields,
        expansions: Vec::new(),
        key,
        facts,
        options,
        errors: Vec::new(),
    }
}

fn field(entity: &Entity, name: &str) -> FieldIndex {
    entity.fields.index_of(name).unwrap()
}

fn equal<'a>(entity: &Entity, name: &str, value: Value<'a>) -> Predicate<'a> {
    let field = field(entity, name);
    Predicate::compare(field, Operator::Eq, value, Case::Insensitive)
}

fn query(predicate: Predicate<'_>) -> Query<'_> {
    Query { predicate, order: Vec::new(), skip: 0, top: 100, count: true }
}

fn write(entity: &Entity, action: Action<'_>) -> Result<Request<Bytes>, DialectError> {
    BizagiSoap.write(&Call { entity, action }, &base())
}

/// What stands in the call's body, and the method of its action.
fn sent(entity: &Entity, action: Action<'_>) -> (String, String) {
    let request = write(entity, action).unwrap();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(
        request.uri().to_string(),
        "https://legacy.example/HR/WebServices/EntityManagerSOA.asmx"
    );
    assert_eq!(request.headers()[CONTENT_TYPE], "text/xml; charset=utf-8");
    let method = request.headers()["soapaction"].to_str().unwrap();
    let method = method.strip_prefix("\"http://tempuri.org/").unwrap().strip_suffix('"').unwrap();
    let text = String::from_utf8(request.body().to_vec()).unwrap();
    let head = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <{method} xmlns=\"http://tempuri.org/\">"
    );
    let tail = format!("</{method}></soap:Body></soap:Envelope>");
    let inner = text.strip_prefix(&head).and_then(|text| text.strip_suffix(&tail));
    (method.to_owned(), inner.unwrap_or_else(|| panic!("{text}")).to_owned())
}

fn twin(mut entity: Entity, twin: &str) -> Entity {
    entity.options.put(TWIN, OptionValue::Text(twin.into()));
    entity
}

#[test]
fn a_row_is_asked_for_by_its_key() {
    let (method, body) = sent(&users(), Action::Read { key: &SEVEN });
    assert_eq!(method, "getEntities");
    assert_eq!(
        body,
        "<entitiesInfo><BizAgiWSParam xmlns=\"\"><EntityData><EntityName>WFUSER</EntityName>\
         <Filters><![CDATA[idUser = 7]]></Filters><FilterDisabled>false</FilterDisabled>\
         </EntityData></BizAgiWSParam></entitiesInfo>"
    );
    let text = UpstreamKey::Text("7".into());
    assert_eq!(write(&users(), Action::Read { key: &text }).unwrap_err(), DialectError::Key);
}

#[test]
fn the_twin_of_characters_holds_the_same_document_in_cdata() {
    let users = twin(users(), "string");
    let search = query(equal(&users, "userName", Value::text("ana")));
    let (method, body) = sent(&users, Action::Search(&search));
    assert_eq!(method, "getEntitiesAsString");
    // CDATA does not nest: the inner one is divided, and every reader puts it together again.
    assert_eq!(
        body,
        "<entitiesInfo><![CDATA[<BizAgiWSParam><EntityData><EntityName>WFUSER</EntityName>\
         <Filters><![CDATA[userName = 'ana']]]]><![CDATA[></Filters>\
         <FilterDisabled>false</FilterDisabled></EntityData></BizAgiWSParam>]]></entitiesInfo>"
    );
}

#[test]
fn a_change_names_the_key_and_escapes_what_it_sets() {
    let users = users();
    let mut delta = Delta::default();
    delta.set(field(&users, "fullName"), Value::text("O'Neil & <Söhne>]]>"));
    delta.set(field(&users, "enabled"), Value::Boolean(false));
    delta.set(field(&users, "contactCell"), Value::Absent);
    delta.set(field(&users, "idBossUser"), Value::Integer(3));
    delta.set(field(&users, "normalCost"), Value::Decimal("1.50".into()));
    delta.set(field(&users, "HireDate"), Value::DateTime("2026-03-01T01:00:00+01:00".into()));
    let (method, body) =
        sent(&users, Action::Update { key: &SEVEN, delta: &delta, source: None, version: None });
    assert_eq!(method, "saveEntity");
    assert_eq!(
        body,
        "<entityInfo><BizAgiWSParam xmlns=\"\"><Entities><WFUSER key=\"7\">\
         <fullName>O&apos;Neil &amp; &lt;Söhne&gt;]]&gt;</fullName><enabled>False</enabled>\
         <contactCell></contactCell><idBossUser>3</idBossUser><normalCost>1.50</normalCost>\
         <HireDate>2026-03-01T00:00:00</HireDate></WFUSER></Entities></BizAgiWSParam></entityInfo>"
    );
    let mut delta = Delta::default();
    delta.set(field(&users, "fullName"), Value::text("a\u{0}b"));
    let update = Action::Update { key: &SEVEN, delta: &delta, source: None, version: None };
    assert_eq!(write(&users, update).unwrap_err(), DialectError::Misfit("fullName".into()));
}

#[test]
fn a_new_row_comes_from_one_call_with_what_every_row_gets() {
    let users = users();
    let mut delta = Delta::default();
    delta.set(field(&users, "userName"), Value::text("ana"));
    delta.set(field(&users, "enabled"), Value::Boolean(true));
    let (method, body) = sent(&users, Action::Create(&delta));
    assert_eq!(method, "saveEntity");
    assert_eq!(
        body,
        "<entityInfo><BizAgiWSParam xmlns=\"\"><Entities><WFUSER><userName>ana</userName>\
         <enabled>True</enabled><Organizations><Code>1</Code></Organizations></WFUSER></Entities>\
         </BizAgiWSParam></entityInfo>"
    );
    assert!(users.fields.iter().all(|(index, _)| !BizagiSoap.leaves(&users, index)));
}

#[test]
fn a_structure_may_have_attributes() {
    let leaf = |text: &str| Structure::Leaf(text.into());
    let role = |key| {
        let named = Structure::Named(vec![("@key".into(), leaf(key))]);
        Structure::Named(vec![("ROLE".into(), named)])
    };
    let roles = Structure::List(vec![role("10001"), role("\"><&")]);
    let mut users = users();
    let insert = Structure::Named(vec![("Roles".into(), roles)]);
    users.options.put(INSERT, OptionValue::Structure(insert));
    let (_, body) = sent(&users, Action::Create(&Delta::default()));
    let expected = "<WFUSER><Roles><ROLE key=\"10001\"></ROLE>\
        <ROLE key=\"&quot;&gt;&lt;&amp;\"></ROLE></Roles></WFUSER>";
    assert!(body.contains(expected), "{body}");
}

#[test]
fn create_user_takes_its_nodes_and_leaves_the_rest() {
    let mut users = users();
    users.options.put(CREATE, OptionValue::Text("createUser".into()));
    users.options.put(ORGANIZATION, OptionValue::Text("1".into()));
    let mut delta = Delta::default();
    delta.set(field(&users, "userName"), Value::text("ana"));
    delta.set(field(&users, "domain"), Value::text("contoso.com"));
    delta.set(field(&users, "fullName"), Value::text("Ana Diaz"));
    delta.set(field(&users, "contactEmail"), Value::text("ana@contoso.com"));
    delta.set(field(&users, "enabled"), Value::Boolean(true));
    let (method, body) = sent(&users, Action::Create(&delta));
    assert_eq!(method, "createUser");
    assert_eq!(
        body,
        "<entityInfo><BizAgiWSParam xmlns=\"\"><Entities><WFUSER><BasicInformation>\
         <UserName>ana</UserName><Domain>contoso.com</Domain><FullName>Ana Diaz</FullName>\
         <ContactEmail>ana@contoso.com</ContactEmail><Organization>1</Organization>\
         </BasicInformation></WFUSER></Entities></BizAgiWSParam></entityInfo>"
    );
    for (index, field) in users.fields.iter() {
        let is_basic = basic(field.name.as_str()).is_some();
        assert_eq!(BizagiSoap.leaves(&users, index), !is_basic, "{}", field.name);
    }
}

#[test]
fn what_the_service_has_not_is_never_sent() {
    let users = users();
    for action in
        [Action::Delete { key: &SEVEN, version: None }, Action::Follow { next: "elsewhere" }]
    {
        assert_eq!(write(&users, action).unwrap_err(), DialectError::NoSuchCall);
    }
    let mut users = users;
    users.options.put(ENDPOINT, OptionValue::Text("../../elsewhere.asmx".into()));
    let read = Action::Read { key: &SEVEN };
    assert!(matches!(write(&users, read).unwrap_err(), DialectError::Strayed(_)));
}

#[test]
fn the_options_stand_where_they_are_looked_for() {
    let places = [
        (ENDPOINT, "endpoint"),
        (TWIN, "twin"),
        (LITERAL, "literal"),
        (CREATE, "create"),
        (INSERT, "insert"),
        (ORGANIZATION, "organization"),
        (CREATE_PARAMETER, "create_parameter"),
        (COLLECTIONS, "collections"),
    ];
    for (place, name) in places {
        assert_eq!(OPTIONS[place].name, name);
        if let (OptionKind::Pattern, Some(default)) = (OPTIONS[place].kind, OPTIONS[place].default)
        {
            assert!(Regex::new(default).is_ok());
        }
    }
    assert_eq!(OPTIONS.len(), places.len());
}
