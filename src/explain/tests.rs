//! Requests explained without a server behind.

use std::sync::Arc;

use super::*;
use crate::config::{Config, profiles};
use crate::diagnostic::Source;
use crate::seam::real;

const ROW: &str = r#"{"@odata.etag":"W/\"3\"","idUser":3,"userName":"ana","domain":"contoso.com",
    "fullName":"Ana Diaz","FirstName":"Ana","LastName":"Diaz","enabled":true,
    "contactEmail":"ana@contoso.com"}"#;

fn generation(seams: &Seams) -> Generation {
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/bizagi-odata.toml");
    let hash = "0123456789abcdef".repeat(4);
    let text = format!(
        r#"
format = 1
listen = "127.0.0.1:8443"
[tls]
certificate = "c"
key = "k"
[[project]]
name = "hr"
base_path = "/scim/v2"
mapping = '{mapping}'
[project.upstream]
base_url = "http://127.0.0.1:9/HR/"
auth = {{ kind = "bearer", token = {{ file = "nowhere" }} }}
[[project.caller]]
name = "entra"
profile = "entra"
tokens = "sha256:{hash}"
"#
    );
    let source = Arc::new(Source { name: "sidecar.toml".to_owned(), text });
    let (config, report) = Config::read(&source, &profiles());
    let (generation, findings) = config.unwrap_or_else(|| panic!("{report}")).assemble(seams, true);
    generation.unwrap_or_else(|| panic!("{findings}"))
}

async fn explained(request: &str, rows: &[&str]) -> Result<String, ExplainError> {
    let seams = real::seams();
    let mut out = Vec::new();
    let rows = rows.iter().map(|row| Bytes::copy_from_slice(row.as_bytes())).collect();
    let means = Means { rows, ..Means::default() };
    let request = Request::parse(request).unwrap();
    explain(generation(&seams), request, means, &seams, &mut out).await?;
    Ok(String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn a_patch_is_shown_from_path_to_field_and_nothing_is_sent() {
    let request = r#"PATCH /scim/v2/Users/3
Content-Type: application/scim+json

{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
 {"op":"Replace","path":"active","value":"False"},
 {"op":"Replace","path":"title","value":"x"},
 {"op":"Replace","path":"name.givenName","value":"Eva"},
 {"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+57 300 0000000 123456789"}]}"#;
    let text = explained(request, &[ROW]).await.unwrap();
    for expected in [
        "not mapped\n  title",
        "false (stored: true)\n    enabled = false\n    enabledForAssignation = false",
        "\"Eva\" (stored: \"Ana\")\n    FirstName = \"Eva\"",
        "fullName (derived)\n    = \"Eva Diaz\"",
        "expected at most 20 characters, found 25",
        "PATCH http://127.0.0.1:9/HR/odata/data/WFUser(3)",
        "if-match: W/\"3\"",
        "-> not sent\n",
        "nothing was written",
    ] {
        assert!(text.contains(expected), "{expected:?} in\n{text}");
    }
}

#[tokio::test]
async fn a_refusal_is_shown_as_the_client_gets_it() {
    let request = r#"POST /scim/v2/Users

{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
 "userName":"z@abcdefghijklmnopqrstuvwxyz","emails":[{"value":"z@x.y"}]}"#;
    let text = explained(request, &[]).await.unwrap();
    assert!(text.contains("upstream   no call"), "{text}");
    assert!(text.contains("answer     400"), "{text}");
    assert!(text.contains("at most 25 characters, found 26"), "{text}");
}

#[tokio::test]
async fn a_filter_shows_its_search() {
    let text = explained("GET /scim/v2/Users?filter=active+eq+false", &[]).await.unwrap();
    assert!(text.contains("$filter=enabled eq false"), "{text}");
    assert!(text.contains("answer     200"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_explained_says_why() {
    let elsewhere = explained("GET /other/Users", &[]).await.unwrap_err();
    assert!(elsewhere.to_string().contains("`/scim/v2`"), "{elsewhere}");
    let html = explained("GET /scim/v2/Users/3", &["<html>"]).await.unwrap_err();
    assert!(matches!(html, ExplainError::Row { number: 1, .. }), "{html}");
}

#[test]
fn a_file_that_is_no_request_says_which_line() {
    assert_eq!(Request::parse("").unwrap_err(), Mistake::Empty);
    assert_eq!(Request::parse("PATCH").unwrap_err(), Mistake::FirstLine);
    for (line, found) in [
        ("GET /Users?filter=userName eq 1 HTTP/1.1", "a blank"),
        ("GET /Users?filter=userName+eq+\"ana\"", "a quotation mark"),
    ] {
        assert_eq!(Request::parse(line).unwrap_err(), Mistake::Target { found }, "{line}");
    }
    assert_eq!(Request::parse(" GET  /x  HTTP/1.1 \n").unwrap().line(), "GET /x");
    let wrong = Request::parse("GET /x HTTP/1.1\r\nAccept: */*\r\nno header\r\n\r\n");
    assert_eq!(wrong.unwrap_err(), Mistake::Header { line: 3 });
}
