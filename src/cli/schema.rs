//! `schema`: the JSON Schema of a file, for editors.

use std::io::{self, Write};

use serde_json::Value as Json;

use super::{Schema, SchemaOf};
use crate::config;
use crate::mapping;

/// The text of a schema, with a line's end.
pub(super) fn text(of: SchemaOf) -> String {
    let schema = match of {
        SchemaOf::Config => config::schema(),
        SchemaOf::Mapping => mapping::schema::schema(&config::dialects()),
    };
    format!("{:#}\n", Json::Object(schema))
}

/// Prints a schema.
pub(super) fn print(options: &Schema, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(text(options.of).as_bytes())
}
