//! What a mapping does that nobody wrote down: the laws tried on values, and hints.
//!
//! `inward(outward(inward(x))) = inward(x)` holds for every transform of the registry; of a rule with
//! an operator's own table, pattern and split it must be tried. The values are always the same ones,
//! so a mapping that was accepted once is accepted everywhere.

mod hints;
mod values;

use super::rule::{Rule, Set, Shape};
use super::transform::{Refusal, Transform};
use super::{Mapping, split};
use crate::diagnostic::{Code, Finding, Report, Severity};
use crate::value::{Value, same_folded};

impl Mapping {
    /// Everything worth knowing of a mapping without errors: laws that do not hold (errors), what is
    /// stored and not printed (warnings), what is lost, not mapped or not searched (notes).
    #[must_use]
    pub fn trial(&self) -> Report {
        let mut report = Report::default();
        for rule in self.rules.iter().filter(|rule| !rule.read_only) {
            for finding in self.try_rule(rule) {
                report.push(finding);
            }
        }
        hints::give(self, &mut report);
        report
    }

    /// The laws that do not hold.
    pub(super) fn breaches(&self) -> Vec<Finding> {
        // A value that nothing is done to comes back as it went in.
        let is_plain = |rule: &Rule| match &rule.shape {
            Shape::One(_) | Shape::Person(_) | Shape::Reference { .. } => rule.chain.is_empty(),
            Shape::Split { .. } => false,
        };
        let tried = self.rules.iter().filter(|rule| !rule.read_only && !is_plain(rule));
        let findings = tried.flat_map(|rule| self.try_rule(rule));
        findings.filter(|finding| finding.severity == Severity::Error).collect()
    }

    /// The worst that the values show of a rule: at most one finding of each kind.
    fn try_rule(&self, rule: &Rule) -> Vec<Finding> {
        let values = values::of(self, rule);
        let mut worst: [Option<Finding>; 3] = [None, None, None];
        let mut refusal = None;
        let mut taken = 0;
        for value in &values {
            let set = match self.stored(rule, value) {
                Ok(set) => set,
                Err(refused) => {
                    refusal = Some(refused.expected);
                    continue;
                }
            };
            taken += 1;
            let Some(finding) = self.try_value(rule, value, &set) else { continue };
            if let Some(place) = worst.get_mut(finding.severity as usize) {
                place.get_or_insert(finding);
            }
        }
        let mut found: Vec<Finding> = worst.into_iter().flatten().collect();
        if let Some(expected) = refusal.filter(|_| taken == 0) {
            let label = format!("none of {} values was taken: expected {expected}", values.len());
            found.push(self.finding(
                rule,
                Severity::Warning,
                format!("no client could send `{}`", rule.path),
                Some(label),
                Some("make its transforms and its limits fit each other".to_owned()),
            ));
        }
        found
    }

    /// What a rule makes of a value; of a reference, what the other row must hold.
    fn stored<'v>(&self, rule: &Rule, value: &'v Value<'_>) -> Result<Set<'v>, Refusal> {
        match rule.shape {
            Shape::Reference { field, .. } => {
                let stored = rule.referred(value.borrowed())?;
                Ok(Set { first: Some((field, stored)), second: None })
            }
            _ => rule.inward(value.borrowed(), self.kind(self.entity.key), None),
        }
    }

    fn try_value(&self, rule: &Rule, value: &Value<'_>, set: &Set<'_>) -> Option<Finding> {
        let stored = || shown_set(rule, set);
        // Each of several values goes through the rule by itself.
        let printed = rule.outward_of(|field| set.value(field)).unwrap_or_default();
        let printed = printed.into_each().into_iter().next().unwrap_or_default();
        if printed.is_absent() {
            let is_nothing = rule.fields().all(|field| set.value(field).is_absent());
            return Some(if is_nothing {
                let label = format!("{} is stored as nothing", shown(value));
                self.loss(rule, label)
            } else {
                self.finding(
                    rule,
                    Severity::Warning,
                    format!("`{}` takes what it does not print", rule.path),
                    Some(format!("{} is stored as {}, and not printed", shown(value), stored())),
                    Some("narrow it with `pattern`, or state the way back".to_owned()),
                )
            });
        }
        let again = self.stored(rule, &printed);
        let is_same = again.as_ref().is_ok_and(|again| {
            rule.fields().all(|field| self.is_stored_alike(set.value(field), again.value(field)))
        });
        if !is_same {
            let again = match &again {
                Ok(again) => format!("stored again as {}", shown_set(rule, again)),
                Err(refusal) => format!("then refused: expected {}", refusal.expected),
            };
            let label = format!(
                "{} is stored as {}, printed as {}, and {again}",
                shown(value),
                stored(),
                shown(&printed)
            );
            return Some(
                self.finding(
                    rule,
                    Severity::Error,
                    format!("what `{}` prints is not what it stores", rule.path),
                    Some(label),
                    Some(
                        "what is printed must be stored as it was: see `scim-sidecar transforms`"
                            .into(),
                    ),
                ),
            );
        }
        let slot = self.resource.slot(rule.slot);
        let is_case_alone = match (&printed, value) {
            (Value::Text(printed), Value::Text(value)) => same_folded(printed, value),
            _ => false,
        };
        // The letter case of a name is nobody else's name (RFC 7643 §4.1.1).
        if Self::same(&printed, value)
            || (is_case_alone && !slot.case_exact && self.identifies(rule))
        {
            return None;
        }
        let label = format!(
            "{} is stored as {} and printed as {}",
            shown(value),
            stored(),
            shown(&printed)
        );
        Some(self.loss(rule, label))
    }

    /// Whether the upstream would find the one where it holds the other.
    fn is_stored_alike(&self, one: &Value<'_>, other: &Value<'_>) -> bool {
        match (one, other) {
            // The text for a missing part of a split is found in any letter case.
            (Value::Text(one), Value::Text(other)) => same_folded(one, other),
            (one, other) => Self::same(one, other),
        }
    }

    fn loss(&self, rule: &Rule, label: String) -> Finding {
        let parts: &[split::Part] = match &rule.shape {
            Shape::Split { split, .. } => &split.parts,
            Shape::One(_) | Shape::Person(_) | Shape::Reference { .. } => &[],
        };
        let chains = std::iter::once(&rule.chain).chain(parts.iter().map(|part| &part.chain));
        let declared: Vec<String> = chains
            .flat_map(super::transform::Chain::steps)
            .filter_map(|step: &dyn Transform| {
                Some(format!("`{}` loses {}", step.name(), step.loses()?))
            })
            .collect();
        let spelling = "`split` prints one spelling of those that it takes".to_owned();
        let why = match (declared.is_empty(), parts.is_empty()) {
            (false, _) => Some(declared.join("; ")),
            (true, false) => Some(spelling),
            (true, true) => None,
        };
        let message = format!("`{}` does not print all that it takes", rule.path);
        self.finding(rule, Severity::Note, message, Some(label), why)
    }

    fn finding(
        &self,
        rule: &Rule,
        severity: Severity,
        message: String,
        label: Option<String>,
        help: Option<String>,
    ) -> Finding {
        Finding {
            severity,
            code: Code::Law,
            diff: Vec::new(),
            message,
            source: std::sync::Arc::clone(&self.source),
            span: Some(rule.place.clone()),
            label,
            help,
            masked: false,
        }
    }
}

/// What a rule stores: its value, or those of its two fields.
fn shown_set(rule: &Rule, set: &Set<'_>) -> String {
    let values: Vec<String> = rule.fields().map(|field| shown(set.value(field))).collect();
    values.join(" and ")
}

/// A value for a reader: what nobody sees is spelled out, and what is long is cut.
fn shown(value: &Value<'_>) -> String {
    const MOST: usize = 48;
    match value {
        Value::Absent => "nothing".to_owned(),
        Value::Integer(number) => format!("`{number}`"),
        Value::Boolean(truth) => format!("`{truth}`"),
        other => {
            let text = other.as_str().unwrap_or_default();
            let mut spelled = String::new();
            for letter in text.chars().take(MOST) {
                let is_mark = !letter.is_ascii() && letter.escape_debug().len() > 1;
                if letter.is_control() || super::transform::is_unseen(letter) || is_mark {
                    spelled.extend(letter.escape_unicode());
                } else {
                    spelled.push(letter);
                }
            }
            let more = if text.chars().count() > MOST { "…" } else { "" };
            format!("`{spelled}{more}`")
        }
    }
}

#[cfg(test)]
mod tests;
