//! A predicate as a `$filter` expression (OData 4.01 Part 2, §5.1.1), percent-encoded.
//!
//! The syntax comes from here alone; names and values are encoded, so they cannot become syntax.

use crate::logic::{Joint, Negated, Parts, View};
use crate::record::{Case, Field, FieldIndex, Fields, Operator, Predicate, Shared, Term};
use crate::upstream::dialect::DialectError;
use crate::upstream::literal;
use crate::value::{Value, fold};

/// Boxed, so that what nearly always comes back fits into a register.
type Written = Result<(), Box<DialectError>>;

/// Writes the expression; nothing at all for a predicate that every row meets.
///
/// # Errors
/// [`DialectError::Nothing`] for one that no row meets.
pub(super) fn write(
    out: &mut String,
    predicate: &Predicate<'_>,
    fields: &Fields,
) -> Result<(), DialectError> {
    match predicate.view() {
        View::Constant(true) => Ok(()),
        View::Constant(false) => Err(DialectError::Nothing),
        depending => expression(out, depending, None, fields).map_err(|error| *error),
    }
}

/// Writes what stands alone or among parts that are joined.
// It only finds out who writes: a call of its own would cost as much again.
#[inline(always)]
fn expression(
    out: &mut String,
    predicate: View<'_, Term<'_>>,
    around: Option<Joint>,
    fields: &Fields,
) -> Written {
    match predicate {
        View::Atom(Term::Compare { field, operator, value, case }) => {
            comparison(out, *field, *operator, value, *case, fields)
        }
        View::Atom(Term::Absent(field, absent)) => absence(out, *field, *absent, fields),
        View::Atom(Term::Shared(condition)) => shared(out, condition, around, fields),
        View::All(parts) => joined(out, parts, Joint::And, around, fields),
        View::Any(parts) => joined(out, parts, Joint::Or, around, fields),
        View::Not(inner) => negation(out, inner, fields),
        // Nothing that depends on the row is a constant.
        View::Constant(_) => Err(DialectError::Inexpressible.into()),
    }
}

/// Writes the parts, in parentheses among parts that are joined otherwise.
fn joined(
    out: &mut String,
    parts: Parts<'_, Term<'_>>,
    joint: Joint,
    around: Option<Joint>,
    fields: &Fields,
) -> Written {
    let is_apart = around.is_some_and(|around| around != joint);
    if is_apart {
        out.push('(');
    }
    for (place, part) in parts.enumerate() {
        match joint {
            _ if place == 0 => {}
            Joint::And => out.push_str("%20and%20"),
            Joint::Or => out.push_str("%20or%20"),
        }
        expression(out, part, Some(joint), fields)?;
    }
    if is_apart {
        out.push(')');
    }
    Ok(())
}

fn negation(out: &mut String, inner: Negated<'_, Term<'_>>, fields: &Fields) -> Written {
    out.push_str("not%20(");
    expression(out, inner.view(), None, fields)?;
    out.push(')');
    Ok(())
}

/// Writes what every search asks, in parentheses among parts that are joined otherwise.
fn shared(out: &mut String, condition: &Shared, around: Option<Joint>, fields: &Fields) -> Written {
    let is_apart = match condition.predicate().view() {
        View::All(_) => around == Some(Joint::Or),
        View::Any(_) => around == Some(Joint::And),
        _ => false,
    };
    if is_apart {
        out.push('(');
    }
    match condition.written() {
        Some(written) => out.push_str(written),
        None => first(out, condition, fields)?,
    }
    if is_apart {
        out.push(')');
    }
    Ok(())
}

/// Writes what every search asks, for this one and those to come.
#[cold]
fn first(out: &mut String, condition: &Shared, fields: &Fields) -> Written {
    let start = out.len();
    expression(out, condition.predicate().view(), None, fields)?;
    condition.keep(out.get(start..).unwrap_or_default());
    Ok(())
}

fn absence(out: &mut String, index: FieldIndex, absent: bool, fields: &Fields) -> Written {
    let path = fields.path(index).ok_or(DialectError::Unknown)?;
    out.push_str(path.as_str());
    out.push_str(if absent { "%20eq%20null" } else { "%20ne%20null" });
    Ok(())
}

fn comparison(
    out: &mut String,
    index: FieldIndex,
    operator: Operator,
    value: &Value<'_>,
    case: Case,
    fields: &Fields,
) -> Written {
    let (Some(field), Some(path)) = (fields.field(index), fields.path(index)) else {
        return Err(DialectError::Unknown.into());
    };
    let lowered = match value {
        Value::Text(text) if case == Case::ToLower && field.is_text() => Some(&**text),
        _ => None,
    };
    let begin = path.compared(operator, lowered.is_some()).ok_or(DialectError::Inexpressible)?;
    out.push_str(begin);
    literal(out, field, value, lowered)?;
    if operator.is_function() {
        out.push(')');
    }
    Ok(())
}

/// Writes the literal of a field, which in lower case is this text.
fn literal(out: &mut String, field: &Field, value: &Value<'_>, lowered: Option<&str>) -> Written {
    match lowered {
        Some(text) => {
            if !literal::lowered(out, text) {
                folded(out, text);
            }
            Ok(())
        }
        None => literal::write(out, value, field.kind, field.notation).map_err(|_| misfit(field)),
    }
}

/// Writes any text in lower case.
#[inline(never)]
fn folded(out: &mut String, text: &str) {
    if text.is_ascii() {
        literal::text(out, &fold(text));
    } else {
        // Servers lower letters beyond ASCII or leave them alone: theirs has to do the same to both
        // sides, so that a row is found at least as it is written.
        out.push_str("tolower(");
        literal::text(out, text);
        out.push(')');
    }
}

#[cold]
fn misfit(field: &Field) -> Box<DialectError> {
    DialectError::Misfit(field.name.clone()).into()
}
