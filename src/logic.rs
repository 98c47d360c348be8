//! Propositional formulas: what filters, conditions in brackets and predicates have in common.
//!
//! A formula is simple from the start: there is no constant below the top, no group of fewer than
//! two parts or within one of its own kind, and no `not` of a `not`. And it is flat: one list in
//! which each group stands before its parts, so that a formula of any shape is one piece of memory,
//! made, looked through and given back in one go. What an atom says, this room does not know.

mod group;

use std::convert::Infallible;
use std::fmt::{self, Display};

pub use group::{Group, Mark};

/// How the parts of a group are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// By `and`.
    And,
    /// By `or`.
    Or,
}

impl Joint {
    /// The constant that changes nothing among such parts; the other one decides alone.
    const fn neutral(self) -> bool {
        matches!(self, Self::And)
    }

    /// How the parts are joined if the whole is negated and the negation carried down to them (De
    /// Morgan).
    #[must_use]
    pub const fn negated_if(self, negated: bool) -> Self {
        match (self, negated) {
            (joint, false) => joint,
            (Self::And, true) => Self::Or,
            (Self::Or, true) => Self::And,
        }
    }
}

/// A formula over atoms.
#[derive(Clone, Debug)]
pub struct Formula<A>(Form<A>);

#[derive(Clone, Debug)]
enum Form<A> {
    Constant(bool),
    /// An atom alone, which needs no memory of its own.
    Atom(A),
    /// One step or more.
    Steps(Vec<Step<A>>),
}

/// One step of a formula that is written down with each operator before its operands.
#[derive(Clone, Debug, PartialEq)]
enum Step<A> {
    Atom(A),
    /// The parts are the steps behind it, so many.
    Group(Joint, usize),
    /// What is negated are the steps behind it, so many.
    Not(usize),
}

impl<A> Step<A> {
    /// How many steps behind this one belong to it.
    const fn below(&self) -> usize {
        match self {
            Self::Atom(_) => 0,
            Self::Group(_, below) | Self::Not(below) => *below,
        }
    }
}

impl<A> Formula<A> {
    /// What is always so.
    pub const TRUE: Self = Self(Form::Constant(true));
    /// What is never so.
    pub const FALSE: Self = Self(Form::Constant(false));

    /// The constant.
    #[must_use]
    pub const fn of(truth: bool) -> Self {
        Self(Form::Constant(truth))
    }

    /// An atom alone.
    #[must_use]
    pub const fn atom(atom: A) -> Self {
        Self(Form::Atom(atom))
    }

    /// All of these are so; of none, that is always so.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(Joint::And, parts)
    }

    /// Any of these is so; of none, that is never so.
    #[must_use]
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(Joint::Or, parts)
    }

    /// These, joined.
    #[must_use]
    pub fn joined(joint: Joint, parts: impl IntoIterator<Item = Self>) -> Self {
        Self::drafted(joint, |group| parts.into_iter().for_each(|part| group.formula(part)))
    }

    /// The formula whose parts are written, joined in this way.
    #[must_use]
    pub fn drafted(joint: Joint, write: impl FnOnce(&mut Group<'_, A>)) -> Self {
        let written = Self::written(joint, |group| {
            write(group);
            Ok::<_, Infallible>(())
        });
        written.unwrap_or_else(|never| match never {})
    }

    /// The opposite.
    #[must_use]
    pub fn negation(self) -> Self {
        let written = Self::written(Joint::And, |group| {
            group.negation(|inner| {
                inner.formula(self);
                Ok::<_, Infallible>(())
            })
        });
        written.unwrap_or_else(|never| match never {})
    }

    /// The constant that the formula is, if it is one.
    #[must_use]
    pub const fn constant(&self) -> Option<bool> {
        match self.0 {
            Form::Constant(truth) => Some(truth),
            Form::Atom(_) | Form::Steps(_) => None,
        }
    }

    /// The atom that the formula is, if it is one.
    #[must_use]
    pub fn only_atom(&self) -> Option<&A> {
        match self.view() {
            View::Atom(atom) => Some(atom),
            _ => None,
        }
    }

    /// What the formula is made of.
    #[inline]
    #[must_use]
    pub fn view(&self) -> View<'_, A> {
        match &self.0 {
            Form::Constant(truth) => View::Constant(*truth),
            Form::Atom(atom) => View::Atom(atom),
            Form::Steps(steps) => View::of_steps(steps),
        }
    }

    /// Every atom, from left to right.
    pub fn atoms(&self) -> impl Iterator<Item = &A> {
        let (atom, steps) = match &self.0 {
            Form::Constant(_) => (None, [].as_slice()),
            Form::Atom(atom) => (Some(atom), [].as_slice()),
            Form::Steps(steps) => (None, steps.as_slice()),
        };
        atom.into_iter().chain(steps.iter().filter_map(|step| match step {
            Step::Atom(atom) => Some(atom),
            Step::Group(..) | Step::Not(_) => None,
        }))
    }

    /// Every atom, to be changed.
    pub fn atoms_mut(&mut self) -> impl Iterator<Item = &mut A> {
        let (atom, steps) = match &mut self.0 {
            Form::Constant(_) => (None, [].as_mut_slice()),
            Form::Atom(atom) => (Some(atom), [].as_mut_slice()),
            Form::Steps(steps) => (None, steps.as_mut_slice()),
        };
        atom.into_iter().chain(steps.iter_mut().filter_map(|step| match step {
            Step::Atom(atom) => Some(atom),
            Step::Group(..) | Step::Not(_) => None,
        }))
    }

    /// The same formula over what becomes of each atom.
    #[must_use]
    pub fn map<B>(self, mut change: impl FnMut(A) -> B) -> Formula<B> {
        Formula(match self.0 {
            Form::Constant(truth) => Form::Constant(truth),
            Form::Atom(atom) => Form::Atom(change(atom)),
            Form::Steps(steps) => {
                let change = |step| match step {
                    Step::Atom(atom) => Step::Atom(change(atom)),
                    Step::Group(joint, below) => Step::Group(joint, below),
                    Step::Not(below) => Step::Not(below),
                };
                Form::Steps(steps.into_iter().map(change).collect())
            }
        })
    }
}

impl<A: PartialEq> PartialEq for Formula<A> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Steps(left), Form::Steps(right)) => left == right,
            (Form::Constant(left), Form::Constant(right)) => left == right,
            // An atom alone may be held in two ways.
            _ => self.only_atom().is_some_and(|left| other.only_atom() == Some(left)),
        }
    }
}

impl<A: Display> Display for Formula<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().write(f, &A::fmt)
    }
}

/// What a formula, or a part of one, is made of.
#[derive(Debug)]
pub enum View<'f, A> {
    /// Always or never so; no part of a formula is.
    Constant(bool),
    /// An atom.
    Atom(&'f A),
    /// All of its parts are so; two or more.
    All(Parts<'f, A>),
    /// Any of its parts is so; two or more.
    Any(Parts<'f, A>),
    /// It is not so.
    Not(Negated<'f, A>),
}

impl<'f, A> View<'f, A> {
    #[inline]
    fn of_steps(steps: &'f [Step<A>]) -> Self {
        match steps.split_first() {
            Some((first, below)) => Self::of(first, below),
            // Something always stands behind an operator.
            None => Self::Constant(true),
        }
    }

    #[inline]
    fn of(first: &'f Step<A>, below: &'f [Step<A>]) -> Self {
        match first {
            Step::Atom(atom) => Self::Atom(atom),
            Step::Group(Joint::And, _) => Self::All(Parts(below)),
            Step::Group(Joint::Or, _) => Self::Any(Parts(below)),
            Step::Not(_) => Self::Not(Negated(below)),
        }
    }

    /// Whether the formula is so, where it is known of each atom.
    #[must_use]
    pub fn holds(self, atom: &impl Fn(&A) -> bool) -> bool {
        match self {
            Self::Constant(truth) => truth,
            Self::Atom(this) => atom(this),
            Self::All(mut parts) => parts.all(|part| part.holds(atom)),
            Self::Any(mut parts) => parts.any(|part| part.holds(atom)),
            Self::Not(inner) => !inner.view().holds(atom),
        }
    }

    /// The same formula over what is said instead of each atom.
    ///
    /// # Errors
    /// The first one that an atom gives.
    pub fn substitute<B, E>(
        self,
        atom: &mut impl FnMut(&'f A) -> Result<Formula<B>, E>,
    ) -> Result<Formula<B>, E> {
        Formula::written(Joint::And, |group| self.substitute_into(group, atom))
    }

    fn substitute_into<B, E>(
        self,
        group: &mut Group<'_, B>,
        atom: &mut impl FnMut(&'f A) -> Result<Formula<B>, E>,
    ) -> Result<(), E> {
        let (joint, mut parts) = match self {
            Self::Constant(truth) => {
                group.constant(truth);
                return Ok(());
            }
            Self::Atom(this) => {
                group.formula(atom(this)?);
                return Ok(());
            }
            Self::Not(inner) => {
                return group.negation(|group| inner.view().substitute_into(group, atom));
            }
            Self::All(parts) => (Joint::And, parts),
            Self::Any(parts) => (Joint::Or, parts),
        };
        group.group(joint, |group| parts.try_for_each(|part| part.substitute_into(group, atom)))
    }

    /// The part as a formula of its own.
    #[must_use]
    pub fn to_formula(&self) -> Formula<A>
    where
        A: Clone,
    {
        let compound = |first, below: &[Step<A>]| {
            Formula(Form::Steps(std::iter::once(first).chain(below.iter().cloned()).collect()))
        };
        match self {
            Self::Constant(truth) => Formula::of(*truth),
            Self::Atom(atom) => Formula::atom((*atom).clone()),
            Self::All(Parts(below)) => compound(Step::Group(Joint::And, below.len()), below),
            Self::Any(Parts(below)) => compound(Step::Group(Joint::Or, below.len()), below),
            Self::Not(Negated(below)) => compound(Step::Not(below.len()), below),
        }
    }
}

impl<A> Clone for View<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for View<'_, A> {}

impl<A> View<'_, A> {
    /// Writes the formula with `and`, `or` and `not (…)`, as filters have them (RFC 7644
    /// §3.4.2.2), `true` and `false`, and each atom as the caller writes it.
    ///
    /// # Errors
    /// Those of writing.
    pub fn write(
        self,
        f: &mut fmt::Formatter<'_>,
        atom: &impl Fn(&A, &mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let (parts, word) = match self {
            Self::Constant(truth) => return truth.fmt(f),
            Self::Atom(this) => return atom(this, f),
            Self::Not(inner) => {
                f.write_str("not (")?;
                inner.view().write(f, atom)?;
                return f.write_str(")");
            }
            Self::All(parts) => (parts, " and "),
            Self::Any(parts) => (parts, " or "),
        };
        for (at, part) in parts.enumerate() {
            if at > 0 {
                f.write_str(word)?;
            }
            if matches!(part, Self::All(_) | Self::Any(_)) {
                f.write_str("(")?;
                part.write(f, atom)?;
                f.write_str(")")?;
            } else {
                part.write(f, atom)?;
            }
        }
        Ok(())
    }
}

/// The parts of a group, from left to right.
#[derive(Debug)]
pub struct Parts<'f, A>(&'f [Step<A>]);

impl<A> Clone for Parts<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Parts<'_, A> {}

impl<'f, A> Iterator for Parts<'f, A> {
    type Item = View<'f, A>;

    #[inline]
    fn next(&mut self) -> Option<View<'f, A>> {
        let (first, rest) = self.0.split_first()?;
        let (below, behind) = rest.split_at_checked(first.below())?;
        self.0 = behind;
        Some(View::of(first, below))
    }
}

/// What is negated.
#[derive(Debug)]
pub struct Negated<'f, A>(&'f [Step<A>]);

impl<'f, A> Negated<'f, A> {
    /// What it is made of.
    #[must_use]
    pub fn view(self) -> View<'f, A> {
        View::of_steps(self.0)
    }
}

impl<A> Clone for Negated<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Negated<'_, A> {}

#[cfg(test)]
mod tests;
