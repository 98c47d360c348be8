//! The dialects that a scene is played in, and what one of them cannot meet.

use std::sync::LazyLock;

use scim_sidecar::config::MAPPINGS;
use tokio::task::LocalSet;

use super::columns;
use Dialect::{Rest, Soap};

/// How the sidecar speaks to the server behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The OData view.
    Odata,
    /// Bizagi's SOAP layer.
    Soap,
    /// The people server, which is plain REST.
    Rest,
}

/// The shipped mapping of the people server, which marks deleted people as the others do: what it
/// is to remove them has scenes of its own.
static MARKING: LazyLock<String> = LazyLock::new(|| {
    let of = |dialect, key: &str| -> &'static str {
        let mut lines = shipped(dialect).lines();
        lines.find(|line| line.starts_with(key)).expect(key)
    };
    let lines =
        format!("{}\n{}", of(Dialect::Odata, "on_delete "), of(Dialect::Odata, "tombstone "));
    shipped(Rest).replace(of(Rest, "on_delete "), &columns::mapping(&lines))
});

/// The text of the shipped mapping.
pub(crate) fn shipped(dialect: Dialect) -> &'static str {
    let file = match dialect {
        Dialect::Odata => "bizagi-odata.toml",
        Dialect::Soap => "bizagi-soap.toml",
        Dialect::Rest => "rest-json.toml",
    };
    MAPPINGS.iter().find(|(name, _)| name.ends_with(file)).expect(file).1
}

impl Dialect {
    /// The text of the mapping that the scenes begin with.
    pub(crate) fn mapping(self) -> &'static str {
        if self == Rest { &MARKING } else { shipped(self) }
    }

    /// Whether a line of the conformance list cannot be met to the letter; it must be listed.
    pub(crate) fn lacks(self, line: &str) -> bool {
        let lacking = |(known, _, _): &&(&str, &[Self], &str)| *known == line;
        let (_, dialects, _) =
            LACKING.iter().find(lacking).unwrap_or_else(|| panic!("{line} is met"));
        dialects.contains(&self)
    }

    /// The field that holds what a column of WFUser holds.
    pub(crate) fn field_of(self, column: &str) -> &str {
        if self == Rest { columns::path(column) } else { column }
    }

    /// What `sidecar.toml` must allow the shipped mapping.
    pub(crate) fn grants(self) -> &'static str {
        match self {
            Self::Odata | Self::Rest => "",
            Self::Soap => "grants    = [\"Organizations\"]",
        }
    }
}

/// The conformance lines that cannot be met to the letter over SOAP or by the people server, and
/// why. The scenes ask [`Dialect::lacks`], and say what is answered instead.
const LACKING: &[(&str, &[Dialect], &str)] = &[
    (
        "037",
        &[Soap],
        "a value outside the pattern `literal` never enters a condition: 400 invalidFilter",
    ),
    (
        "043",
        &[Soap],
        "a value outside the pattern `literal` never enters a condition: 400 invalidFilter",
    ),
    (
        "052",
        &[Soap],
        "getEntities sorts nothing: `sort.supported` is false and the order is the key's",
    ),
    ("072", &[Soap], "rows of getEntities do not tell when they were made and changed"),
    ("101", &[Soap], "saveEntity takes no version: writers take turns within one process alone"),
    (
        "107",
        &[Soap],
        "a version is made of what is shown, without a time: the same again has the same one",
    ),
    ("112", &[Soap], "EntityManagerSOA has no method that deletes a user"),
    (
        "113",
        &[Soap],
        "saveEntity takes no version: it is never refused because a row changed in between",
    ),
    (
        "118",
        &[Soap],
        "every call has one address, whose absence says nothing of a row: 502, never 404",
    ),
    (
        "119",
        &[Soap],
        "everything is answered at once: too large a list is 400 tooMany instead of 502",
    ),
    (
        "129",
        &[Soap],
        "a name outside the pattern `literal` is refused, as it could not be looked up",
    ),
    ("133", &[Soap], "answers name no other address, so only a redirect can lead astray"),
    ("133n", &[Soap, Rest], "lists have no next link, so none can lead astray"),
];

/// Scenes of such lines that have no other half over SOAP. They are played all the same, and must
/// fail: one that passes is to be taken off this list.
const UNMET: &[&str] = &[
    "c101_a_row_that_changed_in_between_is_read_again",
    "c112_a_deletion_that_the_server_behind_refuses_is_told",
    "c113_a_revival_that_meets_another_writer_is_tried_again",
];

/// Plays a scene over SOAP, which must fail when it is among the [`UNMET`].
pub(crate) async fn play(name: &str, scene: impl Future<Output = ()> + 'static) {
    if !UNMET.contains(&name) {
        return scene.await;
    }
    let line = name.get(1..4).unwrap();
    let (_, _, reason) = LACKING.iter().find(|(lacking, _, _)| *lacking == line).expect(line);
    let set = LocalSet::new();
    let scene = set.spawn_local(scene);
    let outcome = set.run_until(scene).await;
    assert!(outcome.is_err(), "{name} passes, though it is said that {reason}");
}

/// Makes three tests of every scene, one per dialect.
macro_rules! on_all {
    ($($scene:ident,)+) => {$(
        mod $scene {
            use crate::scene::{Dialect, play};

            #[tokio::test]
            async fn odata() {
                super::$scene(Dialect::Odata).await;
            }

            #[tokio::test]
            async fn soap() {
                play(stringify!($scene), super::$scene(Dialect::Soap)).await;
            }

            #[tokio::test]
            async fn rest() {
                super::$scene(Dialect::Rest).await;
            }
        }
    )+};
}

pub(crate) use on_all;
