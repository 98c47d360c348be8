//! A predicate as a `$filter` expression (OData 4.01 Part 2, §5.1.1), percent-encoded.
//!
//! The syntax comes from here alone; names and values are encoded, so they cannot become syntax.

use crate::logic::{Parts, View};
use crate::record::{Case, Field, Fields, Operator, Predicate, Term};
use crate::upstream::dialect::DialectError;
use crate::upstream::literal;
use crate::value::{Value, fold};

const AND: &str = "%20and%20";
const OR: &str = "%20or%20";

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
        depending => expression(out, depending, fields),
    }
}

fn expression(
    out: &mut String,
    predicate: View<'_, Term<'_>>,
    fields: &Fields,
) -> Result<(), DialectError> {
    match predicate {
        // Nothing that depends on the row is a constant.
        View::Constant(_) => Err(DialectError::Inexpressible),
        View::Atom(Term::Absent(field, absent)) => {
            name(out, fields.field(*field).ok_or(DialectError::Unknown)?, false);
            out.push_str(if *absent { "%20eq%20null" } else { "%20ne%20null" });
            Ok(())
        }
        View::Atom(Term::Shared(shared)) => {
            if let Some(written) = shared.written() {
                out.push_str(written);
                return Ok(());
            }
            let start = out.len();
            expression(out, shared.predicate().view(), fields)?;
            shared.keep(out.get(start..).unwrap_or_default());
            Ok(())
        }
        View::Atom(Term::Compare { field, operator, value, case }) => {
            let field = fields.field(*field).ok_or(DialectError::Unknown)?;
            comparison(out, field, *operator, value, *case)
        }
        View::Not(inner) => {
            out.push_str("not%20(");
            expression(out, inner.view(), fields)?;
            out.push(')');
            Ok(())
        }
        View::All(parts) => several(out, parts, AND, fields),
        View::Any(parts) => several(out, parts, OR, fields),
    }
}

fn comparison(
    out: &mut String,
    field: &Field,
    operator: Operator,
    value: &Value<'_>,
    case: Case,
) -> Result<(), DialectError> {
    let lowered = match value {
        Value::Text(text) if case == Case::ToLower && field.is_text() => Some(&**text),
        _ => None,
    };
    let sign = match operator {
        Operator::Eq => "%20eq%20",
        Operator::Ne => "%20ne%20",
        Operator::Gt => "%20gt%20",
        Operator::Ge => "%20ge%20",
        Operator::Lt => "%20lt%20",
        Operator::Le => "%20le%20",
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
            out.push_str(operator.name());
            out.push('(');
            name(out, field, lowered.is_some());
            out.push(',');
            literal(out, field, value, lowered)?;
            out.push(')');
            return Ok(());
        }
        Operator::And | Operator::Or | Operator::Not => return Err(DialectError::Inexpressible),
    };
    name(out, field, lowered.is_some());
    out.push_str(sign);
    literal(out, field, value, lowered)
}

/// Writes the literal of a field, which in lower case is this text.
fn literal(
    out: &mut String,
    field: &Field,
    value: &Value<'_>,
    lowered: Option<&str>,
) -> Result<(), DialectError> {
    match lowered {
        Some(text) if literal::lowered(out, text) => Ok(()),
        // Servers lower letters beyond ASCII or leave them alone: theirs has to do the same to both
        // sides, so that a row is found at least as it is written.
        Some(text) if !text.is_ascii() => {
            out.push_str("tolower(");
            literal::text(out, text);
            out.push(')');
            Ok(())
        }
        Some(text) => {
            literal::text(out, &fold(text));
            Ok(())
        }
        None => literal::write(out, value, field.kind, field.notation)
            .map_err(|_| DialectError::Misfit(field.name.clone())),
    }
}

/// Writes the parts, in parentheses where they are themselves joined.
fn several(
    out: &mut String,
    parts: Parts<'_, Term<'_>>,
    sign: &str,
    fields: &Fields,
) -> Result<(), DialectError> {
    for (place, part) in parts.enumerate() {
        if place > 0 {
            out.push_str(sign);
        }
        let is_joined = match part {
            View::All(_) | View::Any(_) => true,
            View::Atom(Term::Shared(shared)) => match shared.predicate().view() {
                View::All(_) => sign != AND,
                View::Any(_) => true,
                _ => false,
            },
            _ => false,
        };
        if is_joined {
            out.push('(');
            expression(out, part, fields)?;
            out.push(')');
        } else {
            expression(out, part, fields)?;
        }
    }
    Ok(())
}

fn name(out: &mut String, field: &Field, lowered: bool) {
    if lowered {
        out.push_str("tolower(");
        path(out, field);
        out.push(')');
    } else {
        path(out, field);
    }
}

/// Writes the path to a field: its name, behind what leads to the row that has it (OData 4.01
/// Part 2, §4.11).
pub(super) fn path(out: &mut String, field: &Field) {
    if let (Some(navigation), property) = field.path() {
        literal::encode(out, navigation);
        out.push('/');
        literal::encode(out, property);
    } else {
        out.push_str(field.name.in_url());
    }
}
