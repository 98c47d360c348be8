//! The SOAP layer over real sockets: methods, shapes, refusals, who may ask.

mod faults;
mod methods;
mod refusals;

use super::client::Answer;
use super::*;

const PATH: &str = "/WebServices/EntityManagerSOA.asmx";

/// An envelope around a method's parameter.
fn envelope(operation: &str, content: &str) -> String {
    let parameter = if operation.starts_with("get") { "entitiesInfo" } else { "entityInfo" };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
         <{operation} xmlns=\"http://tempuri.org/\"><{parameter}>{content}</{parameter}>\
         </{operation}></s:Body></s:Envelope>"
    )
}

impl Scene {
    /// Posts an envelope with a `SOAPAction`.
    async fn post(&self, path: &str, action: &str, envelope: String) -> Answer {
        let body = Some(("text/xml;charset=UTF-8", envelope));
        self.client.send(Method::POST, path, &[("soapaction", action)], body).await.unwrap()
    }

    /// Calls a method with a document, which is nested or escaped as the method has it, and
    /// answers the document inside the result.
    async fn call(&self, operation: &str, document: &str) -> String {
        let string = operation.ends_with("AsString");
        let content = if string {
            format!("<![CDATA[{}]]>", document.replace("]]>", "]]]]><![CDATA[>"))
        } else {
            document.to_owned()
        };
        let action = format!("\"http://tempuri.org/{operation}\"");
        let answer = self.post(PATH, &action, envelope(operation, &content)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
        assert_eq!(answer.header("odata-version"), "");
        result(operation, &answer)
    }

    async fn save(&self, entities: &str) -> String {
        let document = format!("<BizAgiWSParam><Entities>{entities}</Entities></BizAgiWSParam>");
        self.call("saveEntityAsString", &document).await
    }

    async fn find(&self, filters: &str) -> String {
        self.call("getEntitiesAsString", &query("WFUSER", filters)).await
    }

    /// The code of a refused save.
    async fn refusal(&self, entities: &str) -> String {
        let answer = self.save(entities).await;
        between(&answer, "<ErrorCode>", "</ErrorCode>").to_owned()
    }
}

fn query(entity: &str, filters: &str) -> String {
    format!(
        "<BizAgiWSParam><EntityData><EntityName>{entity}</EntityName>\
         <Filters><![CDATA[{filters}]]></Filters></EntityData></BizAgiWSParam>"
    )
}

fn result(operation: &str, answer: &Answer) -> String {
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let (open, close) = (format!("<{operation}Result>"), format!("</{operation}Result>"));
    let inside = between(&text, &open, &close);
    if operation.ends_with("AsString") {
        assert!(!inside.contains('<'), "{inside}");
        quick_xml::escape::unescape(inside).unwrap().into_owned()
    } else {
        inside.to_owned()
    }
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> &'t str {
    let (_, rest) = text.split_once(open).unwrap_or_else(|| panic!("no {open} in {text}"));
    rest.rsplit_once(close).unwrap_or_else(|| panic!("no {close} in {text}")).0
}

const NOBODY: &str = "<BizAgiWSResponse><Entities></Entities></BizAgiWSResponse>";
