//! Operations on a list of values that is kept whole in one slot.

use super::super::document::{Reader, read_only};
use super::super::error::{Named, ScimError, ScimType};
use super::super::expression::{AttrExp, Comparison, Expression, Literal, Said};
use super::super::filter::{Resolver, compare, is_value};
use super::super::resource::{List, ListPart, is_companion};
use super::super::slots::{SlotIndex, SlotSet};
use super::compile::{drain, no_target, push, put, value};
use super::{Effect, Patch, Verb};
use crate::logic::Formula;
use crate::value::{Value, alike};

/// Some values of a list.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) slot: SlotIndex,
    pub(super) condition: Condition,
}

/// What brackets say of one value.
pub(super) type Condition = Formula<Asked>;

/// What is asked of one value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    /// A comparison with the value itself.
    Compare(Comparison, Value<'static>),
    /// It is the primary one. Nothing tells the primary value of a list but its place: the first.
    Primary,
}

impl Choice {
    /// Whether the value in that place is meant.
    pub(super) fn means(&self, at: usize, value: &Value<'_>, exact: bool) -> bool {
        self.condition.view().holds(&|asked| match asked {
            Asked::Compare(operator, literal) => compare(value, *operator, literal, exact),
            Asked::Primary => at == 0,
        })
    }

    /// Whether these values may be made where none is meant: a primary one, or the very one that
    /// is asked for.
    pub(super) fn makes(&self, values: &[Value<'_>], exact: bool) -> bool {
        match self.condition.only_atom() {
            Some(Asked::Primary) => true,
            Some(Asked::Compare(Comparison::Eq, literal)) => {
                values.iter().all(|value| alike(value, literal, exact))
            }
            _ => false,
        }
    }
}

/// One operation.
pub(super) struct Lister<'x, 'r, 'a> {
    pub(super) patch: &'x mut Patch<'a>,
    pub(super) reader: &'x mut Reader<'r, 'a>,
    pub(super) list: &'r List,
    pub(super) part: ListPart,
    /// The path as it was sent.
    pub(super) text: &'x str,
    pub(super) verb: Verb,
}

impl<'a> Lister<'_, '_, 'a> {
    pub(super) fn operation(
        mut self,
        brackets: Option<&Expression<'_>>,
        sent: Option<&'a str>,
    ) -> Result<(), ScimError> {
        let slot = self.list.slot;
        if !self.reader.resource.slot(slot).writable() {
            return Err(read_only(self.text));
        }
        // Comes along with a value, and is accepted and not stored.
        if self.part == ListPart::Companion {
            return Ok(());
        }
        let condition = match brackets.map(|brackets| self.condition(brackets)).transpose() {
            Ok(condition) => condition,
            Err(_) if self.reader.profile.ignore_unmapped => {
                return self.reader.leave_out(&[self.text]);
            }
            Err(error) => return Err(error),
        };
        if self.verb == Verb::Remove {
            self.remove(condition, sent)
        } else {
            self.read(value(sent)?)?;
            match condition {
                None => put(self.patch, self.reader, self.verb, SlotSet::EMPTY),
                Some(condition) => self.write(condition),
            }
            Ok(())
        }
    }

    fn remove(
        &mut self,
        condition: Option<Condition>,
        sent: Option<&'a str>,
    ) -> Result<(), ScimError> {
        let slot = self.list.slot;
        let listed = sent.filter(|sent| !matches!(*sent, "null" | "\"\""));
        match (condition, listed) {
            (Some(condition), _) => {
                let choice = Choice { slot, condition };
                push(self.patch, self.verb, 0, Effect::Values(Box::new(choice)));
            }
            (None, None) => push(self.patch, self.verb, 0, Effect::Clear(SlotSet::of(slot))),
            // Entra ID's and others' habit: only those values that are listed are removed.
            (None, Some(listed)) => {
                self.read(listed)?;
                self.reader.leading = SlotSet::EMPTY;
                let writes = drain(self.patch, self.reader);
                if writes > 0 {
                    push(self.patch, self.verb, writes, Effect::Take);
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, condition: Condition) {
        self.reader.leading = SlotSet::EMPTY;
        let writes = drain(self.patch, self.reader);
        // A value that cannot be used writes nothing.
        if writes > 0 {
            let choice = Choice { slot: self.list.slot, condition };
            push(self.patch, self.verb, writes, Effect::Values(Box::new(choice)));
        }
    }

    fn read(&mut self, raw: &'a str) -> Result<(), ScimError> {
        let bare = self.part == ListPart::Values;
        self.reader.put_values(self.list, raw, bare)
    }

    /// What brackets mean.
    fn condition(&self, brackets: &Expression<'_>) -> Result<Condition, ScimError> {
        brackets.view().substitute(&mut |said| self.said(said))
    }

    fn said(&self, expression: &AttrExp<'_>) -> Result<Condition, ScimError> {
        let AttrExp { path, said } = expression;
        match said {
            Said::Compare(operator, literal) if is_value(path) => {
                let resolver =
                    Resolver::new(self.reader.resource, self.reader.profile, ScimType::InvalidPath);
                Ok(match resolver.value_of(self.list.slot, *operator, literal)? {
                    Some(value) => Condition::atom(Asked::Compare(*operator, value.into_owned())),
                    // No value of a list is `null`.
                    None => Condition::of(*operator == Comparison::Ne),
                })
            }
            Said::Present if is_value(path) => Ok(Condition::TRUE),
            Said::Compare(Comparison::Eq, literal)
                if path.attribute.eq_ignore_ascii_case("primary") =>
            {
                let is_primary = match literal {
                    Literal::Boolean(truth) => *truth,
                    Literal::Text(text) => text.eq_ignore_ascii_case("true"),
                    _ => false,
                };
                let primary = Condition::atom(Asked::Primary);
                Ok(if is_primary { primary } else { primary.negation() })
            }
            // What comes along with a value is not stored, so no value is known by it.
            _ if self.list.definition.is_some() && is_companion(path.attribute) => {
                Err(no_target(self.text))
            }
            _ => {
                let detail = format!(
                    "expected `value` in the brackets of `{}`, found `{}`",
                    self.list.path,
                    Named(&expression.to_string())
                );
                Err(ScimError::new(ScimType::InvalidPath, detail))
            }
        }
    }
}
