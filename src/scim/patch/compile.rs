//! From an operation as it was sent to what it does to slots.

use super::super::document::{Body, Cursor, Reader, Wrong, read_only};
use super::super::error::{Named, ScimError, ScimType};
use super::super::expression::{AttrExp, Comparison, Expression, Literal, Said};
use super::super::filter::{Filter, Resolver, existing};
use super::super::path::{AttrPath, Brackets};
use super::super::resource::{Found, Multi, is_companion};
use super::super::slots::{SlotIndex, SlotSet};
use super::message::Sent;
use super::{Effect, Operation, Patch, Row, Selection, Verb, values};
use crate::logic::View;
use crate::value::Value;

/// Reads one operation into the patch.
pub(super) fn operation<'a>(
    patch: &mut Patch<'a>,
    reader: &mut Reader<'_, 'a>,
    sent: &Sent<'a>,
) -> Result<(), ScimError> {
    let verb = sent.verb;
    reader.body = if verb == Verb::Add { Body::Adding } else { Body::Replacing };
    let Some(text) = sent.path.as_deref() else { return without_path(patch, reader, sent) };
    let resource = reader.resource;
    let path = AttrPath::parse(text, resource.urns())?;
    let found = resource.find(&path);
    if let Found::Multi(multi, sub) = found {
        return Lister { patch, reader, multi, text, verb }.operation(&path, sub, sent.value);
    }
    if let Found::List(list, part) = found {
        let brackets = path.filter.as_ref().map(Brackets::condition);
        return values::Lister { patch, reader, list, part, text, verb }
            .operation(brackets.as_deref(), sent.value);
    }
    if path.filter.is_some() && !matches!(found, Found::Unmapped | Found::Unknown) {
        let detail =
            format!("`{}` is not a list, so nothing can stand in brackets", Named(path.attribute));
        return Err(ScimError::new(ScimType::InvalidPath, detail));
    }
    let slots = match found {
        Found::Id | Found::ReadOnly | Found::ResourceType => return Err(read_only(text)),
        // Accepted and never kept.
        Found::Password => return Ok(()),
        Found::Unmapped | Found::Unknown => return reader.leave_out(&[text]),
        Found::Slot(slot) => SlotSet::of(slot),
        Found::Complex(complex) => complex.slots,
        Found::Schema(shape) => shape.slots,
        Found::Multi(multi, _) => multi.slots,
        Found::List(list, _) => SlotSet::of(list.slot),
    };
    let writable = slots.difference(resource.read_only());
    if writable.is_empty() && !slots.is_empty() {
        return Err(read_only(text));
    }
    if verb == Verb::Remove {
        push(patch, verb, 0, Effect::Clear(writable));
        return Ok(());
    }
    let raw = value(sent.value)?;
    let mut cursor = Cursor::new(raw);
    match found {
        Found::Slot(slot) => reader.value(slot, &mut cursor)?,
        Found::Complex(complex) => reader.complex(&mut cursor, complex)?,
        Found::Schema(shape) => {
            object(raw)?;
            reader.shape(&mut cursor, shape)?;
        }
        _ => {}
    }
    put(patch, reader, verb, SlotSet::EMPTY);
    Ok(())
}

fn without_path<'a>(
    patch: &mut Patch<'a>,
    reader: &mut Reader<'_, 'a>,
    sent: &Sent<'a>,
) -> Result<(), ScimError> {
    if sent.verb == Verb::Remove {
        return Err(ScimError::new(ScimType::NoTarget, "`remove` needs a `path`"));
    }
    reader.root(&mut Cursor::new(object(value(sent.value)?)?))?;
    put(patch, reader, sent.verb, SlotSet::EMPTY);
    for (key, raw) in std::mem::take(&mut reader.later) {
        let sent = Sent { verb: sent.verb, path: Some(key.into()), value: Some(raw) };
        operation(patch, reader, &sent)?;
    }
    Ok(())
}

pub(super) fn value(sent: Option<&str>) -> Result<&str, ScimError> {
    sent.ok_or_else(|| ScimError::new(ScimType::InvalidValue, "`add` and `replace` need a `value`"))
}

fn object(raw: &str) -> Result<&str, ScimError> {
    if raw.starts_with('{') {
        return Ok(raw);
    }
    let detail = "the `value` of an operation without `path` must be an object of attributes";
    Err(ScimError::new(ScimType::InvalidValue, detail))
}

pub(super) fn push(patch: &mut Patch<'_>, verb: Verb, writes: usize, effect: Effect) {
    let end = patch.writes.len();
    patch.operations.push(Operation { verb, writes: end - writes..end, effect });
}

/// Moves what the reader holds behind the patch's writes and says how many there were. A value
/// that cannot be used is no write.
pub(super) fn drain<'a>(patch: &mut Patch<'a>, reader: &mut Reader<'_, 'a>) -> usize {
    let before = patch.writes.len();
    for slot in std::mem::take(&mut reader.mentioned).iter() {
        let value = reader.document.take(slot);
        if !reader.invalid.iter().any(|invalid| invalid.slot == slot) {
            patch.writes.push((slot, value));
        }
    }
    patch.writes.len() - before
}

pub(super) fn put<'a>(
    patch: &mut Patch<'a>,
    reader: &mut Reader<'_, 'a>,
    verb: Verb,
    existing: SlotSet,
) {
    let leading = std::mem::take(&mut reader.leading);
    let writes = drain(patch, reader);
    if writes > 0 || !existing.is_empty() {
        push(patch, verb, writes, Effect::Put { existing, leading });
    }
}

/// Operations on a list.
struct Lister<'x, 'r, 'a> {
    patch: &'x mut Patch<'a>,
    reader: &'x mut Reader<'r, 'a>,
    multi: &'r Multi,
    /// The path as it was sent.
    text: &'x str,
    verb: Verb,
}

impl<'r, 'a> Lister<'_, 'r, 'a> {
    fn operation(
        mut self,
        path: &AttrPath<'_>,
        sub: Option<Option<usize>>,
        sent: Option<&'a str>,
    ) -> Result<(), ScimError> {
        if self.multi.slots.difference(self.reader.resource.read_only()).is_empty() {
            return Err(read_only(self.text));
        }
        let column = match sub {
            None => None,
            Some(Some(column)) => Some(column),
            Some(None) if path.sub_attribute.is_some_and(is_type) => return self.kind(path, sent),
            // `primary` comes with the element; a request's is accepted, not stored.
            Some(None) if path.sub_attribute.is_some_and(is_companion) => return Ok(()),
            Some(None) => return self.reader.leave_out(&[self.text]),
        };
        match (&path.filter, column) {
            (Some(brackets), column) => match brackets.only_type() {
                Some(kind) => self.typed(kind, column, sent),
                None => self.selected(&brackets.condition(), column, sent),
            },
            (None, Some(column)) => {
                let rows = (0..self.multi.elements.len())
                    .map(|row| (row, existing(self.multi, row, Filter::TRUE)))
                    .collect();
                self.select(rows, Some(column), Pin::List, sent)
            }
            (None, None) => self.whole(sent),
        }
    }

    /// The list as a whole.
    fn whole(&mut self, sent: Option<&'a str>) -> Result<(), ScimError> {
        if self.verb != Verb::Remove {
            let raw = value(sent)?;
            let multi = self.multi;
            self.reader.list(&mut Cursor::new(raw), multi)?;
            put(self.patch, self.reader, self.verb, SlotSet::EMPTY);
            return Ok(());
        }
        let listed = sent.filter(|raw| raw.starts_with(['[', '{']));
        let Some(raw) = listed else {
            let slots = self.multi.slots.difference(self.reader.resource.read_only());
            push(self.patch, self.verb, 0, Effect::Clear(slots));
            return Ok(());
        };
        // Entra ID's and others' habit: only those elements that the value lists are removed.
        let multi = self.multi;
        let listed = self.reader.sent_elements(&mut Cursor::new(raw), multi)?;
        let mut rows = vec![Vec::new(); multi.elements.len()];
        for mut sent in listed {
            let kind = sent.kind().map(|kind| multi.element_named(kind));
            let terms: Vec<(usize, Value<'_>)> = sent
                .columns()
                .filter_map(|(column, read)| Some((column, read.ok()?)))
                .filter(|(_, value)| !value.is_absent())
                .collect();
            if terms.is_empty() && kind.is_none() {
                continue;
            }
            for (row, alternatives) in rows.iter_mut().enumerate() {
                if kind.is_some_and(|kind| kind != Some(row)) {
                    continue;
                }
                let equal = terms.iter().map(|(column, value)| match multi.slot(row, *column) {
                    Some(slot) => Filter::equals(slot, value.clone().into_owned()),
                    None => Filter::FALSE,
                });
                alternatives.push(existing(multi, row, Filter::all(equal)));
            }
        }
        let rows = rows.into_iter().map(Filter::any).enumerate().collect();
        self.select(rows, None, Pin::Nothing, None)
    }

    /// `[type eq "work"]`: one element, whether it is there or not.
    fn typed(
        &mut self,
        kind: &str,
        column: Option<usize>,
        sent: Option<&'a str>,
    ) -> Result<(), ScimError> {
        let multi = self.multi;
        let Some((row, element)) =
            multi.element_named(kind).and_then(|row| Some((row, multi.elements.get(row)?)))
        else {
            return self.nowhere();
        };
        let slots = match column {
            None => element.slots,
            Some(column) => match multi.slot(row, column) {
                Some(slot) => SlotSet::of(slot),
                None => return self.reader.leave_out(&[self.text]),
            },
        };
        let writable = slots.difference(self.reader.resource.read_only());
        if writable.is_empty() {
            return Err(read_only(self.text));
        }
        if self.verb == Verb::Remove {
            push(self.patch, self.verb, 0, Effect::Clear(writable));
            return Ok(());
        }
        self.read(row, column, value(sent)?, true)?;
        let strict = self.verb == Verb::Replace && !self.reader.profile.value_path_creates;
        let existing = if strict { element.slots } else { SlotSet::EMPTY };
        put(self.patch, self.reader, self.verb, existing);
        Ok(())
    }

    /// The `type` of an element, which is that of its place: it can be said again, not changed.
    fn kind(&mut self, path: &AttrPath<'_>, sent: Option<&'a str>) -> Result<(), ScimError> {
        let named = path.filter.as_ref().and_then(Brackets::only_type);
        let row = named.and_then(|kind| self.multi.element_named(kind));
        if named.is_some() && row.is_none() {
            return self.nowhere();
        }
        if self.verb != Verb::Remove {
            let said = Cursor::new(value(sent)?).text()?;
            let said = said.and_then(|kind| self.multi.element_named(&kind));
            if said.is_some() && said == row {
                return Ok(());
            }
        }
        self.other_kind(&[self.text])
    }

    /// Leaves out a `type` that would be another one, or refuses it.
    fn other_kind(&mut self, path: &[&str]) -> Result<(), ScimError> {
        if self.reader.profile.ignore_unmapped {
            return self.reader.leave_out(path);
        }
        let detail = format!(
            "`{}` cannot be changed, since each type has a place of its own: remove this element \
             and add one of the other type",
            Named(&path.concat())
        );
        Err(ScimError::new(ScimType::Mutability, detail))
    }

    /// Reads the value of one element, or of one of its sub-attributes; `is_own` says that it is
    /// for the element of that very row, and not only of the same form.
    fn read(
        &mut self,
        row: usize,
        column: Option<usize>,
        raw: &'a str,
        is_own: bool,
    ) -> Result<(), ScimError> {
        let multi = self.multi;
        let reader = &mut *self.reader;
        if let Some(slot) = column.and_then(|column| multi.slot(row, column)) {
            let kind = reader.resource.slot(slot).kind;
            let read = Cursor::new(raw).scalar(kind, reader.profile)?;
            reader.set(slot, read);
            return Ok(());
        }
        let element = reader.one_element(&mut Cursor::new(raw), multi)?;
        if self.verb == Verb::Replace {
            reader.clear(multi.elements.get(row).map(|row| row.slots).unwrap_or_default());
        }
        let Some(mut element) = element else {
            let slots = multi.elements.get(row).map(|row| row.slots).unwrap_or_default();
            reader.refuse(slots, Wrong("no object"));
            return Ok(());
        };
        reader.put_element(multi, row, &mut element)?;
        match element.kind() {
            Some(kind) if is_own && multi.element_named(kind) != Some(row) => {
                self.other_kind(&[self.text, ".type"])
            }
            _ => Ok(()),
        }
    }

    /// No element that the path can mean has a place here.
    fn nowhere(&mut self) -> Result<(), ScimError> {
        if self.verb != Verb::Add && !self.reader.profile.ignore_unmapped {
            return Err(no_target(self.text));
        }
        self.reader.leave_out(&[self.text])
    }

    /// Elements by any other condition.
    fn selected(
        &mut self,
        filter: &Expression<'_>,
        column: Option<usize>,
        sent: Option<&'a str>,
    ) -> Result<(), ScimError> {
        let resolver =
            Resolver::new(self.reader.resource, self.reader.profile, ScimType::InvalidPath);
        let mut rows = Vec::new();
        for row in 0..self.multi.elements.len() {
            match resolver.in_element(self.multi, row, filter) {
                Ok(condition) => {
                    rows.push((row, existing(self.multi, row, condition.into_owned())));
                }
                Err(_) if self.reader.profile.ignore_unmapped => return self.nowhere(),
                Err(error) => return Err(error),
            }
        }
        self.select(rows, column, pin(filter.view()), sent)
    }

    fn select(
        &mut self,
        mut rows: Vec<(usize, Filter<'static>)>,
        column: Option<usize>,
        pin: Pin,
        sent: Option<&'a str>,
    ) -> Result<(), ScimError> {
        let multi = self.multi;
        rows.retain(|(row, condition)| {
            condition.constant() != Some(false)
                && column.is_none_or(|column| multi.slot(*row, column).is_some())
        });
        let Some((template, _)) = rows.first() else { return self.nowhere() };
        let mut columns = Vec::new();
        let mut writes = 0;
        if self.verb != Verb::Remove {
            self.read(*template, column, value(sent)?, false)?;
            writes = drain(self.patch, self.reader);
            let start = self.patch.writes.len() - writes;
            let written = self.patch.writes.get(start..).unwrap_or_default();
            columns = written.iter().map(|(slot, _)| column_of(multi, *template, *slot)).collect();
            if writes == 0 {
                return Ok(());
            }
        }
        let read_only = self.reader.resource.read_only();
        let default = || rows.iter().position(|(row, _)| multi.default == Some(*row));
        let only = || (rows.len() == 1).then_some(0);
        let fallback = match pin {
            Pin::Nothing => None,
            Pin::Type => only(),
            Pin::Primary => default().or(Some(0)),
            Pin::List => default().or_else(only),
        };
        let rows = rows
            .into_iter()
            .map(|(row, condition)| {
                let whole = multi.elements.get(row).map(|row| row.slots).unwrap_or_default();
                let clear = match (self.verb, column) {
                    (Verb::Remove, Some(column)) => multi.slot(row, column).into_iter().collect(),
                    (Verb::Remove | Verb::Replace, None) => whole,
                    _ => SlotSet::EMPTY,
                };
                let targets = columns
                    .iter()
                    .map(|column| column.and_then(|at| multi.slot(row, at)))
                    .collect();
                Row { condition, clear: clear.difference(read_only), targets }
            })
            .collect();
        let effect = Effect::Elements(Box::new(Selection { rows, fallback }));
        push(self.patch, self.verb, writes, effect);
        Ok(())
    }
}

fn is_type(sub: &str) -> bool {
    sub.eq_ignore_ascii_case("type")
}

/// Which element a path makes if it selects none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pin {
    /// None: a path that asks for a value must not overwrite another one.
    Nothing,
    /// The one of its type.
    Type,
    /// The default one, else the first.
    Primary,
    /// The default one, else the only one.
    List,
}

/// What the brackets say of an element that is not there yet.
fn pin(brackets: View<'_, AttrExp<'_>>) -> Pin {
    match brackets {
        View::Atom(said) if said.only_type().is_some() => Pin::Type,
        View::Atom(AttrExp { path, said: Said::Compare(Comparison::Eq, literal) })
            if path.attribute.eq_ignore_ascii_case("primary") =>
        {
            let wanted = match literal {
                Literal::Boolean(truth) => *truth,
                Literal::Text(text) => text.eq_ignore_ascii_case("true"),
                _ => false,
            };
            if wanted { Pin::Primary } else { Pin::Nothing }
        }
        View::All(parts) => {
            let pins: Vec<Pin> = parts.map(pin).collect();
            let pinned = |wanted| pins.contains(&wanted);
            match (pinned(Pin::Type), pinned(Pin::Nothing)) {
                (true, _) => Pin::Type,
                (false, true) => Pin::Nothing,
                (false, false) => Pin::Primary,
            }
        }
        _ => Pin::Nothing,
    }
}

/// The refusal of a path that selects nothing.
pub(super) fn no_target(path: &str) -> ScimError {
    ScimError::new(ScimType::NoTarget, format!("`{}` selects nothing", Named(path)))
}

/// The column of a slot in a list's row.
fn column_of(multi: &Multi, row: usize, slot: SlotIndex) -> Option<usize> {
    multi.elements.get(row)?.columns.iter().position(|column| *column == Some(slot))
}
