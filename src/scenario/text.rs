//! The text of a file, and the places in it.

use std::fmt::Display;

use crate::error::{Diagnostic, Diagnostics, Error, Place};

/// A file that was read: its name as messages show it, and its text.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

impl Source {
    /// The text of a file's bytes; none, and a fault, if they are not UTF-8.
    ///
    /// A byte-order mark is a fault too, but what follows it is read on.
    pub(super) fn decode(name: &str, bytes: Vec<u8>, faults: &mut Diagnostics) -> Option<Self> {
        let name = name.to_owned();
        match String::from_utf8(bytes) {
            Ok(mut text) => {
                if text.starts_with('\u{feff}') {
                    text.drain(..'\u{feff}'.len_utf8());
                    faults.push(
                        Diagnostic::new("a byte-order mark")
                            .at(Some(place(&name, &text, 0)))
                            .expected("UTF-8 without a byte-order mark"),
                    );
                }
                Some(Self { name, text })
            }
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let before = String::from_utf8_lossy(&bytes[..valid]);
                faults.push(
                    Diagnostic::new(format!("the byte {:#04x} is not UTF-8", bytes[valid]))
                        .at(Some(place(&name, &before, valid)))
                        .expected("a file saved as UTF-8"),
                );
                None
            }
        }
    }

    /// The place of a byte of the text.
    pub(super) fn place(&self, byte: usize) -> Place {
        place(&self.name, &self.text, byte)
    }
}

fn place(name: &str, text: &str, byte: usize) -> Place {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Place {
        file: name.to_owned(),
        line: 1 + before.matches('\n').count() as u32,
        column: 1 + before[line_start..].chars().count() as u32,
    }
}

/// The place of a file as a whole.
pub(super) fn whole(name: &str) -> Place {
    Place {
        file: name.to_owned(),
        line: 0,
        column: 0,
    }
}

/// The fault that an error of parsing tells of.
pub(super) fn fault_of(error: &Error) -> Diagnostic {
    let text = error.to_string();
    match text.split_once("; expected ") {
        Some((message, expected)) => Diagnostic::new(message).expected(expected),
        None => Diagnostic::new(text),
    }
}

/// A name that is not among the known ones.
pub(super) fn unknown<'a>(
    what: &str,
    found: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
    place: Place,
) -> Diagnostic {
    Diagnostic::new(format!("unknown {what} `{found}`"))
        .at(Some(place))
        .expected(list(known.clone()))
        .nearest(found, known)
}

/// `a, b or c`.
pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match items.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// Whether a text may be an id: letters that are not capitals, digits, `-` and `_`.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| (c.is_alphanumeric() && !c.is_uppercase()) || c == '-' || c == '_')
}

/// A fault for an id that is declared in a way no other table could name it.
pub(super) fn check_id(text: &str, place: Place, faults: &mut Diagnostics) {
    if !is_id(text) {
        faults.push(
            Diagnostic::new(format!("`{text}` is not an id"))
                .at(Some(place))
                .expected("small letters, digits, `-` and `_`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let source = Source {
            name: "a.csv".into(),
            text: "x\nтечёт, y".into(),
        };
        let at = source.text.find('y').unwrap();
        assert_eq!(source.place(at).to_string(), "a.csv:2:8");
    }

    #[test]
    fn bytes_that_are_not_utf_8_have_a_place() {
        let mut faults = Diagnostics::new();
        let bytes = b"party,name\nTJ,T\xe4djik\n".to_vec();
        assert!(Source::decode("parties.csv", bytes, &mut faults).is_none());
        assert_eq!(
            faults.to_string(),
            "parties.csv:2:5: the byte 0xe4 is not UTF-8; expected a file saved as UTF-8"
        );
    }
}
