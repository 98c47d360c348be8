//! The people server's rows and rules.

use std::collections::BTreeMap;

use http::Method;
use jiff::Timestamp;
use scim_sidecar::seam::real;
use serde_json::{Map, Value as Json, json};

use super::departments::Departments;

/// The most rows on one page.
const PAGE: u64 = 50;

/// What the server itself writes.
const OWN: [&str; 3] = ["id", "revision", "audit"];

/// The rows, by the number that their id is where it is one.
#[derive(Default)]
pub(crate) struct Store {
    rows: BTreeMap<(u64, String), Json>,
    departments: Departments,
    /// How many people may be enabled.
    pub(crate) licences: Option<usize>,
    /// Whether comparisons ignore accents, width and trailing blanks as well.
    pub(super) loose: bool,
}

/// The members of a dotted path; one with a dot in it stands in quotation marks.
fn members(path: &str) -> Vec<String> {
    let mut members = vec![String::new()];
    let mut quoted = false;
    for sign in path.chars() {
        match sign {
            '"' => quoted = !quoted,
            '.' if !quoted => members.push(String::new()),
            sign => members.last_mut().unwrap().push(sign),
        }
    }
    members
}

/// What stands at a path; null where nothing does.
pub(crate) fn at<'j>(person: &'j Json, path: &str) -> &'j Json {
    members(path).iter().fold(person, |json, member| &json[member])
}

/// Puts something at a path.
pub(crate) fn set(person: &mut Json, path: &str, value: Json) {
    let mut place = person;
    for member in members(path) {
        place = &mut place[member];
    }
    *place = value;
}

fn key(id: &str) -> (u64, String) {
    (id.parse().unwrap_or(u64::MAX), id.to_owned())
}

fn now() -> Json {
    Timestamp::try_from(real::seams().clock.wall()).unwrap().to_string().into()
}

fn done(data: Json) -> (u16, Json) {
    (200, json!({ "result": { "code": "OK" }, "data": data }))
}

fn failed(code: &str) -> (u16, Json) {
    (200, json!({ "result": { "code": code, "text": "as the contract says" }, "data": null }))
}

impl Store {
    /// Every row, in the order of the ids.
    pub(crate) fn rows(&self) -> Vec<Json> {
        self.rows.values().cloned().collect()
    }

    pub(crate) fn row(&self, id: &str) -> Option<Json> {
        self.rows.get(&key(id)).cloned()
    }

    /// Puts a row in by hand, with an id of its own or a new one; no rule is asked.
    pub(crate) fn insert(&mut self, mut row: Json) -> String {
        let id = match row["id"].as_str() {
            Some(id) => id.to_owned(),
            None => {
                let numbers = self.rows.keys().map(|(number, _)| *number);
                (numbers.filter(|n| *n < u64::MAX).max().unwrap_or(0) + 1).to_string()
            }
        };
        row["id"] = id.clone().into();
        if row["revision"].is_null() {
            row["revision"] = 1.into();
            row["audit"] = json!({ "createdAt": now(), "updatedAt": now() });
        }
        self.rows.insert(key(&id), row);
        id
    }

    /// Changes a row by hand.
    pub(crate) fn update(&mut self, id: &str, change: impl FnOnce(&mut Json)) {
        let row = self.rows.get_mut(&key(id)).unwrap();
        change(row);
        touch(row);
    }

    /// Adds a department by hand.
    pub(crate) fn add_department(&mut self, name: &str) -> u64 {
        self.departments.add(name)
    }

    pub(crate) fn remove(&mut self, id: &str) {
        self.rows.remove(&key(id));
    }

    /// What a call answers.
    pub(super) fn answer(
        &mut self,
        method: &Method,
        path: &str,
        body: Option<&Json>,
        licences: Option<usize>,
    ) -> (u16, Json) {
        let licences = licences.or(self.licences);
        if let Some(rest) = path.strip_prefix("/api/departments") {
            return match (method.as_str(), rest.trim_start_matches('/'), body) {
                ("GET", "", _) => done(self.departments.rows().cloned().collect()),
                ("POST", "_find", Some(body)) => self.find(self.departments.rows(), body),
                ("GET", id, _) => match self.departments.row(id) {
                    Some(row) => done(row.clone()),
                    None => failed("NOT_FOUND"),
                },
                _ => failed("BAD_REQUEST"),
            };
        }
        let Some(rest) = path.strip_prefix("/api/people") else {
            return (404, json!({ "result": { "code": "NO_SUCH_PATH" } }));
        };
        let id = rest
            .strip_prefix('/')
            .map(|id| percent_encoding::percent_decode_str(id).decode_utf8().unwrap().into_owned());
        match (method.as_str(), id.as_deref(), body) {
            ("POST", Some("_find"), Some(body)) => self.find(self.rows.values(), body),
            ("POST", None, Some(body)) => self.create(&body["person"], licences),
            ("GET", Some(id), _) => match self.rows.get(&key(id)) {
                Some(row) => done(row.clone()),
                None => failed("NOT_FOUND"),
            },
            ("PUT", Some(id), Some(body)) => self.replace(id, &body["person"], licences),
            ("DELETE", Some(id), _) => self.delete(id),
            _ => failed("BAD_REQUEST"),
        }
    }

    /// What a write would change, before it is done.
    pub(super) fn change(&self, method: &Method, path: &str, body: &Json) -> Option<Json> {
        let id = path.strip_prefix("/api/people")?.trim_start_matches('/');
        let person = body.get("person")?;
        match method.as_str() {
            "POST" => Some(person.clone()),
            "PUT" => {
                let mut change = difference(&self.rows.get(&key(id)).cloned()?, person);
                for own in OWN {
                    change.as_object_mut()?.remove(own);
                }
                Some(change)
            }
            _ => None,
        }
    }

    fn find<'r>(&self, rows: impl Iterator<Item = &'r Json>, body: &Json) -> (u16, Json) {
        let (page, size) = (body["page"].as_u64(), body["perPage"].as_u64());
        let (Some(page @ 1..), Some(size @ 1..=PAGE), Some(criteria)) =
            (page, size, body["criteria"].as_array())
        else {
            return failed("BAD_REQUEST");
        };
        let mut found = Vec::new();
        for row in rows {
            let mut holds = true;
            for one in criteria {
                let Some(field) = one["field"].as_str() else { return failed("BAD_REQUEST") };
                holds &= match (one.get("is"), one.get("isNot")) {
                    (Some(value), None) => self.same(at(row, field), value),
                    (None, Some(value)) => !self.same(at(row, field), value),
                    _ => return failed("BAD_REQUEST"),
                };
            }
            if holds {
                found.push(row);
            }
        }
        let order = body["sort"].as_str().unwrap_or_default();
        for field in order.split(',').rev().filter(|field| !field.is_empty()) {
            let (name, turned) = match field.strip_prefix('-') {
                Some(name) => (name, true),
                None => (field, false),
            };
            let text = |row: &&Json| at(row, name).as_str().map(str::to_lowercase);
            found.sort_by(|a, b| match turned {
                true => text(b).cmp(&text(a)),
                false => text(a).cmp(&text(b)),
            });
        }
        let count = found.len();
        let skip = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX);
        let items: Vec<Json> =
            found.into_iter().skip(skip).take(usize::try_from(size).unwrap()).cloned().collect();
        done(json!({ "items": items, "count": count }))
    }

    fn same(&self, left: &Json, right: &Json) -> bool {
        match (left, right) {
            (Json::String(left), Json::String(right)) => self.fold(left) == self.fold(right),
            (left, right) => !left.is_null() && left == right,
        }
    }

    fn fold(&self, text: &str) -> String {
        let lower = text.to_lowercase();
        if !self.loose {
            return lower;
        }
        let plain = |sign: char| match sign {
            '\u{e9}' => 'e',
            '\u{ed}' => 'i',
            '\u{ff41}'..='\u{ff5a}' => {
                char::from_u32(u32::from(sign) - 0xff41 + u32::from('a')).unwrap()
            }
            other => other,
        };
        lower.trim_end().chars().map(plain).collect()
    }

    /// What keeps a person from being written.
    fn refuses(&self, person: &Json, id: Option<&str>, licences: Option<usize>) -> Option<&str> {
        for needed in ["account.name", "account.realm", "name.full"] {
            if at(person, needed).as_str().is_none_or(str::is_empty) {
                return Some("INVALID");
            }
        }
        if at(person, "account.realm").as_str().is_some_and(|realm| realm.chars().count() > 25) {
            return Some("INVALID");
        }
        let level = at(person, "employment.level");
        if !level.is_null() && level.as_i64().is_none_or(|level| !(0..=99).contains(&level)) {
            return Some("INVALID");
        }
        if !self.departments.takes(at(person, "employment.department")) {
            return Some("INVALID");
        }
        let is_badge = |badge: &Json| {
            let is_number =
                |text: &str| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
            badge.as_str().is_some_and(is_number)
        };
        let badges = &person["Badges"];
        if !badges.is_null() && !badges.as_array().is_some_and(|all| all.iter().all(is_badge)) {
            return Some("INVALID");
        }
        let others = || self.rows.values().filter(|row| row["id"].as_str() != id);
        let is_taken = |row: &Json| {
            ["account.name", "account.realm"].iter().all(|f| self.same(at(row, f), at(person, f)))
        };
        if others().any(is_taken) {
            return Some("DUP_LOGIN");
        }
        let is_enabled = |row: &&Json| *at(row, "account.enabled") == true;
        let enabled = others().filter(is_enabled).count();
        (is_enabled(&person) && licences.is_some_and(|most| enabled >= most))
            .then_some("NO_LICENCE")
    }

    fn create(&mut self, person: &Json, licences: Option<usize>) -> (u16, Json) {
        if let Some(code) = self.refuses(person, None, licences) {
            return failed(code);
        }
        let mut row = person.clone();
        for own in OWN {
            row.as_object_mut().unwrap().remove(own);
        }
        // What this server keeps of everybody, and nobody else knows of.
        row["badge"] = json!({ "colour": "blue", "doors": ["main", { "floor": 2 }] });
        let id = self.insert(row);
        done(json!({ "personId": id }))
    }

    fn replace(&mut self, id: &str, person: &Json, licences: Option<usize>) -> (u16, Json) {
        let Some(old) = self.row(id) else { return failed("NOT_FOUND") };
        if person["revision"] != old["revision"] {
            return failed(if person["revision"].is_null() { "INVALID" } else { "STALE" });
        }
        if let Some(code) = self.refuses(person, Some(id), licences) {
            return failed(code);
        }
        let mut row = person.clone();
        for own in OWN {
            row[own] = old[own].clone();
        }
        touch(&mut row);
        self.rows.insert(key(id), row.clone());
        done(row)
    }

    fn delete(&mut self, id: &str) -> (u16, Json) {
        if !self.rows.contains_key(&key(id)) {
            return failed("NOT_FOUND");
        }
        if self.rows.values().any(|row| at(row, "manager.id") == id) {
            return failed("IN_USE");
        }
        self.remove(id);
        (204, Json::Null)
    }
}

fn touch(row: &mut Json) {
    row["revision"] = (row["revision"].as_u64().unwrap_or(0) + 1).into();
    row["audit"]["updatedAt"] = now();
}

/// The members that differ, down to single values; null for what is not there any more.
fn difference(old: &Json, new: &Json) -> Json {
    let empty = Map::new();
    let members = |json: &Json| json.as_object().cloned().unwrap_or_else(|| empty.clone());
    let (old, new) = (members(old), members(new));
    let mut change = Map::new();
    for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
        let (before, after) = (&old.get(name).cloned().unwrap_or_default(), new.get(name));
        match after {
            Some(after) if before == after => {}
            Some(after) if before.is_object() || after.is_object() => {
                let inner = difference(before, after);
                if inner.as_object().is_some_and(|inner| !inner.is_empty()) {
                    change.insert(name.clone(), inner);
                }
            }
            after => {
                change.insert(name.clone(), after.cloned().unwrap_or_default());
            }
        }
    }
    change.into()
}
