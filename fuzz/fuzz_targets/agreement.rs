//! Any text is an agreement or has faults; what was read is written so that it is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riparian::agreement::Agreement;

fuzz_target!(|text: &str| {
    match Agreement::from_toml(text) {
        Ok(agreement) => {
            let written = agreement.to_toml();
            let again = Agreement::from_toml(&written)
                .unwrap_or_else(|error| panic!("what was written is refused: {error}\n{written}"));
            assert_eq!(again, agreement, "{written}");
            assert_eq!(again.to_toml(), written);
        }
        Err(error) => {
            let faults = error.diagnostics().expect("faults of a text");
            assert!(!faults.is_empty());
            assert!(faults.iter().all(|fault| fault.place.is_some()), "{error}");
        }
    }
});
