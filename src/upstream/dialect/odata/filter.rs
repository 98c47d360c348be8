//! A predicate as a `$filter` expression (OData 4.01 Part 2, §5.1.1), percent-encoded.
//!
//! The syntax comes from here alone; names and values are encoded, so they cannot become syntax.

use crate::record::{Case, Field, Fields, Operator, Predicate};
use crate::upstream::dialect::DialectError;
use crate::upstream::literal;
use crate::value::{Value, fold};

const AND: &str = "%20and%20";
const OR: &str = "%20or%20";

/// What is known of a predicate without asking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    Always,
    Never,
    Depends,
}

/// Writes the expression; nothing at all for a predicate that every row meets.
///
/// # Errors
/// [`DialectError::Nothing`] for one that no row meets.
pub(super) fn write(
    out: &mut String,
    predicate: &Predicate<'_>,
    fields: &Fields,
) -> Result<(), DialectError> {
    match expression(out, predicate, fields)? {
        Truth::Never => Err(DialectError::Nothing),
        Truth::Always | Truth::Depends => Ok(()),
    }
}

/// Writes a predicate that depends on the row, and nothing for another.
fn expression(
    out: &mut String,
    predicate: &Predicate<'_>,
    fields: &Fields,
) -> Result<Truth, DialectError> {
    match predicate {
        Predicate::Everything => Ok(Truth::Always),
        Predicate::Nothing => Ok(Truth::Never),
        Predicate::Absent(field, absent) => {
            let Some(field) = fields.field(*field) else { return Err(DialectError::Unknown) };
            name(out, field, false);
            out.push_str(if *absent { "%20eq%20null" } else { "%20ne%20null" });
            Ok(Truth::Depends)
        }
        Predicate::Shared(shared) => {
            // Only what depends on the row is ever kept.
            if let Some(written) = shared.written() {
                out.push_str(written);
                return Ok(Truth::Depends);
            }
            let start = out.len();
            let truth = expression(out, shared.predicate(), fields)?;
            if truth == Truth::Depends {
                shared.keep(out.get(start..).unwrap_or_default());
            }
            Ok(truth)
        }
        Predicate::Not(inner) => {
            let start = out.len();
            out.push_str("not%20(");
            let opposite = match expression(out, inner, fields)? {
                Truth::Always => Truth::Never,
                Truth::Never => Truth::Always,
                Truth::Depends => {
                    out.push(')');
                    return Ok(Truth::Depends);
                }
            };
            out.truncate(start);
            Ok(opposite)
        }
        Predicate::All(parts) => several(out, parts, AND, Truth::Never, fields),
        Predicate::Any(parts) => several(out, parts, OR, Truth::Always, fields),
        Predicate::Compare { field, operator, value, case } => {
            let field = fields.field(*field).ok_or(DialectError::Unknown)?;
            comparison(out, field, *operator, value, *case)?;
            Ok(Truth::Depends)
        }
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

/// Writes the parts that depend on the row, in parentheses where they are themselves joined. One
/// `decisive` part decides for all; without any that depends, the opposite is true of all.
fn several(
    out: &mut String,
    parts: &[Predicate<'_>],
    sign: &str,
    decisive: Truth,
    fields: &Fields,
) -> Result<Truth, DialectError> {
    let start = out.len();
    for part in parts {
        let before = out.len();
        if before > start {
            out.push_str(sign);
        }
        let is_joined = match part {
            Predicate::All(_) | Predicate::Any(_) => true,
            Predicate::Shared(shared) => match shared.predicate() {
                Predicate::All(_) => sign != AND,
                Predicate::Any(_) => true,
                _ => false,
            },
            _ => false,
        };
        if is_joined {
            out.push('(');
        }
        match expression(out, part, fields)? {
            Truth::Depends if is_joined => out.push(')'),
            Truth::Depends => {}
            truth if truth == decisive => {
                out.truncate(start);
                return Ok(decisive);
            }
            _ => out.truncate(before),
        }
    }
    Ok(match decisive {
        _ if out.len() > start => Truth::Depends,
        Truth::Never => Truth::Always,
        _ => Truth::Never,
    })
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
