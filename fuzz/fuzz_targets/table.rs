//! Any table makes a small scenario a model, or has faults that have places.
//!
//! The first line of an input is the name of the table it takes the place of.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use riparian::scenario::Scenario;

macro_rules! sound {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../data/invalid/_sound/", $name)))),*]
    };
}

/// A scenario without faults.
const SOUND: [(&str, &str); 15] = sound![
    "scenario.toml",
    "agreements/treaty.toml",
    "parties.csv",
    "nodes.csv",
    "reaches.csv",
    "reservoirs.csv",
    "curves.csv",
    "outlets.csv",
    "evaporation.csv",
    "power.csv",
    "offtakes.csv",
    "pumps.csv",
    "licences.csv",
    "series/inflows.csv",
    "series/demands.csv",
];

/// Tables that the sound scenario does not have.
const MORE: [&str; 3] = ["series/rain.csv", "series/unaccounted.csv", "series/releases.csv"];

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
        return Corpus::Reject;
    };
    let (name, contents) = (&input[..end], &input[end + 1..]);
    let known = SOUND.into_iter().map(|(file, _)| file).chain(MORE);
    let Some(name) = known.filter(|file| file.ends_with(".csv")).find(|file| file.as_bytes() == name)
    else {
        return Corpus::Reject;
    };
    let mut files: Vec<(&str, Vec<u8>)> = SOUND
        .into_iter()
        .filter(|(file, _)| *file != name)
        .map(|(file, text)| (file, text.as_bytes().to_vec()))
        .collect();
    files.push((name, contents.to_vec()));
    if let Err(error) = Scenario::from_files(files).model() {
        let faults = error.diagnostics().expect("faults of a scenario");
        assert!(!faults.is_empty());
        assert!(faults.iter().all(|fault| fault.place.is_some()), "{error}");
    }
    Corpus::Keep
});
