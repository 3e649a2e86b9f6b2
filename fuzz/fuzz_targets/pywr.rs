//! Any document of Pywr is imported, or has faults that have places.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use riparian::pywr::Import;

/// Runs of three days: a thousand years are read well, but slowly.
const RUN: &str = r#""timestepper": {"start": "2003-01-01", "end": "2003-01-03""#;

fuzz_target!(|text: &str| -> Corpus {
    if !text.contains(RUN) {
        return Corpus::Reject;
    }
    for import in [Import::new(), Import::new().leaving_out()] {
        match import.text(text) {
            Ok(imported) => assert!(imported.model().is_ok()),
            Err(error) => {
                let faults = error.diagnostics().expect("faults of a document");
                assert!(!faults.is_empty());
                for fault in faults.iter() {
                    let place = fault.place.as_ref().expect("a place");
                    assert!(!place.file.ends_with(".toml"), "{fault}");
                }
            }
        }
    }
    Corpus::Keep
});
