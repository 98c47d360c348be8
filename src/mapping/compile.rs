//! What was read → [`Mapping`], with every finding.

mod attribute;
mod expansion;
mod options;
mod reference;
mod upstream;

use std::ops::Range;
use std::sync::Arc;

use super::file;
use super::predicate;
use super::rule::Rule;
use super::template::{Mistake, Template};
use super::{Derived, Mapping, example};
use crate::diagnostic::reader::{Placed, Sink, Table, read_file};
use crate::diagnostic::{Report, Severity, Source};
use crate::record::{
    Class, Condition, Description, Entity, ErrorRule, Expansion, Facts, Field, FieldIndex,
    FieldName, Fields, Notation, OptionValue, Options, Place, Structure,
};
use crate::scim::Resource;
use crate::scim::resource::ResourceBuilder;
use crate::scim::schema::RESOURCE_TYPES;
use crate::value::{Type, Value};

/// What is being compiled: the fields grow as the file names them.
struct Draft<'s> {
    sink: &'s Sink,
    fields: Fields,
    facts: Facts,
    /// The properties that lead to rows which come with each row.
    navigations: Vec<Box<str>>,
    /// Whether the dialect can write a field of that name.
    names: fn(&str) -> bool,
    /// Whether it can write a text with these characters.
    writable: Option<fn(&str) -> bool>,
    dialect: &'s Description,
    /// Whether it can hold several values in a field of that name.
    lists: fn(&Options, &str) -> Result<(), &'static str>,
    options: Options,
    rules: Vec<Rule>,
}

impl Draft<'_> {
    /// The index of a field, new or known; a field cannot have two types.
    fn field(&mut self, name: &Placed<String>, kind: Type) -> Option<FieldIndex> {
        self.field_of(name, kind, false)
    }

    /// The same for a field of several values, or of one.
    fn field_of(&mut self, name: &Placed<String>, kind: Type, many: bool) -> Option<FieldIndex> {
        if name.value.trim().is_empty() {
            self.sink.error(&name.span, "a field needs a name", None, None);
            return None;
        }
        if let Some(index) = self.fields.index_of(&name.value) {
            if self.fields.field(index).is_some_and(|field| field.many != many) {
                self.sink.error(
                    &name.span,
                    format!("field `{}` holds one value and several", name.value),
                    Some("expected the same as elsewhere in the file".to_owned()),
                    None,
                );
                return None;
            }
            let known = self.fields.field(index).map(|field| field.kind);
            if known != Some(kind) {
                let known = known.map_or("another type", Type::name);
                self.sink.error(
                    &name.span,
                    format!("field `{}` has two types", name.value),
                    Some(format!("expected {known} as elsewhere in the file, found {kind}")),
                    None,
                );
                return None;
            }
            return Some(index);
        }
        if !(self.names)(&name.value) {
            self.sink.error(
                &name.span,
                format!("the dialect cannot write a field `{}`", name.value),
                Some("expected a name of this dialect".to_owned()),
                None,
            );
            return None;
        }
        if many && let Err(missing) = (self.lists)(&self.options, &name.value) {
            self.sink.error(
                &name.span,
                format!("the dialect cannot hold several values in `{}`", name.value),
                Some(missing.to_owned()),
                None,
            );
            return None;
        }
        let navigation = expansion::before(&self.navigations, &name.value);
        let name = FieldName::from(name.value.as_str());
        self.fields.push(Field { many, navigation, ..Field::new(name, kind, self.facts.case) })
    }

    /// Whether a value that the file itself gives a field has the field's shape, or a finding.
    fn is_shaped(&self, field: FieldIndex, value: &Value<'_>, span: &Range<usize>) -> bool {
        let notation = self.fields.field(field).map_or(Notation::Plain, |field| field.notation);
        let fits = value.as_str().is_none_or(|text| notation.fits(text));
        if !fits {
            let label = Some(format!("expected {}", notation.expected()));
            self.sink.error(span, "a value that the field cannot hold", label, None);
        }
        fits
    }

    /// The index of a field that something else must have named, so that its type is known.
    fn known_field(&self, name: &Placed<String>) -> Option<FieldIndex> {
        let found = self.fields.index_of(&name.value);
        if found.is_none() {
            let known: Vec<&str> =
                self.fields.iter().map(|(_, field)| field.name.as_str()).collect();
            self.sink.unknown(&name.span, "field", &name.value, known);
        }
        if found.and_then(|index| self.fields.field(index)).is_some_and(|field| field.many) {
            self.sink.error(
                &name.span,
                format!("field `{}` holds several values", name.value),
                Some("expected a field of one value".to_owned()),
                None,
            );
            return None;
        }
        found
    }
}

impl Mapping {
    /// Compiles a mapping file. `dialects` are those that the program speaks, as each describes
    /// itself. The report holds every finding; there is a mapping only without errors.
    #[must_use]
    pub fn read(source: Arc<Source>, dialects: &[Description]) -> (Option<Self>, Report) {
        let sink = Sink::new(source);
        let mapping = read_file(&sink, file::ROOT, |root| compile(root, dialects));
        let mapping = mapping.filter(|_| sink.errors() == 0);
        (mapping, sink.into_report())
    }
}

fn compile(root: &Table<'_>, dialects: &[Description]) -> Option<Mapping> {
    let sink = root.sink();
    // Out of range is a finding of its own; a mapping for a later program must not be half read.
    let _ = root.integer("format");
    let definition = read_resource(root);
    let dialect = read_dialect(root, dialects);
    let unmapped = root.choice("unmapped", &file::UNMAPPED).unwrap_or_default();
    let upstream = root.table("upstream")?;
    let dialect = dialect?;
    let options = options::read(&upstream, dialect);
    let mut facts = dialect.facts.clone();
    (dialect.adapt)(&options, &mut facts);
    let facts = upstream::facts(&upstream, facts);
    let navigations = expansion::read(&upstream, dialect);
    let mut draft = Draft {
        sink,
        fields: Fields::default(),
        facts,
        navigations,
        names: dialect.names,
        writable: dialect.writable,
        dialect,
        lists: dialect.lists,
        options,
        rules: Vec::new(),
    };
    let collection = upstream::collection(upstream.required_text("collection"), dialect, sink);
    let key = upstream::column(&upstream, "key", &mut draft);
    let id = if upstream.has("id") { upstream::column(&upstream, "id", &mut draft) } else { key };
    let mut builder = Resource::builder(definition?);
    for extension in root.tables("extension") {
        builder = read_extension(&extension, builder);
    }
    for attribute in root.tables("attribute") {
        attribute::read(&attribute, &mut builder, &mut draft);
    }
    let resource = builder.build();
    let derived = read_derived(root, &resource, &mut draft);
    let policies = upstream::policies(root, &upstream, &resource, &mut draft);
    let errors: Vec<ErrorRule> = root.tables("error").iter().filter_map(read_error).collect();
    reference::complete(&mut draft, &errors);
    let user_name = resource.slot_of("userName");
    if user_name.is_none() {
        sink.about_the_file(
            Severity::Error,
            "`userName` is not mapped",
            Some("add an `[[attribute]]` with `scim = \"userName\"`".to_owned()),
        );
    }
    upstream::known_fields(&upstream, &mut draft);
    let Draft { fields, facts, rules, options, navigations, .. } = draft;
    options::review(&upstream, &options, &fields);
    let policies = policies?;
    for (rule, name) in written_twice(&fields, &rules, &options) {
        sink.error(
            &rule.place,
            format!("`{}` and `options` write the same field `{name}`", rule.path),
            None,
            Some("take it out of the option, and say `default` for new people".to_owned()),
        );
    }
    let grants = grants(dialect, &fields, &rules, &derived, &policies, &options);
    let mapping = Mapping {
        source: Arc::clone(sink.source()),
        dialect: dialect.name.to_owned(),
        entity: Entity {
            collection: collection?.value.into(),
            expansions: Expansion::all(&navigations, &fields),
            fields,
            key: key?,
            facts,
            options,
            errors,
        },
        rules,
        derived,
        constants: policies.constants,
        grants,
        id: id?,
        unique: policies.unique,
        scope: policies.scope,
        protected: policies.protected,
        own_account: None,
        anchor: policies.anchor,
        on_conflict: policies.on_conflict,
        on_delete: policies.on_delete,
        unmapped,
        user_name: user_name?,
        active: resource.slot_of("active"),
        resource,
        prepared: std::sync::OnceLock::new(),
    };
    if sink.errors() == 0 {
        review(&upstream, &mapping);
        expansion::review(&upstream, &mapping);
        for example in root.tables("example") {
            example::run(&example, &mapping);
        }
        for breach in mapping.breaches() {
            sink.push(breach);
        }
    }
    Some(mapping)
}

/// The rules with a field that the dialect's options write into every new row.
fn written_twice<'m>(
    fields: &'m Fields,
    rules: &'m [Rule],
    options: &'m Options,
) -> impl Iterator<Item = (&'m Rule, &'m str)> {
    let is_optional = |name: &str| {
        options.values().iter().any(|value| match value {
            OptionValue::Structure(Structure::Named(parts)) => {
                parts.iter().any(|(part, _)| part.eq_ignore_ascii_case(name))
            }
            _ => false,
        })
    };
    rules.iter().filter(|rule| !rule.read_only).filter_map(move |rule| {
        let mut names =
            rule.fields().filter_map(|index| fields.field(index)).map(|field| &field.name);
        let name = names.find(|name| is_optional(name.as_str()))?;
        Some((rule, name.as_str()))
    })
}

/// What the file writes that gives people rights, each once, as the dialect names it.
fn grants(
    dialect: &Description,
    fields: &Fields,
    rules: &[Rule],
    derived: &[Derived],
    policies: &upstream::Policies,
    options: &Options,
) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Vec::new();
    let mut note = |name: &str| {
        let grant = dialect.grants.iter().find(|grant| grant.eq_ignore_ascii_case(name));
        found.extend(grant.filter(|grant| !found.contains(grant)));
    };
    let ruled = rules.iter().filter(|rule| !rule.read_only);
    let written = ruled
        .flat_map(|rule| rule.fields().chain(rule.also.iter().copied()))
        .chain(derived.iter().map(|derived| derived.field))
        .chain(policies.constants.iter().map(|(field, _)| *field));
    for field in written.filter_map(|index| fields.field(index)) {
        note(field.name.as_str());
    }
    options::names(options, dialect, &mut note);
    found
}

/// What holds of the mapping as a whole.
fn review(upstream: &Table<'_>, mapping: &Mapping) {
    let sink = upstream.sink();
    let population = predicate::unsupported(&mapping.population(), &mapping.entity.facts);
    if let Some(operator) = population.filter(|_| mapping.entity.facts.scan.is_none()) {
        sink.error(
            &upstream.span_of("search"),
            format!("scope, tombstone and `userName` need the operator `{}`", operator.name()),
            Some("the upstream is said not to have it".to_owned()),
            Some(
                "declare it in `search.operators`, let `search.scan` rows be read and compared \
                 here, or do without that policy"
                    .to_owned(),
            ),
        );
    }
    if mapping.anchor.is_none() {
        sink.warning(
            &upstream.span(),
            "no `anchor`: a namesake or a re-hire can be given somebody's old row",
            Some("map `externalId` to a field of its own and name both in `anchor`".to_owned()),
        );
    }
    reference::review(mapping, upstream);
    let is_disable = matches!(mapping.on_delete, super::policy::OnDelete::Disable(_));
    if is_disable && mapping.active.is_none() {
        sink.error(
            &upstream.span_of("on_delete"),
            "`on_delete = \"disable\"` needs `active`",
            Some("expected an `[[attribute]]` with `scim = \"active\"`".to_owned()),
            None,
        );
    }
}

fn read_resource(root: &Table<'_>) -> Option<&'static crate::scim::schema::ResourceTypeDefinition> {
    let name = root.required_text("resource")?;
    let found = RESOURCE_TYPES.iter().find(|definition| definition.name == name.value);
    if found.is_none() {
        let known: Vec<&str> = RESOURCE_TYPES.iter().map(|definition| definition.name).collect();
        root.sink().unknown(&name.span, "resource type", &name.value, known);
    }
    found
}

fn read_dialect<'d>(root: &Table<'_>, dialects: &'d [Description]) -> Option<&'d Description> {
    let name = root.required_text("dialect")?;
    let found = dialects.iter().find(|dialect| dialect.name == name.value);
    if found.is_none() {
        let known: Vec<&str> = dialects.iter().map(|dialect| dialect.name).collect();
        root.sink().unknown(&name.span, "dialect", &name.value, known);
    }
    found
}

fn read_extension(table: &Table<'_>, builder: ResourceBuilder) -> ResourceBuilder {
    let Some(urn) = table.required_text("urn") else {
        return builder;
    };
    if !urn.value.to_ascii_lowercase().starts_with("urn:") {
        table.sink().error(
            &urn.span,
            "a schema is named by a URN",
            Some("expected a text that begins with `urn:`".to_owned()),
            None,
        );
        return builder;
    }
    let name = table.text("name").map(|name| name.value);
    let last = urn.value.rsplit(':').next().unwrap_or(&urn.value).to_owned();
    let description = table.text("description").map(|text| text.value).unwrap_or_default();
    builder.extension(&urn.value, &name.unwrap_or(last), &description)
}

fn read_derived(root: &Table<'_>, resource: &Resource, draft: &mut Draft<'_>) -> Vec<Derived> {
    let mut list = Vec::new();
    for table in root.tables("derived") {
        let field = table.required_text("field").and_then(|name| draft.field(&name, Type::String));
        let from = template(&table, "from", resource);
        let otherwise = template(&table, "otherwise", resource);
        if let (Some(field), Some(template)) = (field, from) {
            list.push(Derived { field, template, otherwise });
        }
    }
    list
}

fn template(table: &Table<'_>, key: &str, resource: &Resource) -> Option<Template> {
    let text = table.text(key)?;
    match Template::parse(&text.value, |path| resource.slot_of(path)) {
        Ok(template) if template.inputs().next().is_some() => Some(template),
        Ok(_) => {
            table.sink().error(
                &text.span,
                "a template needs an attribute",
                Some("expected a path in braces, such as `{name.givenName}`".to_owned()),
                None,
            );
            None
        }
        Err(Mistake::Unbalanced) => {
            table.sink().error(
                &text.span,
                "the braces of a template do not match",
                Some("expected `{` and `}` around each path".to_owned()),
                None,
            );
            None
        }
        Err(Mistake::Unknown(path)) => {
            let known: Vec<&str> = resource.slots().iter().map(|slot| &*slot.path).collect();
            table.sink().unknown(&text.span, "attribute in a template:", &path, known);
            None
        }
    }
}

fn read_error(table: &Table<'_>) -> Option<ErrorRule> {
    let sink = table.sink();
    let when = table.table("when");
    let status = when
        .as_ref()
        .and_then(|when| when.integer("status"))
        .and_then(|status| u16::try_from(status).ok());
    // Of a table that is missing, or none, it was told already.
    if let Some(when) = &when
        && !when.has("status")
        && when.others().is_empty()
    {
        sink.error(
            &table.span_of("when"),
            format!("`{}` is empty, and every refusal would be this one", table.named("when")),
            Some("expected a `status`, or a place in the body with a pattern".to_owned()),
            Some("such as `when = { status = 409 }`".to_owned()),
        );
    }
    let mut conditions = Vec::new();
    for (name, value) in when.iter().flat_map(Table::others) {
        let Some(text) = file::value(sink, value, Type::String) else { continue };
        let pattern = text.as_str().unwrap_or_default();
        match regex::RegexBuilder::new(&format!("^(?:{pattern})$"))
            .case_insensitive(true)
            .size_limit(1 << 20)
            .build()
        {
            Ok(pattern) => conditions.push(Condition {
                place: Place::parse(&name.value).unwrap_or_else(|| {
                    let expected = Some("expected a dotted name".to_owned());
                    sink.error(&name.span, "not a place in a body", expected, None);
                    Place(Vec::new())
                }),
                pattern,
            }),
            Err(_) => sink.error(
                &value.span(),
                "not a regular expression",
                Some("expected a text or a pattern for the whole text there".to_owned()),
                None,
            ),
        }
    }
    let class = table.choice("class", &Class::ALL)?;
    let detail = table.text("detail").map(|text| text.value.into());
    Some(ErrorRule { status, conditions, class, detail })
}
