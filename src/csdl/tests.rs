use proptest::prelude::*;

use super::*;

const PEOPLE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
  <edmx:DataServices>
    <Schema Namespace="Legacy.Data" Alias="Self" xmlns="http://docs.oasis-open.org/odata/ns/edm">
      <EntityContainer Name="Container">
        <EntitySet Name="People" EntityType="Self.Person">
          <NavigationPropertyBinding Path="department" Target="Departments"/>
        </EntitySet>
        <EntitySet Name="Departments" EntityType="Legacy.Data.Department"/>
      </EntityContainer>
      <TypeDefinition Name="Mail" UnderlyingType="Edm.String" MaxLength="100"/>
      <EntityType Name="Row" Abstract="true">
        <Key><PropertyRef Name="ID"/></Key>
        <Property Name="ID" Type="Edm.Guid" Nullable="false"/>
        <Property Name="changed" Type="Edm.DateTimeOffset">
          <Annotation Term="Org.OData.Core.V1.Computed"/>
        </Property>
      </EntityType>
      <EntityType Name="Person" BaseType="Self.Row">
        <Property Name="userName" Type="Edm.String" MaxLength="40" Nullable="false"/>
        <Property Name="mail" Type="Self.Mail" DefaultValue="x"/>
        <Property Name="text" Type="Edm.String" MaxLength="max"/>
        <Property Name="made" Type="Edm.Date"/>
        <NavigationProperty Name="department" Type="Self.Department"/>
        <NavigationProperty Name="reports" Type="Collection(Self.Person)"/>
      </EntityType>
      <EntityType Name="Department">
        <Key><PropertyRef Name="code"/></Key>
        <Property Name="code"/>
      </EntityType>
      <Annotations Target="Self.Person/made">
        <Annotation Term="Core.Computed" Bool="true"/>
      </Annotations>
      <Annotations Target="Self.Person/text">
        <Annotation Term="Core.Computed" Bool="false"/>
        <Annotation Term="UI.Hidden"/>
      </Annotations>
    </Schema>
  </edmx:DataServices>
</edmx:Edmx>"#;

#[test]
fn what_a_service_says_of_its_rows_is_read() {
    let service = Service::read(PEOPLE).unwrap();
    assert_eq!(service.entity_sets().collect::<Vec<_>>(), ["People", "Departments"]);
    let person = service.rows_of("People").unwrap();
    assert_eq!((&*person.name, &person.key), ("Legacy.Data.Person", &vec!["ID".to_owned()]));
    let property = |name: &str| {
        let found = person.property(name).unwrap();
        (&*found.kind, found.nullable, found.max_length, found.has_default, found.computed)
    };
    assert_eq!(property("userName"), ("Edm.String", false, Some(40), false, false));
    assert_eq!(property("mail"), ("Edm.String", true, Some(100), true, false));
    assert_eq!(property("text"), ("Edm.String", true, None, false, false));
    assert_eq!(property("made"), ("Edm.Date", true, None, false, true));
    assert_eq!(property("ID"), ("Edm.Guid", false, None, false, false));
    assert_eq!(property("changed"), ("Edm.DateTimeOffset", true, None, false, true));
    let department = person.navigation("department").unwrap();
    assert!(!department.many && person.navigation("reports").unwrap().many);
    let department = service.entity_type(&department.target).unwrap();
    assert_eq!(department.property("code").unwrap().kind, "Edm.String");
    assert!(service.rows_of("people").is_none());
}

#[test]
fn what_is_no_csdl_is_refused() {
    let outer = |inner: &str| format!(r#"<Edmx Version="4.0">{inner}</Edmx>"#);
    for (text, expected) in [
        (String::new(), Unreadable::NoSchema),
        ("<html/>".to_owned(), Unreadable::NoSchema),
        (outer(""), Unreadable::NoSchema),
        (r#"<Edmx Version="1.0"><Schema/></Edmx>"#.to_owned(), Unreadable::Version),
        ("<Edmx><Schema/></Edmx>".to_owned(), Unreadable::Version),
        ("<!DOCTYPE x><Edmx/>".to_owned(), Unreadable::Elaborate),
        (outer(&"<a>".repeat(100)), Unreadable::Elaborate),
    ] {
        assert_eq!(Service::read(&text), Err(expected), "{text}");
    }
    for text in [r#"<Edmx Version="4.0"><Schema>"#, r#"<Edmx Version="4.0"></Schema>"#] {
        assert!(matches!(Service::read(text), Err(Unreadable::Xml { .. })), "{text}");
    }
    // A type that extends itself ends.
    let circle = r#"<Schema Namespace="a"><EntityType Name="b" BaseType="a.b"/></Schema>"#;
    assert!(Service::read(&outer(circle)).unwrap().entity_type("a.b").is_some());
}

proptest! {
    /// Whatever a server sends is read or refused, without a panic.
    #[test]
    fn any_document_is_read_or_refused(inner in r#"(<|</|/>|>|Schema|EntityType|Key|Property| Name=|"a"|a){0,40}"#) {
        let _ = Service::read(&inner);
        let _ = Service::read(&format!(r#"<Edmx Version="4.0"><Schema Namespace="n">{inner}"#));
    }
}
