//! Texts and trees with holes, and places in a body: what a mapping file says of a server's calls,
//! taken apart when the mapping is compiled. A dialect fills the holes; what fills one is put in as
//! a value and never read as a piece of the template.

use super::recognition::Place;

/// The members that a dotted name goes down through: `name.first`. A member that itself holds a
/// dot or a quotation mark stands in quotation marks, as in `address."post.code"`; in them `\"`
/// and `\\` stand for the sign alone. `None` for what is no such name.
#[must_use]
pub fn members(name: &str) -> Option<Vec<Box<str>>> {
    let mut found = Vec::new();
    let mut rest = name;
    loop {
        let (member, after) = member(rest)?;
        if member.is_empty() {
            return None;
        }
        found.push(member.into());
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None if after.is_empty() => return Some(found),
            None => return None,
        }
    }
}

/// The first member of a dotted name, and what stands behind it.
fn member(name: &str) -> Option<(String, &str)> {
    let Some(quoted) = name.strip_prefix('"') else {
        let end = name.find('.').unwrap_or(name.len());
        let (member, after) = name.split_at(end);
        return (!member.contains('"')).then(|| (member.to_owned(), after));
    };
    let mut member = String::new();
    let mut signs = quoted.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => return Some((member, quoted.get(at + 1..)?)),
            '\\' => match signs.next()? {
                (_, sign @ ('"' | '\\')) => member.push(sign),
                _ => return None,
            },
            sign => member.push(sign),
        }
    }
    None
}

impl Place {
    /// The place that a dotted name means; `.` is the body itself. `None` for what is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "." { Some(Self(Vec::new())) } else { members(text).map(Self) }
    }
}

/// Where something stands in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the body.
    Body(Place),
    /// In the header of that name, in lower case.
    Header(Box<str>),
}

impl Source {
    /// What `data.count` or `header:X-Total-Count` means; `None` for neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some(name) = text.strip_prefix("header:") else {
            return Place::parse(text).map(Self::Body);
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let name = name.trim();
        (!name.is_empty() && name.bytes().all(is_name))
            .then(|| Self::Header(name.to_ascii_lowercase().into()))
    }
}

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Characters as they are.
    Text(Box<str>),
    /// What is put in, by its place among the names that may be.
    Hole(usize),
}

/// A text with holes: `people/{key}`. Two braces stand for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Piece>);

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfillable {
    /// The braces do not match.
    #[error("expected braces that match")]
    Unbalanced,
    /// Nothing of that name can be put in.
    #[error("nothing is called `{{{0}}}` here")]
    Unknown(String),
}

impl Template {
    /// Takes a text apart; `holes` are the names of what can be put in.
    ///
    /// # Errors
    /// When the braces do not match, or a name is none of `holes`.
    pub fn parse(text: &str, holes: &[&str]) -> Result<Self, Unfillable> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut signs = text.chars().peekable();
        while let Some(sign) = signs.next() {
            match sign {
                '{' | '}' if signs.peek() == Some(&sign) => {
                    signs.next();
                    plain.push(sign);
                }
                '}' => return Err(Unfillable::Unbalanced),
                '{' => {
                    let mut name = String::new();
                    loop {
                        match signs.next() {
                            Some('}') => break,
                            Some('{') | None => return Err(Unfillable::Unbalanced),
                            Some(sign) => name.push(sign),
                        }
                    }
                    let Some(hole) = holes.iter().position(|hole| *hole == name) else {
                        return Err(Unfillable::Unknown(name));
                    };
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain).into()));
                    }
                    pieces.push(Piece::Hole(hole));
                }
                sign => plain.push(sign),
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain.into()));
        }
        Ok(Self(pieces))
    }

    /// The hole that is all of it, if one is.
    #[must_use]
    pub fn only(&self) -> Option<usize> {
        match self.0.as_slice() {
            [Piece::Hole(hole)] => Some(*hole),
            _ => None,
        }
    }

    /// Whether something is put in at that hole.
    #[must_use]
    pub fn uses(&self, hole: usize) -> bool {
        self.0.contains(&Piece::Hole(hole))
    }
}

/// Members, lists and single values in each other, with holes in names and texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// A number, as it is written.
    Number(Box<str>),
    /// A truth value.
    Truth(bool),
    /// A text.
    Text(Template),
    /// One after the other.
    List(Vec<Tree>),
    /// By name, in the file's order.
    Named(Vec<(Template, Tree)>),
}

impl Tree {
    /// Whether something is put in at that hole, anywhere.
    #[must_use]
    pub fn uses(&self, hole: usize) -> bool {
        match self {
            Self::Number(_) | Self::Truth(_) => false,
            Self::Text(text) => text.uses(hole),
            Self::List(parts) => parts.iter().any(|part| part.uses(hole)),
            Self::Named(parts) => {
                parts.iter().any(|(name, part)| name.uses(hole) || part.uses(hole))
            }
        }
    }

    /// Whether it is members with single values: what parameters of a query can be.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        let Self::Named(parts) = self else { return false };
        parts.iter().all(|(_, part)| !matches!(part, Self::List(_) | Self::Named(_)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_dotted_name_goes_down_and_quotation_marks_hold_dots() {
        for (name, expected) in [
            ("a", Some(vec!["a"])),
            ("name.first", Some(vec!["name", "first"])),
            ("@odata@x", Some(vec!["@odata@x"])),
            (r#"address."post.code""#, Some(vec!["address", "post.code"])),
            (r#""a.b".c"#, Some(vec!["a.b", "c"])),
            (r#""\"\\""#, Some(vec![r#""\"#])),
            ("a b", Some(vec!["a b"])),
            ("", None),
            (".", None),
            ("a.", None),
            ("a..b", None),
            (r#"""#, None),
            (r#""""#, None),
            (r#""a"b"#, None),
            (r#"a"b"#, None),
            (r#""\n""#, None),
        ] {
            let found = members(name);
            let found = found.as_ref().map(|found| found.iter().map(AsRef::as_ref).collect());
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(Place::parse("."), Some(Place(Vec::new())));
    }

    proptest! {
        #[test]
        fn every_list_of_members_has_a_name(wanted in prop::collection::vec("\\PC{1,6}", 1..4)) {
            let quoted: Vec<String> = wanted
                .iter()
                .map(|m| format!("\"{}\"", m.replace('\\', "\\\\").replace('"', "\\\"")))
                .collect();
            let found = members(&quoted.join(".")).unwrap();
            prop_assert!(found.iter().map(AsRef::as_ref).eq(wanted.iter().map(String::as_str)));
        }

        #[test]
        fn any_text_is_taken_apart_or_refused(text in "[{}a-z.\"\\\\]{0,20}") {
            let _ = Template::parse(&text, &["a", "key"]);
            let _ = members(&text);
        }
    }

    #[test]
    fn a_template_has_holes_and_doubled_braces_are_signs() {
        let text = |text: &str| Piece::Text(text.into());
        let parse = |text| Template::parse(text, &["key", "row"]).map(|template| template.0);
        assert_eq!(parse("a/{key}/b"), Ok(vec![text("a/"), Piece::Hole(0), text("/b")]));
        assert_eq!(parse("{row}"), Ok(vec![Piece::Hole(1)]));
        assert_eq!(parse("{{key}}"), Ok(vec![text("{key}")]));
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("{kye}"), Err(Unfillable::Unknown("kye".to_owned())));
        for wrong in ["{", "}", "{key", "{{key}", "{a{key}"] {
            assert_eq!(parse(wrong), Err(Unfillable::Unbalanced), "{wrong}");
        }
        assert_eq!(Source::parse("header:X-Total"), Some(Source::Header("x-total".into())));
        assert_eq!(Source::parse("header:"), None);
        assert_eq!(Source::parse("header:a b"), None);
    }
}
