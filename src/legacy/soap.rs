//! Bizagi's SOAP layer `EntityManagerSOA` over the same rows: envelopes, methods and documents.
//! It does no input or output of its own.
//!
//! This is the documented way to write WFUSER on installs without Bizagi's own SCIM. The rooms
//! below say what of it is known and what is invented.

mod canary;
mod condition;
mod create;
mod entity;
mod envelope;
mod refusal;
mod save;
mod value;
mod xml;

use std::sync::Arc;

use self::canary::Canary;
use self::condition::{ConditionError, condition, shape};
use self::entity::Entity;
pub(super) use self::envelope::{Fault, OPERATIONS, Operation, Request, action};
use self::envelope::{Verb, answer};
use self::refusal::{Code, Refusal};
use self::value::truth;
use self::xml::Element;
use super::OverLength;
use super::store::{Condition, Manner, Search, Store};

/// The path after the project, in any letter case.
pub(super) const PATH: &str = "/WebServices/EntityManagerSOA.asmx";

/// The store seen through SOAP.
#[derive(Clone)]
pub(super) struct View {
    /// The rows.
    pub(super) store: Arc<Store>,
    /// What becomes of a text that is longer than its column.
    pub(super) over_length: OverLength,
    /// What the statements looked like.
    pub(super) canary: Arc<Canary>,
}

impl Operation {
    /// Whether it writes.
    pub(super) fn writes(&self) -> bool {
        self.verb != Verb::Get
    }
}

impl View {
    /// A view of `store`, with nothing seen yet.
    pub(super) fn new(store: Arc<Store>, over_length: OverLength) -> Self {
        Self { store, over_length, canary: Arc::default() }
    }

    /// Answers a call with a whole envelope; it blocks on the database.
    pub(super) fn answer(&self, request: Request, manner: Manner) -> String {
        let document = request.document.and_then(|document| match request.operation.verb {
            Verb::Get => self.entities(&document, manner.loose),
            Verb::Save => self.save(&document, manner),
            Verb::Create => self.create(&document, manner),
        });
        answer(request.operation, document.unwrap_or_else(|refusal| refusal.document()))
    }

    /// Reads a condition under the canary's eyes.
    fn watched(
        &self,
        text: &str,
        read: impl FnOnce() -> Result<Condition, ConditionError>,
    ) -> Result<Condition, Refusal> {
        self.canary.note(shape(text));
        let read = read();
        if let Err(ConditionError::Suspicious(suspicion)) = &read {
            self.canary.report(suspicion, text);
        }
        read.map_err(Refusal::from)
    }

    /// Refuses a node that stands there twice: nobody writes so, unless a value brought its own
    /// markup.
    fn twice(&self, whole: &Element, name: &str) -> Refusal {
        self.canary.report("node given twice", &whole.xml());
        Refusal::new(Code::Document, format!("node given twice: {name}"))
    }

    /// getEntities: `BizAgiWSParam/EntityData/{EntityName | EntityID, Filters, FilterDisabled}`.
    ///
    /// That `FilterDisabled` leaves out the disabled when it is true, and that they are answered
    /// without it, is inferred.
    fn entities(&self, document: &Element, loose: bool) -> Result<Element, Refusal> {
        let data = match document.children.as_slice() {
            _ if document.name != "BizAgiWSParam" => return Err(Refusal::node(&document.name)),
            [data] if data.name == "EntityData" => data,
            [] => return Err(Refusal::new(Code::Document, "node missing: EntityData")),
            [other, ..] => return Err(Refusal::node(&other.name)),
        };
        let (mut entity, mut filters, mut enabled_only) = (None, "", false);
        for child in &data.children {
            let text = child.text.trim();
            match child.name.as_str() {
                "EntityName" => entity = Entity::named(text),
                "EntityID" => entity = Entity::with_id(text),
                "Filters" => filters = text,
                "FilterDisabled" => {
                    enabled_only = truth(text).ok_or_else(|| {
                        Refusal::new(Code::Value, "value not valid for FilterDisabled")
                    })?;
                }
                other => return Err(Refusal::node(other)),
            }
        }
        let entity = entity.ok_or_else(|| Refusal::new(Code::Entity, "the entity is not known"))?;
        let mut wanted = if filters.is_empty() {
            None
        } else {
            Some(self.watched(filters, || condition(entity.table, filters, loose))?)
        };
        if enabled_only && entity.table.column("enabled").is_some() {
            let Condition { sql, values } = wanted.unwrap_or_default();
            let both = if sql.is_empty() { String::new() } else { format!("{sql} AND ") };
            wanted = Some(Condition { sql: format!("{both}\"enabled\" = 1"), values });
        }
        // There is no paging: everything comes at once.
        let search = Search { condition: wanted, limit: u64::MAX, ..Search::default() };
        let rows = self.store.search(entity.table, &search)?.rows;
        let elements = entity.elements(&self.store, &rows)?;
        let entities = Element::new("Entities").holding(elements);
        Ok(Element::new("BizAgiWSResponse").holding([entities]))
    }

    fn save(&self, document: &Element, manner: Manner) -> Result<Element, Refusal> {
        let mut names = Vec::new();
        let mut changes = Vec::new();
        for node in save::entities(document)? {
            let (entity, change) = save::change(self, node, manner.loose)?;
            names.push(entity.name);
            changes.push(change);
        }
        let keys = self.store.write(&changes, manner)?;
        Ok(written(names.into_iter().zip(keys)))
    }

    /// createUser. The form of the answer is not known: that it is saveEntity's is invented.
    fn create(&self, document: &Element, manner: Manner) -> Result<Element, Refusal> {
        let nodes = save::entities(document)?;
        let changes = nodes.iter().map(|node| create::change(self, node));
        let changes = changes.collect::<Result<Vec<_>, _>>()?;
        let keys = self.store.write(&changes, manner)?;
        Ok(written(keys.into_iter().map(|key| ("WFUSER", key))))
    }
}

/// `<Entities><WFUSER>7</WFUSER></Entities>`, an element for every row written.
fn written(keys: impl Iterator<Item = (&'static str, i64)>) -> Element {
    Element::new("Entities")
        .holding(keys.map(|(name, key)| Element::new(name).text(key.to_string())))
}
