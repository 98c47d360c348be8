//! What rows show of a collection, by a dialect whose values are characters: they are read as such,
//! and then held against the types.

use http::{HeaderMap, StatusCode};

use super::scalar::typed;
use super::{Call, Dialect, Outcome};
use crate::record::{Entity, Field, Fields, Notation, Sample, Shown};
use crate::value::{Type, Value};

/// What the rows of an answer to a search show; `None` for one that cannot be read even so.
pub(super) fn of_texts(
    dialect: &dyn Dialect,
    call: &Call<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<Sample> {
    let fields = &call.entity.fields;
    let entity = Entity { fields: texts(fields), ..call.entity.clone() };
    let call = Call { entity: &entity, action: call.action };
    let Ok(Outcome::Rows(page)) = dialect.read(&call, StatusCode::OK, headers, body) else {
        return None;
    };
    let mut sample = Sample::of(page.records.len(), fields);
    for row in &page.records {
        for (index, field) in fields.iter() {
            sample.note(index, shown(field, row.value(index)));
        }
    }
    Some(sample)
}

/// The same fields, of texts of any shape.
fn texts(fields: &Fields) -> Fields {
    let mut texts = Fields::default();
    for (_, field) in fields.iter() {
        // As many as there were.
        let kind = if field.many { field.kind } else { Type::String };
        let _ = texts.push(Field { kind, notation: Notation::Plain, ..field.clone() });
    }
    texts
}

/// What characters show of a field. What is not there cannot be told from what holds nothing.
fn shown(field: &Field, value: &Value<'_>) -> Shown {
    let Some(text) = value.as_str() else {
        return if value.is_absent() { Shown::Empty } else { Shown::Fitting };
    };
    if text.trim().is_empty() {
        return Shown::Empty;
    }
    let is_read = match field.kind {
        Type::String => field.notation.fits(text),
        kind => typed(text.trim().into(), kind).is_some(),
    };
    if is_read { Shown::Fitting } else { Shown::Foreign("other characters") }
}
