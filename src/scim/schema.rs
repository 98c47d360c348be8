//! RFC 7643's own definitions, as data: what an attribute of that name is, whoever maps it.
//!
//! A new resource type is a file here and a line in [`RESOURCE_TYPES`].

mod enterprise;
mod user;

pub use enterprise::ENTERPRISE_USER;
pub use user::USER;

use crate::value::Type;

/// The type of an attribute (RFC 7643 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// Characters.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number with a fraction.
    Decimal,
    /// A whole number.
    Integer,
    /// A point in time.
    DateTime,
    /// Base64 of bytes.
    Binary,
    /// A URI, or the id of a resource.
    Reference,
    /// A set of sub-attributes.
    Complex,
}

impl AttributeType {
    /// The keyword of RFC 7643 §7.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }

    /// The type of the values, `None` for a complex attribute, which has none of its own.
    #[must_use]
    pub const fn value_type(self) -> Option<Type> {
        match self {
            Self::String | Self::Binary | Self::Reference => Some(Type::String),
            Self::Boolean => Some(Type::Boolean),
            Self::Decimal => Some(Type::Decimal),
            Self::Integer => Some(Type::Integer),
            Self::DateTime => Some(Type::DateTime),
            Self::Complex => None,
        }
    }

    /// The attribute type of a value's type.
    #[must_use]
    pub const fn of(kind: Type) -> Self {
        match kind {
            Type::String => Self::String,
            Type::Integer => Self::Integer,
            Type::Decimal => Self::Decimal,
            Type::Boolean => Self::Boolean,
            Type::DateTime => Self::DateTime,
        }
    }
}

/// Who may change an attribute, and when (RFC 7643 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// The server alone.
    ReadOnly,
    /// Everybody, always.
    ReadWrite,
    /// Everybody, at creation only.
    Immutable,
    /// Everybody, but nobody reads it.
    WriteOnly,
}

impl Mutability {
    /// The keyword of RFC 7643 §7.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }
}

/// When an attribute is printed (RFC 7643 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// In every answer.
    Always,
    /// In no answer.
    Never,
    /// Unless a projection leaves it out.
    Default,
    /// Only if it is asked for.
    Request,
}

impl Returned {
    /// The keyword of RFC 7643 §7.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
            Self::Request => "request",
        }
    }
}

/// How far a value is unique (RFC 7643 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    /// Not at all.
    None,
    /// Within this service.
    Server,
    /// Everywhere.
    Global,
}

impl Uniqueness {
    /// The keyword of RFC 7643 §7.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
            Self::Global => "global",
        }
    }
}

/// One attribute as an RFC defines it (RFC 7643 §7).
#[derive(Clone, Copy, Debug)]
pub struct AttributeDefinition {
    /// Its name in the RFC's spelling.
    pub name: &'static str,
    /// Its type.
    pub kind: AttributeType,
    /// Whether it is a list.
    pub multi_valued: bool,
    /// Whether every resource must have it.
    pub required: bool,
    /// Whether letter case counts when it is compared.
    pub case_exact: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is printed.
    pub returned: Returned,
    /// How far it is unique.
    pub uniqueness: Uniqueness,
    /// What it is, in a sentence.
    pub description: &'static str,
    /// The values that the RFC suggests.
    pub canonical_values: &'static [&'static str],
    /// What a reference may point to.
    pub reference_types: &'static [&'static str],
    /// What a complex attribute consists of.
    pub sub_attributes: &'static [AttributeDefinition],
}

impl AttributeDefinition {
    /// The attribute of that type with RFC 7643 §2.2's defaults.
    #[must_use]
    pub const fn new(name: &'static str, kind: AttributeType, description: &'static str) -> Self {
        Self {
            name,
            kind,
            multi_valued: false,
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            description,
            canonical_values: &[],
            reference_types: &[],
            sub_attributes: &[],
        }
    }

    /// A string.
    #[must_use]
    pub const fn string(name: &'static str, description: &'static str) -> Self {
        Self::new(name, AttributeType::String, description)
    }

    /// A complex attribute of these parts.
    #[must_use]
    pub const fn complex(
        name: &'static str,
        description: &'static str,
        sub_attributes: &'static [Self],
    ) -> Self {
        Self { sub_attributes, ..Self::new(name, AttributeType::Complex, description) }
    }

    /// A list of complex elements of these parts.
    #[must_use]
    pub const fn list(
        name: &'static str,
        description: &'static str,
        sub_attributes: &'static [Self],
    ) -> Self {
        Self { multi_valued: true, ..Self::complex(name, description, sub_attributes) }
    }

    /// A reference to one of these.
    #[must_use]
    pub const fn reference(
        name: &'static str,
        description: &'static str,
        reference_types: &'static [&'static str],
    ) -> Self {
        let plain = Self::new(name, AttributeType::Reference, description);
        Self { reference_types, case_exact: true, ..plain }
    }

    /// The `type` of a list's elements, with its suggested values.
    #[must_use]
    pub const fn kinds(canonical_values: &'static [&'static str]) -> Self {
        Self {
            canonical_values,
            ..Self::string("type", "A label that says what the element is for.")
        }
    }

    /// The same, changed only by the server.
    #[must_use]
    pub const fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    /// The same, with letter case counting.
    #[must_use]
    pub const fn exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    /// The sub-attribute of that name, in any letter case (RFC 7643 §2.1).
    #[must_use]
    pub fn sub_attribute(&self, name: &str) -> Option<&'static Self> {
        self.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name))
    }
}

/// A schema as an RFC defines it (RFC 7643 §7).
#[derive(Clone, Copy, Debug)]
pub struct SchemaDefinition {
    /// Its URN.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What it describes.
    pub description: &'static str,
    /// Its attributes.
    pub attributes: &'static [AttributeDefinition],
}

impl SchemaDefinition {
    /// The attribute of that name, in any letter case (RFC 7643 §2.1).
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static AttributeDefinition> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// A kind of resource (RFC 7643 §6).
#[derive(Clone, Copy, Debug)]
pub struct ResourceTypeDefinition {
    /// Its name, which is also `meta.resourceType`.
    pub name: &'static str,
    /// Its path under the base, with a leading slash.
    pub endpoint: &'static str,
    /// What it is.
    pub description: &'static str,
    /// Its base schema.
    pub schema: &'static SchemaDefinition,
    /// The extensions that an RFC defines for it.
    pub known_extensions: &'static [&'static SchemaDefinition],
}

/// Every kind of resource that a mapping can serve.
pub const RESOURCE_TYPES: &[ResourceTypeDefinition] = &[ResourceTypeDefinition {
    name: "User",
    endpoint: "/Users",
    description: "User Account",
    schema: &USER,
    known_extensions: &[&ENTERPRISE_USER],
}];

/// The attribute that every resource may have beside `id` and `meta` (RFC 7643 §3.1).
pub const EXTERNAL_ID: AttributeDefinition = AttributeDefinition::string(
    "externalId",
    "The identifier of the resource as the provisioning client knows it.",
)
.exact();

/// The sub-attributes of `meta` that a mapping may fill (RFC 7643 §3.1); the others are made when
/// a resource is printed.
pub const META: AttributeDefinition = AttributeDefinition::complex(
    "meta",
    "What the service knows about the resource itself.",
    &[
        AttributeDefinition::new(
            "created",
            AttributeType::DateTime,
            "When the resource was added to the service.",
        )
        .read_only(),
        AttributeDefinition::new(
            "lastModified",
            AttributeType::DateTime,
            "When the resource was last changed.",
        )
        .read_only(),
    ],
)
.read_only();
