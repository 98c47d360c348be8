//! The enterprise extension of `User` (RFC 7643 §4.3).

use super::{AttributeDefinition as A, SchemaDefinition};

/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User` (RFC 7643 §4.3).
pub const ENTERPRISE_USER: SchemaDefinition = SchemaDefinition {
    id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "Enterprise User",
    attributes: &[
        A::string("employeeNumber", "A number or code that the organization gave the person."),
        A::string("costCenter", "The name of the person's cost center."),
        A::string("organization", "The name of the person's organization."),
        A::string("division", "The name of the person's division."),
        A::string("department", "The name of the person's department."),
        A::complex(
            "manager",
            "The person's manager.",
            &[
                A::string("value", "The id of the manager's resource.").exact(),
                A::reference("$ref", "The URI of the manager's resource.", &["User"]),
                A::string("displayName", "The manager's name.").read_only(),
            ],
        ),
    ],
};
