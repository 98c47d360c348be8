//! Which lines of the server file must never be drawn, because a secret may stand there.
//!
//! A secret belongs into a file of its own or the environment. But somebody will paste one, under
//! the right key, a misspelt one or one that other programs have; and a finding about anything
//! else on that line would show it. So the rule is turned around: a text is drawn only where its
//! key is known to hold no secret, or is nearly the name of such a key.

use toml::Spanned;
use toml::de::DeValue;

use super::{ROOT, caller, process, project, tls, upstream};
use crate::diagnostic::nearest;
use crate::diagnostic::reader::{Key, Table};
use crate::secret::TokenHash;

/// The keys under which a secret is named, or would be written by mistake. Tried first, so that a
/// near name counts as one of them. `key` is public only as the path `tls.key`.
const SECRET: &[&str] = &["client_secret", "token", "tokens", "password", "secret", "key"];

const TABLES: &[&[Key]] = &[
    ROOT,
    tls::TLS,
    process::LIMITS,
    process::LOG,
    process::RELOAD,
    project::PROJECT,
    caller::CALLER,
    project::CACHE,
    upstream::UPSTREAM,
    upstream::AUTH,
    upstream::SOURCE,
];

/// Hides every line of the file that may hold a secret.
pub(super) fn hide(root: &Table<'_>) {
    root.each_leaf(|path, value| {
        if !may_be_drawn(path, value) {
            root.sink().hide(&value.span());
        }
    });
}

fn may_be_drawn(path: &[&str], value: &Spanned<DeValue<'_>>) -> bool {
    let text: &str = match value.get_ref() {
        DeValue::Boolean(_) => return true,
        DeValue::String(text) => text,
        DeValue::Integer(number) => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => "",
    };
    // A URL may carry a user name and password; a text over lines may be a PEM block.
    if (text.contains("://") && text.contains('@')) || text.contains('\n') {
        return false;
    }
    text.parse::<TokenHash>().is_ok()
        || matches!(path, ["tls", "key"] | [.., "file" | "env"])
        || path.iter().all(|name| is_public(name))
}

/// Whether a key is known to hold no secret, or is nearly such a key and nothing else.
fn is_public(name: &str) -> bool {
    let all = TABLES.iter().flat_map(|keys| keys.iter().map(|key| key.name));
    let public = all.filter(|known| !SECRET.contains(known));
    if public.clone().any(|known| known == name) {
        return true;
    }
    // Short names are all near each other.
    name.len() > 3
        && nearest(name, SECRET.iter().copied().chain(public))
            .is_some_and(|near| !SECRET.contains(&near))
}
