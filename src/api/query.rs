//! What a list is asked for: query parameters, or the same in a SearchRequest (RFC 7644 §3.4.2,
//! §3.4.3).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use super::route::FLAG;
use super::syntax;
use crate::logic::View;
use crate::provision::{Search, count_of, start_of};
use crate::record::Direction;
use crate::scim::filter::{Comparison, Criterion, Target};
use crate::scim::{Filter, Resource, ScimError, ScimType};
use crate::value::Value;

/// Decoded query parameters; names are compared letter for letter, the first of a name counts.
#[derive(Debug, Default)]
pub struct Parameters<'q>(Vec<(Cow<'q, str>, Cow<'q, str>)>);

/// More parameters than this are not looked at.
const MOST: usize = 64;

impl<'q> Parameters<'q> {
    /// Decodes form-style: `+` is a space, `%2B` a plus. Entra ID writes queries that way, and its
    /// tenant URL may add a `?` and a flag of its own, before or behind; every other `?` is a sign
    /// like any (RFC 3986 §3.4).
    #[must_use]
    pub fn parse(query: &'q str) -> Self {
        let pairs = query.split('&').flat_map(unflagged).filter(|pair| !pair.is_empty()).take(MOST);
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decoded(name), decoded(value))
                })
                .collect(),
        )
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }
}

/// A parameter, with the flag of a tenant URL as one of its own where a `?` joins the two.
fn unflagged(pair: &str) -> [&str; 2] {
    let is_flag = |text: &str| {
        let start = text.get(..FLAG.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(FLAG))
    };
    let joined = match is_flag(pair) {
        true => pair.split_once('?'),
        false => pair.rsplit_once('?').filter(|(_, flag)| is_flag(flag)),
    };
    joined.map_or([pair, ""], |(before, behind)| [before, behind])
}

fn decoded(text: &str) -> Cow<'_, str> {
    let is_spaced = text.as_bytes().contains(&b'+');
    if !is_spaced && !text.as_bytes().contains(&b'%') {
        return Cow::Borrowed(text);
    }
    let text = if is_spaced { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    // Room for all of it at once: grown byte by byte, a filter moves several times.
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend(percent_decode_str(&text));
    Cow::Owned(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// A search as it was asked for, not yet understood.
#[derive(Debug, Default)]
pub struct SearchRequest {
    /// `filter`.
    pub filter: Option<String>,
    /// `attributes`, separated by commas.
    pub attributes: Option<String>,
    /// `excludedAttributes`, separated by commas.
    pub excluded_attributes: Option<String>,
    start: Option<u64>,
    count: Option<u32>,
    sort_by: Option<String>,
    descending: bool,
}

impl SearchRequest {
    /// From the parameters of a GET.
    ///
    /// # Errors
    /// 400 `invalidValue` for numbers that are none.
    pub fn from_parameters(parameters: &Parameters<'_>) -> Result<Self, ScimError> {
        let text = |name: &str| parameters.get(name).map(str::to_owned);
        Ok(Self {
            filter: text("filter"),
            attributes: text("attributes"),
            excluded_attributes: text("excludedAttributes"),
            start: parameters.get("startIndex").map(start_of).transpose()?,
            count: parameters.get("count").map(count_of).transpose()?,
            sort_by: text("sortBy"),
            descending: is_descending(parameters.get("sortOrder"))?,
        })
    }

    /// From the body of a POST to `/.search`.
    ///
    /// # Errors
    /// 400 `invalidSyntax` for what is no SearchRequest, `invalidValue` for numbers that are none.
    pub fn from_json(body: &[u8]) -> Result<Self, ScimError> {
        const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        let body: Json = serde_json::from_slice(body)
            .map_err(|error| syntax(format!("the body is not JSON, at line {}", error.line())))?;
        let Json::Object(members) = body else {
            return Err(syntax("expected a SearchRequest, found something else"));
        };
        let member = |name: &str| {
            let found = members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value).filter(|value| !value.is_null())
        };
        let has_schema = member("schemas").and_then(Json::as_array).is_some_and(|schemas| {
            schemas.iter().filter_map(Json::as_str).any(|urn| urn.eq_ignore_ascii_case(SCHEMA))
        });
        if !has_schema {
            return Err(syntax(format!("expected `{SCHEMA}` in `schemas`")));
        }
        let text = |name: &str| match member(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(syntax(format!("`{name}`: expected a string"))),
        };
        let names = |name: &str| match member(name) {
            None => Ok(None),
            Some(Json::Array(list)) => {
                let names: Option<Vec<&str>> = list.iter().map(Json::as_str).collect();
                let names = names.ok_or_else(|| syntax(format!("`{name}`: expected strings")))?;
                Ok(Some(names.join(",")))
            }
            Some(_) => Err(syntax(format!("`{name}`: expected a list of strings"))),
        };
        let number = |name: &str| member(name).map(ToString::to_string);
        Ok(Self {
            filter: text("filter")?,
            attributes: names("attributes")?,
            excluded_attributes: names("excludedAttributes")?,
            start: number("startIndex").as_deref().map(start_of).transpose()?,
            count: number("count").as_deref().map(count_of).transpose()?,
            sort_by: text("sortBy")?,
            descending: is_descending(text("sortOrder")?.as_deref())?,
        })
    }

    /// The search that it means. Sorting by what is not mapped is left out (RFC 7644 §3.4.2.3
    /// leaves the order to the server then).
    #[must_use]
    pub fn search<'f>(&self, resource: &Resource, filter: Filter<'f>) -> Search<'f> {
        let direction = if self.descending { Direction::Descending } else { Direction::Ascending };
        let target = self.sort_by.as_deref().and_then(|path| {
            if resource.is_id(path) {
                return Some(Target::Id);
            }
            let first = || resource.attribute_slots(path).iter().next();
            resource.slot_of(path).or_else(first).map(Target::Slot)
        });
        Search {
            filter,
            start: self.start.unwrap_or(1),
            count: self.count,
            sort: target.map(|target| (target, direction)),
        }
    }
}

fn is_descending(order: Option<&str>) -> Result<bool, ScimError> {
    match order {
        None => Ok(false),
        Some(order) if order.eq_ignore_ascii_case("ascending") => Ok(false),
        Some(order) if order.eq_ignore_ascii_case("descending") => Ok(true),
        Some(_) => Err(ScimError::new(
            ScimType::InvalidValue,
            "`sortOrder`: expected `ascending` or `descending`".to_owned(),
        )),
    }
}

/// Whether a filter looks for one person by a value, rather than going through the people: one of
/// its terms must be met and compares with `eq`, and not with a yes or no that half of them share.
#[must_use]
pub fn is_match(filter: &Filter<'_>) -> bool {
    fn matches(filter: View<'_, Criterion<'_>>) -> bool {
        match filter {
            View::Constant(truth) => !truth,
            View::Atom(Criterion::Compare { operator: Comparison::Eq, value, .. }) => {
                !matches!(value, Value::Boolean(_))
            }
            View::All(mut parts) => parts.any(matches),
            View::Any(mut parts) => parts.all(matches),
            View::Atom(_) | View::Not(_) => false,
        }
    }
    matches(filter.view())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_space_and_its_escape_is_a_plus() {
        let parameters = Parameters::parse("filter=userName+eq+%22a%2Bb@c%22&count=5&aad&x=%zz");
        assert_eq!(parameters.get("filter"), Some("userName eq \"a+b@c\""));
        assert_eq!(parameters.get("count"), Some("5"));
        assert_eq!(parameters.get("aad"), Some(""));
    }

    #[test]
    fn a_question_mark_belongs_to_its_value_unless_it_joins_a_flag() {
        let filter = "externalId eq \"who?x\"";
        for query in [
            "filter=externalId+eq+%22who?x%22",
            "aadOptscim062020?filter=externalId+eq+%22who?x%22",
            "AADOptscim062020=true?filter=externalId+eq+%22who?x%22&count=1",
            "filter=externalId+eq+%22who?x%22?aadOptscim062020",
            "count=1&filter=externalId+eq+%22who?x%22&aadOptscim062020",
        ] {
            assert_eq!(Parameters::parse(query).get("filter"), Some(filter), "{query}");
        }
    }

    #[test]
    fn numbers_below_the_first_are_raised_and_words_are_refused() {
        let parameters = Parameters::parse("startIndex=-5&count=-1");
        let request = SearchRequest::from_parameters(&parameters).unwrap();
        assert_eq!((request.start, request.count), (Some(1), Some(0)));
        let word = Parameters::parse("count=abc");
        let error = SearchRequest::from_parameters(&word).unwrap_err();
        assert_eq!(error.kind, ScimType::InvalidValue);
    }
}
