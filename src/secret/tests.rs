use std::error::Error;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::seam::fake::CountingRandom;

/// A file of its own in the temporary folder, gone with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn with(name: &str, content: &[u8]) -> Self {
        let path =
            std::env::temp_dir().join(format!("scim-sidecar-secret-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    fn read(&self) -> Result<Secret, SecretError> {
        SecretSource::File(self.0.clone()).read()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_secret_is_never_printed() {
    let secret = Secret::new("hunter2".to_owned());
    assert_eq!(format!("{secret:?}"), "Secret(***)");
    assert_eq!(secret.expose(), "hunter2");
    assert_eq!(secret, Secret::new("hunter2".to_owned()));
    assert_ne!(secret, Secret::new("hunter3".to_owned()));
}

#[test]
fn one_newline_and_a_byte_order_mark_are_taken_off() {
    for (name, content) in
        [("lf", "s p\n"), ("crlf", "s p\r\n"), ("bom", "\u{feff}s p\r\n"), ("none", "s p")]
    {
        assert_eq!(Scratch::with(name, content.as_bytes()).read().unwrap().expose(), "s p");
    }
}

#[test]
fn a_secret_is_one_line() {
    for (name, content) in
        [("two", "s\n\n"), ("note", "s\n# the test server's\n"), ("nul", "s\0p"), ("tab", "s\tp")]
    {
        let error = Scratch::with(name, content.as_bytes()).read().unwrap_err();
        assert!(matches!(error, SecretError::NotOneLine { .. }), "{name}: {error}");
        assert!(!error.to_string().contains("test server"), "{error}");
    }
}

#[test]
fn what_is_wrong_is_told_without_the_content() {
    let empty = Scratch::with("empty", b"\n");
    let error = empty.read().unwrap_err().to_string();
    assert_eq!(error, format!("expected a secret in file `{}`, found it empty", empty.0.display()));

    let long = Scratch::with("long", &vec![b'x'; LONGEST + 1]).read().unwrap_err();
    assert!(matches!(long, SecretError::TooLong { .. }));
    assert!(!long.to_string().contains("xx"));

    let wide = Scratch::with("wide", b"\xff\xfes\0").read().unwrap_err();
    assert!(matches!(wide, SecretError::NotText { .. }));

    let missing = SecretSource::File(Path::new("no/such/file").to_owned()).read().unwrap_err();
    assert_eq!(missing.to_string(), "cannot read the secret from file `no/such/file`");
    assert!(missing.source().is_some());
}

#[test]
fn the_environment_is_read_by_name() {
    let set = SecretSource::Environment("PATH".to_owned());
    assert_eq!(set.read().unwrap().expose(), std::env::var("PATH").unwrap());
    let unset = SecretSource::Environment("SCIM_SIDECAR_NEVER_SET".to_owned());
    assert_eq!(
        unset.read().unwrap_err().to_string(),
        "expected a secret in environment variable `SCIM_SIDECAR_NEVER_SET`, found it unset"
    );
}

#[test]
fn a_generated_token_carries_its_prefix_and_all_its_bits() {
    let token = Secret::generate(&CountingRandom).unwrap();
    assert_eq!(token.expose(), "scim_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    assert!(!is_demo_token(token.expose().as_bytes()));
    let token = Secret::generate_for_demo(&CountingRandom).unwrap();
    assert_eq!(token.expose(), "scim_demo_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    assert!(is_demo_token(token.expose().as_bytes()));
}

#[test]
fn a_hash_is_that_of_fips_180() {
    let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(TokenHash::of("abc").to_string(), text);
    assert_eq!(text.parse(), Ok(TokenHash::of("abc")));
    assert_eq!(
        format!("sha256:{}", text["sha256:".len()..].to_uppercase()).parse(),
        Ok(TokenHash::of("abc"))
    );
    assert_ne!(TokenHash::of("abc"), TokenHash::of("abd"));
}

#[test]
fn anything_else_is_not_a_hash() {
    for text in [
        "".to_owned(),
        "abc".to_owned(),
        "a".repeat(64),
        format!("sha256:{}", "a".repeat(63)),
        format!("sha256:{}", "g".repeat(64)),
        format!("sha256:{}", "é".repeat(32)),
        format!("sha512:{}", "a".repeat(64)),
    ] {
        assert_eq!(text.parse::<TokenHash>(), Err(NotAHash), "{text}");
    }
}

proptest! {
    #[test]
    fn a_hash_reads_back_as_printed(token in ".*") {
        let hash = TokenHash::of(&token);
        prop_assert_eq!(hash.to_string().parse(), Ok(hash));
    }

    #[test]
    fn no_text_is_too_odd_to_be_refused(text in ".*") {
        let _ = text.parse::<TokenHash>();
    }
}
