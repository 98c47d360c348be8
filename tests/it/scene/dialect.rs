//! The dialects that a scene is played in, and what one of them cannot meet.

use scim_sidecar::config::MAPPINGS;
use tokio::task::LocalSet;

/// How the sidecar speaks to the server behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The OData view.
    Odata,
    /// Bizagi's SOAP layer.
    Soap,
}

impl Dialect {
    /// The text of the shipped mapping.
    pub(crate) fn mapping(self) -> &'static str {
        let file = match self {
            Self::Odata => "bizagi-odata.toml",
            Self::Soap => "bizagi-soap.toml",
        };
        MAPPINGS.iter().find(|(name, _)| name.ends_with(file)).expect(file).1
    }

    /// Whether a line of the conformance list cannot be met to the letter; it must be listed.
    pub(crate) fn lacks(self, line: &str) -> bool {
        assert!(LACKING.iter().any(|(lacking, _)| *lacking == line), "{line} is met");
        self == Self::Soap
    }

    /// What `sidecar.toml` must allow the shipped mapping.
    pub(crate) fn grants(self) -> &'static str {
        match self {
            Self::Odata => "",
            Self::Soap => "grants    = [\"Organizations\"]",
        }
    }
}

/// The conformance lines that cannot be met to the letter over SOAP, and why. The scenes ask
/// [`Dialect::lacks`], and say what is answered instead.
const LACKING: &[(&str, &str)] = &[
    ("037", "a value outside the pattern `literal` never enters a condition: 400 invalidFilter"),
    ("043", "a value outside the pattern `literal` never enters a condition: 400 invalidFilter"),
    ("052", "getEntities sorts nothing: `sort.supported` is false and the order is the key's"),
    ("072", "rows of getEntities do not tell when they were made and changed"),
    ("101", "saveEntity takes no version: writers take turns within one process alone"),
    ("107", "a version is made of what is shown, without a time: the same again has the same one"),
    ("112", "EntityManagerSOA has no method that deletes a user"),
    ("113", "saveEntity takes no version: it is never refused because a row changed in between"),
    ("118", "every call has one address, whose absence says nothing of a row: 502, never 404"),
    ("119", "everything is answered at once: too large a list is 400 tooMany instead of 502"),
    ("129", "a name outside the pattern `literal` is refused, as it could not be looked up"),
    ("133", "answers name no other address, so only a redirect can lead astray"),
];

/// Scenes of such lines that have no other half over SOAP. They are played all the same, and must
/// fail: one that passes is to be taken off this list.
const UNMET: &[&str] = &[
    "c101_a_row_that_changed_in_between_is_read_again",
    "c112_a_deletion_that_the_server_behind_refuses_is_told",
    "c113_a_revival_that_meets_another_writer_is_tried_again",
];

/// Plays a scene, which must fail when it is among the [`UNMET`].
pub(crate) async fn play(name: &str, scene: impl Future<Output = ()> + 'static) {
    if !UNMET.contains(&name) {
        return scene.await;
    }
    let line = name.get(1..4).unwrap();
    let (_, reason) = LACKING.iter().find(|(lacking, _)| *lacking == line).expect(line);
    let set = LocalSet::new();
    let scene = set.spawn_local(scene);
    let outcome = set.run_until(scene).await;
    assert!(outcome.is_err(), "{name} passes, though it is said that {reason}");
}

/// Makes two tests of every scene, one per dialect.
macro_rules! on_both {
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
        }
    )+};
}

pub(crate) use on_both;
