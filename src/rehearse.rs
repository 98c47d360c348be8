//! A rollout, tried beforehand: everybody of a directory's export goes the whole way of serving,
//! against the living population, and nothing is written.
//!
//! The population is read once, by pages. Then each person is sent through the same API, provision,
//! mapping and dialect as a request of the identity provider: looked for by the matching attributes,
//! then created or changed. Behind stands somebody who answers from what was read, and has nothing
//! to write with: what reaches the upstream goes through [`ReadOnly`].
//!
//! | room | for |
//! |---|---|
//! | [`people`] | a file → people |
//! | `entra` | the columns of a directory → what it sends |
//! | `person` | one person → the bodies of a create and of a PATCH |
//! | `population` | the rows that were read, and who answers from them |
//! | `client` | the requests, and what came of each |
//! | `outcome` | what is told |
//! | [`against`] | what another mapping makes of the same people and rows |
//! | [`report`] | counts, and the files |

pub mod against;
mod client;
mod entra;
mod outcome;
pub mod people;
mod person;
mod population;
pub mod report;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::api::Api;
use crate::diagnostic::alternatives;
use crate::gate::Caller;
use crate::generation::{Generation, Project};
use crate::mapping::Mapping;
use crate::mapping::policy::Standing;
pub use crate::provision::Uncounted;
use crate::provision::{Event, Observer};
use crate::record::Record;
use crate::scim::Filter;
use crate::scim::filter::Criterion;
use crate::seam::Seams;
use crate::upstream::{Kind, ReadOnly, Sender};
use crate::value::{Value, fold};
use client::Client;
pub use entra::{NotABoolean, Source};
pub use outcome::{Judged, LeftOver, Rehearsal, Shown, Verdict, Why, Written};
use people::People;
pub use person::Person;
use population::{Population, StandIn};

/// What a rehearsal is asked for.
#[derive(Clone, Debug)]
pub struct Means {
    /// Which project; needed where there are several.
    pub project: Option<String>,
    /// As which of its callers; the first one without it.
    pub caller: Option<String>,
    /// The matching attributes, as the identity provider has them, in the order of precedence.
    pub matching: Vec<String>,
    /// The most rows that are held.
    pub most: usize,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many rows were read.
    Rows(usize),
    /// So many people of so many were tried.
    People(usize, usize),
}

/// Whom to tell how far it is.
pub type Tell<'t> = dyn FnMut(Progress) + Send + 't;

/// Why there is no rehearsal. A person who would be refused is none of these.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// The configuration has several projects, or not that one.
    #[error("expected `--project` with {expected}")]
    NoProject {
        /// The projects' names.
        expected: String,
    },
    /// The project has no such caller.
    #[error("the project has no caller `{name}`: expected {expected}")]
    NoCaller {
        /// The name that was given.
        name: String,
        /// The callers' names.
        expected: String,
    },
    /// The mapping does not store a matching attribute.
    #[error("the mapping has no attribute `{path}`, by which people are to be matched")]
    NoMatch {
        /// The attribute.
        path: String,
    },
    /// The population could not be read.
    #[error(transparent)]
    Population(#[from] Uncounted),
    /// The upstream stopped to answer: half a rehearsal would be taken for a whole one.
    #[error("the server behind stopped to answer in between: {0}")]
    Upstream(Kind),
}

/// Watches what provisioning decides, for the person who is tried at the moment.
#[derive(Debug, Default)]
struct Watcher(Mutex<Decided>);

/// What was decided.
#[derive(Debug, Default)]
struct Decided {
    /// The fields and values that were to be written.
    delta: Vec<(crate::record::FieldIndex, Value<'static>)>,
    left_out: Vec<String>,
    unmapped: Vec<String>,
}

impl Watcher {
    fn take(&self) -> Decided {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Watcher {
    fn notice(&self, event: Event<'_>) {
        let mut decided = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Unmapped(paths) => decided.unmapped.extend(paths.iter().map(str::to_owned)),
            Event::Invalid { path, error } => {
                decided.left_out.push(format!("{path}: {}", error.detail));
            }
            Event::Nobody { path } => {
                decided.left_out.push(format!("{path}: expected the id of a User who is there"));
            }
            Event::Written { delta, dropped, .. } => {
                let fields = delta.iter().map(|(field, value)| (field, value.clone().into_owned()));
                decided.delta = fields.collect();
                let left = dropped.iter().map(|d| format!("{}: expected {}", d.path, d.expected));
                decided.left_out.extend(left);
            }
        }
    }
}

/// Reads the population, and tries everybody.
///
/// # Errors
/// [`RehearseError`].
pub async fn rehearse(
    generation: Generation,
    people: &People,
    means: &Means,
    seams: &Seams,
    tell: &mut Tell<'_>,
) -> Result<Stage, RehearseError> {
    let limits = generation.limits;
    let mut project = project(generation, means.project.as_deref())?;
    let caller = caller(&project, means.caller.as_deref())?;
    for path in &means.matching {
        if project.provisioner.mapping.resource.slot_of(path).is_none() {
            return Err(RehearseError::NoMatch { path: path.clone() });
        }
    }
    let live = ReadOnly::new(Arc::clone(&project.provisioner.upstream));
    project.provisioner.upstream = Arc::new(live.clone());
    let rows = project
        .provisioner
        .population(&*seams.clock, means.most, &mut |rows| tell(Progress::Rows(rows)))
        .await?;
    let population = Arc::new(Population::new(&project.provisioner.mapping, rows));
    let stand_in = Arc::new(StandIn::new(Arc::clone(&population), live));
    let watcher = Arc::new(Watcher::default());
    project.provisioner.upstream = Arc::clone(&stand_in) as Arc<dyn Sender>;
    project.provisioner.observer = Some(Arc::clone(&watcher) as Arc<dyn Observer>);
    let project = Arc::new(project);
    let generation = Generation { projects: vec![Arc::clone(&project)], limits };
    let api = Api::new(Arc::clone(&seams.clock));
    let mut client = Client {
        api,
        generation: Arc::new(generation),
        project: Arc::clone(&project),
        caller: Arc::clone(&caller),
        population: Arc::clone(&population),
        stand_in,
        watcher,
        unmapped: BTreeMap::new(),
    };
    let rehearsal = try_everybody(&mut client, people, means, tell).await?;
    Ok(Stage { project, caller, population, rehearsal })
}

/// A rehearsal with the rows and the mapping that it was played on.
#[derive(Debug)]
pub struct Stage {
    project: Arc<Project>,
    caller: Arc<Caller>,
    population: Arc<Population>,
    /// What was found.
    pub rehearsal: Rehearsal,
}

impl Stage {
    /// The project's name.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project.name
    }

    /// The caller's name.
    #[must_use]
    pub fn caller(&self) -> &str {
        &self.caller.name
    }

    fn mapping(&self) -> &Mapping {
        &self.project.provisioner.mapping
    }
}

fn project(generation: Generation, name: Option<&str>) -> Result<Project, RehearseError> {
    let names: Vec<_> = generation.projects.iter().map(|p| Arc::clone(&p.name)).collect();
    let expected = || alternatives(names.iter().map(|name| &**name));
    let mut projects = generation.projects.into_iter();
    let found = match name {
        Some(name) => projects.find(|project| *project.name == *name),
        None => projects.next().filter(|_| names.len() == 1),
    };
    // Nobody else holds a project of a generation that does not serve.
    found.and_then(Arc::into_inner).ok_or_else(|| RehearseError::NoProject { expected: expected() })
}

fn caller(project: &Project, name: Option<&str>) -> Result<Arc<Caller>, RehearseError> {
    let callers = || project.door.callers.iter();
    let found = match name {
        Some(name) => callers().find(|caller| *caller.name == *name),
        None => callers().next(),
    };
    found.cloned().ok_or_else(|| RehearseError::NoCaller {
        name: name.unwrap_or_default().to_owned(),
        expected: alternatives(callers().map(|caller| &*caller.name).collect::<Vec<_>>()),
    })
}

/// First everybody is looked for, so that managers are known; then everybody is written.
async fn try_everybody(
    client: &mut Client,
    people: &People,
    means: &Means,
    tell: &mut Tell<'_>,
) -> Result<Rehearsal, RehearseError> {
    let project = Arc::clone(&client.project);
    let mapping = &project.provisioner.mapping;
    let total = people.people.len();
    let mut judged: Vec<Judged> = Vec::with_capacity(total);
    let mut before = Before::default();
    let mut bound = Bosses::default();
    let mut owners: HashMap<String, u64> = HashMap::new();
    for person in &people.people {
        let mut one = Judged::new(person);
        if let Some(text) = before.same(mapping, person, people.unit) {
            one.verdict = Verdict::Duplicate;
            one.remarks.push(text);
        } else {
            client.look_for(person, &means.matching, &mut one).await?;
            if let (Verdict::Unchanged, [id]) = (one.verdict, one.rows.as_slice()) {
                match owners.get(id) {
                    Some(place) => {
                        one.verdict = Verdict::Duplicate;
                        one.remarks.push(format!("{} {place} is bound to this row", people.unit));
                    }
                    None => drop(owners.insert(id.clone(), person.place)),
                }
            }
        }
        bound.note(person, &one);
        judged.push(one);
        tell(Progress::People(judged.len(), total * 2));
    }
    let mut new_names: HashMap<String, u64> = HashMap::new();
    for (number, (person, one)) in (total + 1..).zip(people.people.iter().zip(&mut judged)) {
        let manager = bound.of(person, one);
        match one.verdict {
            Verdict::Unchanged => client.change(person, manager, one).await?,
            Verdict::Create => client.create(person, manager, one).await?,
            _ => {}
        }
        if one.verdict == Verdict::Create {
            let name = population::coarsest(&one.user_name);
            match new_names.get(&name) {
                Some(place) => one.remarks.push(format!(
                    "differs from {} {place} only in accents, width or blanks: a database that \
                     finds them equal refuses the second",
                    people.unit
                )),
                None => drop(new_names.insert(name, person.place)),
            }
        }
        tell(Progress::People(number, total * 2));
    }
    let left_over = left_over(mapping, client.population.rows(), &judged);
    Ok(Rehearsal {
        people: judged,
        left_over,
        rows: client.population.rows().len(),
        asked: client.stand_in.asked(),
        unmapped: std::mem::take(&mut client.unmapped),
    })
}

/// Who was in the export before.
#[derive(Default)]
struct Before {
    names: HashMap<String, u64>,
    identities: HashMap<String, u64>,
}

impl Before {
    /// Says that the same person was there before, by the name as the mapping spells it or by the
    /// directory's id.
    fn same(&mut self, mapping: &Mapping, person: &Person, unit: &str) -> Option<String> {
        let name = person.text("userName").map(|name| canonical(mapping, name));
        let mut told = None;
        if let Some(name) = name {
            match self.names.get(&name) {
                Some(place) => told = Some(format!("{unit} {place} has the same userName")),
                None => drop(self.names.insert(name, person.place)),
            }
        }
        if let Some(identity) = &person.identity {
            match self.identities.get(identity) {
                Some(place) => {
                    told = told.or_else(|| Some(format!("{unit} {place} has the same id")));
                }
                None => drop(self.identities.insert(identity.clone(), person.place)),
            }
        }
        told
    }
}

/// A userName in the one spelling and folding by which people are compared.
fn canonical(mapping: &Mapping, name: &str) -> String {
    let filter = Filter::equals(mapping.user_name, Value::Text(name.to_owned().into()));
    let filter = mapping.canonical(&filter);
    let canonical = match filter.only_atom() {
        Some(Criterion::Compare { value, .. }) => value.as_str(),
        _ => None,
    };
    fold(canonical.unwrap_or(name)).into_owned()
}

/// Who is whose manager, by the directory's names for them.
#[derive(Default)]
struct Bosses(HashMap<String, Option<String>>);

impl Bosses {
    fn note(&mut self, person: &Person, one: &Judged) {
        let is_bound = one.verdict == Verdict::Unchanged;
        let id = one.rows.first().filter(|_| is_bound).cloned();
        for name in [&person.identity, &person.principal].into_iter().flatten() {
            self.0.entry(fold(name).into_owned()).or_insert_with(|| id.clone());
        }
    }

    /// The SCIM id of a person's manager; why there is none is a remark.
    fn of(&self, person: &Person, one: &mut Judged) -> Option<String> {
        let known = self.0.get(&*fold(person.manager.as_deref()?));
        match known {
            Some(Some(id)) => return Some(id.clone()),
            Some(None) => one.remarks.push("the manager has no row yet: sent later".to_owned()),
            None => one.remarks.push("the manager is not in the export".to_owned()),
        }
        None
    }
}

/// The rows that no person of the export has anything to do with.
fn left_over(mapping: &Mapping, rows: &[Record<'_>], people: &[Judged]) -> Vec<LeftOver> {
    let touched: HashSet<&str> =
        people.iter().flat_map(|person| &person.rows).map(String::as_str).collect();
    let mut left = Vec::new();
    for row in rows {
        let Some(id) = client::id_of(mapping, row) else { continue };
        if touched.contains(id.as_str()) {
            continue;
        }
        let document = mapping.outward(row);
        left.push(LeftOver {
            id,
            user_name: document.value(mapping.user_name).as_str().map(str::to_owned),
            shown: match mapping.standing(row) {
                Standing::Living => Shown::Living,
                Standing::Hidden => Shown::Hidden,
                Standing::Deleted => Shown::Deleted,
            },
            is_protected: mapping.is_protected(row),
            is_active: mapping.is_enabled(row),
        });
    }
    left
}
