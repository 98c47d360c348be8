//! What is refused, and how: by a document in 200, by a SOAP fault, by the web server.

use super::*;

#[tokio::test]
async fn every_rule_has_its_code() {
    let scene = scene_with(|options| options.licence_limit = Some(2)).await;
    let user = |name: &str, rest: &str| {
        format!(
            "<WFUSER><userName>{name}</userName><domain>d</domain><fullName>n</fullName>{rest}</WFUSER>"
        )
    };
    scene.save(&user("ana", "")).await;
    scene.save(&user("off", "<enabled>0</enabled>")).await;
    for (entities, code) in [
        (String::new(), "1001"),
        ("<Nobody/>".to_owned(), "1002"),
        ("<ROLE><roleName>x</roleName></ROLE>".to_owned(), "1002"),
        (user("x", "<nick>x</nick>"), "1003"),
        ("<WFUSER key=\"1\"><idUser>4</idUser></WFUSER>".to_owned(), "1003"),
        ("<WFUSER><userName>x</userName><domain>d</domain></WFUSER>".to_owned(), "1004"),
        ("<WFUSER><fullName>x</fullName><domain>d</domain></WFUSER>".to_owned(), "1004"),
        ("<WFUSER key=\"1\"><enabled/></WFUSER>".to_owned(), "1004"),
        (user("x", "<enabled>yes</enabled>"), "1005"),
        (user("x", "<idArea>one</idArea>"), "1005"),
        (user("x", "<EmployeeLevel>3000000000</EmployeeLevel>"), "1005"),
        (user("x", "<HireDate>soon</HireDate>"), "1005"),
        (user("x", "<FirstName><b>x</b></FirstName>"), "1005"),
        (user("x", "<contactCell>+57 123456789012345678</contactCell>"), "1006"),
        (format!("<WFUSER key=\"1\"><domain>{}</domain></WFUSER>", "d".repeat(26)), "1006"),
        (format!("<WFUSER key=\"1\"><fullName>{}</fullName></WFUSER>", "n".repeat(201)), "1006"),
        (
            format!("<WFUSER key=\"1\"><contactEmail>{}</contactEmail></WFUSER>", "n".repeat(101)),
            "1006",
        ),
        (user("o'neil", ""), "1007"),
        (user("a b", ""), "1007"),
        (user("ANA", ""), "1008"),
        ("<WFUSER key=\"77\"><enabled>0</enabled></WFUSER>".to_owned(), "1009"),
        ("<WFUSER key=\"x\"/>".to_owned(), "1009"),
        ("<WFUSER key=\"1\" businessKey=\"idUser = 1\"/>".to_owned(), "1009"),
        ("<WFUSER businessKey=\"userName = 'nobody'\"/>".to_owned(), "1009"),
        ("<WFUSER businessKey=\"domain = 'd'\"/>".to_owned(), "1009"),
        ("<WFUSER key=\"1\"><idBossUser>77</idBossUser></WFUSER>".to_owned(), "1010"),
        (
            "<WFUSER key=\"1\"><Roles><REMOVE><idRole key=\"7\"/></REMOVE></Roles></WFUSER>"
                .to_owned(),
            "1010",
        ),
        (user("x", "<enabled>0</enabled><Organizations><Code>9</Code></Organizations>"), "1010"),
        (user("bo", ""), "1011"),
        ("<WFUSER key=\"3\"><enabled>1</enabled></WFUSER>".to_owned(), "1011"),
        ("<WFUSER businessKey=\"userName 'x'\"/>".to_owned(), "1012"),
        ("<WFUSER key=\"1\"><Roles><Code>1</Code></Roles></WFUSER>".to_owned(), "1001"),
        ("<WFUSER key=\"1\"><Roles><ROLE/></Roles></WFUSER>".to_owned(), "1001"),
    ] {
        assert_eq!(scene.refusal(&entities).await, code, "{entities}");
    }
    assert_eq!(scene.legacy.rows().len(), 3);
    let answer = scene.find("nick = 'x'").await;
    let expected = "<BizAgiWSError><ErrorCode>1003</ErrorCode>\
                    <ErrorMessage>column not found: nick</ErrorMessage></BizAgiWSError>";
    assert_eq!(answer, expected);
    let answer = scene.call("getEntities", &query("WFUSER", "nick = 'x'")).await;
    assert_eq!(answer, expected.replace("<BizAgiWSError>", "<BizAgiWSError xmlns=\"\">"));
    let answer = scene.call("getEntities", &query("Nobody", "")).await;
    assert!(answer.contains("<ErrorCode>1002</ErrorCode>"), "{answer}");
    assert!(scene.legacy.canary().is_empty());
}

#[tokio::test]
async fn a_create_lacks_no_mandatory_node_and_knows_no_other() {
    let scene = scene().await;
    let nodes = ["UserName", "FullName", "Domain", "ContactEmail", "Organization"];
    let create = async |skip: &str, more: &str| {
        let nodes: String = nodes
            .iter()
            .filter(|name| **name != skip)
            .map(|name| format!("<{name}>1</{name}>"))
            .collect();
        let document = format!(
            "<BizAgiWSParam><Entities><WFUSER><BasicInformation>{nodes}{more}</BasicInformation>\
             </WFUSER></Entities></BizAgiWSParam>"
        );
        scene.call("createUserAsString", &document).await
    };
    for name in nodes {
        let expected = format!("<ErrorMessage>mandatory node missing: {name}</ErrorMessage>");
        assert!(create(name, "").await.contains(&expected));
        assert!(create(name, &format!("<{name}/>")).await.contains(&expected));
    }
    for more in ["<Enabled>1</Enabled>", "<Roles/>"] {
        assert!(create("", more).await.contains("<ErrorMessage>node not expected"));
    }
    assert!(create("Organization", "<Organization>9</Organization>").await.contains("1010"));
    for name in ["FullName", "Organization"] {
        assert!(create("", &format!("<{name}>2</{name}>")).await.contains("node given twice"));
    }
    assert_eq!(scene.legacy.canary().len(), 2);
    assert_eq!(create("", "").await, "<Entities><WFUSER>2</WFUSER></Entities>");
    assert!(create("", "").await.contains("1008"));
}

#[tokio::test]
async fn the_canary_sees_what_values_did() {
    let scene = scene().await;
    let by_name = |value: &str| format!("userName = '{value}' AND domain = 'd'");
    for value in ["x'' OR ''1''=''1", "--", "x; DROP TABLE WFUSER", "/* UNION SELECT */"] {
        assert_eq!(scene.find(&by_name(value)).await, NOBODY, "{value}");
    }
    assert!(scene.legacy.canary().is_empty());
    assert_eq!(scene.legacy.statements(), ["userName = ? AND domain = ?"]);

    let refused = scene.find(&by_name("x' OR 1=1 OR 'a'='a")).await;
    assert!(refused.starts_with("<BizAgiWSError><ErrorCode>1012<"), "{refused}");
    scene
        .refusal("<WFUSER businessKey=\"userName = 'o'neil'\"><enabled>0</enabled></WFUSER>")
        .await;
    let twice = "<WFUSER key=\"1\"><fullName>x</fullName><enabled>0</enabled><fullName></fullName></WFUSER>";
    assert_eq!(scene.refusal(twice).await, "1001");
    let reports = scene.legacy.canary();
    assert_eq!(reports.len(), 3, "{reports:?}");
    assert_eq!(reports[1], "unclosed quotation mark: userName = 'o'neil'");
    // A value that made another statement without being suspicious is one shape more.
    scene.find(&by_name("x' AND fullName = 'y")).await;
    let added = "userName = ? AND fullName = ? AND domain = ?".to_owned();
    assert!(scene.legacy.statements().contains(&added));
    assert_eq!(scene.legacy.row(1).unwrap()["enabled"], true);
}

#[tokio::test]
async fn a_text_that_is_too_long_may_be_cut_in_silence() {
    let scene = scene_with(|options| options.over_length = OverLength::Truncate).await;
    let domain = format!("{}😀x", "d".repeat(24));
    scene.save(&format!("<WFUSER key=\"1\"><domain>{domain}</domain></WFUSER>")).await;
    assert_eq!(scene.legacy.row(1).unwrap()["domain"], "d".repeat(24));
}

#[tokio::test]
async fn inner_documents_are_bounded_and_without_dtd() {
    let scene = scene().await;
    let deep = format!("{}{}", "<a>".repeat(65), "</a>".repeat(65));
    for (document, says) in [
        ("<BizAgiWSParam>", "not well formed"),
        ("", "not well formed"),
        (
            "<!DOCTYPE a [<!ENTITY x \"y\">]><BizAgiWSParam>&x;</BizAgiWSParam>",
            "a DTD is prohibited",
        ),
        ("<BizAgiWSParam>&x;</BizAgiWSParam>", "undeclared entity"),
        (deep.as_str(), "nested too deeply"),
        ("<Other/>", "node not expected: Other"),
        ("<BizAgiWSParam/>", "node missing"),
    ] {
        for operation in ["getEntitiesAsString", "saveEntityAsString", "createUserAsString"] {
            let answer = scene.call(operation, document).await;
            assert!(answer.starts_with("<BizAgiWSError><ErrorCode>1001</ErrorCode>"), "{answer}");
            assert!(answer.contains(says), "{answer}");
        }
    }
    assert!(scene.call("saveEntity", "").await.contains("<ErrorCode>1001</ErrorCode>"));
}

#[tokio::test]
async fn a_wrong_envelope_is_a_soap_fault() {
    let scene = scene().await;
    let good = envelope("saveEntity", "<BizAgiWSParam/>");
    let action = "http://tempuri.org/saveEntity";
    let deep = format!("{}{}", "<a>".repeat(65), "</a>".repeat(65));
    for (action, envelope, code) in [
        (action, "x".to_owned(), "soap:Client"),
        (action, good.replace("</s:Body>", ""), "soap:Client"),
        (
            action,
            format!("<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///y'>]>{}", &good[38..]),
            "soap:Client",
        ),
        (action, envelope("saveEntity", &deep), "soap:Client"),
        (
            action,
            good.replace("xmlsoap.org/soap/envelope/", "w3.org/2003/05"),
            "soap:VersionMismatch",
        ),
        (action, good.replace("tempuri", "elsewhere"), "soap:Client"),
        (action, good.replace("entityInfo", "entitiesInfo"), "soap:Client"),
        ("http://tempuri.org/getEntities", good.clone(), "soap:Client"),
        ("http://tempuri.org/dropEntity", good.clone(), "soap:Client"),
        ("saveEntity", good.clone(), "soap:Client"),
        ("\"\"", good.clone(), "soap:Client"),
        (
            "http://tempuri.org/saveEntityAsString",
            envelope("saveEntityAsString", "<a/>"),
            "soap:Client",
        ),
    ] {
        let answer = scene.post(PATH, action, envelope.clone()).await;
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{envelope}");
        assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
        assert!(text.contains(&format!("<soap:Fault><faultcode>{code}</faultcode>")), "{text}");
    }
    let send = async |kind: &str, body: String| {
        let headers = [("soapaction", action)];
        scene.client.send(Method::POST, PATH, &headers, Some((kind, body))).await.unwrap().status
    };
    assert_eq!(
        send("application/soap+xml", good.clone()).await,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    assert_eq!(send("text/xml", "x".repeat(1024 * 1024 + 1)).await, StatusCode::PAYLOAD_TOO_LARGE);
    let put = scene.client.send(Method::PUT, PATH, &[], Some(("text/xml", good))).await.unwrap();
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(scene.legacy.writes().is_empty());
}
