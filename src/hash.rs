//! Digests of inputs and results, the same on every machine.

use sha2::{Digest as _, Sha256};

/// SHA-256 of texts and numbers, so taken apart that no two lists give one stream.
#[derive(Default)]
pub(crate) struct Hash(Sha256);

impl Hash {
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
    }

    pub(crate) fn number(&mut self, value: f64) {
        self.bytes(&value.to_bits().to_le_bytes());
    }

    pub(crate) fn finish(self) -> String {
        let mut text = String::new();
        for byte in self.0.finalize() {
            use std::fmt::Write as _;
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}
