//! JSON schemas of the TOML files.

use serde_json::{Map, Value, json};

use super::{Document, Keys, Kind, agreement, settings};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

pub(super) fn of(document: Document) -> String {
    let (mut schema, title) = match document {
        Document::Scenario => (table(&settings::SETTINGS), "scenario.toml of riparian"),
        Document::Agreement => (table(&agreement::AGREEMENT), "an agreement of riparian"),
    };
    if document == Document::Scenario {
        // What a variant does not say, stands in what it extends.
        let needed = schema["required"].take();
        schema["required"] = json!([]);
        schema["anyOf"] = json!([{ "required": ["extends"] }, { "required": needed }]);
    }
    schema["$schema"] = DRAFT.into();
    schema["title"] = title.into();
    format!("{schema:#}")
}

/// A table with these keys and no others.
fn table(keys: &Keys) -> Value {
    let mut properties = Map::new();
    for key in keys.all() {
        let mut value = kind(&key.kind);
        value["description"] = plain(key.about).into();
        // The same key of another form may be of another kind.
        let other = properties.remove(key.name);
        let other = other.filter(|other: &Value| !alike(other, &value));
        let value = other.map_or(value.clone(), |other| json!({ "anyOf": [other, value] }));
        properties.insert(key.name.to_owned(), value);
    }
    let required = keys.own.iter().filter(|key| key.required);
    let required: Vec<&str> = required.map(|key| key.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Whether two schemas differ in nothing but what they say to readers.
fn alike(one: &Value, other: &Value) -> bool {
    let bare = |value: &Value| {
        let mut bare = value.clone();
        if let Some(keys) = bare.as_object_mut() {
            keys.remove("description");
        }
        bare
    };
    bare(one) == bare(other)
}

fn kind(of: &Kind) -> Value {
    match of {
        Kind::Text => json!({ "type": "string" }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Fraction => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Whole => json!({ "type": "integer", "minimum": 0 }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::YearDay => json!({ "type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$" }),
        Kind::Season => {
            json!({ "type": "string", "pattern": r"^[0-9]{2}-[0-9]{2}\.\.[0-9]{2}-[0-9]{2}$" })
        }
        Kind::Quantity(_) => json!({ "type": "string", "pattern": r"^\s*[-+]?[0-9]" }),
        Kind::True => json!({ "const": true }),
        Kind::Point => {
            let id = json!({ "type": "string" });
            let parts = json!({ "anyOf": [id, table(&agreement::TERM)] });
            json!({ "anyOf": [id, { "type": "array", "items": parts }] })
        }
        Kind::Either(kinds) => {
            json!({ "anyOf": kinds.iter().map(kind).collect::<Vec<_>>() })
        }
        Kind::List(items) => json!({ "type": "array", "items": kind(items) }),
        Kind::Pair(items) => {
            json!({ "type": "array", "items": kind(items), "minItems": 2, "maxItems": 2 })
        }
        Kind::Table(keys) | Kind::Under(keys) => table(keys),
        Kind::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
        Kind::Named(keys, []) => json!({ "type": "object", "additionalProperties": table(keys) }),
        Kind::Named(keys, names) => json!({
            "type": "object",
            "propertyNames": { "enum": names },
            "additionalProperties": table(keys),
        }),
    }
}

/// Markdown without its marks.
fn plain(text: &str) -> String {
    text.replace(['`', '[', ']'], "")
}
