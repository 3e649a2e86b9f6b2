//! The listings of the book are what they say: commands are run and print what is shown, edits are
//! made to the files, and what is shown of an example stands in it.
//!
//! `RIPARIAN_BLESS=1 cargo test --features cli --test book` writes outputs and parts anew.

use std::fs;
use std::path::Path;
use std::process::Command;

const BOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/book");

/// A chapter, line by line outside of listings and listing by listing.
enum Piece {
    Line(String),
    /// The words behind the fence, and the lines within.
    Listing(String, Vec<String>),
}

fn chapter(name: &str) -> Vec<Piece> {
    let text = fs::read_to_string(format!("{BOOK}/{name}.md")).unwrap();
    let mut pieces = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        pieces.push(match line.strip_prefix("```") {
            None => Piece::Line(line.to_owned()),
            Some(words) => {
                let inside = lines.by_ref().take_while(|line| *line != "```");
                Piece::Listing(words.to_owned(), inside.map(str::to_owned).collect())
            }
        });
    }
    pieces
}

/// Compares a chapter with what it should be, or writes it.
fn same(name: &str, pieces: &[Piece]) {
    let mut lines = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Line(line) => lines.push(line.clone()),
            Piece::Listing(words, inside) => {
                lines.push(format!("```{words}"));
                lines.extend(inside.iter().cloned());
                lines.push("```".to_owned());
            }
        }
    }
    let text = lines.join("\n") + "\n";
    let file = format!("{BOOK}/{name}.md");
    if std::env::var_os("RIPARIAN_BLESS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap();
    for (i, (written, now)) in written.lines().zip(text.lines()).enumerate() {
        assert_eq!(written, now, "{file}:{}", i + 1);
    }
    assert_eq!(written.lines().count(), text.lines().count(), "{file}");
}

/// What a command of the book prints, errors after answers. The residual of a balance is rounding, and its
/// last bits belong to the machine.
fn printed(line: &str, at: &Path) -> Vec<String> {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("riparian"), "{line}");
    let output = Command::new(env!("CARGO_BIN_EXE_riparian"))
        .args(words)
        .current_dir(at)
        .output()
        .unwrap();
    let streams = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(!streams[1].contains("panicked"), "{}", streams[1]);
    let lines = streams.iter().flat_map(|text| text.lines());
    let without_rounding = |line: &str| match line.split_once("residual ") {
        Some((before, _)) => format!("{before}residual ..."),
        None => line.trim_end().to_owned(),
    };
    lines.map(without_rounding).collect()
}

/// Makes the edit of a listing: the first line names the file, then lines go (`-`) and come (`+`).
fn edit(lines: &[String], at: &Path) {
    let file = at.join(lines[0].strip_prefix("--- ").expect("the file's name"));
    let text = fs::read_to_string(&file).unwrap_or_default();
    let of = |sign: &str| -> String {
        let lines = lines[1..].iter().filter(|line| !line.starts_with("+++"));
        let lines = lines.filter_map(|line| match line.split_at(1) {
            (" ", rest) => Some(rest),
            (mark, rest) if mark == sign => Some(rest),
            _ => None,
        });
        lines.flat_map(|line| [line, "\n"]).collect()
    };
    let (old, new) = (of("-"), of("+"));
    let edited = if old.is_empty() {
        format!("{text}{new}")
    } else {
        assert_eq!(text.matches(&old).count(), 1, "{}: {old}", file.display());
        text.replace(&old, &new)
    };
    fs::write(file, edited).unwrap();
}

#[test]
fn commands_of_the_tutorial_print_what_it_shows() {
    let at = tempfile::tempdir().unwrap();
    let mut pieces = chapter("tutorial");
    let mut ran = 0;
    for piece in &mut pieces {
        let Piece::Listing(words, lines) = piece else {
            continue;
        };
        match words.as_str() {
            "console" => {
                let commands = lines.iter().filter_map(|line| line.strip_prefix("$ "));
                let commands: Vec<String> = commands.map(str::to_owned).collect();
                lines.clear();
                for command in commands {
                    ran += 1;
                    lines.push(format!("$ {command}"));
                    lines.extend(printed(&command, at.path()));
                }
            }
            "diff" => edit(lines, at.path()),
            _ => {}
        }
    }
    assert!(ran >= 7, "{ran} commands");
    same("tutorial", &pieces);
}

/// Statements and items of an example, each from the line that begins so to its end, less the
/// indentation.
fn parts(example: &str, beginnings: &str) -> Vec<String> {
    let path = format!("{}/{example}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut shown = Vec::new();
    for beginning in beginnings.split(" | ") {
        let lines: Vec<&str> = text.lines().collect();
        let begins = |line: &&str| line.trim().starts_with(beginning);
        assert_eq!(
            lines.iter().filter(|line| begins(line)).count(),
            1,
            "{example}: {beginning}"
        );
        let from = lines.iter().position(begins).unwrap();
        let indent = lines[from].len() - lines[from].trim_start().len();
        if !shown.is_empty() {
            shown.push(String::new());
        }
        let mut depth = 0;
        for line in &lines[from..] {
            shown.push(line.get(indent..).unwrap_or("").to_owned());
            let code = line.split(" // ").next().unwrap();
            depth += code.matches(['(', '[', '{']).count() as i32;
            depth -= code.matches([')', ']', '}']).count() as i32;
            let attribute = code.trim().starts_with(['#', '/']);
            if depth < 0 {
                // The block around a last expression.
                shown.pop();
                break;
            }
            if depth == 0 && !attribute && code.ends_with([';', '}']) {
                break;
            }
        }
    }
    shown
}

/// Each listing of an example stands below a comment that names it:
/// `<!-- examples/share.rs: fn rule( -->`.
#[test]
fn listings_of_the_cookbook_are_parts_of_examples() {
    let mut pieces = chapter("cookbook");
    let mut shown = None;
    let mut listings = 0;
    for piece in &mut pieces {
        match piece {
            Piece::Line(line) => {
                let named = line
                    .strip_prefix("<!-- ")
                    .and_then(|l| l.strip_suffix(" -->"));
                if let Some((example, beginnings)) =
                    named.and_then(|named| named.split_once(".rs: "))
                {
                    shown = Some(parts(&format!("{example}.rs"), beginnings));
                }
            }
            Piece::Listing(_, lines) => {
                if let Some(parts) = shown.take() {
                    listings += 1;
                    *lines = parts;
                }
            }
        }
    }
    assert!(listings >= 8, "{listings} listings");
    same("cookbook", &pieces);
}
