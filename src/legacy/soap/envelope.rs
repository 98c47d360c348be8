//! SOAP 1.1 over HTTP: which method a request calls with which document, and the answer around
//! another. It knows no entity.
//!
//! Known: the namespace, the methods with their string twins, `entitiesInfo` and `entityInfo`. The
//! name of createUser's parameter is **invented**; so are the texts of the faults, which follow
//! what ASP.NET's `.asmx` services say.

use super::refusal::{Code, Refusal};
use super::xml::{Element, XmlError, escaped};

/// The namespace of the methods.
const METHODS: &str = "http://tempuri.org/";

/// The namespace of SOAP 1.1.
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// What a method does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Looks rows up.
    Get,
    /// Writes rows.
    Save,
    /// Creates users.
    Create,
}

/// A method.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// The name, letter for letter.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) verb: Verb,
    parameter: &'static str,
    /// Whether documents travel as strings.
    string: bool,
}

const fn operation(name: &'static str, verb: Verb, string: bool) -> Operation {
    let parameter = match verb {
        Verb::Get => "entitiesInfo",
        // That createUser's is the same is invented.
        Verb::Save | Verb::Create => "entityInfo",
    };
    Operation { name, verb, parameter, string }
}

/// The methods.
pub(crate) const OPERATIONS: &[Operation] = &[
    operation("getEntities", Verb::Get, false),
    operation("getEntitiesAsString", Verb::Get, true),
    operation("saveEntity", Verb::Save, false),
    operation("saveEntityAsString", Verb::Save, true),
    operation("createUser", Verb::Create, false),
    operation("createUserAsString", Verb::Create, true),
];

impl Operation {
    /// The method of that name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.name == name)
    }
}

/// The name in a `SOAPAction`, quoted or not.
pub(crate) fn action(header: &str) -> &str {
    let header = header.trim();
    let bare = header.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let bare = bare.unwrap_or(header);
    bare.strip_prefix(METHODS).unwrap_or(bare)
}

/// Why the envelope was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// There is no `SOAPAction`.
    #[error("Unable to handle request without a valid action parameter.")]
    NoAction,
    /// The `SOAPAction` names no method.
    #[error("Server did not recognize the value of HTTP Header SOAPAction: {0}.")]
    UnknownAction(String),
    /// The envelope is not XML.
    #[error("Server was unable to read request. ---> {0}")]
    Xml(#[from] XmlError),
    /// The root is an envelope of another version, or none.
    #[error("Possible SOAP version mismatch: Envelope namespace {0} was unexpected.")]
    Version(String),
    /// The body does not hold what the action says.
    #[error("Server was unable to read request. ---> {0} was not expected or is missing.")]
    Body(&'static str),
}

impl Fault {
    /// The fault as a whole envelope.
    pub(crate) fn envelope(&self) -> String {
        let code = match self {
            Self::Version(_) => "soap:VersionMismatch",
            _ => "soap:Client",
        };
        around(&format!(
            "<soap:Fault><faultcode>{code}</faultcode><faultstring>{}</faultstring>\
             <detail /></soap:Fault>",
            escaped(&self.to_string())
        ))
    }
}

/// A call of a method.
#[derive(Debug)]
pub(crate) struct Request {
    /// The method.
    pub(crate) operation: &'static Operation,
    /// The document as text, for people.
    pub(crate) text: String,
    /// The document, or why it is none.
    pub(super) document: Result<Element, Refusal>,
}

impl Request {
    /// Reads an envelope.
    pub(crate) fn read(header: Option<&str>, envelope: &[u8]) -> Result<Self, Fault> {
        let header = header.filter(|header| !action(header).is_empty()).ok_or(Fault::NoAction)?;
        let operation = header
            .contains(METHODS)
            .then(|| Operation::named(action(header)))
            .flatten()
            .ok_or_else(|| Fault::UnknownAction(header.chars().take(200).collect()))?;
        let envelope = std::str::from_utf8(envelope).map_err(|_| XmlError::Encoding)?;
        let root = Element::parse(envelope)?;
        if root.name != "Envelope" || root.namespace != SOAP {
            return Err(Fault::Version(root.namespace.chars().take(200).collect()));
        }
        let inside = |element: &Element, name: &'static str, namespace: &str| {
            let child = element.child(name).filter(|child| child.namespace == namespace);
            child.cloned().ok_or(Fault::Body(name))
        };
        let body = inside(&root, "Body", SOAP)?;
        let call = inside(&body, operation.name, METHODS)?;
        let parameter = inside(&call, operation.parameter, METHODS)?;
        let (text, document) = match (operation.string, parameter.children.as_slice()) {
            // A string that holds elements cannot be read as a string.
            (true, [_, ..]) => return Err(Fault::Body(operation.parameter)),
            (true, []) => {
                let document = Element::parse(&parameter.text).map_err(Refusal::from);
                (parameter.text, document)
            }
            (false, [document]) => (document.xml(), Ok(document.clone())),
            (false, _) => {
                let refusal = Refusal::new(Code::Document, "the parameter holds no document");
                (parameter.text, Err(refusal))
            }
        };
        Ok(Self { operation, text, document })
    }
}

/// The envelope around an answer: an escaped string, or the document itself.
pub(super) fn answer(operation: &Operation, document: Element) -> String {
    let result =
        if operation.string { escaped(&document.xml()) } else { document.with("xmlns", "").xml() };
    let name = operation.name;
    around(&format!(
        "<{name}Response xmlns=\"{METHODS}\"><{name}Result>{result}</{name}Result></{name}Response>"
    ))
}

fn around(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{SOAP}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><soap:Body>{body}</soap:Body>\
         </soap:Envelope>"
    )
}
