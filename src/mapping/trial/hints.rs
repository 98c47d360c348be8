//! What is legal and perhaps not meant: attributes that are sent and not mapped or mapped and never
//! sent, names that nearly are others, searches that are refused.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::values;
use crate::diagnostic::{Code, Finding, Report, Severity, alternatives, nearest};
use crate::mapping::reference::Keys;
use crate::mapping::rule::Rule;
use crate::mapping::{Mapping, Unmapped};
use crate::scim::filter::Comparison;
use crate::scim::schema::AttributeDefinition;
use crate::scim::{Filter, Profile};
use crate::value::Value;

/// What Entra ID's default mapping for an application without a template of its own sends: the
/// table of user attributes in Microsoft Learn's "Tutorial: Develop and plan provisioning for a SCIM
/// endpoint", and what guides of other applications tell their readers to delete in the portal
/// (`preferredLanguage`, `name.formatted`, locality, region and country). The tutorial alone has
/// `emails[type eq "other"].value`, from several addresses at once, which the portal does not.
const ENTRA: &[&str] = &[
    "userName",
    "externalId",
    "active",
    "displayName",
    "title",
    "preferredLanguage",
    "name.givenName",
    "name.familyName",
    "name.formatted",
    r#"emails[type eq "work"].value"#,
    r#"phoneNumbers[type eq "work"].value"#,
    r#"phoneNumbers[type eq "mobile"].value"#,
    r#"phoneNumbers[type eq "fax"].value"#,
    r#"addresses[type eq "other"].formatted"#,
    r#"addresses[type eq "work"].streetAddress"#,
    r#"addresses[type eq "work"].locality"#,
    r#"addresses[type eq "work"].region"#,
    r#"addresses[type eq "work"].postalCode"#,
    r#"addresses[type eq "work"].country"#,
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
];

/// Adds every hint.
pub(super) fn give(mapping: &Mapping, report: &mut Report) {
    never_sent(mapping, report);
    near_names(mapping, report);
    not_mapped(mapping, report);
    not_searched(mapping, report);
}

fn hint(
    mapping: &Mapping,
    severity: Severity,
    span: Option<Range<usize>>,
    message: String,
    label: Option<String>,
    help: Option<String>,
) -> Finding {
    let source = Arc::clone(&mapping.source);
    Finding {
        severity,
        code: Code::Hint,
        message,
        source,
        span,
        label,
        diff: Vec::new(),
        help,
        masked: false,
    }
}

/// Attributes that no client sends: required and never written, or under a `type` of nobody's.
fn never_sent(mapping: &Mapping, report: &mut Report) {
    for rule in &mapping.rules {
        let slot = mapping.resource.slot(rule.slot);
        let place = || Some(rule.place.clone());
        if rule.read_only && slot.required {
            report.push(hint(
                mapping,
                Severity::Warning,
                place(),
                format!("no client could create anybody: `{}` is required", rule.path),
                Some("it is read-only, so that no client can send it".to_owned()),
                Some("leave out `required` or `read_only`".to_owned()),
            ));
        }
        let Some(element) = &slot.multi_valued else { continue };
        let kinds = kinds(mapping, &slot.attribute);
        if !kinds.is_empty() && !kinds.iter().any(|kind| kind.eq_ignore_ascii_case(&element.kind)) {
            report.push(hint(
                mapping,
                Severity::Note,
                place(),
                format!("few clients send `{}` of the type `{}`", slot.attribute, element.kind),
                Some(format!("expected {} (RFC 7643 §4.1.2)", alternatives(kinds.iter().copied()))),
                nearest(&element.kind, kinds.iter().copied())
                    .map(|near| format!("did you mean `{near}`?")),
            ));
        }
    }
}

/// The values that RFC 7643 suggests for the `type` of an attribute's elements.
fn kinds(mapping: &Mapping, attribute: &str) -> &'static [&'static str] {
    let definition = mapping.resource.definition();
    let named = |list: &'static [AttributeDefinition], name: &str| {
        list.iter().find(|known| known.name.eq_ignore_ascii_case(name))
    };
    named(definition.schema.attributes, attribute)
        .and_then(|attribute| named(attribute.sub_attributes, "type"))
        .map_or(&[], |kind| kind.canonical_values)
}

/// Fields whose names are another's but for letter case, or but for one letter where no attribute
/// names them: whoever writes a new name makes a new field.
fn near_names(mapping: &Mapping, report: &mut Report) {
    let fields: Vec<_> = mapping.entity.fields.iter().collect();
    let is_ruled = |index| mapping.rules.iter().any(|rule| rule.fields().any(|f| f == index));
    for (position, (index, field)) in fields.iter().enumerate() {
        let name = field.name.as_str();
        let others = fields.iter().enumerate().filter(|(other, _)| *other != position);
        let near = others.map(|(other, (_, field))| (other, field.name.as_str())).find(
            |(other, known)| {
                let is_case_alone = known.eq_ignore_ascii_case(name) && *other < position;
                is_case_alone || (!is_ruled(*index) && is_slip(name, known))
            },
        );
        let Some((_, known)) = near else { continue };
        report.push(hint(
            mapping,
            Severity::Warning,
            place_of(mapping, name),
            format!("`{name}` and `{known}` are two fields"),
            Some(format!("expected a name that cannot be taken for `{known}`")),
            Some(format!("did you mean `{known}`?")),
        ));
    }
}

/// Whether a name is another with one letter more, less, or exchanged; a digit more is no slip.
fn is_slip(written: &str, known: &str) -> bool {
    let (written, known): (Vec<char>, Vec<char>) =
        (written.chars().collect(), known.chars().collect());
    let start = written.iter().zip(&known).take_while(|(one, two)| one == two).count();
    let rest = |name: &[char]| name.len() - start;
    let ends = written.iter().rev().zip(known.iter().rev()).take_while(|(one, two)| one == two);
    let end = ends.count().min(rest(&written)).min(rest(&known));
    let differing = |name: &[char]| name.get(start..name.len() - end).unwrap_or_default().to_vec();
    let (one, two) = (differing(&written), differing(&known));
    let is_swap = matches!((&one[..], &two[..]), ([a, b], [c, d]) if a == d && b == c);
    let is_letters = one.iter().chain(&two).all(|letter| !letter.is_ascii_digit());
    written.len() > 4 && is_letters && (is_swap || one.len().max(two.len()) == 1)
}

/// Where a field's name stands as a whole text of the file, comments left out.
fn place_of(mapping: &Mapping, name: &str) -> Option<Range<usize>> {
    let text = &mapping.source.text;
    let found = ['"', '\''].into_iter().find_map(|quote| {
        let quoted = format!("{quote}{name}{quote}");
        let mut places = text.match_indices(&quoted).map(|(at, _)| at..at + quoted.len());
        places.find(|place| {
            let before = text.get(..place.start).unwrap_or_default();
            !before.rsplit('\n').next().unwrap_or_default().trim_start().starts_with('#')
        })
    });
    found.or_else(|| text.find(name).map(|at| at..at + name.len()))
}

/// What Entra ID sends unless somebody deletes it from its mapping.
fn not_mapped(mapping: &Mapping, report: &mut Report) {
    let missing: Vec<&str> =
        ENTRA.iter().copied().filter(|path| mapping.resource.slot_of(path).is_none()).collect();
    if missing.is_empty() {
        return;
    }
    let (severity, what) = match mapping.unmapped {
        Unmapped::Reject => (Severity::Warning, "each makes a request be refused"),
        Unmapped::Ignore | Unmapped::Warn => (Severity::Note, "their values are left out"),
    };
    let many = missing.len();
    let plural = if many == 1 { "" } else { "s" };
    report.push(hint(
        mapping,
        severity,
        None,
        format!(
            "Entra ID's default mapping sends {many} attribute{plural} that are not mapped: {what}"
        ),
        Some(wrapped("", missing.into_iter())),
        Some("map them, or delete them from the mapping in Entra ID".to_owned()),
    ));
}

/// Names with commas between them, in lines of a width that is read with ease.
fn wrapped<'n>(start: &str, names: impl Iterator<Item = &'n str>) -> String {
    const WIDTH: usize = 90;
    let mut lines = vec![start.to_owned()];
    for (number, name) in names.enumerate() {
        let comma = if number > 0 { ", " } else { "" };
        match lines.last_mut() {
            Some(line) if line.len() + name.len() < WIDTH || number == 0 => {
                line.push_str(comma);
                line.push_str(name);
            }
            _ => {
                if let Some(line) = lines.last_mut() {
                    line.push(',');
                }
                lines.push(format!("  {name}"));
            }
        }
    }
    lines.join("\n")
}

/// The operators that make sense for an attribute and are refused, and whether sorting is.
fn not_searched(mapping: &Mapping, report: &mut Report) {
    let mut refused: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for rule in &mapping.rules {
        let Some(literal) = literal(mapping, rule) else { continue };
        let comparisons = Comparison::ALL.map(|operator| {
            (operator.name(), format!("{} {} {literal}", rule.path, operator.name()))
        });
        let present = [("pr", format!("{} pr", rule.path))];
        let operators: Vec<&str> = comparisons
            .iter()
            .chain(&present)
            .filter(|(_, text)| {
                // What SCIM itself does not compare is nothing that the upstream lacks.
                Filter::parse(&mapping.resource, text, &Profile::STRICT)
                    .is_ok_and(|filter| mapping.search(&filter, &Keys::default()).is_err())
            })
            .map(|(name, _)| *name)
            .collect();
        if !operators.is_empty() {
            refused.entry(operators.join(", ")).or_default().push(&rule.path);
        }
    }
    if !refused.is_empty() {
        let lines = refused.iter().map(|(operators, paths)| {
            let names = paths.iter().map(|path| path.rsplit(':').next().unwrap_or(path));
            wrapped(&format!("{operators} on "), names)
        });
        report.push(hint(
            mapping,
            Severity::Note,
            None,
            "some filters are refused with 400 `invalidFilter`".to_owned(),
            Some(lines.collect::<Vec<_>>().join("\n")),
            None,
        ));
    }
    if !mapping.entity.facts.sort {
        report.push(hint(
            mapping,
            Severity::Note,
            None,
            "lists are never sorted: `sortBy` is ignored".to_owned(),
            Some("the upstream is said not to sort".to_owned()),
            None,
        ));
    }
}

/// A value that the attribute takes, as a filter writes it.
fn literal(mapping: &Mapping, rule: &Rule) -> Option<String> {
    let key = mapping.kind(mapping.entity.key);
    let taken = |value: &Value<'_>| {
        let is_blank = value.as_str().is_some_and(|text| text.trim().is_empty());
        let is_stored = |value: &Value<'_>| {
            rule.search_value(value, key)
                .is_ok_and(|set| set.into_iter().any(|(_, v)| !v.is_absent()))
        };
        !is_blank && is_stored(value)
    };
    let value = values::of(mapping, rule).into_iter().find(taken)?;
    Some(match &value {
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Decimal(number) => number.to_string(),
        other => serde_json::Value::from(other.as_str()?).to_string(),
    })
}
