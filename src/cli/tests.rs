use clap::CommandFactory;

use std::path::Path;

use super::*;
use crate::config;
use crate::seam::fake::CountingRandom;

fn parse(line: &str) -> Result<Command, Usage> {
    Command::parse_from(line.split_whitespace())
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_is_read() {
    let Ok(Command::Serve(serve)) = parse("scim-sidecar serve --config a.toml") else { panic!() };
    assert_eq!((&*serve.config, serve.log_file), (Path::new("a.toml"), None));
    let service = "scim-sidecar serve --config a.toml --log-file a.log --service";
    assert!(parse(service).is_ok_and(|command| command.is_service()));
    assert!(parse("scim-sidecar serve --config a.toml --service").is_err(), "blind");
    let Ok(Command::Check(check)) = parse("scim-sidecar check --config a.toml m.toml n.toml")
    else {
        panic!()
    };
    assert_eq!((check.config.is_some(), check.mappings.len()), (true, 2));
    assert!(matches!(parse("scim-sidecar check m.toml"), Ok(Command::Check(_))));
    let Ok(Command::Init(init)) = parse("scim-sidecar init") else { panic!() };
    assert_eq!(init.folder, Path::new("."));
    assert!(matches!(parse("scim-sidecar token"), Ok(Command::Token)));
    let Ok(Command::Schema(schema)) = parse("scim-sidecar schema mapping") else { panic!() };
    assert_eq!(schema.of, SchemaOf::Mapping);
}

#[test]
fn a_transform_is_shown_with_its_keys_and_values() {
    let printed = |name: Option<&str>| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = transforms::run(name, &mut out, &mut err);
        (exit, String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap())
    };
    let (exit, list) = printed(None);
    assert_eq!(exit, Exit::Fine);
    for definition in crate::mapping::transform::TRANSFORMS {
        assert!(
            list.contains(&format!("\n{} ", definition.name)) || list.starts_with(definition.name)
        );
        let (exit, whole) = printed(Some(definition.name));
        assert_eq!(exit, Exit::Fine);
        assert!(whole.starts_with(&format!("{}: ", definition.name)), "{whole}");
        assert!(definition.shown.iter().all(|shown| whole.contains(shown.line)), "{whole}");
        assert!(definition.keys.iter().all(|key| whole.contains(key.meaning)), "{whole}");
    }
    assert_eq!(
        printed(Some("escape")).1,
        concat!(
            "escape: stores signs that the upstream does not take in a spelling of their own, one to one\n",
            "\n",
            "  via = { escape = { \"'\" = \"_x27_\" } }\n",
            "    \"o'brien\" -> \"o_x27_brien\" -> \"o'brien\"\n",
            "    \"ana\" -> \"ana\" -> \"ana\"\n",
            "    \"o_x27_brien\" is refused\n",
            "\n",
            "  escape  a sign of SCIM's = what the upstream holds for it\n",
            "\n",
            "  filters: eq, ne, pr\n",
            "  loses: nothing\n",
            "\n",
            "Each value as SCIM sends it -> as it is stored -> as it is printed.\n",
        )
    );
    let (exit, told) = printed(Some("lowecase"));
    assert!(exit == Exit::Usage && told.contains("did you mean `lowercase`?"), "{told}");
}

#[cfg(feature = "demo")]
#[test]
fn the_demonstration_has_defaults_and_hides_its_token() {
    let Ok(Command::Demo(demo)) = parse("scim-sidecar demo") else { panic!() };
    assert_eq!(demo.listen, "127.0.0.1:8443".parse().unwrap());
    assert_eq!(demo.upstream_listen, "127.0.0.1:8088".parse().unwrap());
    assert_eq!(demo.admin_listen, "127.0.0.1:9464".parse().unwrap());
    assert!(demo.token.is_none() && demo.data.is_none() && !demo.upstream_only && !demo.no_replay);

    let line = "scim-sidecar demo --listen [::1]:0 --upstream-listen 127.0.0.1:0 \
        --admin-listen [::1]:0 --token hunter2 --data d --upstream-only --no-replay";
    let command = parse(line).unwrap();
    assert!(!format!("{command:?}").contains("hunter2"));
    let Command::Demo(demo) = command else { panic!() };
    assert_eq!(demo.token.unwrap().expose(), "hunter2");
    assert!(demo.upstream_only && demo.no_replay);
    for line in [
        "scim-sidecar demo --admin-listen 0.0.0.0:1",
        "scim-sidecar demo --token=",
        "scim-sidecar demo --token=ä",
    ] {
        assert_eq!(parse(line).unwrap_err().exit(), Exit::Usage, "{line}");
    }
}

#[test]
fn what_is_wrong_is_usage_and_help_is_fine() {
    for line in [
        "scim-sidecar",
        "scim-sidecar serve",
        "scim-sidecar check",
        "scim-sidecar check --format json",
        "scim-sidecar sevre",
        "scim-sidecar token now",
        "scim-sidecar init --token-env TOKEN here",
        "scim-sidecar init --from-scim a --from-metadata b here",
        "scim-sidecar serve --config a --verify",
    ] {
        let usage = parse(line).unwrap_err();
        assert_eq!(usage.exit(), Exit::Usage, "{line}");
        assert!(!usage.to_string().is_empty());
    }
    for line in ["scim-sidecar --help", "scim-sidecar --version", "scim-sidecar check --help"] {
        assert_eq!(parse(line).unwrap_err().exit(), Exit::Fine, "{line}");
    }
    assert!(parse("scim-sidecar check --help").unwrap_err().to_string().contains("Examples:"));
    assert_eq!(Exit::Configuration as u8, 78);
}

#[test]
fn a_token_is_printed_with_its_own_hash() {
    let mut out = Vec::new();
    token(&CountingRandom, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let word = |line: usize| text.lines().nth(line).unwrap().split_whitespace().nth(1).unwrap();
    assert!(word(0).starts_with("scim_"), "{text}");
    assert_eq!(word(1), TokenHash::of(word(0)).to_string());
}

#[test]
fn init_says_what_it_wrote() {
    let folder = std::env::temp_dir().join(format!("scim-sidecar-cli-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let mut out = Vec::new();
    init(&folder, &[("mappings/m.toml", "format = 1\n")], &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");
    for (file, schema) in
        [("sidecar.toml", config::SCHEMA_FILE), ("mappings/m.toml", "mapping.schema.json")]
    {
        let file = folder.join(file);
        let schema = std::fs::read_to_string(file.with_file_name(schema)).unwrap();
        assert!(schema.starts_with('{') && schema.ends_with("}\n"), "{}", file.display());
    }
    assert_eq!(std::fs::read_to_string(folder.join("sidecar.toml")).unwrap(), config::SAMPLE);
    std::fs::remove_dir_all(&folder).unwrap();
}
