//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` (RFC 7644 §4), generated from the
//! mapping: what is not stored is not advertised.

use http::Response;
use serde_json::{Value as Json, json};

use super::query::Parameters;
use super::respond::{self, Refusal};
use super::{Body, Call};
use crate::scim::discovery;

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// What this project can do (RFC 7643 §5).
pub(super) fn service_provider_config(call: &Call) -> Json {
    let facts = &call.project.provisioner.mapping.entity.facts;
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        // Clients read the numbers although nothing is supported: they are always there.
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": facts.page },
        "changePassword": { "supported": false },
        "sort": { "supported": facts.sort },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A bearer token in the Authorization header",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{}/ServiceProviderConfig", call.base()),
        },
    })
}

pub(super) fn resource_types(
    call: &Call,
    name: Option<&str>,
    parameters: &Parameters<'_>,
) -> Result<Response<Body>, Refusal> {
    let resource = &call.project.provisioner.mapping.resource;
    let only = discovery::resource_type(resource, &call.base());
    one_or_list(call, name, parameters, &[only], "name")
}

pub(super) fn schemas(
    call: &Call,
    urn: Option<&str>,
    parameters: &Parameters<'_>,
) -> Result<Response<Body>, Refusal> {
    let resource = &call.project.provisioner.mapping.resource;
    one_or_list(call, urn, parameters, &discovery::schemas(resource, &call.base()), "id")
}

/// All of a few resources as a ListResponse (RFC 7644 §3.4.2).
pub(super) fn list(all: &[Json]) -> Json {
    json!({
        "schemas": [LIST],
        "totalResults": all.len(),
        "startIndex": 1,
        "itemsPerPage": all.len(),
        "Resources": all,
    })
}

fn one_or_list(
    call: &Call,
    wanted: Option<&str>,
    parameters: &Parameters<'_>,
    all: &[Json],
    key: &str,
) -> Result<Response<Body>, Refusal> {
    // RFC 7644 §4: a filter on discovery is refused, everything else is ignored.
    if parameters.get("filter").is_some() {
        return Err(Refusal::FilteredDiscovery);
    }
    let Some(wanted) = wanted else { return Ok(respond::json(&list(all), call.media)) };
    let is_wanted = |one: &&Json| {
        one.get(key).and_then(Json::as_str).is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    };
    match all.iter().find(is_wanted) {
        Some(one) => Ok(respond::json(one, call.media)),
        None => Err(Refusal::NoSuchDefinition),
    }
}
