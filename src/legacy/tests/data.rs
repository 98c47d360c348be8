//! The data view: create, read, change, list, describe.

use super::*;

#[tokio::test]
async fn a_user_is_created_and_found_and_changed() {
    let Scene { legacy, client, .. } = scene().await;
    let base = legacy.base();
    let answer = client.create(&ana()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header("location"), format!("{base}/odata/data/WFUser(2)"));
    assert_eq!(answer.header("odata-version"), "4.0");
    assert_eq!(answer.header("etag"), "W/\"1\"");
    let row = answer.json();
    assert_eq!(row["@odata.context"], format!("{base}/odata/data/$metadata#WFUser/$entity"));
    assert_eq!(row["@odata.id"], format!("{base}/odata/data/WFUser(2)"));
    assert_eq!((&row["idUser"], &row["enabled"]), (&json!(2), &json!(true)));

    for key in ["2", "idUser=2", "%32"] {
        let read = client.get(&format!("/odata/data/WFUser({key})")).await;
        assert_eq!((read.status, read.json()), (StatusCode::OK, row.clone()));
    }
    let change = json!({ "enabled": false, "enabledForAssignation": false });
    let path = "/odata/data/WFUser(2)";
    let answer = client.write(Method::PATCH, path, &[], &change).await;
    assert_eq!((answer.status, answer.header("etag")), (StatusCode::NO_CONTENT, "W/\"2\""));
    assert!(answer.body.is_empty());
    assert_eq!(legacy.row(2).unwrap()["enabledForAssignation"], 0);

    let prefer = [("prefer", "odata.maxpagesize=5, return=representation"), ("if-match", "*")];
    let answer = client.write(Method::PATCH, path, &prefer, &json!({ "enabled": true })).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("preference-applied"), "return=representation");
    assert_eq!(answer.json()["enabled"], true);
    assert_eq!(answer.json()["@odata.etag"], "W/\"3\"");

    let stale = [("if-match", "W/\"2\"")];
    let answer = client.write(Method::PATCH, path, &stale, &json!({ "enabled": false })).await;
    assert_error(
        &answer,
        StatusCode::PRECONDITION_FAILED,
        "PreconditionFailed",
        "the row has changed",
    );
    let fresh = [("if-match", "W/\"2\", W/\"3\"")];
    let answer = client.write(Method::PATCH, path, &fresh, &json!({ "enabled": false })).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    for headers in [&[][..], &[("if-match", "*")], &stale] {
        let path = "/odata/data/WFUser(99)";
        let answer = client.write(Method::PATCH, path, headers, &change).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(legacy.rows().len(), 2);
    assert_eq!(legacy.writes().first(), Some(&ana()));
    assert_eq!(legacy.writes().len(), 8);
    let last = legacy.take_calls().pop().unwrap();
    assert_eq!(last.header("if-match"), Some("W/\"2\""));
    assert_eq!(last.header("authorization"), None);
    assert!(last.to_string().starts_with("PATCH /Demo/odata/data/WFUser(99) {"), "{last}");
    assert!(legacy.calls().is_empty());
}

#[tokio::test]
async fn refusals_are_odata_exceptions() {
    let Scene { legacy, client, .. } = scene().await;
    assert_eq!(client.create(&ana()).await.status, StatusCode::CREATED);
    let mut twin = ana();
    twin["userName"] = "ANA".into();
    assert_error(
        &client.create(&twin).await,
        StatusCode::CONFLICT,
        "Conflict",
        "a user with the same domain and user name already exists",
    );
    twin["userName"] = "bob".into();
    legacy.set_licence_limit(Some(2));
    let refused = client.create(&twin).await;
    assert_error(
        &refused,
        StatusCode::FORBIDDEN,
        "Forbidden",
        "the user licence limit of 2 is reached",
    );
    legacy.set_licence_limit(None);
    twin["nick"] = "b".into();
    let message = "property 'nick' does not exist on entity 'WFUser'";
    assert_error(&client.create(&twin).await, StatusCode::BAD_REQUEST, "BadRequest", message);
    assert_error(
        &client.get("/odata/data/Nothing").await,
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServerError",
        "Entity metadata not found. Entity ID: -1.",
    );
    for (path, status) in [
        ("/odata/data/WFUser(99)", 404),
        ("/odata/data/WFUser('2')", 400),
        ("/odata/data/WFUser(2", 404),
        ("/odata/data/WFUser(2)/boss", 404),
        ("/odata/elsewhere", 404),
        ("/odata/data/WFUser?$filter=nick%20eq%201", 400),
        ("/odata/data/WFUser?$top=-1", 400),
        ("/odata/data/WFUser?$top=1&$top=2", 400),
        ("/odata/data/WFUser?$search=ana", 400),
        ("/odata/data/WFUser?$select=nick", 400),
        ("/odata/data/WFUser?$expand=nick", 400),
        ("/other", 404),
    ] {
        assert_eq!(client.get(path).await.status.as_u16(), status, "{path}");
    }
    let delete = client.send(Method::DELETE, "/odata/data/WFUser(2)", &[], None).await.unwrap();
    assert_eq!(delete.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(delete.header("allow"), "GET, PATCH");
    let body = json!({ "name": "HR" });
    let answer = client.write(Method::POST, "/odata/data/Department", &[], &body).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET"));
    for (kind, body, status) in [
        ("text/plain", "{}".to_owned(), 415),
        ("application/json", "{".to_owned(), 400),
        ("application/json", "[]".to_owned(), 400),
        ("application/json", "[".repeat(100_000), 400),
        ("application/json", format!("\"{}\"", "a".repeat(1024 * 1024)), 413),
    ] {
        let path = "/odata/data/WFUser";
        let answer = client.send(Method::POST, path, &[], Some((kind, body))).await.unwrap();
        assert_eq!(answer.status.as_u16(), status, "{kind}");
    }
    assert_eq!(legacy.rows().len(), 2);
}

#[tokio::test]
async fn lists_have_bizagis_envelope_and_pages() {
    let Scene { legacy, client, .. } = scene_with(|options| options.page_limit = 3).await;
    for number in 2..=8 {
        let row = json!({ "userName": format!("u{number}"), "domain": "d", "fullName": "n" });
        assert_eq!(legacy.insert(&row).unwrap(), number);
    }
    let base = legacy.base();
    let page = client.list(&[("$filter", "domain eq 'd'"), ("$count", "true")]).await;
    let body = page.json();
    assert_eq!(body["@odata.context"], format!("{base}/odata/data/$metadata#WFUser"));
    assert_eq!((&body["@odata.totalCount"], &body["@odata.count"]), (&json!(7), &json!(3)));
    assert_eq!(page.ids(), [2, 3, 4]);
    let mut link = body["@odata.nextLink"].as_str().unwrap().to_owned();
    assert!(link.ends_with("/odata/data/WFUser?$filter=domain%20eq%20%27d%27&$count=true&$skip=3"));
    let mut seen = Vec::new();
    loop {
        let page = client.get(&link).await;
        seen.extend(page.ids());
        match page.json().get("@odata.nextLink") {
            Some(next) => link = next.as_str().unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, [5, 6, 7, 8]);
    let next = |answer: &client::Answer| answer.json().get("@odata.nextLink").cloned();
    let page = client.get("/odata/data/WFUser?$skip=1&$top=2&$orderby=idUser+desc").await;
    assert_eq!(page.ids(), [7, 6]);
    assert_eq!(
        next(&page).unwrap(),
        format!("{base}/odata/data/WFUser?$orderby=idUser+desc&$skip=3&$top=2")
    );
    let page = client.list(&[("$top", "5")]).await;
    assert_eq!(next(&page).unwrap(), format!("{base}/odata/data/WFUser?$skip=3&$top=2"));
    let page = client.list(&[("$top", "0")]).await;
    assert_eq!((page.ids().len(), next(&page)), (0, None));
    assert_eq!(page.json()["@odata.totalCount"], 8);
    let page = client.list(&[("$skip", "18446744073709551615")]).await;
    assert_eq!((page.ids().len(), next(&page)), (0, None));
    let call = legacy.calls().remove(0);
    assert_eq!(call.query, "$filter=domain eq 'd'&$count=true");
    assert_eq!(call.target.split('?').next(), Some("/Demo/odata/data/WFUser"));
}

#[tokio::test]
async fn select_and_expand() {
    let Scene { legacy, client, .. } = scene().await;
    let id = legacy.insert(&ana()).unwrap();
    legacy.update(id, &json!({ "idBossUser": 1 })).unwrap();
    let hr = legacy.add_department(None, "HR").unwrap();
    let page =
        client.list(&[("$select", "userName,enabled"), ("$expand", "department,boss")]).await;
    let body = page.json();
    let names: Vec<_> = body["value"][1].as_object().unwrap().keys().collect();
    assert_eq!(names, ["@odata.etag", "@odata.id", "boss", "department", "enabled", "userName"]);
    assert_eq!(body["value"][0]["department"], Value::Null);
    assert_eq!(body["value"][1]["department"]["name"], "Sales");
    assert_eq!(body["value"][1]["boss"]["userName"], "admon");
    let departments = client.get("/odata/data/Department?$filter=name+eq+'HR'").await.json();
    assert_eq!(departments["value"][0]["idDepartment"], hr);
    assert_eq!(departments["value"][0]["code"], Value::Null);
    let one = client.get("/odata/data/Department(1)").await.json();
    assert_eq!((&one["name"], &one["code"]), (&json!("Finance"), &json!("FIN")));
    assert_eq!(legacy.departments().len(), 4);
}

#[tokio::test]
async fn it_describes_itself() {
    let Scene { legacy, client, .. } = scene().await;
    let base = legacy.base();
    let names = client.get("/odata/data").await.json();
    assert_eq!(names["value"][1]["url"], "WFUser");
    let project = client.get("/odata/metadata/getProject").await.json();
    let context = format!("{base}/odata/metadata/$metadata#Edm.String");
    assert_eq!(project, json!({ "@odata.context": context, "value": "Demo" }));
    assert_eq!(client.get("/odata/data/userProfile").await.json()["userName"], "admon");
    let metadata = client.get("/odata/data/$metadata").await;
    assert_eq!(metadata.header("content-type"), "application/xml");
    let xml = String::from_utf8(metadata.body.to_vec()).unwrap();
    for line in [
        r#"<Key><PropertyRef Name="idUser"/></Key>"#,
        r#"<Property Name="fullName" Type="Edm.String" Nullable="false" MaxLength="200"/>"#,
        r#"<Property Name="enabledForAssignation" Type="Edm.Byte" Nullable="true"/>"#,
        r#"<NavigationProperty Name="department" Type="Bizagi.Data.Department">"#,
        r#"<EntitySet Name="WFUser" EntityType="Bizagi.Data.WFUser">"#,
    ] {
        assert!(xml.contains(line), "{line}");
    }
    let post = client.write(Method::POST, "/odata/data", &[], &json!({})).await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
}
