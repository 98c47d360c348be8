//! The versions that a request names (RFC 9110 §13.1): which of them a person must have, or must
//! not.
//!
//! What follows from it, 412 or 304, is not decided here.

use http::header::{GetAll, HeaderMap, HeaderName, HeaderValue};

/// The entity tags of an `If-Match` or `If-None-Match`.
#[derive(Debug)]
pub struct Condition<'h>(GetAll<'h, HeaderValue>);

impl<'h> Condition<'h> {
    /// The condition of that name. All its lines are one list (RFC 9110 §5.3). `None` where there
    /// is no such line: then nothing is asked.
    #[must_use]
    pub fn of(headers: &'h HeaderMap, name: HeaderName) -> Option<Self> {
        headers.contains_key(&name).then(|| Self(headers.get_all(name)))
    }

    /// Whether it names that version, or any with `*`; compared weakly (RFC 9110 §8.8.3.2), as
    /// legacy servers have no other ETags.
    #[must_use]
    pub fn names(&self, version: &str) -> bool {
        let version = opaque(version.as_bytes());
        self.0
            .iter()
            .flat_map(|line| Tags(line.as_bytes()))
            .any(|tag| tag == b"*" || opaque(tag) == version)
    }
}

/// A tag without the mark of a weak one.
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// The tags of one line, each with its quotes. Within them a comma is a letter as any other
/// (RFC 9110 §8.8.3); a tag without quotes ends at the next comma and is compared as it stands.
struct Tags<'h>(&'h [u8]);

impl<'h> Iterator for Tags<'h> {
    type Item = &'h [u8];

    fn next(&mut self) -> Option<&'h [u8]> {
        let start = self.0.iter().position(|byte| !matches!(byte, b',' | b' ' | b'\t'))?;
        let (_, rest) = self.0.split_at(start);
        let mut is_quoted = false;
        let end = rest.iter().position(|byte| {
            is_quoted ^= *byte == b'"';
            *byte == b',' && !is_quoted
        });
        let (tag, rest) = rest.split_at(end.unwrap_or(rest.len()));
        self.0 = rest;
        Some(tag.trim_ascii_end())
    }
}

#[cfg(test)]
mod tests {
    use http::header::IF_MATCH;
    use proptest::prelude::*;

    use super::*;

    fn names(lines: &[&str], version: &str) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_MATCH, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        Condition::of(&headers, IF_MATCH).is_some_and(|condition| condition.names(version))
    }

    #[test]
    fn versions_are_compared_weakly() {
        let line = ["\"a\", W/\"b\""];
        assert!(names(&line, "W/\"a\""));
        assert!(names(&line, "\"b\""));
        assert!(!names(&line, "\"c\""));
        assert!(names(&["*"], "\"c\""));
        assert!(!names(&[], "\"c\""));
    }

    #[test]
    fn every_line_counts_and_a_comma_in_quotes_parts_nothing() {
        let lines = ["\"a\"", "", " ,\t, \"b,c\" ,W/\"d, *\",,", "\"é\""];
        for version in ["\"a\"", "\"b,c\"", "\"d, *\"", "W/\"é\""] {
            assert!(names(&lines, version), "{version}");
        }
        for version in ["\"b\"", "c\"", "\"b", "\"\"", "a", "W/W/\"a\"", "\"e\""] {
            assert!(!names(&lines, version), "{version}");
        }
        assert!(names(&["\"a\"", "*"], "\"z\""));
        // A star in quotes is a version.
        assert!(!names(&["\"*\""], "\"z\""));
        // What is no tag names nobody's version and hides no other.
        assert!(names(&["a, \"b\""], "\"b\""));
        assert!(!names(&["\"b"], "\"b\""));
    }

    proptest! {
        #[test]
        fn what_is_listed_is_named_and_nothing_else(
            tags in prop::collection::vec("[!#-~é]{0,6}", 1..6),
            other in "[!#-~é]{7,9}",
            split in 0_usize..6,
        ) {
            let quoted: Vec<String> = tags.iter().map(|tag| format!("\"{tag}\"")).collect();
            let (one, two) = quoted.split_at(split.min(quoted.len()));
            let (one, two) = (one.join(","), two.join(" , W/"));
            for tag in &quoted {
                prop_assert!(names(&[&one, &two], tag));
            }
            let other = format!("\"{other}\"");
            prop_assert!(!names(&[&one, &two], &other));
        }
    }
}
