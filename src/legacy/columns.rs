//! What the tables hold: one list of columns feeds the schema, the rows, the filters and
//! `$metadata`. It knows neither SQL statements nor HTTP.
//!
//! WFUser's columns, types and lengths are those of a real SQL Server project. The tables behind
//! `idArea`, `idLocation`, `idWorkingTimeSchema`, `idTimeZone`, `language` and `userStartPage`
//! are not kept, so those columns take any integer; `idBossUser`, `idDelegate` and `idDepartment`
//! are real foreign keys. ROLE and ORG are known by name only: their columns are inferred.

/// What a column stores, in SQL Server's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `int`: 32 bits; a JSON number.
    Integer,
    /// `tinyint`: 0 to 255; a JSON number, written also as `true` or `false`.
    TinyInt,
    /// `bit`; a JSON boolean.
    Bit,
    /// `nvarchar(n)`: at most that many UTF-16 code units; a JSON string.
    Text(u16),
    /// `datetime`; the JSON string `YYYY-MM-DDThh:mm:ssZ`.
    DateTime,
    /// `uniqueidentifier`; a JSON string in lower case.
    Guid,
    /// `bigint` of .NET ticks (100 ns since 0001-01-01); a JSON number.
    Ticks,
    /// `money`; a JSON number. Kept as a double, which is enough for a sample.
    Money,
    /// Several texts; a JSON array of strings, `[]` when empty. **Invented**: no column of Bizagi's
    /// holds a list, so only the OData view knows it.
    Texts,
}

impl Kind {
    /// The type's name in OData's `$metadata`.
    pub(crate) const fn edm(self) -> &'static str {
        match self {
            Self::Integer => "Edm.Int32",
            Self::TinyInt => "Edm.Byte",
            Self::Bit => "Edm.Boolean",
            Self::Text(_) => "Edm.String",
            Self::DateTime => "Edm.DateTimeOffset",
            Self::Guid => "Edm.Guid",
            Self::Ticks => "Edm.Int64",
            Self::Money => "Edm.Decimal",
            Self::Texts => "Collection(Edm.String)",
        }
    }
}

/// One column of a table.
#[derive(Debug)]
pub(crate) struct Column {
    /// The name, letter for letter as in JSON.
    pub(crate) name: &'static str,
    /// What it stores.
    pub(crate) kind: Kind,
    /// Whether it may be empty.
    pub(crate) nullable: bool,
    /// Whether only the server writes it.
    pub(crate) computed: bool,
    /// What a new row holds when nothing is said: a bit or a number.
    pub(crate) default: Option<i64>,
    /// The table that the value must be a key of.
    pub(crate) references: Option<&'static str>,
}

/// A way from a row to another row, for `$expand` and for paths in `$filter`.
#[derive(Debug)]
pub(crate) struct Navigation {
    /// The name in JSON and in `$expand`.
    pub(crate) name: &'static str,
    /// The column that holds the other row's key.
    pub(crate) column: &'static str,
    /// The other row's table.
    pub(crate) table: &'static str,
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    /// The name, in SQL and in URLs.
    pub(crate) name: &'static str,
    /// The key column: an integer that the server assigns and never reuses.
    pub(crate) key: &'static str,
    /// The columns, in the order of the JSON row.
    pub(crate) columns: &'static [Column],
    /// The ways to other rows.
    pub(crate) navigations: &'static [Navigation],
    /// Whether rows can be written through the data view.
    pub(crate) writable: bool,
}

impl Table {
    /// The column of that name, letter for letter.
    pub(crate) fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The navigation of that name, letter for letter.
    pub(crate) fn navigation(&self, name: &str) -> Option<&'static Navigation> {
        self.navigations.iter().find(|navigation| navigation.name == name)
    }

    /// The table of that name, letter for letter.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().copied().find(|table| table.name == name)
    }
}

/// A many-to-many relation of WFUser: a link table of the same name holds who has what.
#[derive(Debug)]
pub(crate) struct Relation {
    /// The collection's name in the class.
    pub(crate) name: &'static str,
    /// The table of what is linked.
    pub(crate) table: &'static Table,
    /// The link table: the user's key and the other row's.
    pub(crate) link: &'static str,
}

/// What a user has many of.
pub(crate) const RELATIONS: &[&Relation] = &[&ROLES, &ORGANIZATIONS];

/// The roles of a user.
pub(crate) static ROLES: Relation = Relation { name: "Roles", table: &ROLE, link: "UserRole" };

/// The organizations of a user.
pub(crate) static ORGANIZATIONS: Relation =
    Relation { name: "Organizations", table: &ORG, link: "UserOrg" };

/// The tables of the OData view.
pub(crate) const TABLES: &[&Table] = &[&DEPARTMENT, &WFUSER];

const fn optional(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: true, computed: false, default: None, references: None }
}
const fn required(name: &'static str, kind: Kind) -> Column {
    Column { nullable: false, ..optional(name, kind) }
}
const fn computed(name: &'static str, kind: Kind) -> Column {
    Column { computed: true, ..optional(name, kind) }
}
const fn preset(name: &'static str, kind: Kind, default: i64) -> Column {
    Column { default: Some(default), ..optional(name, kind) }
}
const fn reference(name: &'static str, table: &'static str) -> Column {
    Column { references: Some(table), ..optional(name, Kind::Integer) }
}

/// The parameter entity that WFUser refers to. Names are not unique, as in any such table.
pub(crate) static DEPARTMENT: Table = Table {
    name: "Department",
    key: "idDepartment",
    columns: &[
        Column { nullable: false, ..computed("idDepartment", Kind::Integer) },
        optional("code", Kind::Text(25)),
        required("name", Kind::Text(100)),
    ],
    navigations: &[],
    writable: false,
};

/// What a user may be: defined with the project, never over an interface.
pub(crate) static ROLE: Table = Table {
    name: "ROLE",
    key: "idRole",
    columns: &[
        Column { nullable: false, ..computed("idRole", Kind::Integer) },
        required("roleName", Kind::Text(100)),
    ],
    navigations: &[],
    writable: false,
};

/// Where a user may belong.
pub(crate) static ORG: Table = Table {
    name: "ORG",
    key: "idOrg",
    columns: &[
        Column { nullable: false, ..computed("idOrg", Kind::Integer) },
        required("Code", Kind::Text(25)),
        required("orgName", Kind::Text(100)),
    ],
    navigations: &[],
    writable: false,
};

/// The people.
pub(crate) static WFUSER: Table = Table {
    name: "WFUser",
    key: "idUser",
    columns: &[
        Column { nullable: false, ..computed("idUser", Kind::Integer) },
        required("fullName", Kind::Text(200)),
        optional("userName", Kind::Text(100)),
        required("domain", Kind::Text(25)),
        Column { nullable: false, ..preset("enabled", Kind::Bit, 1) },
        preset("enabledForAssignation", Kind::TinyInt, 1),
        optional("idArea", Kind::Integer),
        optional("idLocation", Kind::Integer),
        reference("idBossUser", "WFUser"),
        reference("idDelegate", "WFUser"),
        optional("idWorkingTimeSchema", Kind::Integer),
        optional("idTimeZone", Kind::Integer),
        preset("notifByEmail", Kind::Bit, 1),
        optional("notifByMessenger", Kind::Bit),
        optional("notifByCell", Kind::Bit),
        optional("contactEmail", Kind::Text(100)),
        optional("contactMessenger", Kind::Text(100)),
        optional("contactCell", Kind::Text(20)),
        optional("DelegateEnabled", Kind::TinyInt),
        optional("language", Kind::Integer),
        preset("createdCasesSkipAssigRules", Kind::Bit, 0),
        optional("userPicture", Kind::TinyInt),
        preset("offlineForms", Kind::Bit, 1),
        optional("normalCost", Kind::Money),
        optional("overtimeCost", Kind::Money),
        optional("userStartPage", Kind::Integer),
        computed("wfClassAccessCacheExpiry", Kind::DateTime),
        computed("guidUser", Kind::Guid),
        computed("finalEnt", Kind::Integer),
        Column { nullable: false, ..computed("baCreatedTime", Kind::Ticks) },
        computed("baLastUpdated", Kind::Ticks),
        // The project's own user properties: extra columns on WFUser itself.
        optional("FirstName", Kind::Text(50)),
        optional("LastName", Kind::Text(50)),
        optional("DisplayName", Kind::Text(200)),
        optional("ScimExternalId", Kind::Text(100)),
        optional("ScimDeleted", Kind::Bit),
        optional("IdentificationNumber", Kind::Text(50)),
        optional("EmployeeLevel", Kind::Integer),
        optional("IsContractor", Kind::Bit),
        optional("HireDate", Kind::DateTime),
        optional("Badges", Kind::Texts),
        reference("idDepartment", "Department"),
    ],
    navigations: &[
        Navigation { name: "department", column: "idDepartment", table: "Department" },
        Navigation { name: "boss", column: "idBossUser", table: "WFUser" },
    ],
    writable: true,
};
