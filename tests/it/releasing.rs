//! An operator's release of an anchor, so that a row can change hands.

use serde_json::{Value as Json, json};

use crate::scene::{
    Dialect, Legacy, Setup, Sidecar, ana, anchored, bo, on_all, patch, person, scim_person,
};

on_all! {
    a_released_row_is_bound_by_whoever_comes_next,
    a_deleted_persons_row_can_be_released_for_a_re_hire,
    what_cannot_be_released_is_told_and_left,
    a_dry_run_writes_nothing,
    the_project_must_be_clear,
}

/// Runs `release` with these arguments: how it ended, and what it said.
async fn release(setup: &Setup, arguments: &[&str]) -> (i32, String, String) {
    let whole: Vec<&str> =
        ["release", "--config", "sidecar.toml"].iter().chain(arguments).copied().collect();
    let told = setup.run(&[], &whole).await;
    let said = format!("{}{}", told.1, told.2);
    for personal in ["ana", "contoso", "object-of", "Mx"] {
        assert!(!said.contains(personal), "{said}");
    }
    told
}

fn bind(anchor: &str) -> Json {
    patch(json!([
        { "op": "Add", "path": "externalId", "value": anchor },
        { "op": "Replace", "path": "active", "value": "True" },
    ]))
}

async fn a_released_row_is_bound_by_whoever_comes_next(dialect: Dialect) {
    let mut row = anchored(ana(), "A");
    row["enabled"] = false.into();
    let legacy = Legacy::start(dialect).with_user(row).with_user(anchored(bo(), "C")).await;
    let setup = Sidecar::in_front_of(&legacy);
    let sidecar = setup.clone().start().await;
    let entra = sidecar.idp("entra");
    entra.patch("/Users/7", bind("B")).await.scim_error(400, "mutability");
    let (code, out, err) = release(&setup, &["7"]).await;
    assert_eq!(code, 0, "{out}{err}");
    let kept = format!("`externalId`, kept in `{}`", dialect.field_of("ScimExternalId"));
    assert!(out.contains(&kept) && out.contains("7  emptied"), "{out}");
    let audited: Vec<&str> = err.lines().filter(|line| line.contains(" audit: ")).collect();
    let [line] = audited[..] else { panic!("{err}") };
    for part in ["operation=\"release\"", "caller=\"operator, ", "id=\"7\"", "outcome=\"done\""] {
        assert!(line.contains(part), "{line}");
    }
    assert_eq!(legacy.writes(), [json!({ "ScimExternalId": null })]);
    assert_eq!(legacy.person(7)["enabled"], false, "nothing else is written");
    let answer = entra.patch("/Users/7", bind("B")).await;
    assert_eq!(answer.is(200)["externalId"], "B");
    assert_eq!(answer.events("audit")[0].field("operation"), "bind");
    assert_eq!(legacy.person(8)["ScimExternalId"], "C");
}

async fn a_deleted_persons_row_can_be_released_for_a_re_hire(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(anchored(ana(), "A")).await;
    let setup = Sidecar::in_front_of(&legacy);
    let sidecar = setup.clone().start().await;
    let entra = sidecar.idp("entra");
    entra.delete("/Users/7").await.is(204);
    entra.post("/Users", scim_person("ana")).await.scim_error(409, "uniqueness");
    assert_eq!(release(&setup, &["7"]).await.0, 0);
    let created = entra.post("/Users", scim_person("ana")).await;
    assert_eq!(created.is(201)["id"], "7");
    assert_eq!(legacy.person(7)["ScimExternalId"], "object-of-ana");
}

async fn what_cannot_be_released_is_told_and_left(dialect: Dialect) {
    let mut hidden = anchored(person(9, "cy"), "C");
    hidden["domain"] = "local".into();
    let mut protected = anchored(person(10, "dana"), "D");
    protected["userName"] = "admon".into();
    let legacy = Legacy::start(dialect).with_user(hidden).with_user(protected).with_user(bo());
    let legacy = legacy.with_user(anchored(ana(), "A")).await;
    let setup = Sidecar::in_front_of(&legacy);
    let (code, out, err) = release(&setup, &["9", "10", "99", "007", "8", "7"]).await;
    assert_eq!(code, 1, "{out}{err}");
    for line in [
        "9  not released: there is no such person",
        "10  not released: this person is protected",
        "99  not released: there is no such person",
        "007  not released: there is no such person",
        "8  empty already",
        "7  emptied",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    assert!(err.contains(" alert: "), "{err}");
    assert_eq!(legacy.writes().len(), 1);
    for (id, anchor) in [(9, "C"), (10, "D")] {
        assert_eq!(legacy.person(id)["ScimExternalId"], anchor);
    }
    let anchor = "anchor      = { scim = \"externalId\", field = \"ScimExternalId\" }\n";
    let without = Sidecar::in_front_of(&legacy).replacing(anchor, "");
    let (code, _, err) = release(&without, &["8"]).await;
    assert_eq!(code, 78, "{err}");
    assert!(err.contains("no `anchor`"), "{err}");
}

async fn a_dry_run_writes_nothing(dialect: Dialect) {
    let legacy = Legacy::start(dialect).with_user(anchored(ana(), "A")).with_user(bo()).await;
    let setup = Sidecar::in_front_of(&legacy);
    let (code, out, _) = release(&setup, &["--dry-run", "7", "8"]).await;
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("7  filled: would be emptied") && out.contains("8  empty already"));
    assert!(legacy.writes().is_empty());
}

async fn the_project_must_be_clear(dialect: Dialect) {
    let (hr, sales) = (Legacy::start(dialect), Legacy::start(dialect));
    let hr = hr.with_user(anchored(ana(), "A")).await;
    let sales = sales.with_user(anchored(ana(), "A")).await;
    let setup = Sidecar::in_front_of(&hr).and("sales", "/sales/scim/v2", &sales);
    for (arguments, expected) in [
        (&["7"][..], "expected `--project` with `hr` or `sales`"),
        (&["--project", "it", "7"], "there is no project `it`: expected `hr` or `sales`"),
    ] {
        let (code, out, err) = release(&setup, arguments).await;
        assert_eq!(code, 64, "{out}{err}");
        assert!(err.contains(expected), "{err}");
    }
    assert_eq!(release(&setup, &["--project", "sales", "7"]).await.0, 0);
    assert_eq!(sales.person(7)["ScimExternalId"], Json::Null);
    assert_eq!(hr.person(7)["ScimExternalId"], "A");
}
