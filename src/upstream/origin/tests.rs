use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;

use super::*;

fn origin() -> Origin {
    Origin::parse("https://legacy.example/HR").unwrap()
}

#[test]
fn a_base_url_ends_with_a_slash_and_holds_no_tricks() {
    assert_eq!(origin().to_string(), "https://legacy.example/HR/");
    assert_eq!(Origin::parse("http://h:8088").unwrap().to_string(), "http://h:8088/");
    for (url, expected) in [
        ("/HR", NotAnOrigin::Relative),
        ("legacy.example", NotAnOrigin::Relative),
        ("https://legacy.example:99999/", NotAnOrigin::Relative),
        ("https://legacy.example:/", NotAnOrigin::Relative),
        ("ftp://legacy.example/", NotAnOrigin::Scheme),
        ("https://ana:pw@legacy.example/", NotAnOrigin::UserInfo),
        ("https://legacy.example/?x", NotAnOrigin::Query),
        ("https://legacy.example/#x", NotAnOrigin::Query),
        ("https://legacy.example/a//b", NotAnOrigin::Path),
        ("https://legacy.example/a/../b", NotAnOrigin::Path),
        ("https://legacy.example/a/%2e%2e/b", NotAnOrigin::Path),
        ("https://legacy.example/a\\b", NotAnOrigin::Path),
    ] {
        assert_eq!(Origin::parse(url), Err(expected), "{url}");
    }
}

#[test]
fn loopback_is_known() {
    for url in ["http://127.0.0.1:1/", "http://[::1]/", "http://LOCALHOST/"] {
        assert!(Origin::parse(url).unwrap().is_loopback(), "{url}");
    }
    for url in ["http://10.0.0.1/", "http://localhost.evil.example/", "http://127.0.0.1.nip.io/"] {
        assert!(!Origin::parse(url).unwrap().is_loopback(), "{url}");
    }
}

#[test]
fn what_stays_under_the_base_url_is_joined() {
    for (url, expected) in [
        ("odata/WFUser(7)", "https://legacy.example/HR/odata/WFUser(7)"),
        ("odata/WFUser?$top=1", "https://legacy.example/HR/odata/WFUser?$top=1"),
        ("/HR/odata/../rest", "https://legacy.example/HR/rest"),
        ("./odata/./x#part", "https://legacy.example/HR/odata/x"),
        ("https://legacy.example/HR/x", "https://legacy.example/HR/x"),
        ("HTTPS://LEGACY.example:443/HR/x", "https://legacy.example/HR/x"),
        ("//legacy.example/HR/x?y=//z", "https://legacy.example/HR/x?y=//z"),
        ("/%48R/x", "https://legacy.example/%48R/x"),
        ("WFUser('a%2Fb')", "https://legacy.example/HR/WFUser('a%2Fb')"),
        ("WFUser('a:b')", "https://legacy.example/HR/WFUser('a:b')"),
        ("?$skip=4", "https://legacy.example/HR/?$skip=4"),
    ] {
        assert_eq!(origin().contains(url).map(|uri| uri.to_string()), Ok(expected.into()), "{url}");
    }
}

#[test]
fn a_page_is_relative_to_the_page_before() {
    let asked = origin().join("odata/data/WFUser?$top=3").unwrap();
    for (url, expected) in [
        ("WFUser?$skiptoken=3", "https://legacy.example/HR/odata/data/WFUser?$skiptoken=3"),
        ("?$skip=3", "https://legacy.example/HR/odata/data/WFUser?$skip=3"),
        ("/HR/x", "https://legacy.example/HR/x"),
    ] {
        let found = origin().contains_from(&asked, url).map(|uri| uri.to_string());
        assert_eq!(found, Ok(expected.into()), "{url}");
    }
}

#[test]
fn what_leads_elsewhere_has_strayed() {
    for url in [
        "https://evil.example/HR/x",
        "http://legacy.example/HR/x",
        "https://legacy.example:8443/HR/x",
        "https://legacy.example./HR/x",
        "https://legacy.example@evil.example/HR/x",
        "https://evil.example\\@legacy.example/HR/x",
        "https://ana@legacy.example/HR/x",
        "https://legacy.example%2eevil.example/HR/x",
        "https:legacy.example/HR/x",
        "https:///HR/x",
        "https://legacy.example",
        "//evil.example/HR/x",
        "/\\evil.example/HR/x",
        "\\\\evil.example/HR",
        "javascript:alert(1)",
        "file:///HR/x",
        "/",
        "/HR",
        "/HRevil/x",
        "/Sales/x",
        "..",
        "../Sales/x",
        "x/../../Sales",
        "/HR/../Sales",
        "/HR/%2e%2e/Sales",
        "/HR/%2E./Sales",
        "/HR/.%2e/Sales",
        "/HR/%252e%252e/Sales",
        "/HR/%25252e%25252e/Sales",
        "/HR/..%2fSales",
        "/HR/x%2f..%2f..%2fSales",
        "/HR/..%5cSales",
        "/HR/..;x=1/Sales",
        "/HR/%c0%ae%c0%ae/Sales",
        "/HR//evil",
        "//",
        "/HR/a b",
        "/HR/a\tb",
        "/HR/a\r\nHost: evil",
        "/HR/ä",
        "/HR/%00",
    ] {
        assert_eq!(origin().contains(url), Err(Strayed), "{url}");
    }
}

proptest! {
    /// Whatever is accepted lies on our host, under our base, in every reading of the path.
    #[test]
    fn accepted_means_at_home(url in "(https?:)?/{0,3}[a-zA-Z.%/:@?#;\\\\2eEfFcC5]{0,24}(HR)?[/.%a-z25eEfF\\\\;]{0,16}") {
        let Ok(uri) = origin().contains(&url) else { return Ok(()); };
        prop_assert_eq!(uri.scheme_str(), Some("https"));
        prop_assert_eq!(uri.authority().map(|a| a.as_str()), Some("legacy.example"));
        let mut path = uri.path().to_owned();
        for _ in 0..4 {
            let mut kept: Vec<&str> = Vec::new();
            for piece in path.split(['/', '\\']).filter(|piece| !piece.is_empty()) {
                match piece.split(';').next().unwrap() {
                    ".." => { kept.pop(); }
                    "." => {}
                    _ => kept.push(piece),
                }
            }
            let first = kept.first().map(|first| percent_decode_str(first).decode_utf8_lossy().into_owned());
            prop_assert_eq!(first.as_deref(), Some("HR"), "{}", path);
            path = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        }
    }

    /// What is joined without a second look would have passed it with the same result.
    #[test]
    fn a_simple_path_is_joined_as_any_other(
        path in "[a-zA-Z0-9_()'=,/.%:;?&$-]{0,20}"
    ) {
        let looked = origin().contains(&path);
        let joined = origin().join(&path);
        prop_assert_eq!(joined, looked);
    }

    /// Any text in a segment of its own, once encoded, stays there or is refused.
    #[test]
    fn an_encoded_segment_stays_one(text in "\\PC{0,20}") {
        let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
        if let Ok(uri) = origin().join(&format!("x({encoded})")) {
            prop_assert_eq!(uri.path().to_owned(), format!("/HR/x({encoded})"));
        }
    }
}

#[test]
fn a_path_of_a_mapping_goes_on_behind_the_base_url() {
    for path in ["", "people", "people/", "odata/data/WFUser", "api/people/{key}", "a(1)/b%20c"] {
        assert_eq!(below(path), Ok(()), "{path}");
        assert!(origin().join(path).is_ok_and(|url| url.path().starts_with("/HR/")), "{path}");
    }
    for (path, expected) in [
        ("https://evil.example/x", "not a URL"),
        ("file:x", "not a URL"),
        ("/people", "slash in front"),
        ("//evil.example/x", "slash in front"),
        ("people?x=1", "`?`"),
        ("people#x", "`#`"),
        ("our people", "visible ASCII"),
        ("a\\b", "visible ASCII"),
        ("../people", "segments"),
        ("a//b", "segments"),
        ("a/%2e%2e/b", "segments"),
    ] {
        let told = below(path).unwrap_err();
        assert!(told.contains(expected), "{path}: {told}");
    }
}
