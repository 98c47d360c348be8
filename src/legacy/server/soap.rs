//! The way of a SOAP request: who may ask, the envelope in and out. It knows no entity.

use http::header::{self, HeaderMap};
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use serde_json::Value;

use super::{Service, collect, page};
use crate::legacy::answer::{Answer, HTML, XML};
use crate::legacy::soap::{self, Fault, OPERATIONS};
use crate::legacy::store::{Manner, Origin};
use crate::legacy::{SoapAccess, fault::Kind};

/// The path of a SOAP request as faults see it, with the method's name at its end so that one
/// method can be meant; nothing when the request is for something else.
pub(super) fn path(inside: &str, headers: &HeaderMap) -> Option<String> {
    let path = inside.trim_end_matches('/');
    path.eq_ignore_ascii_case(soap::PATH)
        .then(|| format!("{}/{}", soap::PATH, soap::action(action(headers).unwrap_or_default())))
}

fn action(headers: &HeaderMap) -> Option<&str> {
    headers.get("soapaction")?.to_str().ok()
}

impl Service {
    pub(super) async fn soap(
        &self,
        request: Request<Incoming>,
        number: u64,
        loose: bool,
        licences: Option<u64>,
    ) -> Answer {
        if !self.may_ask(request.headers()) {
            return self.soap_unauthorised();
        }
        if request.method() == Method::GET {
            self.calls.reached(number, None);
            return help();
        }
        if request.method() != Method::POST {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            return html(status, "405 - Method Not Allowed").with(header::ALLOW, "GET, POST");
        }
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("text/xml") {
            return html(StatusCode::UNSUPPORTED_MEDIA_TYPE, "415 - Unsupported Media Type");
        }
        let bytes = match collect(body).await {
            Ok(bytes) => bytes,
            Err(error) => return html(error.status, &error.message),
        };
        let request = match soap::Request::read(action(&parts.headers), &bytes) {
            Ok(request) => request,
            Err(fault) => {
                self.calls.reached(number, None);
                return soap_fault(&fault);
            }
        };
        self.calls.reached(number, Some(Value::String(request.text.clone())));
        let manner = Manner { origin: Origin::Interface, loose, licences };
        let view = self.soap.clone();
        let answer = tokio::task::spawn_blocking(move || view.answer(request, manner)).await;
        match answer {
            Ok(envelope) => Answer::text(StatusCode::OK, XML, envelope),
            Err(cause) => {
                tracing::error!(%cause, "a legacy SOAP request ended abruptly");
                html(StatusCode::INTERNAL_SERVER_ERROR, "Runtime Error")
            }
        }
    }

    fn may_ask(&self, headers: &HeaderMap) -> bool {
        match self.soap_access {
            SoapAccess::Open => true,
            SoapAccess::Basic => self.tokens.admits_basic(headers),
            SoapAccess::Bearer => self.tokens.admits_bearer(headers),
            SoapAccess::Negotiate => false,
        }
    }

    /// What IIS answers before the service is asked.
    fn soap_unauthorised(&self) -> Answer {
        let answer = html(StatusCode::UNAUTHORIZED, "401 - Unauthorized");
        match self.soap_access {
            SoapAccess::Basic => {
                answer.with(header::WWW_AUTHENTICATE, "Basic realm=\"EntityManagerSOA\"")
            }
            SoapAccess::Open | SoapAccess::Bearer => {
                answer.with(header::WWW_AUTHENTICATE, "Bearer")
            }
            SoapAccess::Negotiate => answer
                .with(header::WWW_AUTHENTICATE, "Negotiate")
                .with(header::WWW_AUTHENTICATE, "NTLM"),
        }
    }

    /// The answer of a fault that lets nothing be done, where SOAP's differs from OData's.
    pub(super) fn soap_before(&self, kind: &Kind) -> Option<Answer> {
        match kind {
            Kind::Status { code, retry_after, body } => {
                let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::BAD_GATEWAY);
                let answer = if body.is_empty() {
                    html(status, "Runtime Error")
                } else {
                    Answer::text(status, XML, body.clone())
                };
                Some(match retry_after {
                    Some(seconds) => answer.with(header::RETRY_AFTER, seconds.to_string()),
                    None => answer,
                })
            }
            Kind::ExpiredToken => Some(self.soap_unauthorised()),
            _ => None,
        }
    }
}

fn soap_fault(fault: &Fault) -> Answer {
    Answer::text(StatusCode::INTERNAL_SERVER_ERROR, XML, fault.envelope())
}

fn html(status: StatusCode, title: &str) -> Answer {
    Answer::text(status, HTML, page(title))
}

/// The page that a browser gets, with the methods.
fn help() -> Answer {
    let names: Vec<_> =
        OPERATIONS.iter().map(|operation| format!("<li>{}</li>", operation.name)).collect();
    let text = format!(
        "<html><head><title>EntityManagerSOA Web Service</title></head><body>\
         <h1>EntityManagerSOA</h1><ul>{}</ul></body></html>\r\n",
        names.concat()
    );
    Answer::text(StatusCode::OK, HTML, text)
}
