use proptest::prelude::*;

use super::*;

/// A formula as it is thought of, nothing simplified.
#[derive(Clone, Debug)]
enum Thought {
    Constant(bool),
    Atom(u8),
    All(Vec<Thought>),
    Any(Vec<Thought>),
    Not(Box<Thought>),
}

fn thought() -> impl Strategy<Value = Thought> {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Thought::Constant),
        4 => (0_u8..4).prop_map(Thought::Atom),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Thought::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Thought::Any),
            inner.prop_map(|inner| Thought::Not(Box::new(inner))),
        ]
    })
}

impl Thought {
    fn formula(&self) -> Formula<u8> {
        match self {
            Self::Constant(truth) => Formula::of(*truth),
            Self::Atom(atom) => Formula::atom(*atom),
            Self::All(parts) => Formula::all(parts.iter().map(Self::formula)),
            Self::Any(parts) => Formula::any(parts.iter().map(Self::formula)),
            Self::Not(inner) => inner.formula().negation(),
        }
    }

    /// The same, written as one part of a group.
    fn write(&self, group: &mut Group<'_, u8>) -> Result<(), ()> {
        match self {
            Self::Constant(truth) => group.constant(*truth),
            Self::Atom(atom) => group.atom(*atom),
            Self::Not(inner) => return group.negation(|group| inner.write(group)),
            Self::All(parts) => {
                return group.group(Joint::And, |g| parts.iter().try_for_each(|p| p.write(g)));
            }
            Self::Any(parts) => {
                return group.group(Joint::Or, |g| parts.iter().try_for_each(|p| p.write(g)));
            }
        }
        Ok(())
    }

    /// What it says where the atoms in that set are so.
    fn holds(&self, so: u8) -> bool {
        match self {
            Self::Constant(truth) => *truth,
            Self::Atom(atom) => so >> atom & 1 == 1,
            Self::All(parts) => parts.iter().all(|part| part.holds(so)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(so)),
            Self::Not(inner) => !inner.holds(so),
        }
    }
}

fn holds(formula: &Formula<u8>, so: u8) -> bool {
    formula.view().holds(&|atom| so >> atom & 1 == 1)
}

/// Whether a part is as simple as the room says.
fn is_simple(view: View<'_, u8>, is_top: bool) -> bool {
    match view {
        View::Constant(_) => is_top,
        View::Atom(_) => true,
        View::All(parts) => {
            parts.count() >= 2
                && parts.into_iter().all(|p| !matches!(p, View::All(_)) && is_simple(p, false))
        }
        View::Any(parts) => {
            parts.count() >= 2
                && parts.into_iter().all(|p| !matches!(p, View::Any(_)) && is_simple(p, false))
        }
        View::Not(inner) => !matches!(inner.view(), View::Not(_)) && is_simple(inner.view(), false),
    }
}

#[test]
fn a_group_is_read_back_as_it_was_made() {
    let [a, b, c] = [0_u8, 1, 2].map(Formula::atom);
    let formula = Formula::any([Formula::all([a, b.negation()]), c]);
    let View::Any(mut parts) = formula.view() else { panic!("{formula:?}") };
    let Some(View::All(mut both)) = parts.next() else { panic!("{formula:?}") };
    assert!(matches!(both.next(), Some(View::Atom(0))));
    let Some(View::Not(inner)) = both.next() else { panic!("{formula:?}") };
    assert!(matches!(inner.view(), View::Atom(1)));
    assert!(both.next().is_none());
    assert!(matches!(parts.next(), Some(View::Atom(2))));
    assert!(parts.next().is_none());
    assert_eq!(formula.atoms().copied().collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn constants_decide_or_are_left_out() {
    let atom = || Formula::atom(0_u8);
    assert_eq!(Formula::all([atom(), Formula::TRUE]), atom());
    assert_eq!(Formula::all([atom(), Formula::FALSE, atom()]), Formula::FALSE);
    assert_eq!(Formula::any([Formula::FALSE, atom()]), atom());
    assert_eq!(Formula::any([atom(), Formula::TRUE, atom()]), Formula::TRUE);
    assert_eq!(Formula::<u8>::all([]), Formula::TRUE);
    assert_eq!(Formula::<u8>::any([]), Formula::FALSE);
    assert_eq!(atom().negation().negation(), atom());
}

proptest! {
    #[test]
    fn it_says_what_was_thought_in_the_simplest_form(
        thought in thought(),
        other in thought(),
    ) {
        let formula = thought.formula();
        prop_assert!(is_simple(formula.view(), true), "{formula:?}");
        for so in 0..16 {
            prop_assert_eq!(holds(&formula, so), thought.holds(so), "{:?}", formula);
        }
        for joint in [Joint::And, Joint::Or] {
            let written = Formula::written(joint, |group| thought.write(group));
            prop_assert_eq!(written.as_ref(), Ok(&formula));
            // What is taken back leaves no trace.
            let rewound = Formula::drafted(joint, |group| {
                group.atom(0);
                let mark = group.mark();
                let _ = thought.write(group);
                group.rewind(mark);
                group.atom(1);
            });
            let expected = Formula::joined(joint, [0, 1].map(Formula::atom));
            prop_assert_eq!(rewound, expected);
            // What is regrouped becomes the first part.
            let inverse = joint.negated_if(true);
            let regrouped = Formula::written(joint, |group| {
                group.atom(0);
                let mark = group.mark();
                thought.write(group)?;
                group.regroup(mark, inverse, |group| other.write(group))
            });
            let inner = Formula::joined(inverse, [formula.clone(), other.formula()]);
            prop_assert_eq!(regrouped, Ok(Formula::joined(joint, [Formula::atom(0), inner])));
        }
        prop_assert_eq!(&formula.view().to_formula(), &formula);
        prop_assert_eq!(&formula.clone().map(|atom| atom), &formula);
        let substituted = formula.view().substitute(&mut |atom| match atom {
            0 => Err(()),
            1 => Ok(Formula::FALSE),
            atom => Ok(Formula::all([Formula::atom(*atom), Formula::atom(3)])),
        });
        match substituted {
            Ok(other) => for so in 0..16 {
                let put = so & 0b1000 | if so >> 3 & 1 == 1 { so & 0b0100 } else { 0 };
                prop_assert_eq!(holds(&other, so), holds(&formula, put), "{:?}", other);
            },
            Err(()) => prop_assert!(formula.atoms().any(|atom| *atom == 0)),
        }
        let mut same = formula.clone();
        same.atoms_mut().for_each(|atom| *atom ^= 1);
        same.atoms_mut().for_each(|atom| *atom ^= 1);
        prop_assert_eq!(same.atoms().count(), formula.atoms().count());
        prop_assert_eq!(same, formula);
    }
}
