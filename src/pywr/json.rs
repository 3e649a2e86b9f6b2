//! A JSON document in which every value knows where it stands.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Diagnostic, Place};

/// A document nested deeper is refused, as `serde_json` does.
const DEPTH: usize = 100;

/// The text of a document, and the name of its file.
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

/// A value, and the byte at which it begins.
#[derive(Debug)]
pub(super) struct Json {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<Entry>),
}

/// A key of an object, and the byte at which it begins.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) at: usize,
    pub(super) key: String,
    pub(super) value: Json,
    /// Whether somebody understood it.
    asked: Cell<bool>,
}

impl<'a> Source<'a> {
    /// The place of a byte.
    pub(super) fn place(&self, at: usize) -> Option<Place> {
        let before = self.text.get(..at)?;
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        Some(Place {
            file: self.file.to_owned(),
            line: line as u32,
            column: column as u32,
        })
    }

    pub(super) fn fault(&self, at: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(message).at(self.place(at))
    }

    /// The document as values.
    pub(super) fn parse(&self) -> Result<Json, Diagnostic> {
        let whole: &RawValue = serde_json::from_str(self.text).map_err(|error| {
            Diagnostic::new(reason(&error))
                .at(Some(Place {
                    file: self.file.to_owned(),
                    line: error.line() as u32,
                    column: error.column() as u32,
                }))
                .expected("a JSON document")
        })?;
        self.value(whole, 0)
    }

    /// `raw` is a part of the text: where it begins there is where it stands.
    fn value(&self, raw: &'a RawValue, depth: usize) -> Result<Json, Diagnostic> {
        let text = raw.get();
        let at = text.as_ptr() as usize - self.text.as_ptr() as usize;
        if depth > DEPTH {
            return Err(self.fault(at, "values nested too deep"));
        }
        // The document was parsed as a whole; what can still go wrong is a number out of range.
        let wrong = |error: serde_json::Error| self.fault(at, reason(&error));
        let kind = match text.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text).map_err(wrong)?;
                let entries = members.into_iter().map(|(key, raw)| {
                    let value = self.value(raw, depth + 1)?;
                    Ok(Entry {
                        at: self.key_before(value.at),
                        key,
                        value,
                        asked: Cell::new(false),
                    })
                });
                Kind::Object(entries.collect::<Result<_, _>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).map_err(wrong)?;
                let items = items.into_iter().map(|raw| self.value(raw, depth + 1));
                Kind::List(items.collect::<Result<_, _>>()?)
            }
            Some(b'"') => Kind::Text(serde_json::from_str(text).map_err(wrong)?),
            Some(b'n') => Kind::Null,
            Some(b't') => Kind::Bool(true),
            Some(b'f') => Kind::Bool(false),
            _ => Kind::Number(serde_json::from_str(text).map_err(wrong)?),
        };
        Ok(Json { at, kind })
    }

    /// Where the key of a member begins whose value begins at `at`.
    fn key_before(&self, at: usize) -> usize {
        let before = self.text[..at].trim_end().trim_end_matches(':').trim_end();
        let inside = before.strip_suffix('"').unwrap_or(before);
        let opens = |&(i, _): &(usize, &str)| {
            let slashes = inside[..i].bytes().rev().take_while(|&b| b == b'\\');
            slashes.count() % 2 == 0
        };
        inside
            .rmatch_indices('"')
            .find(opens)
            .map_or(at, |(i, _)| i)
    }
}

/// What is wrong, without the place that `serde_json` adds.
fn reason(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let reason = told.split_once(" at line ").map(|(reason, _)| reason);
    reason.unwrap_or(&told).to_owned()
}

/// The members of an object in their order, doubled keys among them.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl Json {
    /// What it is, for messages.
    pub(super) fn found(&self) -> String {
        match &self.kind {
            Kind::Null => "null".to_owned(),
            Kind::Bool(yes) => yes.to_string(),
            Kind::Number(number) => format!("the number {number}"),
            Kind::Text(text) => format!("the text \"{text}\""),
            Kind::List(_) => "a list".to_owned(),
            Kind::Object(_) => "an object".to_owned(),
        }
    }

    /// A name as it is told in messages.
    pub(super) fn named(&self) -> String {
        self.as_text()
            .map_or_else(|| self.found(), |name| format!("`{name}`"))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match self.kind {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn as_list(&self) -> Option<&[Json]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_object(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key of an object, which is understood thereby.
    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        let entries = self.as_object()?;
        let entry = entries.iter().find(|entry| entry.key == key)?;
        entry.asked.set(true);
        Some(&entry.value)
    }

    /// The same, but nothing for null.
    pub(super) fn given(&self, key: &str) -> Option<&Json> {
        self.get(key).filter(|value| !value.is_null())
    }

    /// The keys that nobody asked for, and those that are there twice.
    pub(super) fn unasked(&self) -> impl Iterator<Item = &Entry> {
        let entries = self.as_object().unwrap_or_default();
        let unasked = entries.iter().enumerate().filter(|&(i, entry)| {
            !entry.asked.get() || entries[..i].iter().any(|other| other.key == entry.key)
        });
        unasked.map(|(_, entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_keys_know_their_places() {
        let text = "{\n  \"a\": [1, {\"b\\\"c\" : \"ü\"}],\n  \"a\": null\n}";
        let source = Source {
            file: "m.json",
            text,
        };
        let json = source.parse().unwrap();
        let list = json.get("a").unwrap().as_list().unwrap();
        let inner = &list[1].as_object().unwrap()[0];
        assert_eq!(inner.key, "b\"c");
        assert_eq!(source.place(inner.at).unwrap().to_string(), "m.json:2:13");
        assert_eq!(source.place(list[0].at).unwrap().to_string(), "m.json:2:9");
        let doubled: Vec<_> = json.unasked().collect();
        assert_eq!(doubled.len(), 1);
        assert_eq!(
            source.place(doubled[0].at).unwrap().to_string(),
            "m.json:3:3"
        );
    }

    #[test]
    fn what_is_no_document_says_where() {
        for (text, at) in [
            ("{\"a\": 1,}", "m.json:1:9"),
            ("[1e999]", "m.json:1:2: number out of range"),
            ("", "m.json:1"),
        ] {
            let fault = Source {
                file: "m.json",
                text,
            }
            .parse()
            .unwrap_err();
            assert!(fault.to_string().starts_with(at), "{fault}");
        }
        let deep = "[".repeat(120) + &"]".repeat(120);
        assert!(
            Source {
                file: "m.json",
                text: &deep
            }
            .parse()
            .is_err()
        );
        let endless = "[".repeat(100_000);
        assert!(
            Source {
                file: "m.json",
                text: &endless
            }
            .parse()
            .is_err()
        );
    }
}
