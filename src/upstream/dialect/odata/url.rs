//! The URLs of rows and of searches (OData 4.01 Part 2, §4 and §5.1).
//!
//! What a client sent stands in literals and keys alone, which are escaped; everything else is the
//! mapping's.

use http::Uri;

use super::{LONGEST_URL, SELECT, USUAL_FILTER, filter};
use crate::record::{Direction, Entity, Expansion, FieldIndex, Query, UpstreamKey};
use crate::upstream::dialect::DialectError;
use crate::upstream::literal;
use crate::upstream::origin::{self, Origin};
use crate::value::Type;

/// Whether a collection can be there: its rows' keys stand right behind its name.
pub(super) fn places(path: &str) -> Result<(), &'static str> {
    if path.ends_with('/') {
        return Err("expected a path without a slash at its end");
    }
    origin::below(path)
}

/// The URL of one row; `whole` asks for all that is read of it.
///
/// # Errors
/// [`DialectError::Key`] for a key that addresses no row.
pub(super) fn row(
    entity: &Entity,
    key: &UpstreamKey,
    base: &Origin,
    whole: bool,
) -> Result<Uri, DialectError> {
    let field = entity.fields.field(entity.key).ok_or(DialectError::Unknown)?;
    let mut url = String::with_capacity(entity.collection.len() + 48);
    url.push_str(&entity.collection);
    url.push('(');
    match (key, field.kind) {
        (UpstreamKey::Text(text), Type::String) if text.is_empty() => {
            return Err(DialectError::Key);
        }
        (UpstreamKey::Integer(_), Type::Integer) | (UpstreamKey::Text(_), Type::String) => {
            literal::write(&mut url, &key.value(), field.kind, field.notation)
                .map_err(|_| DialectError::Key)?;
        }
        _ => return Err(DialectError::Key),
    }
    url.push(')');
    if whole {
        let mut options = QueryOptions::of(&mut url);
        select(entity, &mut options);
        expand(entity, &mut options);
    }
    if url.len() > LONGEST_URL {
        return Err(DialectError::Key);
    }
    base.join(&url).map_err(|strayed| match base.join(&entity.collection) {
        Ok(_) => DialectError::Key,
        // The mapping's mistake, not the key's.
        Err(_) => strayed.into(),
    })
}

/// The URL of a search.
///
/// # Errors
/// [`DialectError::Nothing`] for one that finds nothing; others for one that cannot be expressed.
pub(super) fn search(
    entity: &Entity,
    query: &Query<'_>,
    base: &Origin,
) -> Result<Uri, DialectError> {
    let mut url = String::with_capacity(entity.collection.len() + USUAL_FILTER + 128);
    url.push_str(&entity.collection);
    let start = url.len();
    url.push_str("?$filter=");
    let filter = url.len();
    filter::write(&mut url, &query.predicate, &entity.fields)?;
    let is_first = url.len() == filter;
    if is_first {
        url.truncate(start);
    }
    let mut options = QueryOptions { url: &mut url, is_first };
    if let Some(((first, direction), others)) = query.order.split_first() {
        let url = options.begin("$orderby=");
        order(url, entity, *first, *direction)?;
        for (field, direction) in others {
            url.push(',');
            order(url, entity, *field, *direction)?;
        }
    }
    if query.skip > 0 {
        options.begin("$skip=").push_str(itoa::Buffer::new().format(query.skip));
    }
    options.begin("$top=").push_str(itoa::Buffer::new().format(query.top));
    if query.count {
        options.begin("$count=true");
    }
    select(entity, &mut options);
    expand(entity, &mut options);
    if url.len() > LONGEST_URL {
        return Err(DialectError::Inexpressible);
    }
    Ok(base.join(&url)?)
}

/// The query options behind a path (OData 4.01 Part 2, §5).
struct QueryOptions<'u> {
    url: &'u mut String,
    is_first: bool,
}

impl<'u> QueryOptions<'u> {
    /// Those of a URL that has none yet.
    fn of(url: &'u mut String) -> Self {
        Self { url, is_first: true }
    }

    /// Begins one more; what follows in the URL is its value.
    fn begin(&mut self, name: &str) -> &mut String {
        self.url.push(if self.is_first { '?' } else { '&' });
        self.is_first = false;
        self.url.push_str(name);
        self.url
    }
}

fn order(
    url: &mut String,
    entity: &Entity,
    field: FieldIndex,
    direction: Direction,
) -> Result<(), DialectError> {
    url.push_str(entity.fields.path(field).ok_or(DialectError::Unknown)?.as_str());
    if direction == Direction::Descending {
        url.push_str("%20desc");
    }
    Ok(())
}

/// Asks for the row's own properties that the mapping has, where it is told to (OData 4.01 Part 2,
/// §5.1.4).
fn select(entity: &Entity, options: &mut QueryOptions<'_>) {
    if !entity.options.is_set(SELECT) {
        return;
    }
    let own = entity.fields.iter().filter(|(_, field)| field.navigation.is_none());
    // The key is always one of them, so that the option is never empty.
    listed(options.begin("$select="), own.map(|(_, field)| field.name.as_str()));
}

/// Asks for the rows that come with each row (OData 4.01 Part 2, §5.1.3).
fn expand(entity: &Entity, options: &mut QueryOptions<'_>) {
    let Some((first, others)) = entity.expansions.split_first() else { return };
    let selects = entity.options.is_set(SELECT);
    let url = options.begin("$expand=");
    expanded(url, first, selects);
    for other in others {
        url.push(',');
        expanded(url, other, selects);
    }
}

fn expanded(url: &mut String, expansion: &Expansion, selects: bool) {
    literal::encode(url, &expansion.navigation);
    if selects && !expansion.fields.is_empty() {
        url.push_str("($select=");
        listed(url, expansion.fields.iter().map(|(property, _)| &**property));
        url.push(')');
    }
}

/// Writes the names of properties, with a comma between them. An annotation is no property, and
/// comes without being asked for.
fn listed<'n>(url: &mut String, names: impl Iterator<Item = &'n str>) {
    let mut is_first = true;
    for name in names.filter(|name| !name.contains('@')) {
        if !is_first {
            url.push(',');
        }
        is_first = false;
        literal::encode(url, name);
    }
}
