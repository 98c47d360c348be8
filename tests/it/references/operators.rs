//! What an operator sees of references: `check --live`, `explain` and `rehearse`.

use serde_json::{Value as Json, json};

use super::{ENTERPRISE, department, in_front_of, move_to, working_in};
use crate::scene::process::run;
use crate::scene::{
    Authority, Dialect, KeyKind, Legacy, Sidecar, ana, anchored, bo, columns, on_all, person,
    scim_person,
};

on_all! {
    check_asks_for_the_other_collection,
    explain_shows_the_look_up,
    a_rehearsal_looks_departments_up,
}

async fn check_asks_for_the_other_collection(dialect: Dialect) {
    let legacy = Legacy::start(dialect).await;
    let live = ["check", "--config", "sidecar.toml", "--live"];
    let (code, text, _) = in_front_of(&legacy).run(&[], &live).await;
    assert_eq!(code, 0, "{text}");
    for (old, new) in [
        ("/Department\"", "/Departement\""),
        ("= \"Department\"", "= \"Departement\""),
        ("match = \"name\"", "match = \"nome\""),
        ("key = \"idDepartment\"", "key = \"idDepartement\""),
        ("api/departments/_find", "api/departements/_find"),
        ("key = \"id\"", "key = \"ident\""),
        ("key = \"id\"", "key = \"name\""),
    ] {
        let text = department(dialect, "idDepartment", "");
        if !text.contains(old) {
            continue;
        }
        let setup = Sidecar::in_front_of(&legacy).appending(&text.replace(old, new));
        let (code, text, _) = setup.run(&[], &live).await;
        assert_eq!(code, 78, "{new}: {text}");
        // An upstream that describes itself says more than that it does not answer.
        let told = match (dialect, new) {
            (Dialect::Odata, "/Departement\"") => "did you mean `odata/data/Department`?",
            (Dialect::Odata, "match = \"nome\"") => "did you mean `name`?",
            (Dialect::Odata, _) => "did you mean `idDepartment`?",
            (Dialect::Soap | Dialect::Rest, _) => "does not search",
        };
        assert!(text.contains(told) && text.contains("mappings/hr.toml:"), "{told}: {text}");
        assert_eq!(text.matches("error:").count(), 1, "{text}");
    }
    if dialect == Dialect::Odata {
        let text = department(dialect, "idDepartment", "").replace("\"name\"", "\"idDepartment\"");
        let setup = Sidecar::in_front_of(&legacy).appending(&text);
        let (code, text, _) = setup.run(&[], &live).await;
        assert_eq!(code, 78, "{text}");
        assert!(text.contains("`idDepartment` is of another type"), "{text}");
        assert!(text.contains("takes it for a string, the upstream has Edm."), "{text}");
    }
}

async fn explain_shows_the_look_up(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(working_in(ana(), 2)).await;
    let setup = in_front_of(&legacy);
    let request = format!("PATCH /scim/v2/Users/7\n\n{}", move_to("IT"));
    let explain = ["explain", "--config", "sidecar.toml", "request.txt"];
    let files = [("request.txt", request.as_str())];
    let live: Vec<&str> = explain.iter().copied().chain(["--live"]).collect();
    let (code, text, _) = setup.run(&files, &live).await;
    assert_eq!(code, 0, "{text}");
    let set = format!("{} = 3", dialect.field_of("idDepartment"));
    assert!(text.contains(&set), "{text}");
    let searched = match dialect {
        Dialect::Odata => "data/Department?",
        Dialect::Soap => ">Department<",
        Dialect::Rest => "api/departments/_find",
    };
    assert_eq!(text.matches(searched).count(), 2, "{text}");
    assert!(legacy.writes().is_empty());
    assert!(text.contains("looked up in"), "{text}");
    // Without the upstream the rows are given.
    let envelope = |row: &str| {
        format!(
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
             <getEntitiesResponse><getEntitiesResult><BizAgiWSResponse><Entities>{row}</Entities>\
             </BizAgiWSResponse></getEntitiesResult></getEntitiesResponse></soap:Body>\
             </soap:Envelope>"
        )
    };
    let data = |row: Json| json!({ "result": { "code": "OK" }, "data": row }).to_string();
    let (ana, it) = match dialect {
        Dialect::Odata => {
            let it = json!({ "idDepartment": 3, "name": "IT" });
            (working_in(ana(), 2).to_string(), it.to_string())
        }
        Dialect::Soap => {
            let ana = "<WFUSER key=\"7\"><userName>ana</userName><domain>contoso.com</domain>\
                 <idDepartment>2</idDepartment></WFUSER>";
            (envelope(ana), envelope("<Department key=\"3\"><name>IT</name></Department>"))
        }
        Dialect::Rest => {
            let ana = columns::made(&working_in(ana(), 2));
            (data(ana), data(json!({ "id": 3, "name": "IT" })))
        }
    };
    let files = [files[0], ("ana", ana.as_str()), ("it", it.as_str())];
    let given: Vec<&str> = explain.iter().copied().chain(["--row", "ana", "--row", "it"]).collect();
    let (code, text, _) = setup.run(&files, &given).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(&set), "{text}");
    assert_eq!(text.matches("answered from --row").count(), 2, "{text}");
}

async fn a_rehearsal_looks_departments_up(dialect: Dialect) {
    let legacy = Legacy::start(dialect)
        .with_user(anchored(working_in(ana(), 2), "object-of-ana"))
        .with_user(anchored(working_in(bo(), 2), "object-of-bo"))
        .with_user(anchored(person(9, "cy"), "object-of-cy"))
        .await;
    let export = |name: &str, department: &str| {
        let mut body = scim_person(name);
        body["name"] = json!({ "formatted": format!("Mx {name}") });
        body[ENTERPRISE] = json!({ "department": department });
        body
    };
    let people = [export("ana", "Sales"), export("bo", "IT"), export("cy", "Nowhere")];
    let setup = in_front_of(&legacy);
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    folder.write("people.json", &json!(people).to_string());
    let line = ["rehearse", "--config", "sidecar.toml", "people.json", "--out", "told.json"];
    let play = move || {
        let (code, out, err) = run(&line, &folder.path(""));
        assert_eq!(code, 0, "{out}{err}");
        folder
    };
    let folder = tokio::task::spawn_blocking(play).await.unwrap();
    let told = std::fs::read_to_string(folder.path("told.json")).unwrap();
    let told: Json = serde_json::from_str(&told).unwrap();
    for (verdict, expected) in [("unchanged", 1), ("change", 1), ("refused", 1), ("create", 0)] {
        assert_eq!(told["counts"][verdict], expected, "{verdict}: {told}");
    }
    assert!(legacy.writes().is_empty());
}
