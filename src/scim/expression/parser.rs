//! The reader: over the text once, from left to right, and no deeper than [`MAX_DEPTH`].

use std::borrow::Cow;

use super::super::json::is_number;
use super::super::path::{AttrPath, Brackets, Urns, is_name, is_name_byte};
use super::{Assemble, Comparison, Expression, Literal, Mistake, Said, Words};
use crate::logic::{Formula, Group, Joint};
use crate::value::unescaped;

/// How deep parentheses, brackets and `not` may nest.
pub const MAX_DEPTH: u8 = 32;

/// The reader.
#[derive(Debug)]
pub struct Parser<'a, 'u> {
    text: &'a str,
    at: usize,
    depth: u8,
    urns: &'u Urns,
    bare_words: bool,
    in_brackets: bool,
}

impl<'a, 'u> Parser<'a, 'u> {
    /// A reader of that text; `bare_words` allows values without quotes.
    #[must_use]
    pub const fn new(text: &'a str, urns: &'u Urns, bare_words: bool) -> Self {
        Self { text, at: 0, depth: 0, urns, bare_words, in_brackets: false }
    }

    /// The text as one filter.
    ///
    /// # Errors
    /// Where it is none, and what its parts are refused with.
    pub fn whole_filter<A: Assemble<'a>>(&mut self, to: &A) -> Result<Formula<A::Atom>, A::Error> {
        self.spaces();
        let filter = Formula::written(Joint::Or, |group| self.terms(to, group))?;
        self.spaces();
        self.end()?;
        Ok(filter)
    }

    /// The text as one path.
    ///
    /// # Errors
    /// Where it is none.
    pub fn whole_path(&mut self) -> Result<AttrPath<'a>, Mistake> {
        let path = self.path()?;
        self.end()?;
        Ok(path)
    }

    const fn mistake(&self, expected: &'static str) -> Mistake {
        Mistake { at: self.at, expected }
    }

    fn end(&self) -> Result<(), Mistake> {
        if self.at == self.text.len() { Ok(()) } else { Err(self.mistake("the end")) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn spaces(&mut self) -> bool {
        let start = self.at;
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
        self.at > start
    }

    /// The longest run of such bytes from here on. Only ASCII bytes may pass the test, or all of
    /// the others, so that the cut is between characters.
    fn run(&mut self, test: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        self.at += rest.iter().position(|byte| !test(*byte)).unwrap_or(rest.len());
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Goes beyond the word that joins what was read with what follows, if there is one.
    #[inline]
    fn word(&mut self) -> Option<Joint> {
        let before = self.at;
        // As behind the last part of a group.
        if !self.spaces() {
            return None;
        }
        let (joint, length) = match self.rest() {
            [b'a' | b'A', b'n' | b'N', b'd' | b'D', b' ' | b'(', ..] => (Joint::And, 3),
            [b'o' | b'O', b'r' | b'R', b' ' | b'(', ..] => (Joint::Or, 2),
            _ => {
                self.at = before;
                return None;
            }
        };
        self.at += length;
        self.spaces();
        Some(joint)
    }

    fn deeper<T, E: From<Mistake>>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.mistake("no deeper nesting").into());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Terms joined by `or`.
    fn terms<A: Assemble<'a>>(
        &mut self,
        to: &A,
        group: &mut Group<'_, A::Atom>,
    ) -> Result<(), A::Error> {
        group.group(Joint::Or, |any| {
            while self.term(to, any)? == Some(Joint::Or) {}
            Ok(())
        })
    }

    /// A factor, and those joined to it by `and`, which binds more closely; what joins them with
    /// the next term.
    fn term<A: Assemble<'a>>(
        &mut self,
        to: &A,
        group: &mut Group<'_, A::Atom>,
    ) -> Result<Option<Joint>, A::Error> {
        let start = group.mark();
        self.factor(to, group)?;
        let mut word = self.word();
        if word == Some(Joint::And) {
            group.regroup(start, Joint::And, |all| {
                while word == Some(Joint::And) {
                    self.factor(to, all)?;
                    word = self.word();
                }
                Ok::<_, A::Error>(())
            })?;
        }
        Ok(word)
    }

    #[inline]
    fn factor<A: Assemble<'a>>(
        &mut self,
        to: &A,
        group: &mut Group<'_, A::Atom>,
    ) -> Result<(), A::Error> {
        match self.rest() {
            [b'(', ..] => return self.group(to, group),
            [b'n' | b'N', b'o' | b'O', b't' | b'T', b' ' | b'(', ..] => {
                let before = self.at;
                self.at += 3;
                self.spaces();
                if self.peek() == Some(b'(') {
                    return group.negation(|group| self.group(to, group));
                }
                self.at = before;
            }
            _ => {}
        }
        self.attribute_expression(to, group)
    }

    /// An attribute, and what is said of it.
    #[inline]
    fn attribute_expression<A: Assemble<'a>>(
        &mut self,
        to: &A,
        group: &mut Group<'_, A::Atom>,
    ) -> Result<(), A::Error> {
        if let Some((known, length)) = to.known(self.rest()) {
            self.at += length;
            let said = self.said(false)?;
            return to.of_known(known, said, group);
        }
        let path = self.path()?;
        let said = self.said(path.filter.is_some() && path.sub_attribute.is_none())?;
        to.of_path(path, said, group)
    }

    /// What is said of the attribute before; of elements in brackets, that they are there, need not
    /// be said.
    #[inline]
    fn said(&mut self, is_element: bool) -> Result<Said<'a>, Mistake> {
        let operator = match self.rest() {
            // With one blank before and behind, as nearly always.
            [b' ', first, second, b' ', ..]
                if let Some(operator) = Comparison::of([*first, *second]) =>
            {
                self.at += 4;
                operator
            }
            _ => match self.said_otherwise(is_element)? {
                Some(operator) => operator,
                None => return Ok(Said::Present),
            },
        };
        self.spaces();
        Ok(Said::Compare(operator, self.literal()?))
    }

    /// The operator, or `None` where it is said that something is there.
    #[inline(never)]
    fn said_otherwise(&mut self, is_element: bool) -> Result<Option<Comparison>, Mistake> {
        let after = self.at;
        if !self.spaces() {
            return if is_element { Ok(None) } else { Err(self.mistake("an operator")) };
        }
        if let Some(operator) = self.operator() {
            return if self.spaces() {
                Ok(Some(operator))
            } else {
                Err(self.mistake("a space and a value"))
            };
        }
        if self.run(|byte| byte.is_ascii_alphabetic()).eq_ignore_ascii_case("pr") {
            return Ok(None);
        }
        self.at = after;
        if is_element {
            return Ok(None);
        }
        self.spaces();
        let expected = "one of `eq`, `ne`, `co`, `sw`, `ew`, `gt`, `ge`, `lt`, `le`, `pr`";
        Err(self.mistake(expected))
    }

    /// Goes beyond the operator that stands here, if there is one.
    fn operator(&mut self) -> Option<Comparison> {
        let (word, behind) = self.rest().split_first_chunk::<2>()?;
        if behind.first().is_some_and(u8::is_ascii_alphabetic) {
            return None;
        }
        let operator = Comparison::of(*word)?;
        self.at += word.len();
        Some(operator)
    }

    fn group<A: Assemble<'a>>(
        &mut self,
        to: &A,
        group: &mut Group<'_, A::Atom>,
    ) -> Result<(), A::Error> {
        self.deeper(|parser| {
            parser.at += 1;
            parser.spaces();
            parser.terms(to, group)?;
            parser.spaces();
            if parser.peek() != Some(b')') {
                return Err(parser.mistake("`)`").into());
            }
            parser.at += 1;
            Ok(())
        })
    }

    fn path(&mut self) -> Result<AttrPath<'a>, Mistake> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some((mut path, length)) = AttrPath::leading(rest, self.urns) else {
            return Err(self.mistake("an attribute name"));
        };
        self.at += length;
        if self.peek() != Some(b'[') {
            return Ok(path);
        }
        if self.in_brackets || path.sub_attribute.is_some() || path.attribute.is_empty() {
            return Err(self.mistake("no `[`"));
        }
        path.filter = Some(match self.only_type() {
            Some(kind) => Brackets::Type(kind.into()),
            None => self.brackets()?.into(),
        });
        if self.peek() == Some(b'.') {
            self.at += 1;
            let sub = self.run(|byte| is_name_byte(byte) || byte == b'$');
            if !is_name(sub) {
                return Err(self.mistake("a sub-attribute name"));
            }
            path.sub_attribute = Some(sub);
        }
        Ok(path)
    }

    /// Goes beyond `[type eq "work"]`, written as nearly everybody does, and says which type.
    fn only_type(&mut self) -> Option<&'a str> {
        const BEGIN: &str = "[type eq \"";
        let (begin, rest) = self.text.get(self.at..)?.split_at_checked(BEGIN.len())?;
        if !begin.eq_ignore_ascii_case(BEGIN) {
            return None;
        }
        let (kind, rest) = rest.split_at_checked(unescaped(rest.as_bytes()))?;
        if !rest.starts_with("\"]") {
            return None;
        }
        self.at += BEGIN.len() + kind.len() + 2;
        Some(kind)
    }

    fn brackets(&mut self) -> Result<Expression<'a>, Mistake> {
        self.in_brackets = true;
        let filter = self.deeper(|parser| {
            parser.at += 1;
            parser.spaces();
            let filter = Formula::written(Joint::Or, |group| parser.terms(&Words, group))?;
            parser.spaces();
            if parser.peek() != Some(b']') {
                return Err(parser.mistake("`]`"));
            }
            parser.at += 1;
            Ok(filter)
        })?;
        self.in_brackets = false;
        Ok(filter)
    }

    #[inline]
    fn literal(&mut self) -> Result<Literal<'a>, Mistake> {
        if self.peek() == Some(b'"') {
            return self.quoted();
        }
        let start = self.at;
        let word = self.run(|byte| !matches!(byte, b' ' | b'(' | b')' | b'[' | b']' | b'"'));
        Ok(match word {
            "true" => Literal::Boolean(true),
            "false" => Literal::Boolean(false),
            "null" => Literal::Null,
            _ if is_number(word) => Literal::Number(word),
            _ if self.bare_words && !word.is_empty() => Literal::Bare(word),
            _ => {
                self.at = start;
                let expected = "a string in double quotes, a number, `true`, `false` or `null`";
                return Err(self.mistake(expected));
            }
        })
    }

    #[inline]
    fn quoted(&mut self) -> Result<Literal<'a>, Mistake> {
        let inner = self.text.get(self.at + 1..).unwrap_or_default();
        let length = unescaped(inner.as_bytes());
        // As nearly always.
        if let Some((inner, rest)) = inner.split_at_checked(length)
            && rest.as_bytes().first() == Some(&b'"')
        {
            self.at += length + 2;
            return Ok(Literal::Text(Cow::Borrowed(inner)));
        }
        self.quoted_with_escapes()
    }

    #[inline(never)]
    fn quoted_with_escapes(&mut self) -> Result<Literal<'a>, Mistake> {
        let start = self.at;
        self.at += 1;
        loop {
            self.at += unescaped(self.rest());
            match self.peek() {
                None => return Err(self.mistake("a closing `\"`")),
                Some(b'"') => break,
                // A backslash, and what it escapes.
                Some(b'\\') => self.at += 2,
                // A control character stands for itself.
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let whole = self.text.get(start..self.at).unwrap_or_default();
        if !whole.contains('\\') {
            let inner = self.text.get(start + 1..self.at - 1).unwrap_or_default();
            return Ok(Literal::Text(Cow::Borrowed(inner)));
        }
        match serde_json::from_str::<String>(whole) {
            Ok(text) => Ok(Literal::Text(Cow::Owned(text))),
            Err(_) => Err(Mistake { at: start, expected: "a JSON string" }),
        }
    }
}
