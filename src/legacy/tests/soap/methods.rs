//! What the methods do and answer.

use super::*;

const ANA: &str = "<WFUSER><userName>ana</userName><domain>contoso.com</domain>\
                   <fullName>Ana &amp; Co</fullName></WFUSER>";

/// The columns that every new row of the class has.
const PRESET: &str = "<enabled>true</enabled><enabledForAssignation>1</enabledForAssignation>";

#[tokio::test]
async fn every_method_has_two_twins() {
    for twin in ["", "AsString"] {
        let scene = scene().await;
        let xmlns = if twin.is_empty() { " xmlns=\"\"" } else { "" };
        let save = format!("saveEntity{twin}");
        let document = format!("<BizAgiWSParam><Entities>{ANA}</Entities></BizAgiWSParam>");
        let answer = scene.call(&save, &document).await;
        assert_eq!(answer, format!("<Entities{xmlns}><WFUSER>2</WFUSER></Entities>"));

        let get = format!("getEntities{twin}");
        let answer = scene.call(&get, &query("wfuser", "USERNAME = 'ANA'")).await;
        let expected = format!(
            "<BizAgiWSResponse{xmlns}><Entities><WFUSER key=\"2\"><fullName>Ana &amp; Co</fullName>\
             <userName>ana</userName><domain>contoso.com</domain>{PRESET}\
             <notifByEmail>true</notifByEmail>\
             <createdCasesSkipAssigRules>false</createdCasesSkipAssigRules>\
             <offlineForms>true</offlineForms></WFUSER></Entities></BizAgiWSResponse>"
        );
        assert_eq!(answer, expected);
        let answer = scene.call(&get, &query("WFUSER", "userName = 'bo'")).await;
        assert_eq!(
            answer,
            format!("<BizAgiWSResponse{xmlns}><Entities></Entities></BizAgiWSResponse>")
        );

        let create = format!("createUser{twin}");
        let document = "<BizAgiWSParam><Entities><WFUSER><BasicInformation>\
             <FullName>Bo</FullName><UserName>bo</UserName><Domain>contoso.com</Domain>\
             <Organization>1</Organization><ContactEmail>bo@contoso.com</ContactEmail>\
             <ContactCell>+57 1</ContactCell></BasicInformation><UserConfiguration>\
             <Roles><ROLE key=\"10002\"/></Roles><Area>4</Area><IdDelegate>2</IdDelegate>\
             </UserConfiguration></WFUSER></Entities></BizAgiWSParam>";
        let answer = scene.call(&create, document).await;
        assert_eq!(answer, format!("<Entities{xmlns}><WFUSER>3</WFUSER></Entities>"));
        let row = scene.legacy.row(3).unwrap();
        assert_eq!((&row["contactCell"], &row["idArea"]), (&json!("+57 1"), &json!(4)));
        assert_eq!((&row["idDelegate"], &row["enabled"]), (&json!(2), &json!(true)));
        assert_eq!(scene.legacy.roles(3), [10_002]);
        assert_eq!(scene.legacy.organizations(3), [1]);

        // What was asked is recorded with the method's name; look-ups are no writes.
        let writes = scene.legacy.writes();
        assert_eq!(writes.len(), 2);
        assert_eq!(
            writes[1],
            json!(document.replace(
                "<ROLE key=\"10002\"/>",
                if twin.is_empty() {
                    "<ROLE key=\"10002\"></ROLE>"
                } else {
                    "<ROLE key=\"10002\"/>"
                }
            ))
        );
        let calls = scene.legacy.calls();
        assert_eq!(calls[0].operation(), Some(save.as_str()));
        let line = calls[3].to_string();
        let begin = format!("POST /Demo{PATH} {create} <BizAgiWSParam><Entities><WFUSER>");
        assert!(line.starts_with(&begin) && line.ends_with("</BizAgiWSParam> -> 200"), "{line}");
        assert!(scene.legacy.canary().is_empty());
    }
}

#[tokio::test]
async fn the_path_and_the_action_are_taken_as_clients_write_them() {
    let scene = scene().await;
    let document = query("WFUSER", "idUser = 1").replace('<', "&lt;").replace('>', "&gt;");
    for path in [PATH, "/webservices/entitymanagersoa.asmx", "/WEBSERVICES/ENTITYMANAGERSOA.ASMX"] {
        for action in
            ["http://tempuri.org/getEntitiesAsString", "\"http://tempuri.org/getEntitiesAsString\""]
        {
            let envelope = envelope("getEntitiesAsString", &document);
            let answer = scene.post(path, action, envelope).await;
            assert!(result("getEntitiesAsString", &answer).contains("<WFUSER key=\"1\">"));
        }
    }
    let page = scene.client.get(PATH).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (StatusCode::OK, "text/html; charset=utf-8")
    );
    assert!(String::from_utf8_lossy(&page.body).contains("createUserAsString"));
}

#[tokio::test]
async fn rows_come_with_one_level_of_relations() {
    let scene = scene().await;
    let saved = scene
        .save(
            "<WFUSER><userName>ana</userName><domain>d</domain><fullName>Ana</fullName>\
             <idBossUser>1</idBossUser><idDepartment key=\"2\"/><HireDate>2022-12-12</HireDate>\
             <normalCost>12.5</normalCost><Roles><ROLE key=\"10002\"/><ROLE key=\"10001\"/></Roles>\
             <Organizations><Code>1</Code></Organizations></WFUSER>",
        )
        .await;
    assert_eq!(saved, "<Entities><WFUSER>2</WFUSER></Entities>");
    let found = scene.find("idBossUser = 1").await;
    for part in [
        "<idBossUser key=\"1\"><userName>admon</userName><fullName>Administrator</fullName></idBossUser>",
        "<idDepartment key=\"2\"><code>SAL</code><name>Sales</name></idDepartment>",
        "<HireDate>2022-12-12T00:00:00</HireDate>",
        "<normalCost>12.5</normalCost>",
        "<Roles><ROLE key=\"10001\"></ROLE><ROLE key=\"10002\"></ROLE></Roles>",
        "<Organizations><ORG key=\"1\"></ORG></Organizations></WFUSER>",
    ] {
        assert!(found.contains(part), "{part} in {found}");
    }
    // What only the server writes is not answered, and nothing of it reaches OData's rows.
    assert!(!found.contains("guidUser") && !found.contains("baCreatedTime"), "{found}");
    let row = scene.client.get("/odata/data/WFUser(2)").await.json();
    assert_eq!((&row["Roles"], &row["Organizations"]), (&Value::Null, &Value::Null));

    let of = |entity: &str, filters: &str| query(entity, filters);
    for (document, expected) in [
        (
            of("role", "roleName LIKE 'App%'"),
            "<ROLE key=\"10002\"><roleName>Approver</roleName></ROLE>",
        ),
        (of("Org", ""), "<ORG key=\"1\"><Code>1</Code><orgName>Headquarters</orgName></ORG>"),
        (
            of("DEPARTMENT", "name = 'sales'"),
            "<Department key=\"2\"><code>SAL</code><name>Sales</name></Department>",
        ),
    ] {
        let answer = scene.call("getEntitiesAsString", &document).await;
        let expected =
            format!("<BizAgiWSResponse><Entities>{expected}</Entities></BizAgiWSResponse>");
        assert_eq!(answer, expected);
    }
}

#[tokio::test]
async fn an_entity_is_found_by_its_id_and_without_the_disabled() {
    let scene = scene().await;
    scene.save(ANA).await;
    scene.save("<WFUSER key=\"2\"><enabled>False</enabled></WFUSER>").await;
    let ask = |rest: &str| {
        format!(
            "<BizAgiWSParam><EntityData><EntityID>35E453A0-755d-4171-80ed-f2618b092ede</EntityID>\
             {rest}</EntityData></BizAgiWSParam>"
        )
    };
    for (rest, expected) in [
        ("", 2),
        ("<FilterDisabled>false</FilterDisabled>", 2),
        ("<FilterDisabled>True</FilterDisabled>", 1),
        ("<FilterDisabled>1</FilterDisabled><Filters>idUser = 2 OR idUser = 1</Filters>", 1),
        ("<Filters>domain = 'contoso.com'</Filters>", 1),
    ] {
        let answer = scene.call("getEntities", &ask(rest)).await;
        assert_eq!(answer.matches("<WFUSER key").count(), expected, "{rest}");
    }
}

#[tokio::test]
async fn a_save_updates_by_key_or_business_key() {
    let scene = scene().await;
    scene.save(ANA).await;
    for (change, column, expected) in [
        ("key=\"2\"><ENABLED>False</ENABLED>", "enabled", json!(false)),
        (
            "businessKey=\"userName='ana' AND domain='contoso.com'\"><enabled>1</enabled>",
            "enabled",
            json!(true),
        ),
        (
            "businessKey = \"idUser = 2\"><contactcell>+57 1</contactcell>",
            "contactCell",
            json!("+57 1"),
        ),
        ("key=\"2\"><contactCell/>", "contactCell", Value::Null),
        (
            "key=\"2\"><enabledForAssignation>false</enabledForAssignation>",
            "enabledForAssignation",
            json!(0),
        ),
        (
            "key=\"2\"><enabledForAssignation>2</enabledForAssignation>",
            "enabledForAssignation",
            json!(2),
        ),
        ("key=\"2\"><idBossUser>1</idBossUser>", "idBossUser", json!(1)),
        (
            "key=\"2\"><idBossUser xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:nil=\"true\"/>",
            "idBossUser",
            Value::Null,
        ),
        (
            "key=\"2\"><fullName><![CDATA[<b> 'x' -- ]]>&#233;</fullName>",
            "fullName",
            json!("<b> 'x' -- é"),
        ),
        ("key=\"2\"><domain>new.example</domain>", "domain", json!("new.example")),
        (
            "businessKey=\"domain='new.example'\"><EmployeeLevel> -4 </EmployeeLevel>",
            "EmployeeLevel",
            json!(-4),
        ),
    ] {
        let saved = scene.save(&format!("<WFUSER {change}</WFUSER>")).await;
        assert_eq!(saved, "<Entities><WFUSER>2</WFUSER></Entities>", "{change}");
        assert_eq!(scene.legacy.row(2).unwrap()[column], expected, "{change}");
    }
    let saved = scene.save("<Department><name>Legal</name></Department>").await;
    assert_eq!(saved, "<Entities><Department>4</Department></Entities>");
    assert!(scene.legacy.canary().is_empty());
}

#[tokio::test]
async fn roles_are_added_and_removed_and_outlive_a_disable() {
    let scene = scene().await;
    let extra = scene.legacy.add_role("Extra").unwrap();
    assert_eq!(extra, 10_004);
    let save =
        async |inside: &str| scene.save(&format!("<WFUSER key=\"1\">{inside}</WFUSER>")).await;
    save("<Roles><ROLE key=\"10001\"/><role key=\"10004\"/></Roles>").await;
    save("<Roles><ROLE key=\"10001\"/></Roles>").await;
    assert_eq!(scene.legacy.roles(1), [10_001, 10_004]);
    save("<Roles><REMOVE><idRole key=\"10001\"/><idRole key=\"10002\"/></REMOVE></Roles>").await;
    save("<enabled>false</enabled>").await;
    assert_eq!(scene.legacy.roles(1), [10_004]);
    assert!(scene.find("idUser = 1").await.contains("<Roles><ROLE key=\"10004\"></ROLE></Roles>"));
    save("<Organizations><ORG key=\"1\"/></Organizations>").await;
    assert_eq!(scene.legacy.organizations(1), [1]);
    save("<Organizations><REMOVE><idOrg key=\"1\"/></REMOVE></Organizations>").await;
    assert!(scene.legacy.organizations(1).is_empty());
    let unknown =
        "<WFUSER key=\"1\"><fullName>x</fullName><Roles><ROLE key=\"7\"/></Roles></WFUSER>";
    assert_eq!(scene.refusal(unknown).await, "1010");
    assert_eq!(scene.legacy.row(1).unwrap()["fullName"], "Administrator");
}

#[tokio::test]
async fn several_users_are_written_together_or_not_at_all() {
    let scene = scene().await;
    let bo = ANA.replace("ana<", "bo<");
    let saved =
        scene.save(&format!("{ANA}<WFUSER key=\"1\"><FirstName>A</FirstName></WFUSER>{bo}")).await;
    assert_eq!(
        saved,
        "<Entities><WFUSER>2</WFUSER><WFUSER>1</WFUSER><WFUSER>3</WFUSER></Entities>"
    );
    let cy = ANA.replace("ana<", "cy<");
    assert_eq!(scene.refusal(&format!("{cy}{bo}")).await, "1008");
    assert_eq!(scene.legacy.rows().len(), 3);
    assert_eq!(scene.find("userName = 'cy'").await, NOBODY);
}
