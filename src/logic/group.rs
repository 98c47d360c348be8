//! A formula that is put together from left to right, in one list.

use std::convert::Infallible;

use super::{Form, Formula, Joint, Parts, Step};

/// How many steps nearly every formula has at the most.
const USUAL: usize = 16;

/// Parts that are being joined: what is written is one more of them.
#[derive(Debug)]
pub struct Group<'d, A> {
    steps: &'d mut Vec<Step<A>>,
    joint: Joint,
    /// Where the first part begins.
    start: usize,
    state: State,
}

/// What is known of the parts that are written.
#[derive(Clone, Copy, Debug)]
struct State {
    /// How many there are.
    parts: usize,
    /// Whether one of them decides what the others cannot change.
    is_decided: bool,
}

/// A place in a group, for that very group to come back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    length: usize,
    state: State,
}

impl<A> Formula<A> {
    /// The formula whose parts are written, joined in this way.
    ///
    /// # Errors
    /// Those of writing.
    #[inline]
    pub fn written<E>(
        joint: Joint,
        write: impl FnOnce(&mut Group<'_, A>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut steps = Vec::with_capacity(USUAL);
        let mut group = Group::new(joint, &mut steps);
        write(&mut group)?;
        Ok(Self(match group.whole() {
            Some(truth) => Form::Constant(truth),
            None => Form::Steps(steps),
        }))
    }
}

impl<'d, A> Group<'d, A> {
    #[inline]
    const fn new(joint: Joint, steps: &'d mut Vec<Step<A>>) -> Self {
        let start = steps.len();
        Self { steps, joint, start, state: State { parts: 0, is_decided: false } }
    }

    /// How the parts are joined.
    #[must_use]
    pub const fn joint(&self) -> Joint {
        self.joint
    }

    /// Writes an atom.
    #[inline]
    pub fn atom(&mut self, atom: A) {
        self.steps.push(Step::Atom(atom));
        self.state.parts += 1;
    }

    /// Writes that an atom is not so.
    pub fn not(&mut self, atom: A) {
        self.steps.push(Step::Not(1));
        self.atom(atom);
    }

    /// Writes what is always or never so.
    #[inline]
    pub fn constant(&mut self, truth: bool) {
        if truth != self.joint.neutral() {
            self.state.is_decided = true;
        }
    }

    /// Writes a formula.
    pub fn formula(&mut self, formula: Formula<A>) {
        let start = self.steps.len();
        match formula.0 {
            Form::Constant(truth) => return self.constant(truth),
            Form::Atom(atom) => return self.atom(atom),
            Form::Steps(steps) => self.steps.extend(steps),
        }
        self.added(start);
    }

    /// Writes parts that are joined in this way.
    ///
    /// # Errors
    /// Those of writing.
    #[inline]
    pub fn group<E>(
        &mut self,
        joint: Joint,
        write: impl FnOnce(&mut Group<'_, A>) -> Result<(), E>,
    ) -> Result<(), E> {
        if joint == self.joint {
            return write(self);
        }
        let start = self.steps.len();
        self.steps.push(Step::Group(joint, 0));
        let mut inner = Group::new(joint, self.steps);
        write(&mut inner)?;
        match inner.state {
            State { parts: 2.., is_decided: false } => {
                self.span(start);
                self.state.parts += 1;
            }
            state => self.alone(start, joint, state),
        }
        Ok(())
    }

    /// Makes of a group at `start` whose parts need no joint what they are.
    fn alone(&mut self, start: usize, joint: Joint, state: State) {
        match state {
            State { parts: 1, is_decided: false } => {
                self.steps.remove(start);
                self.added(start);
            }
            State { is_decided, .. } => {
                self.steps.truncate(start);
                self.constant(joint.neutral() != is_decided);
            }
        }
    }

    /// Notes that all steps behind the one at `start` belong to it.
    #[inline]
    fn span(&mut self, start: usize) {
        let steps = self.steps.len() - start - 1;
        if let Some(Step::Group(_, below) | Step::Not(below)) = self.steps.get_mut(start) {
            *below = steps;
        }
    }

    /// Writes parts that are joined in this way, the first of which is what was written since then.
    ///
    /// # Errors
    /// Those of writing.
    pub fn regroup<E>(
        &mut self,
        since: Mark,
        joint: Joint,
        write: impl FnOnce(&mut Group<'_, A>) -> Result<(), E>,
    ) -> Result<(), E> {
        let State { parts, is_decided } = std::mem::replace(&mut self.state, since.state);
        let mut inner = Group {
            steps: self.steps,
            joint,
            start: since.length,
            state: State { parts: 0, is_decided: false },
        };
        let neutral = self.joint.neutral();
        match parts - since.state.parts {
            _ if is_decided && !since.state.is_decided => {
                inner.steps.truncate(since.length);
                inner.constant(!neutral);
            }
            0 => inner.constant(neutral),
            1 => inner.added(since.length),
            _ => {
                lead(inner.steps, since.length, self.joint);
                inner.added(since.length);
            }
        }
        write(&mut inner)?;
        match inner.whole() {
            Some(truth) => self.constant(truth),
            None => self.added(since.length),
        }
        Ok(())
    }

    /// Writes parts that are joined in this way, which cannot fail.
    #[inline]
    pub fn join(&mut self, joint: Joint, write: impl FnOnce(&mut Group<'_, A>)) {
        let written = self.group(joint, |group| {
            write(group);
            Ok::<_, Infallible>(())
        });
        written.unwrap_or_else(|never| match never {});
    }

    /// Writes the opposite of what is written.
    ///
    /// # Errors
    /// Those of writing.
    #[inline]
    pub fn negation<E>(
        &mut self,
        write: impl FnOnce(&mut Group<'_, A>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.steps.len();
        self.steps.push(Step::Not(0));
        let mut inner = Group::new(Joint::And, self.steps);
        write(&mut inner)?;
        match inner.whole() {
            None => self.negate(start),
            Some(truth) => {
                self.steps.truncate(start);
                self.constant(!truth);
            }
        }
        Ok(())
    }

    /// Negates what stands behind the `not` at `start`.
    fn negate(&mut self, start: usize) {
        if let Some(Step::Not(_)) = self.steps.get(start + 1) {
            self.steps.drain(start..start + 2);
            self.added(start);
        } else {
            self.span(start);
            self.state.parts += 1;
        }
    }

    /// Counts what stands behind `start` as a part, or as parts if it is joined in the same way.
    #[inline]
    fn added(&mut self, start: usize) {
        match self.steps.get(start) {
            Some(Step::Group(joint, _)) if *joint == self.joint => self.flatten(start),
            _ => self.state.parts += 1,
        }
    }

    #[cold]
    fn flatten(&mut self, start: usize) {
        self.steps.remove(start);
        // Two or more of them.
        self.state.parts += 2;
    }

    /// Makes one of the parts: the constant that they are, or `None` for what stands behind the
    /// start.
    #[inline]
    fn whole(self) -> Option<bool> {
        match self.state {
            State { parts: 1, is_decided: false } => None,
            State { parts: 2.., is_decided: false } => {
                lead(self.steps, self.start, self.joint);
                None
            }
            State { .. } => {
                self.steps.truncate(self.start);
                Some(self.joint.neutral() != self.state.is_decided)
            }
        }
    }

    /// The place where the next part begins.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        Mark { length: self.steps.len(), state: self.state }
    }

    /// The parts written since then.
    #[must_use]
    pub fn since(&self, mark: Mark) -> Parts<'_, A> {
        Parts(self.steps.get(mark.length..).unwrap_or_default())
    }

    /// Takes back what was written since then, although some of it may not have come to an end.
    pub fn rewind(&mut self, mark: Mark) {
        self.steps.truncate(mark.length);
        self.state = mark.state;
    }
}

/// Puts the joint before the parts that it joins.
// Moving them takes more code than all the rest of a group, which is worth inlining without it.
#[inline(never)]
fn lead<A>(steps: &mut Vec<Step<A>>, start: usize, joint: Joint) {
    let below = steps.len() - start;
    steps.insert(start, Step::Group(joint, below));
}
