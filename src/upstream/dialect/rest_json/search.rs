//! A search as such a server takes it: comparisons that must all hold, an order, a page.

use super::node::{Filling, Node, characters, text};
use super::options::{
    ASCENDING, COMPARE, CONTENT, CRITERIA, DESCENDING, FIRST_PAGE, LIST, LITERAL, NAMES, OFFSET,
    PAGE, QUERY, SEARCH, SEPARATOR, SIZE, SORT, SORTED, STYLE, absence, comparison, uses,
};
use crate::logic::View;
use crate::record::{Case, Direction, Entity, FieldIndex, Options, Query, Template, Term, Tree};
use crate::upstream::dialect::DialectError;
use crate::value::{Value, fold};

/// The operation that answers a search, what its holes are filled with, and the parameters of
/// its comparisons.
pub(super) type Search<'q> = (&'q Options, Vec<Filling<'q>>, Vec<(String, String)>);

/// What is asked for by a search.
pub(super) fn search<'q>(
    entity: &'q Entity,
    query: &'q Query<'_>,
) -> Result<Search<'q>, DialectError> {
    let search = entity.options.group(SEARCH).ok_or(DialectError::NoSuchCall)?;
    let mut comparisons = Vec::new();
    collect(query.predicate.view(), &mut comparisons)?;
    let is_list = comparisons.is_empty() && entity.options.is_group_said(LIST);
    let operation = if is_list { entity.options.group(LIST) } else { None }.unwrap_or(search);
    let mut criteria = Criteria::of(search, comparisons.len());
    for comparison in comparisons {
        criteria.add(entity, search, comparison)?;
    }
    let (node, parameters) = criteria.finish();
    let mut filling = vec![Filling::Nothing; 5];
    let mut fill = |hole: usize, with: Filling<'q>| {
        if let Some(place) = filling.get_mut(hole) {
            *place = with;
        }
    };
    if let Some(node) = node {
        fill(CRITERIA, Filling::Json(node));
    }
    if let Some(order) = order(entity, search, &query.order)? {
        fill(SORTED, Filling::Value(Value::Text(order.into())));
    }
    let number = |number: u64| {
        let number = i64::try_from(number).map_err(|_| DialectError::Inexpressible)?;
        Ok::<_, DialectError>(Filling::Value(Value::Integer(number)))
    };
    if uses(operation, PAGE) {
        // The facts say so, and whoever asks heeds them.
        let (size, first) = (u64::from(query.top), search.number(FIRST_PAGE).unwrap_or(1));
        if size == 0 || !query.skip.is_multiple_of(size) {
            return Err(DialectError::Inexpressible);
        }
        fill(PAGE, number(query.skip / size + u64::from(first))?);
    } else if query.skip > 0 && !uses(operation, OFFSET) {
        return Err(DialectError::Inexpressible);
    }
    fill(SIZE, number(u64::from(query.top))?);
    fill(OFFSET, number(query.skip)?);
    Ok((operation, filling, parameters))
}

/// One comparison of a field.
#[derive(Clone, Copy)]
enum Comparison<'p> {
    With(FieldIndex, crate::record::Operator, &'p Value<'p>, Case),
    Absent(FieldIndex, bool),
}

/// The comparisons that must all hold; anything but those is not known to such a server.
fn collect<'p>(
    predicate: View<'p, Term<'p>>,
    found: &mut Vec<Comparison<'p>>,
) -> Result<(), DialectError> {
    match predicate {
        View::Constant(true) => Ok(()),
        View::Constant(false) => Err(DialectError::Nothing),
        View::Atom(Term::Compare { field, operator, value, case }) => {
            found.push(Comparison::With(*field, *operator, value, *case));
            Ok(())
        }
        View::Atom(Term::Absent(field, absent)) => {
            found.push(Comparison::Absent(*field, *absent));
            Ok(())
        }
        View::Atom(Term::Shared(shared)) => collect(shared.predicate().view(), found),
        View::All(mut parts) => parts.try_for_each(|part| collect(part, found)),
        View::Any(_) | View::Not(_) => Err(DialectError::Inexpressible),
    }
}

/// The comparisons, in the style of the server.
enum Criteria {
    Parameters(Vec<(String, String)>),
    Members(Node),
    List(Vec<Node>),
    None,
}

impl Criteria {
    fn of(search: &Options, number: usize) -> Self {
        match search.text(STYLE) {
            _ if number == 0 && search.group(COMPARE).is_none() => Self::None,
            Some("members") => Self::Members(Node::Named(Vec::new())),
            Some("list") => Self::List(Vec::with_capacity(number)),
            _ => Self::Parameters(Vec::with_capacity(number)),
        }
    }

    fn add(
        &mut self,
        entity: &Entity,
        search: &Options,
        comparison: Comparison<'_>,
    ) -> Result<(), DialectError> {
        let (form, filling) = written(entity, search, comparison)?;
        match self {
            Self::Members(node) => {
                let more = Node::of(form, &filling)?.ok_or(DialectError::Inexpressible)?;
                node.join(more)
            }
            Self::List(list) => {
                list.push(Node::of(form, &filling)?.ok_or(DialectError::Inexpressible)?);
                Ok(())
            }
            Self::Parameters(parameters) => {
                for (name, value) in self::parameters(form, &filling)? {
                    // Of two with one name, servers heed the first, the last or both.
                    if parameters.iter().any(|(known, _)| *known == name) {
                        return Err(DialectError::Inexpressible);
                    }
                    parameters.push((name, value));
                }
                Ok(())
            }
            Self::None => Err(DialectError::Inexpressible),
        }
    }

    fn finish(self) -> (Option<Node>, Vec<(String, String)>) {
        match self {
            Self::Parameters(parameters) => (None, parameters),
            Self::Members(node) => (Some(node), Vec::new()),
            Self::List(list) => (Some(Node::List(list)), Vec::new()),
            Self::None => (None, Vec::new()),
        }
    }
}

/// The form of a comparison, and what its holes are filled with.
fn written<'f>(
    entity: &'f Entity,
    search: &'f Options,
    comparison: Comparison<'f>,
) -> Result<(&'f Tree, [Filling<'f>; 2]), DialectError> {
    let (index, form, value) = match comparison {
        Comparison::Absent(field, absent) => (field, absence(search, absent), Filling::Nothing),
        Comparison::With(field, operator, value, case) => {
            let value = match value {
                Value::Text(text) if case == Case::ToLower => Value::Text(fold(text).into()),
                value => value.borrowed(),
            };
            let form = self::comparison(search, operator);
            let name = &entity.fields.field(field).ok_or(DialectError::Unknown)?.name;
            let literal = search.pattern(LITERAL).ok_or(DialectError::NoSuchCall)?;
            if !literal.is_match(&characters(&value)?) {
                return Err(DialectError::Unsafe(name.clone()));
            }
            (field, form, Filling::Value(value))
        }
    };
    let form = form.ok_or(DialectError::Inexpressible)?;
    Ok((form, [Filling::Value(Value::text(name(entity, search, index)?)), value]))
}

/// The name by which a search knows a field.
fn name<'e>(
    entity: &'e Entity,
    search: &'e Options,
    field: FieldIndex,
) -> Result<&'e str, DialectError> {
    let name = entity.fields.field(field).ok_or(DialectError::Unknown)?.name.as_str();
    let other = search.names(NAMES).iter().find(|(known, _)| **known == *name);
    Ok(other.map_or(name, |(_, other)| other))
}

/// The order, as a text; `None` where there is none.
fn order(
    entity: &Entity,
    search: &Options,
    order: &[(FieldIndex, Direction)],
) -> Result<Option<String>, DialectError> {
    let Some(sort) = search.group(SORT).filter(|_| !order.is_empty()) else { return Ok(None) };
    let mut parts = Vec::with_capacity(order.len());
    for (field, direction) in order {
        let form: Option<&Template> = match direction {
            Direction::Ascending => sort.template(ASCENDING),
            Direction::Descending => sort.template(DESCENDING),
        };
        let name = [Filling::Value(Value::text(name(entity, search, *field)?))];
        let form = form.ok_or(DialectError::NoSuchCall)?;
        parts.extend(text(form, &name)?);
    }
    Ok(Some(parts.join(sort.text(SEPARATOR).unwrap_or(","))))
}

/// The parameters of a query with their holes filled; what is made of nothing is left out.
pub(super) fn parameters(
    tree: &Tree,
    filling: &[Filling<'_>],
) -> Result<Vec<(String, String)>, DialectError> {
    let Tree::Named(parts) = tree else { return Err(DialectError::NoSuchCall) };
    let mut parameters = Vec::with_capacity(parts.len());
    for (name, value) in parts {
        let value = match value {
            Tree::Number(number) => Some(number.to_string()),
            Tree::Truth(truth) => Some(truth.to_string()),
            Tree::Text(template) => text(template, filling)?,
            Tree::List(_) | Tree::Named(_) => return Err(DialectError::NoSuchCall),
        };
        if let (Some(name), Some(value)) = (text(name, filling)?, value) {
            parameters.push((name, value));
        }
    }
    Ok(parameters)
}

/// The query and the body of an operation, before its comparisons.
pub(super) fn parts(operation: &Options) -> (Option<&Tree>, Option<&Tree>) {
    (operation.tree(QUERY), operation.tree(CONTENT))
}
