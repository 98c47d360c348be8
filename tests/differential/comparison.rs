//! Holding two implementations against each other, and every difference against its explanation.
//!
//! An explanation is no excuse: it is a [`Rule`] that says the same thing again in the words that the
//! other engine understands as the RFC means them, or, where the RFC asks for a refusal, that there
//! must be one. With all rules in force both must always agree. Without any one of them some case
//! must differ, else the rule explains nothing and has to go.

use std::collections::BTreeSet;
use std::fmt::Debug;

use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::engine::Engine;
use crate::person::Json;

/// What came of a case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Refused,
    Done(Json),
}

/// Something that both can be asked.
pub(crate) trait Case: Clone + Debug {
    /// What it is called when a test fails.
    const NAME: &'static str;

    /// What we make of it.
    fn ours(&self) -> Outcome;

    /// What the other engine is asked; nothing where a rule says that it must be refused.
    fn question(&self) -> Option<Json>;

    /// What the other engine's answer comes to.
    fn outcome(&self, answer: &Json) -> Outcome;
}

/// A difference, explained.
pub(crate) struct Rule<C> {
    pub(crate) name: &'static str,
    /// What the RFC says, or why it leaves us free.
    pub(crate) why: &'static str,
    /// The same case, as the other engine would have to be asked.
    pub(crate) restate: fn(&mut C),
}

/// How many cases are tried, and which: `DIFFERENTIAL_CASES` and `DIFFERENTIAL_SEED`, both numbers.
fn told(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

const CASES: u64 = 2500;
const SEED: u64 = 7644;

/// How many cases are asked at once.
const BATCH: usize = 500;

fn restated<C: Case>(case: &C, rules: &[&Rule<C>]) -> C {
    let mut case = case.clone();
    rules.iter().for_each(|rule| (rule.restate)(&mut case));
    case
}

/// What the engine makes of these cases.
fn theirs<C: Case>(engine: &mut Engine, cases: &[C]) -> Vec<Result<Outcome, String>> {
    let questions: Vec<Option<Json>> = cases.iter().map(Case::question).collect();
    let asked: Vec<Json> = questions.iter().flatten().cloned().collect();
    let mut answers = engine.ask(&asked).into_iter();
    let outcomes = cases.iter().zip(&questions).map(|(case, question)| {
        if question.is_none() {
            return Ok(Outcome::Refused);
        }
        let answer = answers.next().unwrap();
        if let Some(broken) = answer.get("broken") {
            return Err(broken.to_string());
        }
        Ok(if answer.get("refused").is_some() { Outcome::Refused } else { case.outcome(&answer) })
    });
    outcomes.collect()
}

/// Tries many cases. `kinds` names an outcome; each of its names must be seen in one case of fifty.
pub(crate) fn compare<C: Case>(
    cases: &BoxedStrategy<C>,
    rules: &[Rule<C>],
    kinds: fn(&Outcome) -> &'static str,
    wanted: &[&str],
) {
    let (number, seed) = (told("DIFFERENTIAL_CASES", CASES), told("DIFFERENTIAL_SEED", SEED));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let mut engine = Engine::started();
    let all: Vec<&Rule<C>> = rules.iter().collect();
    let mut dead: BTreeSet<usize> = (0..rules.len()).collect();
    let mut seen: Vec<&str> = Vec::new();
    let mut left = usize::try_from(number).unwrap();
    while left > 0 {
        let trees: Vec<_> =
            (0..left.min(BATCH)).map(|_| cases.new_tree(&mut runner).unwrap()).collect();
        left -= trees.len();
        let sent: Vec<C> = trees.iter().map(ValueTree::current).collect();
        let ours: Vec<Outcome> = sent.iter().map(Case::ours).collect();
        let plain = theirs(&mut engine, &sent);
        let explained: Vec<C> = sent.iter().map(|case| restated(case, &all)).collect();
        let explained = theirs(&mut engine, &explained);
        for (tree, (ours, theirs)) in trees.into_iter().zip(ours.iter().zip(&explained)) {
            if theirs.as_ref() != Ok(ours) {
                unexplained(tree, &mut engine, &all, seed);
            }
        }
        seen.extend(ours.iter().map(kinds));
        let differing: Vec<(&C, &Outcome)> = sent
            .iter()
            .zip(&ours)
            .zip(&plain)
            .filter(|((_, ours), theirs)| theirs.as_ref() != Ok(*ours))
            .map(|(case, _)| case)
            .collect();
        // A rule is needed where its absence makes a difference.
        dead.retain(|dead| {
            let others: Vec<&Rule<C>> = rules
                .iter()
                .enumerate()
                .filter(|(at, _)| at != dead)
                .map(|(_, rule)| rule)
                .collect();
            !differing.chunks(20).any(|cases| {
                let without: Vec<C> =
                    cases.iter().map(|(case, _)| restated(*case, &others)).collect();
                let theirs = theirs(&mut engine, &without);
                cases.iter().zip(&theirs).any(|((_, ours), theirs)| theirs.as_ref() != Ok(*ours))
            })
        });
    }
    let dead: Vec<&str> = dead.into_iter().map(|at| rules[at].name).collect();
    assert!(
        dead.is_empty(),
        "rules that explain nothing in {number} cases of seed {seed}: {dead:?}"
    );
    for name in wanted {
        let found = seen.iter().filter(|kind| *kind == name).count();
        assert!(found * 50 >= seen.len(), "only {found} of {} cases are `{name}`", seen.len());
    }
}

/// Makes the case as small as it can be and still differ, and fails with it.
fn unexplained<C: Case>(
    mut tree: Box<dyn ValueTree<Value = C>>,
    engine: &mut Engine,
    rules: &[&Rule<C>],
    seed: u64,
) -> ! {
    let mut differs = |case: &C| {
        let theirs = theirs(engine, &[restated(case, rules)]).swap_remove(0);
        let ours = case.ours();
        (theirs.as_ref() != Ok(&ours)).then_some((ours, theirs))
    };
    let mut worst = tree.current();
    while tree.simplify() {
        loop {
            let case = tree.current();
            if differs(&case).is_some() {
                worst = case;
                break;
            }
            if !tree.complicate() {
                break;
            }
        }
    }
    let (ours, explained) = differs(&worst).unwrap();
    let plain = theirs(engine, std::slice::from_ref(&worst)).swap_remove(0);
    let in_force: Vec<String> = rules
        .iter()
        .filter(|rule| restated(&worst, &[rule]).question() != worst.question())
        .map(|rule| format!("\n  {}: {}", rule.name, rule.why))
        .collect();
    panic!(
        "a difference without an explanation (DIFFERENTIAL_SEED={seed})\n\
         {}: {}\nours: {ours:?}\ntheirs: {plain:?}\n\
         in other words: {}\ntheirs: {explained:?}\nrules in force:{}",
        C::NAME,
        asked(&worst),
        asked(&restated(&worst, rules)),
        in_force.concat()
    )
}

fn asked<C: Case>(case: &C) -> String {
    case.question().map_or_else(|| "must be refused".to_owned(), |question| question.to_string())
}
