//! Each folder of `data/invalid` has one fault; here is what is said about it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use riparian::scenario::Scenario;
use riparian::{Plan, Simulation};

fn invalid() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/invalid")
}

/// The folders with faults, in order; those whose names begin with `_` are sound, and there to be
/// extended.
fn faulty() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(invalid())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('_'))
        .collect();
    names.sort();
    names
}

#[test]
fn every_fault_is_told_with_its_place() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/invalid");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let folders = faulty();
    assert!(folders.len() >= 50, "{} folders", folders.len());
    for name in folders {
        let error = riparian::scenario::read(invalid().join(&name)).unwrap_err();
        assert!(error.is_invalid(), "{name}: {error}");
        let faults = error.diagnostics().unwrap();
        let expected = if name == "five-faults" { 5 } else { 1 };
        assert_eq!(faults.len(), expected, "{name}:\n{faults}");
        let places: Vec<_> = faults
            .iter()
            .map(|fault| fault.place.clone().unwrap())
            .collect();
        assert!(places.is_sorted(), "{name}:\n{faults}");
        for place in places {
            // A file that is not there, or not read, has no lines.
            let whole = matches!(&*name, "file-missing" | "table-misspelled");
            assert_eq!(place.line == 0, whole, "{name}: {place}");
            assert_eq!(place.column == 0, whole, "{name}: {place}");
        }
        settings.bind(|| insta::assert_snapshot!(name.clone(), error.to_string()));
    }
}

#[test]
fn what_they_extend_is_sound_and_runs() {
    for (name, title, full_mcm) in [
        ("_sound", "A lake, a bridge and a canal", 200.0),
        ("_variant", "The same, with a smaller lake", 150.0),
    ] {
        let model = riparian::scenario::read(invalid().join(name)).unwrap();
        assert_eq!(model.title(), title);
        assert_eq!(model.basin().reservoirs()[0].full.mcm(), full_mcm);
        assert_eq!(model.agreements().len(), 1);
        let plan = Plan::compile(model).unwrap();
        Simulation::new(&plan).run().unwrap();
    }
}

#[test]
fn line_ends_change_nothing_but_the_hash() {
    let read = |change: fn(String) -> String| {
        Scenario::from_files(sound_files().into_iter().map(|(n, text)| (n, change(text))))
    };
    let (unix, windows) = (read(|text| text), read(|text| text.replace('\n', "\r\n")));
    let (a, b) = (unix.model().unwrap(), windows.model().unwrap());
    assert_eq!(a.title(), b.title());
    assert_eq!(a.demand(0), b.demand(0));
    assert_eq!(a.basin().nodes().len(), b.basin().nodes().len());
    assert_ne!(unix.inputs_hash(), windows.inputs_hash());
    assert_eq!(a.inputs_hash(), unix.inputs_hash());
}

/// What a file, a row or a cell would have said is unknown, but nothing else is wrong for it.
#[test]
fn what_cannot_be_read_makes_nothing_else_seem_wrong() {
    let check = |changed: &str, contents: Vec<u8>| {
        let mut files: BTreeMap<String, Vec<u8>> = sound_files()
            .into_iter()
            .map(|(name, text)| (name, text.into_bytes()))
            .collect();
        files.insert(changed.to_owned(), contents);
        let error = Scenario::from_files(files).model().unwrap_err();
        let faults: Vec<_> = error.diagnostics().unwrap().iter().collect();
        assert_eq!(faults.len(), 1, "{changed}:\n{error}");
        assert_eq!(faults[0].place.as_ref().unwrap().file, changed);
    };
    let (mut rows, mut numbers) = (0, 0);
    for (name, text) in sound_files() {
        check(&name, [text.as_bytes(), b"\xff"].concat());
        if Path::new(&name)
            .extension()
            .is_none_or(|extension| extension != "csv")
        {
            continue;
        }
        let with_line = |at: usize, line: String| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines[at] = line;
            lines.join("\n").into_bytes()
        };
        let lines = text.lines().enumerate();
        for (at, line) in lines.filter(|(_, line)| !line.starts_with('#')).skip(1) {
            rows += 1;
            check(&name, with_line(at, format!("{line},more")));
            let cells: Vec<&str> = line.split(',').collect();
            for i in 0..cells.len() {
                if cells[i].parse::<f64>().is_ok() {
                    numbers += 1;
                    let mut cells = cells.clone();
                    cells[i] = "much";
                    check(&name, with_line(at, cells.join(",")));
                }
            }
        }
    }
    assert!(rows > 20 && numbers > 50, "{rows} rows, {numbers} numbers");
}

/// The files of the sound scenario.
fn sound_files() -> Vec<(String, String)> {
    let root = invalid().join("_sound");
    let names = Scenario::open(&root).unwrap();
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    names
        .files()
        .map(|name| (name.to_owned(), read(name)))
        .collect()
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("parties.csv");
    fs::write(&secret, "party,name\nUP,Upland\n").unwrap();
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("scenario");
    for (name, text) in sound_files() {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    riparian::scenario::read(&folder).unwrap();

    fs::remove_file(folder.join("parties.csv")).unwrap();
    std::os::unix::fs::symlink(&secret, folder.join("parties.csv")).unwrap();
    let error = riparian::scenario::read(&folder).unwrap_err().to_string();
    assert!(
        error.starts_with("parties.csv: a link that leads out of the scenario"),
        "{error}"
    );
    assert!(!error.contains('\n'), "{error}");

    // Nor is a base that is a link to elsewhere.
    std::os::unix::fs::symlink(outside.path(), parent.path().join("base")).unwrap();
    let settings = folder.join("scenario.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("extends = \"base\"\n{text}")).unwrap();
    let error = riparian::scenario::read(&folder).unwrap_err().to_string();
    assert!(
        error.contains("scenario.toml:1:11: `base` leads elsewhere"),
        "{error}"
    );
}

#[test]
fn a_folder_that_is_not_there_is_no_fault_of_a_scenario() {
    let error = Scenario::open(invalid().join("nowhere")).unwrap_err();
    assert!(error.is_io());
}

proptest! {
    /// Whatever a byte is changed to, the scenario is read or its faults are told: no panic, and no
    /// fault without a place.
    #[test]
    fn a_changed_byte_is_read_or_told(
        file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in prop_oneof![any::<u8>(), prop::sample::select(b"\"',;#.-_[]{}=\n\r\t 019aZ".as_slice())],
        insert in any::<bool>(),
    ) {
        let mut files: Vec<(String, Vec<u8>)> =
            sound_files().into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        let bytes = &mut file.get_mut(&mut files).1;
        let at = at.index(bytes.len());
        if insert {
            bytes.insert(at, byte);
        } else {
            bytes[at] = byte;
        }
        if let Err(error) = Scenario::from_files(files).model() {
            prop_assert!(error.is_invalid());
            let faults = error.diagnostics().unwrap();
            prop_assert!(!faults.is_empty());
            for fault in faults.iter() {
                prop_assert!(fault.place.is_some(), "{}", fault);
            }
        }
    }
}
