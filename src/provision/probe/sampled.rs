//! A mapping beside a few rows, where the upstream does not describe itself.
//!
//! Rows prove less than a description: a member that none of them has may belong to others, so it
//! is a mistake only where nobody could be read without it.

use super::Seen;
use super::declared::{Difference, Weight, is_written, words};
use crate::mapping::Mapping;
use crate::record::{Entity, Field, FieldIndex, Sample, Shown};

/// Whether the mapping cannot read the rows because of what a field holds.
pub(super) fn misfits(entity: &Entity, sample: &Sample) -> bool {
    sample.iter(&entity.fields).any(|(.., shown)| matches!(shown, Shown::Foreign(_)))
}

/// What was expected of a field and what was found, in words.
pub(super) fn foreign(field: &Field, what: &str) -> String {
    format!("the mapping takes it for {}, a row holds {what}", words(field))
}

/// Everything in which they differ, in the order of the mapping's fields.
pub(super) fn compared(mapping: &Mapping, sample: &Sample) -> Vec<Seen> {
    let compare = |(index, field, shown): (FieldIndex, &Field, Shown)| {
        let name = field.name.as_str();
        match shown {
            Shown::Empty | Shown::Fitting => None,
            Shown::Unseen => Some(unseen(mapping, index, name, sample)),
            Shown::Foreign(what) => {
                let message = format!("`{name}` is of another type");
                let expected = foreign(field, what);
                Some(Difference::new(name, Weight::Mistake, message, expected))
            }
            Shown::Unlike(what) => {
                let is_sent = index == mapping.entity.key || is_written(mapping, index);
                let message = format!("`{name}` is read as a text and holds {what}");
                let expected = format!("a row holds {what}, and the mapping sends a text");
                let difference = Difference::new(name, Weight::Gap, message, expected);
                let help = "give it the type that it has, or see that the upstream takes a text";
                is_sent.then(|| difference.help(help))
            }
        }
    };
    sample.iter(&mapping.entity.fields).filter_map(compare).map(Seen::Differs).collect()
}

fn unseen(mapping: &Mapping, index: FieldIndex, name: &str, sample: &Sample) -> Difference {
    let identifies =
        index == mapping.entity.key || index == mapping.id || mapping.unique.contains(&index);
    let weight = if identifies { Weight::Mistake } else { Weight::Gap };
    let message = format!("no row has `{name}`");
    let expected = match sample.rows {
        1 => "the one row that was looked at does not have it".to_owned(),
        rows => format!("none of the {rows} rows that were looked at has it"),
    };
    let known = sample.others.clone();
    Difference { is_unknown: true, known, ..Difference::new(name, weight, message, expected) }
}
