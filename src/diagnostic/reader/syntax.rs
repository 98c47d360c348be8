//! What the TOML parser finds, of which an operator is told what he wrote and not what came of it:
//! behind a bracket that is not closed every line is a mistake, and none of them is his.

use std::ops::Range;

use super::{Key, Sink};

/// Records what is wrong with the TOML itself. Says whether the rest can be read all the same: not
/// where one mistake changes what all that follows means.
pub(super) fn tell(sink: &Sink, keys: &[Key], mut mistakes: Vec<(Range<usize>, &str)>) -> bool {
    mistakes.sort_by_key(|(span, _)| span.start);
    if mistakes.iter().any(|(_, message)| message.starts_with("unclosed ")) {
        if let Some((span, message)) = mistakes.first() {
            let help = "a bracket may be open since a line above: it holds all that follows";
            sink.broken(span, message, Some(help.to_owned()));
        }
        return false;
    }
    let text = &sink.source().text;
    let mut twice: Vec<&str> = Vec::new();
    for (span, message) in &mistakes {
        let header = header(text, span).filter(|_| message.starts_with("duplicate key"));
        // Only the file's own words: the name of a table may be anything.
        let known = header.and_then(|name| keys.iter().find(|key| key.name == name));
        match known {
            Some(key) if twice.contains(&key.name) => {}
            Some(key) => {
                twice.push(key.name);
                let help =
                    format!("write each of them `[[{}]]`, if there may be several", key.name);
                sink.broken(span, message, Some(help));
            }
            None => sink.broken(span, message, advice(message).map(str::to_owned)),
        }
    }
    twice.is_empty()
}

/// The name in a table's header, if that is what stands there.
fn header<'t>(text: &'t str, span: &Range<usize>) -> Option<&'t str> {
    let before = text.get(..span.start)?;
    let line = before.rfind('\n').map_or(before, |end| before.get(end + 1..).unwrap_or_default());
    let opens = matches!(line.trim(), "[" | "[[");
    text.get(span.clone()).map(str::trim).filter(|_| opens)
}

/// A way out of a mistake that the parser's own words do not show.
fn advice(message: &str) -> Option<&'static str> {
    (message.starts_with("missing escaped value") || message.starts_with("invalid escape"))
        .then_some("in single quotes a `\\` stands for itself: '…'")
}

#[cfg(test)]
mod tests;
