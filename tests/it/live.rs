//! `check --live`: a mapping beside what the server behind says of itself.

use crate::scene::process::run;
use crate::scene::{Authority, Dialect, KeyKind, Legacy, Setup, Sidecar};

fn check(setup: &Setup) -> (i32, String) {
    let folder = setup.folder(&Authority::new(KeyKind::Ecdsa));
    let (code, out, err) = run(&["check", "--config", "sidecar.toml", "--live"], &folder.path(""));
    assert_eq!(err, "");
    (code, out)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_is_compared_with_the_servers_own_description() {
    for dialect in [Dialect::Odata, Dialect::Soap] {
        let legacy = Legacy::start(dialect).await;
        let setup = Sidecar::in_front_of(&legacy);
        let (code, out) = check(&setup);
        assert!(out.contains("project `hr`: the people can be searched"), "{out}");
        assert!(out.ends_with("0 errors, 0 warnings\n"), "{out}");
        assert_eq!(code, 0, "{out}");
    }
    let legacy = Legacy::start(Dialect::Odata).await;
    let setup = Sidecar::in_front_of(&legacy).replacing("contactCell", "contactCel");
    let (code, out) = check(&setup.replacing("max_length = 200", "max_length = 201"));
    assert_eq!(code, 78);
    assert!(out.contains("error: the upstream has no field `contactCel` (project `hr`)"), "{out}");
    assert!(out.contains("help: did you mean `contactCell`?"), "{out}");
    assert!(out.contains("warning: `fullName` takes fewer characters than"), "{out}");
    assert!(out.contains("the upstream takes 200, the mapping 201"), "{out}");
    assert!(out.ends_with("1 error, 2 warnings\n"), "{out}");
}
