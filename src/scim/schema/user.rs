//! The `User` resource (RFC 7643 §4.1).

use super::{
    AttributeDefinition as A, AttributeType, Mutability, Returned, SchemaDefinition, Uniqueness,
};

const PRIMARY: A = A::new(
    "primary",
    AttributeType::Boolean,
    "Whether the element is the preferred one; true at most once.",
);
const DISPLAY: A = A::string("display", "A name of the element for people.");

/// `urn:ietf:params:scim:schemas:core:2.0:User` (RFC 7643 §4.1).
pub const USER: SchemaDefinition = SchemaDefinition {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "User Account",
    attributes: &[
        A {
            required: true,
            uniqueness: Uniqueness::Server,
            ..A::string("userName", "The name by which the person signs in; unique.")
        },
        A::complex(
            "name",
            "The parts of the person's name.",
            &[
                A::string("formatted", "The whole name, formatted for display."),
                A::string("familyName", "The family name."),
                A::string("givenName", "The given name."),
                A::string("middleName", "The middle name or names."),
                A::string("honorificPrefix", "The title before the name."),
                A::string("honorificSuffix", "The suffix after the name."),
            ],
        ),
        A::string("displayName", "The person's name, suitable for display."),
        A::string("nickName", "The casual way to address the person."),
        A::reference("profileUrl", "The URI of the person's online profile.", &["external"]),
        A::string("title", "The person's title, such as `Vice President`."),
        A::string("userType", "How the person stands to the organization."),
        A::string("preferredLanguage", "The languages the person prefers, as in Accept-Language."),
        A::string("locale", "The person's default location, for currency, dates and numbers."),
        A::string("timezone", "The person's time zone, in the IANA database's names."),
        A::new("active", AttributeType::Boolean, "Whether the person may use the service."),
        A {
            mutability: Mutability::WriteOnly,
            returned: Returned::Never,
            ..A::string("password", "The person's password in clear text; never returned.")
        },
        A::list(
            "emails",
            "The person's e-mail addresses.",
            &[
                A::string("value", "The e-mail address."),
                DISPLAY,
                A::kinds(&["work", "home", "other"]),
                PRIMARY,
            ],
        ),
        A::list(
            "phoneNumbers",
            "The person's phone numbers.",
            &[
                A::string("value", "The phone number."),
                DISPLAY,
                A::kinds(&["work", "home", "mobile", "fax", "pager", "other"]),
                PRIMARY,
            ],
        ),
        A::list(
            "ims",
            "The person's instant messaging addresses.",
            &[
                A::string("value", "The instant messaging address."),
                DISPLAY,
                A::kinds(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
                PRIMARY,
            ],
        ),
        A::list(
            "photos",
            "URIs of photos of the person.",
            &[
                A::reference("value", "The URI of the photo.", &["external"]),
                DISPLAY,
                A::kinds(&["photo", "thumbnail"]),
                PRIMARY,
            ],
        ),
        A::list(
            "addresses",
            "The person's postal addresses.",
            &[
                A::string("formatted", "The whole address, formatted for display."),
                A::string("streetAddress", "The street, house number and such."),
                A::string("locality", "The city."),
                A::string("region", "The state or region."),
                A::string("postalCode", "The postal code."),
                A::string("country", "The country, in ISO 3166-1's two letters."),
                A::kinds(&["work", "home", "other"]),
                PRIMARY,
            ],
        ),
        A::list(
            "groups",
            "The groups to which the person belongs; changed through the groups.",
            &[
                A::string("value", "The id of the group.").exact().read_only(),
                A::reference("$ref", "The URI of the group.", &["User", "Group"]).read_only(),
                DISPLAY.read_only(),
                A::kinds(&["direct", "indirect"]).read_only(),
            ],
        )
        .read_only(),
        A::list(
            "entitlements",
            "What the person is entitled to.",
            &[A::string("value", "The entitlement."), DISPLAY, A::kinds(&[]), PRIMARY],
        ),
        A::list(
            "roles",
            "The person's roles.",
            &[A::string("value", "The role."), DISPLAY, A::kinds(&[]), PRIMARY],
        ),
        A::list(
            "x509Certificates",
            "The person's certificates.",
            &[
                A::new("value", AttributeType::Binary, "A certificate in DER.").exact(),
                DISPLAY,
                A::kinds(&[]),
                PRIMARY,
            ],
        ),
    ],
};
