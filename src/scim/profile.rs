//! Which habits of real clients are tolerated, switch by switch.
//!
//! Leniency belongs to a caller, never to the whole service: each caller's configuration names one
//! of these profiles. [`Profile::STRICT`] is RFC 7643 and 7644 to the letter.

/// A set of tolerances. Every switch names the client that needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// `"op": "Add"`, `"Replace"`, `"Remove"`: Entra ID without the `aadOptscim062020` flag
    /// (langwatch/langwatch#6972).
    pub any_case_operations: bool,
    /// `"True"`, `"False"` in any letter case for booleans: Entra ID's `Switch` expressions and
    /// Keycloak's `active` (scimmyjs/scimmy#51, #86; mitodl/keycloak-scim#184).
    pub boolean_strings: bool,
    /// `"7"` for integers and decimals: Entra ID's custom attributes, which its expressions make
    /// strings, and OneLogin's templates.
    pub number_strings: bool,
    /// POST, PUT and PATCH bodies without `schemas`: hand-written connectors and Entra ID's test
    /// harness.
    pub missing_schemas: bool,
    /// `emails[type eq "work"].value` on a person who has no such e-mail creates it, for `replace`
    /// as well: Entra ID (Captain-P-Goldfish/SCIM-SDK#416, thomaspoignant/scim-patch#42,
    /// zitadel/zitadel#9690); RFC 7644 §3.5.2.3 says `noTarget`.
    pub value_path_creates: bool,
    /// Keys such as `name.givenName` inside an operation without `path`: Entra ID with the flag
    /// (Captain-P-Goldfish/SCIM-SDK#267, thomaspoignant/scim-patch#132).
    pub path_keys: bool,
    /// `[{"$ref": null, "value": "x"}]` or `{"value": "x"}` for a plain value, and a bare string
    /// for `manager`: Entra ID's older jobs (MicrosoftDocs/azure-docs#42220, imulab/go-scim#75).
    pub wrapped_scalars: bool,
    /// A role's `value` that is itself the JSON text of an object,
    /// `"{\"id\":…,\"value\":\"Admin\"}"`: Entra ID's `AssertiveAppRoleAssignmentsComplex` and its
    /// siblings, as Microsoft's own page on app roles shows them.
    pub values_as_json_text: bool,
    /// `""` clears an optional attribute: Entra ID's `SCIM_Null_Update_Test`, Okta's
    /// `"middleName": ""`.
    pub empty_string_clears: bool,
    /// `externalId eq jyoung`, unquoted: Entra ID's documentation and authentik
    /// (goauthentik/authentik#16677).
    pub bare_filter_words: bool,
    /// `PLACEHOLDER eq "…"` finds nobody instead of being refused: Entra ID's connection test over
    /// the on-premises agent.
    pub placeholder_filter: bool,
    /// `urn:scim:schemas:core:1.0` in `schemas`, and `emails` as an object: OneLogin's templates.
    pub scim1_schemas: bool,
    /// Attributes that are not mapped are left out and counted instead of refused: everybody who
    /// sends a whole profile (Entra ID's deleted mappings, Okta, Keycloak, Microsoft's Postman
    /// collection).
    pub ignore_unmapped: bool,
    /// An unusable value of an optional attribute is left out and counted instead of refusing the
    /// whole request, so that `active: false` always disables: every identity provider.
    pub drop_invalid_optional: bool,
    /// `id`, `meta` and other read-only keys inside an operation without `path` are ignored: Okta
    /// (Captain-P-Goldfish/SCIM-SDK#757).
    pub ignore_read_only_in_bodies: bool,
}

impl Profile {
    /// RFC 7643 and 7644 to the letter.
    pub const STRICT: Self = Self {
        any_case_operations: false,
        boolean_strings: false,
        number_strings: false,
        missing_schemas: false,
        value_path_creates: false,
        path_keys: false,
        wrapped_scalars: false,
        values_as_json_text: false,
        empty_string_clears: false,
        bare_filter_words: false,
        placeholder_filter: false,
        scim1_schemas: false,
        ignore_unmapped: false,
        drop_invalid_optional: false,
        ignore_read_only_in_bodies: false,
    };

    /// Every habit that does no harm; only Entra ID's own `PLACEHOLDER` is left to its profile.
    pub const TOLERANT: Self = Self {
        any_case_operations: true,
        boolean_strings: true,
        number_strings: true,
        missing_schemas: true,
        value_path_creates: true,
        path_keys: true,
        wrapped_scalars: true,
        values_as_json_text: true,
        empty_string_clears: true,
        bare_filter_words: true,
        placeholder_filter: false,
        scim1_schemas: true,
        ignore_unmapped: true,
        drop_invalid_optional: true,
        ignore_read_only_in_bodies: true,
    };

    /// Microsoft Entra ID, with and without its flags.
    pub const ENTRA: Self =
        Self { placeholder_filter: true, scim1_schemas: false, ..Self::TOLERANT };

    /// Okta: both kinds of application integration.
    pub const OKTA: Self = Self {
        boolean_strings: true,
        value_path_creates: true,
        empty_string_clears: true,
        ignore_unmapped: true,
        drop_invalid_optional: true,
        ignore_read_only_in_bodies: true,
        ..Self::STRICT
    };

    /// OneLogin, whose bodies an administrator writes as a template.
    pub const ONELOGIN: Self = Self {
        boolean_strings: true,
        number_strings: true,
        missing_schemas: true,
        value_path_creates: true,
        wrapped_scalars: true,
        empty_string_clears: true,
        scim1_schemas: true,
        ignore_unmapped: true,
        drop_invalid_optional: true,
        ignore_read_only_in_bodies: true,
        ..Self::STRICT
    };

    /// PingFederate and PingOne.
    pub const PING: Self = Self {
        value_path_creates: true,
        empty_string_clears: true,
        ignore_unmapped: true,
        drop_invalid_optional: true,
        ignore_read_only_in_bodies: true,
        ..Self::STRICT
    };

    /// Every profile by the name it has in a configuration.
    pub const NAMES: &[(&str, Self)] = &[
        ("entra", Self::ENTRA),
        ("okta", Self::OKTA),
        ("onelogin", Self::ONELOGIN),
        ("ping", Self::PING),
        ("tolerant", Self::TOLERANT),
        ("strict", Self::STRICT),
    ];

    /// The profile of that name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, profile)| *profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_but_strict_lets_a_disable_through() {
        for (name, profile) in Profile::NAMES {
            assert_eq!(profile.drop_invalid_optional, *name != "strict", "{name}");
            assert_eq!(profile.ignore_unmapped, *name != "strict", "{name}");
            assert_eq!(profile.placeholder_filter, *name == "entra", "{name}");
            assert_eq!(Profile::named(name), Some(*profile));
        }
        assert_eq!(Profile::named("Entra"), None);
    }
}
