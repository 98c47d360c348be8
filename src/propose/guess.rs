//! Which attribute a column's name sounds like: a list that is read from above, so that what
//! identifies a person takes its column first.

use super::Column;
use crate::value::Type;

/// What a column may sound like.
#[derive(Debug)]
pub struct Guess {
    /// The attribute's path.
    pub scim: &'static str,
    /// The type that its column must have.
    pub kind: Type,
    /// The names, lower case and without signs, the likeliest first.
    pub names: &'static [&'static str],
    /// A value for the example; nothing for what no client writes.
    pub sample: Option<&'static str>,
}

const fn text(scim: &'static str, sample: &'static str, names: &'static [&'static str]) -> Guess {
    Guess { scim, kind: Type::String, names, sample: Some(sample) }
}

/// The path of the one attribute without which nobody is anybody.
pub const USER_NAME: &str = "userName";
/// The path of the directory's own name for a person.
pub const EXTERNAL_ID: &str = "externalId";
/// The path of the switch.
pub const ACTIVE: &str = "active";
/// The path of the person above.
pub const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
/// The path of the first mail address.
pub const EMAIL: &str = "emails[type eq \"work\"].value";

/// Every guess, what identifies a person first.
pub const GUESSES: &[Guess] = &[
    text(
        USER_NAME,
        "ana@contoso.com",
        &[
            "username",
            "userprincipalname",
            "upn",
            "login",
            "loginname",
            "userlogin",
            "logonname",
            "samaccountname",
            "accountname",
            "useraccount",
            "account",
            "userid",
        ],
    ),
    text(
        EXTERNAL_ID,
        "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        &[
            "externalid",
            "scimexternalid",
            "entraid",
            "entraobjectid",
            "azureobjectid",
            "aadobjectid",
            "immutableid",
            "directoryid",
        ],
    ),
    Guess {
        scim: ACTIVE,
        kind: Type::Boolean,
        names: &["active", "isactive", "enabled", "isenabled", "accountenabled", "useractive"],
        sample: None,
    },
    text("name.givenName", "Ana", &["givenname", "firstname", "forename", "fname", "vorname"]),
    text(
        "name.familyName",
        "Diaz",
        &["familyname", "lastname", "surname", "sn", "lname", "nachname"],
    ),
    text("name.middleName", "Maria", &["middlename"]),
    text("name.formatted", "Ana Diaz", &["fullname", "formattedname", "completename"]),
    text("displayName", "Ana Diaz", &["displayname", "name"]),
    text("nickName", "Ani", &["nickname"]),
    text(
        EMAIL,
        "ana@contoso.com",
        &[
            "email",
            "mail",
            "emailaddress",
            "mailaddress",
            "workemail",
            "contactemail",
            "primaryemail",
            "businessemail",
            "useremail",
        ],
    ),
    text(
        "phoneNumbers[type eq \"work\"].value",
        "+57 6015551234",
        &[
            "workphone",
            "businessphone",
            "officephone",
            "phone",
            "phonenumber",
            "telephone",
            "telephonenumber",
        ],
    ),
    text(
        "phoneNumbers[type eq \"mobile\"].value",
        "+57 3001234567",
        &["mobile", "mobilephone", "mobilenumber", "cell", "cellphone", "contactcell"],
    ),
    text("title", "Engineer", &["title", "jobtitle"]),
    text("userType", "Employee", &["usertype", "employeetype"]),
    text("preferredLanguage", "es", &["preferredlanguage", "language", "lang"]),
    text("locale", "es-CO", &["locale"]),
    text("timezone", "America/Bogota", &["timezone"]),
    text(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
        "701984",
        &["employeenumber", "employeeno", "employeeid", "personnelnumber", "staffid"],
    ),
    text(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        "Finance",
        &["department", "departmentname", "dept"],
    ),
    text(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter",
        "4130",
        &["costcenter", "costcentre"],
    ),
    text(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division",
        "Payroll",
        &["division"],
    ),
    text(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization",
        "Contoso",
        &["organization", "organisation", "company", "companyname"],
    ),
    text("addresses[type eq \"work\"].streetAddress", "Calle 1", &["streetaddress", "street"]),
    text("addresses[type eq \"work\"].locality", "Bogota", &["city", "locality", "town"]),
    text("addresses[type eq \"work\"].region", "Cundinamarca", &["region", "state", "province"]),
    text("addresses[type eq \"work\"].postalCode", "110111", &["postalcode", "zip", "zipcode"]),
    text("addresses[type eq \"work\"].country", "CO", &["country", "countrycode"]),
    Guess {
        scim: "meta.created",
        kind: Type::DateTime,
        names: &["createdat", "createdon", "created", "creationdate", "createddate"],
        sample: None,
    },
    Guess {
        scim: "meta.lastModified",
        kind: Type::DateTime,
        names: &[
            "modifiedat",
            "modifiedon",
            "lastmodified",
            "updatedat",
            "lastupdated",
            "modified",
        ],
        sample: None,
    },
];

/// Names of columns that hold another person's key.
const MANAGERS: &[&str] =
    &["managerid", "manager", "idbossuser", "bossid", "boss", "supervisorid", "reportsto"];

/// Parts of names of what must never leave a server.
const SECRETS: &[&str] =
    &["password", "passwd", "pwd", "secret", "salt", "hash", "token", "pincode", "apikey"];

/// The column that sounds most like an attribute, among those that `free` leaves.
pub fn column<'c>(
    guess: &Guess,
    columns: &'c [Column],
    entity: &str,
    free: impl Fn(&Column) -> bool,
) -> Option<&'c Column> {
    let fits = |column: &&Column| {
        let is_switch = guess.kind == Type::Boolean && column.kind == Ok(Type::Integer);
        free(column) && column.literal.is_none() && (column.kind == Ok(guess.kind) || is_switch)
    };
    guess.names.iter().find_map(|name| {
        let own = |column: &&Column| sounds(&column.name) == *name;
        let prefixed = |column: &&Column| {
            let sound = sounds(&column.name);
            prefixes(entity).iter().any(|prefix| sound.strip_prefix(prefix.as_str()) == Some(*name))
        };
        let fitting = || columns.iter().filter(fits);
        fitting().find(own).or_else(|| fitting().find(prefixed))
    })
}

/// The column that holds the key of the person above.
pub fn manager(columns: &[Column]) -> Option<&Column> {
    let known = |column: &&Column| column.person;
    let named =
        |name: &&str| columns.iter().filter(known).find(|column| sounds(&column.name) == **name);
    MANAGERS.iter().find_map(named)
}

/// Whether a column's name says that a client must not see it.
pub fn is_secret(name: &str) -> bool {
    let sound = sounds(name);
    SECRETS.iter().any(|secret| sound.contains(secret))
}

/// A name without signs and case.
pub fn sounds(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What people put before the names of their columns.
fn prefixes(entity: &str) -> Vec<String> {
    let entity = sounds(entity);
    let singular = entity.strip_suffix('s').unwrap_or(&entity).to_owned();
    let mut prefixes = vec![entity, singular];
    prefixes.extend(["user", "person", "employee", "contact", "work"].map(str::to_owned));
    prefixes
}
