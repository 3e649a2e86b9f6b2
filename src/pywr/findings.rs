//! What was found wrong, what may be left out, and what a reader should know.

use super::json::{Json, Source};
use crate::error::{Diagnostic, Diagnostics};

/// Faults and remarks, as they are found.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) faults: Diagnostics,
    /// What is not understood but can be left out, if the caller said so.
    pub(super) left_out: Diagnostics,
    pub(super) leave_out: bool,
    pub(super) notes: Vec<String>,
}

impl Findings {
    /// A fault, told once wherever it is met.
    pub(super) fn fault(&mut self, fault: Diagnostic) {
        if self.faults.iter().all(|known| *known != fault) {
            self.faults.push(fault);
        }
    }

    /// A fault without which the rest is a model still.
    pub(super) fn can_leave_out(&mut self, fault: Diagnostic) {
        if self.leave_out {
            self.left_out.push(fault);
        } else {
            self.faults.push(fault);
        }
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// A value of the wrong kind.
    pub(super) fn wrong(&mut self, source: &Source, json: &Json, what: &str, expected: &str) {
        let fault = source.fault(json.at, format!("{what} is {}", json.found()));
        self.fault(fault.expected(expected));
    }

    /// The keys of an object that nobody understood.
    pub(super) fn unasked(&mut self, source: &Source, json: &Json, what: &str, known: &[&str]) {
        for entry in json.unasked() {
            let key = &entry.key;
            let doubled = known.contains(&key.as_str());
            let message = if doubled {
                format!("{what} has `{key}` twice")
            } else {
                format!("{what} has `{key}`, which is not understood")
            };
            let mut fault = source.fault(entry.at, message);
            if !doubled && !known.is_empty() {
                fault = fault
                    .expected(format!("one of {}", known.join(", ")))
                    .nearest(key, known.iter().copied());
            }
            self.can_leave_out(fault);
        }
    }
}
