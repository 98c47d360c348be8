//! A predicate as a SQL condition, which is what `getEntities` takes as filter.
//!
//! The statement's signs and words come from here alone. A text passes the mapping's pattern and
//! then stands between quotes, each quote in it doubled, so it is one literal whatever it holds;
//! names are plain. What does not pass is not asked for: no value is ever changed to fit.

use std::fmt::Write as _;

use regex::Regex;

use crate::logic::{Parts, View};
use crate::record::{Case, Entity, Field, FieldIndex, Operator, Predicate, Term};
use crate::upstream::dialect::DialectError;
use crate::upstream::literal::is_number;
use crate::value::{Type, Value, fold, instant};

/// The longest condition, in bytes.
const LONGEST: usize = 16 * 1024;

/// What makes the sign behind it stand for itself in a pattern of `LIKE`. No backslash, which
/// some databases heed in every literal.
const ESCAPE: char = '!';

/// How deeply a condition may be nested.
const DEPTH: usize = 32;

/// The condition of a predicate; `None` for one that every row meets.
///
/// # Errors
/// [`DialectError::Nothing`] for one that no row meets, [`DialectError::Unsafe`] for a text that
/// the pattern does not take.
pub(super) fn of(
    predicate: &Predicate<'_>,
    entity: &Entity,
) -> Result<Option<String>, DialectError> {
    let literal = entity.options.pattern(super::LITERAL).ok_or(DialectError::Inexpressible)?;
    let mut writer = Writer { entity, literal, out: String::with_capacity(256) };
    match predicate.view() {
        View::Constant(true) => return Ok(None),
        View::Constant(false) => return Err(DialectError::Nothing),
        other => writer.expression(other, DEPTH)?,
    }
    if writer.out.len() > LONGEST {
        return Err(DialectError::Inexpressible);
    }
    Ok(Some(writer.out))
}

struct Writer<'e> {
    entity: &'e Entity,
    literal: &'e Regex,
    out: String,
}

impl Writer<'_> {
    fn expression(
        &mut self,
        predicate: View<'_, Term<'_>>,
        depth: usize,
    ) -> Result<(), DialectError> {
        let depth = depth.checked_sub(1).ok_or(DialectError::Inexpressible)?;
        match predicate {
            // Nothing that depends on the row is a constant.
            View::Constant(_) => return Err(DialectError::Inexpressible),
            View::Atom(Term::Absent(field, absent)) => {
                let name = self.field(*field)?.name.clone();
                self.out.push_str(name.as_str());
                self.out.push_str(if *absent { " IS NULL" } else { " IS NOT NULL" });
            }
            View::Not(inner) => {
                self.out.push_str("NOT (");
                self.expression(inner.view(), depth)?;
                self.out.push(')');
            }
            View::Atom(Term::Shared(shared)) => {
                self.expression(shared.predicate().view(), depth)?;
            }
            View::All(parts) => self.several(parts, " AND ", depth)?,
            View::Any(parts) => self.several(parts, " OR ", depth)?,
            View::Atom(Term::Compare { field, operator, value, case }) => {
                self.compare(*field, *operator, value, *case)?;
            }
        }
        Ok(())
    }

    fn several(
        &mut self,
        parts: Parts<'_, Term<'_>>,
        sign: &str,
        depth: usize,
    ) -> Result<(), DialectError> {
        for (place, part) in parts.enumerate() {
            if place > 0 {
                self.out.push_str(sign);
            }
            let part = match part {
                View::Atom(Term::Shared(shared)) => shared.predicate().view(),
                part => part,
            };
            if matches!(part, View::All(_) | View::Any(_)) {
                self.out.push('(');
                self.expression(part, depth)?;
                self.out.push(')');
            } else {
                self.expression(part, depth)?;
            }
        }
        Ok(())
    }

    fn field(&self, index: FieldIndex) -> Result<&Field, DialectError> {
        let field = self.entity.fields.field(index).ok_or(DialectError::Unknown)?;
        if super::is_name(field.name.as_str()) { Ok(field) } else { Err(DialectError::Unknown) }
    }

    fn compare(
        &mut self,
        index: FieldIndex,
        operator: Operator,
        value: &Value<'_>,
        case: Case,
    ) -> Result<(), DialectError> {
        let field = self.field(index)?;
        let (name, kind) = (field.name.clone(), field.kind);
        let lowers = kind == Type::String && case == Case::ToLower;
        if lowers {
            let _ = write!(self.out, "LOWER({name})");
        } else {
            self.out.push_str(name.as_str());
        }
        let folded;
        let value = match value {
            Value::Text(text) if lowers => {
                folded = Value::Text(fold(text).into());
                &folded
            }
            value => value,
        };
        let sign = match operator {
            Operator::Eq => " = ",
            Operator::Ne => " <> ",
            Operator::Gt => " > ",
            Operator::Ge => " >= ",
            Operator::Lt => " < ",
            Operator::Le => " <= ",
            Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
                let (Value::Text(text), Type::String) = (value, kind) else {
                    return Err(DialectError::Misfit(name));
                };
                self.safe(text, index)?;
                self.like(operator, text);
                return Ok(());
            }
            Operator::And | Operator::Or | Operator::Not => {
                return Err(DialectError::Inexpressible);
            }
        };
        self.out.push_str(sign);
        match (value, kind) {
            (Value::Text(text), Type::String) => {
                self.safe(text, index)?;
                self.quoted(text);
            }
            (Value::Integer(number), Type::Integer | Type::Decimal) => {
                let _ = write!(self.out, "{number}");
            }
            (Value::Decimal(number), Type::Decimal)
                if is_number(number) && !number.contains(['e', 'E']) =>
            {
                self.out.push_str(number);
            }
            // Columns of truth values are `bit` or `tinyint`.
            (Value::Boolean(truth), Type::Boolean) => {
                self.out.push(if *truth { '1' } else { '0' });
            }
            (Value::DateTime(time), Type::DateTime) => {
                let time = civil(time).ok_or(DialectError::Misfit(name))?;
                self.quoted(&time);
            }
            _ => return Err(DialectError::Misfit(name)),
        }
        Ok(())
    }

    /// Whether a text may stand in the statement: the mapping's pattern takes it, and it holds
    /// nothing that some database or driver takes for the end of a literal. The empty text is ours.
    fn safe(&self, text: &str, index: FieldIndex) -> Result<(), DialectError> {
        if text.is_empty() || (self.literal.is_match(text) && !text.contains(is_treacherous)) {
            return Ok(());
        }
        Err(DialectError::Unsafe(self.field(index)?.name.clone()))
    }

    /// A literal: quotes around it, and each quote in it doubled (SQL-92 §5.3).
    fn quoted(&mut self, text: &str) {
        self.out.push('\'');
        for character in text.chars() {
            if character == '\'' {
                self.out.push('\'');
            }
            self.out.push(character);
        }
        self.out.push('\'');
    }

    /// `LIKE` with a pattern in which the text stands for itself (SQL-92 §8.5); the bracket has
    /// a meaning for SQL Server alone.
    fn like(&mut self, operator: Operator, text: &str) {
        let mut pattern = String::with_capacity(text.len() + 2);
        if operator != Operator::StartsWith {
            pattern.push('%');
        }
        for character in text.chars() {
            if matches!(character, '%' | '_' | '[' | ESCAPE) {
                pattern.push(ESCAPE);
            }
            pattern.push(character);
        }
        if operator != Operator::EndsWith {
            pattern.push('%');
        }
        self.out.push_str(" LIKE ");
        self.quoted(&pattern);
        self.out.push_str(" ESCAPE ");
        self.quoted(ESCAPE.encode_utf8(&mut [0; 4]));
    }
}

/// Characters that never enter a statement, whatever the mapping's pattern takes: some drivers
/// end a text at them, and conversions to a narrower character set make quotes of their likes.
fn is_treacherous(character: char) -> bool {
    character.is_control()
        || matches!(character, '\\' | '\u{2b9}'..='\u{2bc}' | '\u{2c8}' | '\u{2032}' | '\u{2035}' | '\u{ff07}' | '\u{ff3c}' | '\u{2018}'..='\u{201b}' | '\u{2028}' | '\u{2029}' | '\u{fffd}')
}

/// A point in time without offset, as the columns hold it; we take and give UTC.
pub(super) fn civil(text: &str) -> Option<String> {
    let time = instant(text)?.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    Some(time.to_string())
}
