//! The departments, which the server's people work in.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// The departments by their numbers.
pub(super) struct Departments(BTreeMap<u64, Json>);

impl Default for Departments {
    fn default() -> Self {
        let mut departments = Self(BTreeMap::new());
        for name in ["Finance", "Sales", "IT"] {
            departments.add(name);
        }
        departments
    }
}

impl Departments {
    /// One more; names need not differ.
    pub(super) fn add(&mut self, name: &str) -> u64 {
        let id = self.0.keys().next_back().unwrap_or(&0) + 1;
        self.0.insert(id, json!({ "id": id, "name": name }));
        id
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Json> {
        self.0.values()
    }

    pub(super) fn row(&self, id: &str) -> Option<&Json> {
        self.0.get(&id.parse().ok()?)
    }

    /// Whether a person may have this as their department: nothing, or one that is there.
    pub(super) fn takes(&self, id: &Json) -> bool {
        id.is_null() || id.as_u64().is_some_and(|id| self.0.contains_key(&id))
    }
}
