//! Method and path → what is asked for (RFC 7644 §3.2).

use http::Method;
use percent_encoding::percent_decode_str;

use crate::telemetry::Operation;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `GET /ServiceProviderConfig`.
    ServiceProviderConfig,
    /// `GET /ResourceTypes`, or one of them.
    ResourceTypes(Option<String>),
    /// `GET /Schemas`, or one of them.
    Schemas(Option<String>),
    /// `GET /Groups`, which a project may answer with an empty list.
    Groups,
    /// `GET /Users`.
    List,
    /// `POST /Users/.search`, or `POST /.search`.
    Search,
    /// `POST /Users`.
    Create,
    /// `GET /Users/{id}`.
    Read(String),
    /// `PUT /Users/{id}`.
    Replace(String),
    /// `PATCH /Users/{id}`.
    Patch(String),
    /// `DELETE /Users/{id}`.
    Delete(String),
}

impl Route {
    /// Whether it may change a person.
    #[must_use]
    pub const fn writes(&self) -> bool {
        matches!(self, Self::Create | Self::Replace(_) | Self::Patch(_) | Self::Delete(_))
    }

    /// What it is counted as.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::ServiceProviderConfig | Self::ResourceTypes(_) | Self::Schemas(_) => {
                Operation::Discovery
            }
            Self::Groups => Operation::Other,
            Self::List | Self::Search => Operation::Search,
            Self::Create => Operation::Create,
            Self::Read(_) => Operation::Read,
            Self::Replace(_) => Operation::Replace,
            Self::Patch(_) => Operation::Patch,
            Self::Delete(_) => Operation::Delete,
        }
    }

    /// Whether the request has a body that counts.
    #[must_use]
    pub const fn takes_body(&self) -> bool {
        matches!(self, Self::Create | Self::Replace(_) | Self::Patch(_) | Self::Search)
    }
}

/// Why nothing is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteError {
    /// There is no such endpoint.
    NoSuchEndpoint,
    /// RFC 7644 knows the endpoint, and it is not offered here.
    Unsupported,
    /// The endpoint takes other methods: these.
    WrongMethod(&'static str),
}

/// What Entra ID's tenant URL may carry as a query, in any letter case.
pub const FLAG: &str = "aadOptscim062020";

/// The path and query that a client means which appends its paths to a tenant URL with a flag:
/// `{base}/?aadOptscim062020/Users?filter=…` means `{base}/Users?filter=…`. Others are left alone.
#[must_use]
pub fn unfold<'u>(rest: &'u str, query: &'u str) -> (&'u str, &'u str) {
    let is_flagged = rest.trim_matches('/').is_empty()
        && query.get(..FLAG.len()).is_some_and(|start| start.eq_ignore_ascii_case(FLAG));
    match query.split_once('/').filter(|_| is_flagged) {
        None => (rest, query),
        Some((_, appended)) => appended.split_once('?').unwrap_or((appended, "")),
    }
}

/// Finds the route of a path behind the base path. Empty segments do not count: clients append
/// their paths to tenant URLs that end in a slash or in a query.
///
/// # Errors
/// [`RouteError`].
pub fn route(method: &Method, path: &str) -> Result<Route, RouteError> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let (first, second, third) = (segments.next(), segments.next(), segments.next());
    if third.is_some() {
        return Err(RouteError::NoSuchEndpoint);
    }
    let reads = *method == Method::GET || *method == Method::HEAD;
    let only_get =
        |route: Route| if reads { Ok(route) } else { Err(RouteError::WrongMethod("GET")) };
    match (first, second) {
        (Some("ServiceProviderConfig" | "ServiceProviderConfigs"), None) => {
            only_get(Route::ServiceProviderConfig)
        }
        (Some("ResourceTypes"), name) => {
            only_get(Route::ResourceTypes(name.map(decoded).transpose()?))
        }
        (Some("Schemas"), urn) => only_get(Route::Schemas(urn.map(decoded).transpose()?)),
        (Some("Users"), None) => match *method {
            Method::GET | Method::HEAD => Ok(Route::List),
            Method::POST => Ok(Route::Create),
            _ => Err(RouteError::WrongMethod("GET, POST")),
        },
        // A search from the root finds resources of every type (RFC 7644 §3.4.3): there is one.
        (Some(".search"), None) | (Some("Users"), Some(".search")) => {
            if *method == Method::POST {
                Ok(Route::Search)
            } else {
                Err(RouteError::WrongMethod("POST"))
            }
        }
        (Some("Users"), Some(id)) => {
            let id = decoded(id)?;
            match *method {
                Method::GET | Method::HEAD => Ok(Route::Read(id)),
                Method::PUT => Ok(Route::Replace(id)),
                Method::PATCH => Ok(Route::Patch(id)),
                Method::DELETE => Ok(Route::Delete(id)),
                _ => Err(RouteError::WrongMethod("GET, PUT, PATCH, DELETE")),
            }
        }
        (Some("Groups"), None) if reads => Ok(Route::Groups),
        (Some("Me" | "Bulk"), _) => Err(RouteError::Unsupported),
        _ => Err(RouteError::NoSuchEndpoint),
    }
}

fn decoded(segment: &str) -> Result<String, RouteError> {
    match percent_decode_str(segment).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(RouteError::NoSuchEndpoint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_that_clients_add_do_not_count() {
        for path in ["/Users", "//Users", "/Users/", "Users"] {
            assert_eq!(route(&Method::GET, path), Ok(Route::List), "{path}");
        }
        assert_eq!(route(&Method::GET, "/Users/7"), Ok(Route::Read("7".to_owned())));
        assert_eq!(route(&Method::GET, "/Users/a%20b"), Ok(Route::Read("a b".to_owned())));
        assert_eq!(route(&Method::POST, "/.search"), Ok(Route::Search));
    }

    #[test]
    fn a_flag_in_the_tenant_url_does_not_swallow_the_path() {
        let unfolded = unfold("/", "aadOptscim062020/Users/7?attributes=userName");
        assert_eq!(unfolded, ("Users/7", "attributes=userName"));
        assert_eq!(unfold("/", "aadOptscim062020=true/Users"), ("Users", ""));
        assert_eq!(unfold("/Users", "aadOptscim062020"), ("/Users", "aadOptscim062020"));
        assert_eq!(unfold("/", "filter=a/b"), ("/", "filter=a/b"));
    }

    #[test]
    fn what_is_not_there_says_why() {
        assert_eq!(route(&Method::PUT, "/Users"), Err(RouteError::WrongMethod("GET, POST")));
        assert_eq!(route(&Method::POST, "/Schemas"), Err(RouteError::WrongMethod("GET")));
        assert_eq!(route(&Method::POST, "/Bulk"), Err(RouteError::Unsupported));
        assert_eq!(route(&Method::GET, "/Me"), Err(RouteError::Unsupported));
        assert_eq!(route(&Method::POST, "/Groups"), Err(RouteError::NoSuchEndpoint));
        assert_eq!(route(&Method::GET, "/Users/7/x"), Err(RouteError::NoSuchEndpoint));
        assert_eq!(route(&Method::GET, "/Users/%ff"), Err(RouteError::NoSuchEndpoint));
    }
}
