//! Whose doing a refusal is: what an upstream says of each field alike is about none of them.

use super::Seen;
use crate::mapping::Mapping;
use crate::mapping::predicate;
use crate::record::Predicate;

/// Where every field that was asked for was refused in the same words, tells it once, as a refusal
/// of the whole search: a wrong address, or something that stands in every call. A difference that
/// explains it is enough by itself.
pub(super) fn of_the_search(mapping: &Mapping, seen: &mut Vec<Seen>) {
    let is_asked = |index| {
        let absent = Predicate::absent(index, true);
        predicate::unsupported(&absent, &mapping.entity.facts).is_none()
    };
    let asked = mapping.entity.fields.iter().filter(|(index, _)| is_asked(*index)).count();
    told_once(asked, seen);
}

fn told_once(asked: usize, seen: &mut Vec<Seen>) {
    let mut refused = seen.iter().filter_map(|seen| match seen {
        Seen::Unknown(_, why) => Some(why),
        _ => None,
    });
    let Some(first) = refused.next().cloned() else { return };
    // One field that the description lacks was not asked for, and is no reason for the others.
    let (mut count, mut alike) = (1, true);
    for why in refused {
        count += 1;
        alike &= *why == first;
    }
    let is_reason = |seen: &Seen| matches!(seen, Seen::Differs(told) if !told.known.is_empty());
    let reasons = seen.iter().filter(|seen| is_reason(seen)).count();
    if count < 2 || !alike || count + reasons < asked {
        return;
    }
    seen.retain(|seen| !matches!(seen, Seen::Unknown(..)));
    if reasons == 0 {
        seen.push(Seen::Refused(first));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(name: &str, why: &str) -> Seen {
        Seen::Unknown(name.into(), why.to_owned())
    }

    #[test]
    fn what_is_said_of_every_field_is_told_once_and_of_the_search() {
        let mut seen = vec![unknown("a", "status 404"), unknown("b", "status 404")];
        told_once(2, &mut seen);
        assert_eq!(seen, [Seen::Refused("status 404".to_owned())]);
    }

    #[test]
    fn what_is_said_of_some_fields_stays_theirs() {
        let two = [unknown("a", "status 400"), unknown("b", "status 400")];
        let differing = [unknown("a", "status 400"), unknown("b", "status 501")];
        for (asked, seen) in [(3, &two[..]), (2, &differing[..]), (1, &two[..1])] {
            let mut told = seen.to_vec();
            told_once(asked, &mut told);
            assert_eq!(told, seen, "{asked}");
        }
    }
}
