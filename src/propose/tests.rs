use std::sync::Arc;

use super::draft::propose;
use super::people::Metadata;
use super::*;
use crate::config::dialects;
use crate::diagnostic::Source;
use crate::mapping::Mapping;

const SERVICE: &str = include_str!("../../tests/fixtures/metadata/people-service.xml");

fn proposed(text: &str, entity: Option<&str>) -> Result<Proposal, Error> {
    let people = Metadata::read(text)?.people(entity)?;
    propose(&people, "m.xml", &dialects())
}

/// A document of one entity set with these properties.
fn document(set: &str, properties: &str) -> String {
    format!(
        r#"<Edmx Version="4.0"><DataServices><Schema Namespace="N"><EntityType Name="T">
        <Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.Int32"/>{properties}
        </EntityType><EntityContainer Name="C"><EntitySet Name="{set}" EntityType="N.T"/>
        </EntityContainer></Schema></DataServices></Edmx>"#
    )
}

#[track_caller]
fn holds(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
}

#[test]
fn a_service_becomes_a_mapping_that_proves_itself() {
    let proposal = proposed(SERVICE, None).unwrap();
    let text = &proposal.text;
    let source = Arc::new(Source { name: "m.toml".to_owned(), text: text.clone() });
    let (mapping, report) = Mapping::read(source, &dialects());
    assert!(mapping.is_some() && report.findings().is_empty(), "{report}\n{text}");
    assert_eq!(mapping.unwrap().rules.len(), proposal.mapped);
    holds(
        text,
        &[
            "collection = \"Staff\"",
            "key        = { field = \"ID\", type = \"integer\" }",
            "anchor     = { scim = \"externalId\", field = \"externalId\" }",
            "scim       = \"userName\"\nfield      = \"login\"\nmax_length = 60",
            "via     = { boolean = { true = 1, false = 0 } }",
            "scim       = \"name.familyName\"\nfield      = \"lastName\"\nmax_length = 111\nrequired   = true",
            "field     = \"manager_ID\"\nreference = { resource = \"User\" }",
            "scim      = \"meta.created\"\nfield     = \"createdAt\"\nread_only = true",
            "User:salary\"\nfield = \"salary\"\ntype  = \"decimal\"",
            "field   = \"remote\"\ntype    = \"boolean\"\ndefault = false #",
            "field     = \"revision\"\nread_only = true",
            "badge = \"te\"",
        ],
    );
    let left: Vec<&str> = proposal.left.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(left, ["passwordHash", "photo", "tags", "home", "größe", "office"], "{text}");
    holds(
        text,
        &["# passwordHash (guess: it sounds like a secret)", "# photo (of type Edm.Stream)"],
    );
}

#[test]
fn where_the_people_are_is_guessed_or_asked() {
    for set in ["WFUser", "AppUsers", "people", "EMPLOYEES", "HrPersonRecords"] {
        let text = document(set, r#"<Property Name="login" Type="Edm.String"/>"#);
        let people = Metadata::read(&text).unwrap().people(None).unwrap();
        assert_eq!(people.collection, set);
    }
    let metadata = Metadata::read(&document("Things", "")).unwrap();
    let error = metadata.people(None).unwrap_err().to_string();
    assert!(error.contains("`--entity`") && error.contains("`Things`"), "{error}");
    let error = metadata.people(Some("Thing")).unwrap_err().to_string();
    assert_eq!(error, "there is no entity set `Thing`; there are `Things`");
    assert_eq!(metadata.people(Some("things")).unwrap().key, "id");
    let error = proposed(&document("Users", ""), None).unwrap_err().to_string();
    assert_eq!(error, "`Users` has no text that could be `userName`");
    let two = document("Users", "").replace(
        "</EntityContainer>",
        r#"<EntitySet Name="Users2" EntityType="N.T"/><EntitySet Name="users" EntityType="N.T"/></EntityContainer>"#,
    );
    assert!(matches!(Metadata::read(&two).unwrap().people(None), Err(Error::Unclear { .. })));
    let none = Metadata::read(
        r#"<Edmx Version="4.01"><DataServices><Schema Namespace="N"/></DataServices></Edmx>"#,
    )
    .unwrap()
    .people(None);
    assert!(none.unwrap_err().to_string().ends_with("there are none"));
}

#[test]
fn a_row_is_addressed_by_one_column_of_a_type_that_can_address() {
    let login = r#"<Property Name="login" Type="Edm.String"/>"#;
    let sound = document("Users", login);
    for (old, new, expected) in [
        (r#"<PropertyRef Name="id"/>"#, "", "addressed by nothing"),
        (
            r#"<PropertyRef Name="id"/>"#,
            r#"<PropertyRef Name="id"/><PropertyRef Name="login"/>"#,
            "addressed by 2 columns together",
        ),
        (r#"<PropertyRef Name="id"/>"#, r#"<PropertyRef Name="x"/>"#, "which is no property"),
        ("Edm.Int32", "Edm.Stream", "`id` of type Edm.Stream"),
        ("Edm.Int32", "Edm.Double", "neither a whole number nor a text"),
    ] {
        let error = proposed(&sound.replace(old, new), None).unwrap_err().to_string();
        assert!(error.contains(expected), "{new}: {error}");
    }
    let text = proposed(&sound.replace("Edm.Int32", "Edm.String"), None).unwrap().text;
    holds(&text, &["key        = { field = \"id\", type = \"string\" }"]);
}

#[test]
fn a_domain_beside_the_name_is_its_second_half() {
    let properties = r#"<Property Name="userName" Type="Edm.String" MaxLength="100"/>
        <Property Name="domain" Type="Edm.String" MaxLength="4"/>"#;
    let text = proposed(&document("Users", properties), None).unwrap().text;
    holds(
        &text,
        &[
            "unique     = [\"userName\", \"domain\"]",
            "via   = { split = \"@\", at = \"last\" }",
            "limit = { userName = { max_length = 100 }, domain = { max_length = 4 } }",
            "userName = \"ana@cont\"",
        ],
    );
}

#[test]
fn what_the_language_does_not_take_is_left_out_with_the_reason() {
    // SCIM does not tell the last two apart (RFC 7643 §2.1).
    let properties = r#"<Property Name="login" Type="Edm.String"/>
        <Property Name="title" Type="Edm.String" MaxLength="0"/>
        <Property Name="urn" Type="Edm.String"/><Property Name="URN" Type="Edm.String"/>"#;
    let proposal = proposed(&document("Users", properties), None).unwrap();
    assert_eq!(proposal.left.len(), 1, "{}", proposal.text);
    assert!(proposal.left[0].1.contains("User:URN"), "{:?}", proposal.left);
}

#[test]
fn hostile_documents_end_soon() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let deep = format!(r#"<Edmx Version="4.0">{deep}</Edmx>"#);
    let many = format!(r#"<Edmx Version="4.0">{}</Edmx>"#, "<a/>".repeat(500_000));
    let laughs = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Edmx Version="4.0">&b;</Edmx>"#;
    let external = r#"<!DOCTYPE x SYSTEM "file:///etc/passwd"><Edmx Version="4.0"/>"#;
    for (text, expected) in [
        (deep.as_str(), "too deep"),
        (&many, "too many"),
        (laughs, "a document type"),
        (external, "a document type"),
        ("", "no `Edmx`"),
        ("{}", "no `Edmx`"),
        ("<html><body/></html>", "no `Edmx`"),
        (r#"<Edmx Version="1.0"/>"#, "another version"),
        (r#"<Edmx Version="4.0">"#, "not a whole XML document"),
        (r#"<Edmx Version="4.0"></Edm>"#, "not a whole XML document"),
        (r#"<Edmx Version="4.0"><DataServices"#, "not a whole XML document"),
        (&" ".repeat(LARGEST + 1), "expected at most"),
    ] {
        let error = Metadata::read(text).unwrap_err().to_string();
        let start: String = text.chars().take(40).collect();
        assert!(error.contains(expected), "{start}: {error}");
    }
    // A type that is based on itself, and names that would leave their comment.
    let circle = document("Users", r#"<Property Name="login" Type="Edm.String"/>"#)
        .replace("Name=\"T\"", "Name=\"T\" BaseType=\"N.T\"");
    assert_eq!(proposed(&circle, None).unwrap().left.len(), 0);
    let nasty = document(
        "Users",
        "<Property Name=\"login\" Type=\"Edm.String\"/>\
         <Property Name=\"a&#10;b\" Type=\"Edm.String\"/>\
         <Property Name=\"c\" Type=\"X&#10;[[attribute]]\"/>",
    );
    let text = proposed(&nasty, None).unwrap().text;
    assert!(!text.contains("a\nb") && text.contains("# c (of type X[[attribute]])"), "{text}");
}

#[test]
fn a_schemas_document_becomes_lines_to_fill_in() {
    let schemas = r#"{ "Resources": [
      { "id": "urn:ietf:params:scim:schemas:core:2.0:User", "name": "User", "attributes": [
        { "name": "userName", "type": "string", "multiValued": false, "required": true },
        { "name": "password", "type": "string", "mutability": "writeOnly", "returned": "never" },
        { "name": "active", "type": "boolean" },
        { "name": "name", "type": "complex", "subAttributes": [
          { "name": "givenName", "type": "string", "required": true } ] },
        { "name": "emails", "type": "complex", "multiValued": true, "subAttributes": [
          { "name": "value", "type": "string" },
          { "name": "type", "type": "string", "canonicalValues": ["work", "home"] } ] },
        { "name": "roles", "type": "complex", "multiValued": true, "subAttributes": [] } ] },
      { "id": "urn:example:2.0:User", "name": "Own", "attributes": [
        { "name": "level", "type": "integer" },
        { "name": "hired", "type": "dateTime", "mutability": "readOnly" },
        { "name": "level2", "type": "octet" } ] },
      { "id": "urn:ietf:params:scim:schemas:core:2.0:Group", "attributes": [] } ] }"#;
    let proposal = schemas::propose(schemas, "s.json", &dialects()).unwrap();
    let text = &proposal.text;
    holds(
        text,
        &[
            "urn  = \"urn:example:2.0:User\"\nname = \"Own\"",
            "scim     = \"name.givenName\"\nfield    = \"givenName\"\nrequired = true",
            "scim    = 'emails[type eq \"work\"].value'\nfield   = \"workEmail\"\nuntyped = true",
            "scim  = \"urn:example:2.0:User:level\"\nfield = \"level\"\ntype  = \"integer\"",
            "read_only = true",
            "on_delete  = \"disable\"",
        ],
    );
    let left: Vec<&str> = proposal.left.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        left,
        [
            "password",
            "roles",
            "urn:example:2.0:User:level2",
            "urn:ietf:params:scim:schemas:core:2.0:Group"
        ]
    );
    for (text, expected) in [
        ("", "no JSON"),
        ("{}", "a schema without `id`"),
        (r#"{"id":"urn:x"}"#, "`urn:x` has no `attributes`"),
        (r#"[{"id":"urn:x","attributes":[]}]"#, "no `userName`"),
        (&"[".repeat(100_000), "no JSON"),
    ] {
        let error = schemas::propose(text, "s.json", &dialects()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_length_belongs_to_texts_alone() {
    let kinds = ["Edm.Decimal", "Edm.Int32", "Edm.Boolean", "Edm.DateTimeOffset", "Edm.Guid"];
    let others: String = (0..)
        .zip(kinds)
        .map(|(at, kind)| format!(r#"<Property Name="c{at}" Type="{kind}" MaxLength="1"/>"#))
        .collect();
    let login = r#"<Property Name="login" Type="Edm.String" MaxLength="60"/>"#;
    let proposal = proposed(&document("Users", &format!("{login}{others}")), None).unwrap();
    assert_eq!(proposal.left, [], "{}", proposal.text);
    assert_eq!(proposal.text.matches("max_length").count(), 1, "{}", proposal.text);
}

#[test]
fn what_a_schema_declares_as_something_else_is_left_out() {
    let user = "urn:ietf:params:scim:schemas:core:2.0:User";
    let text = |name: &str| format!(r#"{{"name":"{name}","type":"string"}}"#);
    let attributes = ["userName", "active", "nickName"].map(text).join(",");
    let document = format!(r#"{{"id":"{user}","attributes":[{attributes}]}}"#);
    let proposal = schemas::propose(&document, "s.json", &dialects()).unwrap();
    holds(&proposal.text, &["= \"userName\"\n", "= \"nickName\"\n"]);
    let [(_, why)] = proposal.left.as_slice() else { panic!("{:?}", proposal.left) };
    assert!(why.starts_with("active: ") && why.contains("true or false"), "{why}");
}

#[test]
fn of_two_columns_of_one_name_the_first_counts() {
    let twice = r#"<Property Name="login" Type="Edm.String"/><Property Name="id" Type="Edm.String"/>
        <Property Name="login" Type="Edm.Int32"/>"#;
    let proposal = proposed(&document("Users", twice), None).unwrap();
    holds(&proposal.text, &["field = \"id\", type = \"integer\"", "= \"login\"\n"]);
    assert_eq!((proposal.mapped, proposal.left.as_slice()), (1, &[][..]), "{}", proposal.text);
}

#[test]
fn a_user_name_is_a_text_whatever_it_is_declared_as() {
    for declared in [
        r#""type": "boolean""#,
        r#""type": "integer", "required": true"#,
        r#""type": "octet""#,
        r#""type": "dateTime", "mutability": "readOnly""#,
    ] {
        let schema = format!(
            r#"{{ "id": "urn:ietf:params:scim:schemas:core:2.0:User", "attributes": [
               {{ "name": "userName", {declared} }} ] }}"#
        );
        let proposal = schemas::propose(&schema, "s.json", &dialects());
        let proposal = proposal.unwrap_or_else(|error| panic!("{declared}: {error}"));
        assert_eq!(proposal.left, [], "{declared}");
    }
}

#[test]
fn what_is_wrong_is_left_out_however_it_is_named() {
    let schema = r#"{ "id": "urn:ietf:params:scim:schemas:core:2.0:User", "attributes": [
        { "name": "userName", "type": "string" },
        { "name": "ACTIVE", "type": "string" },
        { "name": "manager", "type": "integer" } ] }"#;
    let proposal = schemas::propose(schema, "s.json", &dialects()).unwrap();
    let left: Vec<&str> = proposal.left.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(left, ["ACTIVE", "manager"]);
}
