//! Any document of Pywr is imported, or has faults that have places.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riparian::pywr::Import;

fuzz_target!(|text: &str| {
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
});
