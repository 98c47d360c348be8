//! One provisioning cycle, played and printed: every request, the upstream calls that it became,
//! and the answer.

use std::io::Write;

use serde_json::{Value as Json, json};

use super::DemoError;
use super::client::{Answer, Client};
use super::script::{self, ANA, BO, CY, EVA, MANAGER, PROPERTY, Somebody, patch};
use crate::legacy::{Legacy, Recorded};

/// Under which path the sidecar serves.
const BASE: &str = "/scim/v2";

struct Player<'p> {
    client: Client,
    legacy: &'p Legacy,
    out: &'p mut (dyn Write + Send),
    step: usize,
    unexpected: usize,
}

/// Plays the cycle; `false` when a step did not end as expected.
pub(super) async fn play(
    client: Client,
    legacy: &Legacy,
    out: &mut (dyn Write + Send),
) -> Result<bool, DemoError> {
    if !legacy.rows().iter().any(|row| row["userName"] == "eva" && row["domain"] == "contoso.com") {
        legacy.insert(&EVA.row())?;
        writeln!(out, "made by hand in the legacy server: the row of {}\n", EVA.user_name)?;
    }
    // The hand's own calls are not part of the play.
    drop(legacy.take_calls());
    let mut player = Player { client, legacy, out, step: 0, unexpected: 0 };
    player.cycle().await?;
    let Player { step, unexpected, out, .. } = player;
    writeln!(out, "{} of {step} steps as expected", step - unexpected)?;
    Ok(unexpected == 0)
}

impl Player<'_> {
    async fn cycle(&mut self) -> Result<(), DemoError> {
        let nobody = script::by_user_name("7d420df3-6a05-4d0f-9f0f-5d4b2d1b6b5c");
        self.expect("test the connection", "GET", &nobody, None, 200, |a| total(a) == 0).await?;

        let target = script::by_user_name("Eva@Contoso.com");
        let found = self
            .expect("match a person made by hand", "GET", &target, None, 200, |a| total(a) == 1)
            .await?;
        let eva = id(&found["Resources"][0]);
        let bound = |a: &Json| a["externalId"] == EVA.external_id;
        self.patch("bind her to the directory's object", &eva, EVA.bind(), bound).await?;

        let ana = self.provision(&ANA).await?;
        let bo = self.provision(&BO).await?;
        let cy = self.provision(&CY).await?;

        let family =
            |a: &Json| a["name"]["formatted"].as_str().is_some_and(|n| n.ends_with("Diaz Gomez"));
        self.patch("change several attributes", &ana, script::default_dialect(), family).await?;
        let given = |a: &Json| a["name"]["formatted"] == "Ana Maria Diaz";
        self.patch("the same with aadOptscim062020", &ana, script::flag_dialect(), given).await?;

        let off = patch(json!([{ "op": "Replace", "path": "active", "value": "False" }]));
        self.patch("disable", &bo, off, |a| a["active"] == false).await?;
        let target = script::by_user_name(BO.user_name);
        self.expect("a disabled person is still found", "GET", &target, None, 200, |a| {
            total(a) == 1 && a["Resources"][0]["active"] == false
        })
        .await?;
        let on = patch(json!([{ "op": "Replace", "path": "active", "value": "True" }]));
        self.patch("restore", &bo, on, |a| a["active"] == true).await?;

        let renamed = "cy.young@contoso.com";
        let rename = patch(json!([{ "op": "Replace", "path": "userName", "value": renamed }]));
        self.patch("rename", &cy, rename, |a| a["userName"] == renamed).await?;

        let number = patch(json!([{ "op": "Add", "path": PROPERTY, "value": "701984" }]));
        let (urn, name) = PROPERTY.rsplit_once(':').unwrap_or((PROPERTY, ""));
        self.patch("set a custom property", &ana, number, |a| a[urn][name] == "701984").await?;

        let boss = patch(json!([{ "op": "Add", "path": MANAGER, "value": bo.as_str() }]));
        let (urn, name) = MANAGER.rsplit_once(':').unwrap_or((MANAGER, ""));
        self.patch("set the manager", &ana, boss, |a| a[urn][name]["value"] == bo.as_str()).await?;

        let target = format!("/Users/{cy}");
        self.expect("delete", "DELETE", &target, None, 204, |_| true).await?;
        self.expect("the deleted person is gone", "GET", &target, None, 404, |_| true).await?;
        Ok(())
    }

    /// Looks for somebody, and creates who is not there or binds who is.
    async fn provision(&mut self, somebody: &Somebody) -> Result<String, DemoError> {
        let target = script::by_user_name(somebody.user_name);
        let title = format!("look for {}", somebody.user_name);
        let found = self.expect(&title, "GET", &target, None, 200, |a| total(a) <= 1).await?;
        if total(&found) == 1 {
            let known = id(&found["Resources"][0]);
            let bound = |a: &Json| a["externalId"] == somebody.external_id;
            self.patch("found: bind, nothing is created", &known, somebody.bind(), bound).await?;
            return Ok(known);
        }
        let body = somebody.body();
        let created = self
            .expect("create", "POST", "/Users", Some(&body), 201, |a| {
                a["userName"] == somebody.user_name && a["id"].is_string()
            })
            .await?;
        Ok(id(&created))
    }

    async fn patch(
        &mut self,
        title: &str,
        id: &str,
        body: Json,
        holds: impl Fn(&Json) -> bool,
    ) -> Result<(), DemoError> {
        self.expect(title, "PATCH", &format!("/Users/{id}"), Some(&body), 200, holds).await?;
        Ok(())
    }

    /// Sends one request, prints what came of it, and compares.
    async fn expect(
        &mut self,
        title: &str,
        method: &str,
        target: &str,
        body: Option<&Json>,
        status: u16,
        holds: impl Fn(&Json) -> bool,
    ) -> Result<Json, DemoError> {
        self.step += 1;
        let Answer { status: found, body: answer } =
            self.client.send(method, &format!("{BASE}{target}"), body).await?;
        let answer = answer.unwrap_or(Json::Null);
        let as_expected = found.as_u16() == status && holds(&answer);
        writeln!(self.out, "{:2}. {title}", self.step)?;
        writeln!(self.out, "    SCIM      {method} {BASE}{target}")?;
        if let Some(body) = body {
            writeln!(self.out, "              {body}")?;
        }
        let calls = self.legacy.take_calls();
        let revived = method == "POST" && calls.iter().any(changes_a_row);
        for call in calls {
            let query =
                if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
            let operation = call.operation().map(|name| format!(" {name}")).unwrap_or_default();
            writeln!(self.out, "    upstream  {} {}{query}{operation}", call.method, call.path())?;
            if let Some(condition) = call.header("if-match") {
                writeln!(self.out, "              If-Match: {condition}")?;
            }
            // The token call's form is recorded without a body.
            match &call.body {
                Some(Json::String(xml)) => writeln!(self.out, "              {xml}")?,
                Some(body) => writeln!(self.out, "              {body}")?,
                None => {}
            }
            writeln!(self.out, "              -> {}", call.status)?;
        }
        writeln!(self.out, "    answer    {}", found.as_u16())?;
        if !answer.is_null() {
            writeln!(self.out, "              {answer}")?;
        }
        if revived {
            writeln!(
                self.out,
                "    note      the deleted person's row came back, no row was added"
            )?;
        }
        if as_expected {
            writeln!(self.out, "    as expected\n")?;
        } else {
            self.unexpected += 1;
            writeln!(self.out, "    UNEXPECTED: expected {status}, and what the step is for\n")?;
        }
        Ok(answer)
    }
}

/// Whether a call changes a row that is there, rather than adding one.
fn changes_a_row(call: &Recorded) -> bool {
    match (call.operation(), &call.body) {
        (Some(name), Some(Json::String(xml))) => {
            name.starts_with("saveEntity") && xml.contains(" key=\"")
        }
        _ => call.method == "PATCH",
    }
}

fn total(list: &Json) -> u64 {
    list["totalResults"].as_u64().unwrap_or(u64::MAX)
}

fn id(person: &Json) -> String {
    person["id"].as_str().unwrap_or_default().to_owned()
}
