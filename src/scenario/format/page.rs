//! The reference page.

use std::fmt::Write;

use super::tables::{SERIES, TABLES};
use super::{Column, Key, Keys, Kind, agreement, settings};

const INTRODUCTION: &str = include_str!("introduction.md");
const SERIES_BEFORE: &str = include_str!("series.md");
const SETTINGS_BEFORE: &str = include_str!("settings.md");
const AGREEMENTS_BEFORE: &str = include_str!("agreements.md");

const POINTS: &str = "## Points

Where something is measured is said by the id of a node, reach or offtake; or by a list of ids and of tables, for their \
sum, as in `[\"canal\", { point = \"pumps\", weight = 0.5 }]`. A table of such a list:";

/// The whole page.
pub(super) fn page() -> String {
    let mut page = Page::default();
    page.text(INTRODUCTION);
    for table in TABLES {
        page.text(&format!("## `{}`\n\n{}", table.file, table.about));
        page.columns(table.columns);
        page.text(table.after);
    }
    page.text(SERIES_BEFORE);
    let rows = SERIES.iter().map(super::tables::Series::row);
    page.rows(&["file", "columns", "endings", "values"], rows);
    page.text(SETTINGS_BEFORE);
    page.keys("## `scenario.toml`", &settings::SETTINGS, "");
    page.text("## Release policies\n\nWhat `[reservoir.<id>]` says besides, by its `policy`.");
    for (policy, keys) in &settings::POLICY_KEYS {
        if keys.own.is_empty() {
            page.text(&format!("`\"{policy}\"` has no keys of its own."));
        } else {
            page.text(&format!("`\"{policy}\"`:"));
            page.table_of(keys.own);
            page.inline(keys.own);
        }
    }
    page.text(AGREEMENTS_BEFORE);
    page.keys("", &agreement::AGREEMENT, "");
    page.text("## Forms of obligation\n\nWhat is due, by its `form`; a revision has the same keys, but `by`.");
    for (form, about, keys) in &agreement::FORMS {
        page.text(&format!("`\"{form}\"`: {about}."));
        page.table_of(keys.own);
    }
    page.text("An entry of `due`:");
    page.table_of(agreement::DUE_ENTRY.all());
    page.text("A function among `terms`:");
    page.table_of(agreement::FUNCTION.all());
    page.text(POINTS);
    page.table_of(agreement::TERM.own);
    page.text("## Effects of clauses\n\nEach clause has one.");
    page.table_of(agreement::EFFECTS.own);
    page.inline(agreement::EFFECTS.own);
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    /// A piece of text, and an empty line after it.
    fn text(&mut self, text: &str) {
        let text = text.trim_end();
        if !text.is_empty() {
            self.0 += text;
            self.0 += "\n\n";
        }
    }

    fn rows<const N: usize>(
        &mut self,
        heads: &[&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        let _ = writeln!(self.0, "| {} |", heads.join(" | "));
        let _ = writeln!(self.0, "|{}", "---|".repeat(N));
        for row in rows {
            let _ = writeln!(self.0, "| {} |", row.join(" | "));
        }
        self.0.push('\n');
    }

    fn columns(&mut self, columns: &[Column]) {
        let rows = columns.iter().map(|column| {
            let mut about = column.about.to_owned();
            if !column.words.is_empty() {
                about = format!("{}; {about}", words(column.words, ""));
            }
            let unit = column.unit().to_owned();
            [
                name(column.name, column.required),
                unit,
                about,
                column.empty.to_owned(),
            ]
        });
        self.rows(&["column", "unit", "meaning", "if empty"], rows);
    }

    /// A table of a document, and those under headings within it.
    fn keys(&mut self, heading: &str, keys: &Keys, path: &str) {
        if path.is_empty() {
            self.text(heading);
        }
        self.table_of(keys.own);
        self.inline(keys.own);
        for key in keys.own {
            let (inside, path, heading) = match &key.kind {
                Kind::Tables(inside) => {
                    let path = format!("{path}{}", key.name);
                    (inside, format!("{path}."), format!("## `[[{path}]]`"))
                }
                Kind::Under(inside) => {
                    let path = format!("{path}{}", key.name);
                    (inside, format!("{path}."), format!("## `[{path}]`"))
                }
                Kind::Named(inside, names) => {
                    let which = if names.is_empty() { "id" } else { "file" };
                    let path = format!("{}.<{which}>", key.name);
                    (inside, format!("{path}."), format!("## `[{path}]`"))
                }
                _ => continue,
            };
            self.text(&format!("{heading}\n\n{}.", sentence(key.about)));
            self.keys("", inside, &path);
        }
    }

    fn table_of<'a>(&mut self, keys: impl IntoIterator<Item = &'a Key>) {
        let rows = keys.into_iter().map(|key| {
            let about = key.about.to_owned();
            let missing = key.missing.to_owned();
            [
                name(key.name, key.required),
                value(&key.kind),
                about,
                missing,
            ]
        });
        self.rows(&["key", "value", "meaning", "if missing"], rows);
    }

    /// The tables that stand in the lines of keys, each once.
    fn inline(&mut self, keys: &[Key]) {
        for (i, key) in keys.iter().enumerate() {
            let Some(inside) = table_in(&key.kind) else {
                continue;
            };
            let same =
                |key: &&Key| table_in(&key.kind).is_some_and(|of| of.expected == inside.expected);
            if keys[..i].iter().any(|key| same(&key)) {
                continue;
            }
            let names = keys[i..].iter().filter(same).map(|key| key.name);
            let names: Vec<&str> = names.collect();
            self.text(&format!("A table in {}:", words(&names, "")));
            self.table_of(inside.all());
            self.inline(inside.own);
        }
    }
}

/// The table that may stand in the line of a key.
fn table_in(kind: &Kind) -> Option<&'static Keys> {
    match kind {
        Kind::Table(keys) => Some(keys),
        Kind::List(Kind::Table(keys)) if keys.expected == agreement::DUE_ENTRY.expected => None,
        Kind::List(kind) => table_in(kind),
        Kind::Either(kinds) => kinds.iter().find_map(table_in),
        _ => None,
    }
}

fn name(name: &str, required: bool) -> String {
    let mark = if required { "**" } else { "" };
    format!("{mark}`{name}`{mark}")
}

fn words(words: &[&str], quotation: &str) -> String {
    let words = words
        .iter()
        .map(|word| format!("`{quotation}{word}{quotation}`"));
    let words: Vec<String> = words.collect();
    match words.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => words.concat(),
    }
}

fn value(kind: &Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Word(of) => words(of, "\""),
        Kind::Number => "number".to_owned(),
        Kind::Fraction => "number from 0 to 1".to_owned(),
        Kind::Whole => "whole number".to_owned(),
        Kind::Date => "date, as in `2024-04-01`".to_owned(),
        Kind::YearDay => "month and day, as in `\"04-01\"`".to_owned(),
        Kind::Season => "days of every year, as in `\"04-01..09-30\"`".to_owned(),
        Kind::Quantity(example) => format!("quantity, as in `\"{example}\"`"),
        Kind::True => "`true`".to_owned(),
        Kind::Point => "[point](#points)".to_owned(),
        Kind::Either(kinds) => {
            let kinds: Vec<String> = kinds.iter().map(value).collect();
            kinds.join("; or ")
        }
        Kind::List(Kind::Text) => "list of texts".to_owned(),
        Kind::List(Kind::Table(_)) => "list of tables".to_owned(),
        Kind::List(Kind::Pair(_)) => "list of pairs".to_owned(),
        Kind::List(kind) => format!("list: {}", value(kind)),
        Kind::Pair(kind) => format!("pair: {}", value(kind)),
        Kind::Table(_) | Kind::Under(_) => "table".to_owned(),
        Kind::Tables(_) => "tables".to_owned(),
        Kind::Named(_, []) => "tables by id".to_owned(),
        Kind::Named(_, _) => "tables by file".to_owned(),
    }
}

/// The text as a sentence begins.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

#[cfg(test)]
mod tests {
    /// `RIPARIAN_BLESS=1 cargo test --lib format` writes the page anew.
    #[test]
    fn the_books_page_is_this_one() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/book/formats.md");
        if std::env::var_os("RIPARIAN_BLESS").is_some() {
            std::fs::write(file, super::page()).unwrap();
        }
        let written = std::fs::read_to_string(file).unwrap();
        assert!(
            written == super::page(),
            "docs/book/formats.md is not what the code reads: RIPARIAN_BLESS=1 cargo test --lib format"
        );
    }
}
