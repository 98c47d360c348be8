//! `$metadata`, as far as it speaks of one collection (OData 4.01 Part 1, §11.1.2).

use crate::csdl::{self, Property, Service};
use crate::record::{Declaration, Declared, Entity, Notation};
use crate::upstream::dialect::Unreadable;
use crate::value::Type;

/// Where the document is, and the name of the collection in it: `odata/data/$metadata` has the
/// entity set `WFUser` of `odata/data/WFUser`.
pub(super) fn place(collection: &str) -> (String, &str) {
    match collection.rsplit_once('/') {
        Some((service, set)) => (format!("{service}/$metadata"), set),
        None => ("$metadata".to_owned(), collection),
    }
}

/// Reads what the document says of the collection.
pub(super) fn declaration(entity: &Entity, body: &[u8]) -> Result<Declaration, Unreadable> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Unreadable::Xml { offset: error.valid_up_to() as u64 })?;
    let service = Service::read(text)?;
    let (_, set) = place(&entity.collection);
    let Some(rows) = service.rows_of(set) else {
        return Ok(Declaration::NoCollection {
            known: service.entity_sets().map(Into::into).collect(),
        });
    };
    let mut fields: Vec<Declared> =
        rows.properties.iter().map(|property| declared(property, None)).collect();
    for expansion in &entity.expansions {
        let name = &*expansion.navigation;
        let behind = rows.navigation(name).filter(|navigation| !navigation.many);
        let behind = behind.and_then(|navigation| service.entity_type(&navigation.target));
        let properties = behind.map_or(&[][..], |kind| &kind.properties);
        fields.extend(properties.iter().map(|property| declared(property, Some(name))));
    }
    let to_one = rows.navigations.iter().filter(|navigation| !navigation.many);
    Ok(Declaration::Rows {
        key: rows.key.iter().map(|name| name.as_str().into()).collect(),
        fields,
        navigations: to_one.map(|navigation| navigation.name.as_str().into()).collect(),
    })
}

fn declared(property: &Property, navigation: Option<&str>) -> Declared {
    let name = &*property.name;
    Declared {
        name: match navigation {
            Some(navigation) => format!("{navigation}.{name}").into(),
            None => name.into(),
        },
        kind: property.kind.as_str().into(),
        takes: takes(&property.kind),
        nullable: property.nullable,
        max_length: property.max_length,
        has_default: property.has_default,
        computed: property.computed,
    }
}

/// What a mapping may take a primitive type for (CSDL XML 4.01 §3.3). A byte may be a truth value:
/// .NET services show `tinyint` columns so.
fn takes(kind: &str) -> &'static [(Type, Notation)] {
    const PLAIN: Notation = Notation::Plain;
    match kind {
        "Edm.String" => &[(Type::String, PLAIN)],
        "Edm.Guid" => &[(Type::String, Notation::Guid)],
        "Edm.Date" => &[(Type::String, Notation::Date)],
        "Edm.Boolean" => &[(Type::Boolean, PLAIN)],
        "Edm.Byte" | "Edm.SByte" => {
            &[(Type::Integer, PLAIN), (Type::Boolean, PLAIN), (Type::Decimal, PLAIN)]
        }
        "Edm.Int16" | "Edm.Int32" | "Edm.Int64" => {
            &[(Type::Integer, PLAIN), (Type::Decimal, PLAIN)]
        }
        "Edm.Decimal" | "Edm.Double" | "Edm.Single" => &[(Type::Decimal, PLAIN)],
        "Edm.DateTimeOffset" => &[(Type::DateTime, PLAIN)],
        _ => &[],
    }
}

impl From<csdl::Unreadable> for Unreadable {
    fn from(error: csdl::Unreadable) -> Self {
        match error {
            csdl::Unreadable::Xml { offset } => Self::Xml { offset },
            csdl::Unreadable::Elaborate => Self::Elaborate,
            csdl::Unreadable::NoSchema | csdl::Unreadable::Version => Self::NoMetadata,
        }
    }
}
