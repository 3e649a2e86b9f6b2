//! Runs a scenario and writes the report as one page of HTML.
//!
//! ```text
//! cargo run --release --features html --example report [SCENARIO] [FILE] [LANGUAGE]
//! ```
//!
//! Without arguments: the Bakhri Tochik season of 2024, into `target/report.html`, in English. The
//! language is a code: en, ru, kk, tg, uz or ky.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use riparian::report::html::{Language, Page};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.len() > 3 || args.iter().any(|arg| arg.starts_with('-')) {
        eprintln!("usage: report [SCENARIO] [FILE] [LANGUAGE]");
        return ExitCode::from(2);
    }
    match write(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(args: &[String]) -> Result<(), Box<dyn Error>> {
    let scenario = args.first().map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bakhri-tochik-2024"),
        PathBuf::from,
    );
    let file = args
        .get(1)
        .map_or_else(|| Path::new("target").join("report.html"), PathBuf::from);
    let language = match args.get(2) {
        None => Language::English,
        Some(code) => Language::from_code(code).ok_or_else(|| {
            let known = Language::ALL.map(Language::code).join(", ");
            format!("`{code}` is no language of the report; there are {known}")
        })?,
    };
    let report = riparian::run(&scenario)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Page::new(&report)
        .language(language)
        .of_folder(&scenario)?
        .write(&file)?;
    println!("The report is in {}", file.display());
    Ok(())
}
