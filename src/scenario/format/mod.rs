//! What may stand in the files of a scenario: the one source of what the readers ask for, of the
//! page that documents it, and of the schemas that editors read.
//!
//! The readers find tables and keys through these constants, so none can be read that is not
//! described here; a test holds that none is described that nobody reads.
//!
//! ```
//! use riparian::scenario::format::{Document, page, schema};
//!
//! assert!(page().contains("| **`initial_mcm`** | Mm3 |"));
//! assert!(schema(Document::Agreement).contains("\"supersedes\""));
//! ```

pub(super) mod agreement;
#[cfg(test)]
pub(super) mod asked;
mod page;
mod schema;
pub(super) mod settings;
pub(super) mod tables;

/// One of the two kinds of TOML file in a scenario folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// `scenario.toml`.
    Scenario,
    /// A file in `agreements/`.
    Agreement,
}

/// The reference of all files, as Markdown: every table and column, every key.
///
/// It is the text of [the book's chapter](crate::book::formats).
pub fn page() -> String {
    page::page()
}

/// The JSON schema (draft 7) of a TOML file, for editors that complete and check it.
///
/// It knows keys, types and words; what only a whole scenario can tell, such as whether a node is
/// there, [`Scenario::model`](super::Scenario::model) says. The command `riparian schema` prints it.
pub fn schema(document: Document) -> String {
    schema::of(document)
}

/// A table: a CSV file of a scenario folder.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name in the folder.
    pub(super) file: &'static str,
    /// Whether every scenario has one.
    pub(super) required: bool,
    /// What it holds, in Markdown.
    pub(super) about: &'static str,
    pub(super) columns: &'static [Column],
    /// What is to be said of its columns together.
    pub(super) after: &'static str,
}

/// A column a table may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) about: &'static str,
    /// What an empty cell, or a table without the column, means.
    pub(super) empty: &'static str,
    /// The words a cell may hold, if it holds one of a few.
    pub(super) words: &'static [&'static str],
    unit: Option<&'static str>,
}

/// A column a table must have.
pub(super) const fn must(name: &'static str, about: &'static str) -> Column {
    Column {
        name,
        required: true,
        about,
        empty: "",
        words: &[],
        unit: None,
    }
}

/// A column a table may do without, and what it then means.
pub(super) const fn may(name: &'static str, about: &'static str, empty: &'static str) -> Column {
    Column {
        required: false,
        empty,
        ..must(name, about)
    }
}

impl Column {
    /// The same, in a unit that the end of its name does not tell.
    const fn in_unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The same, with cells that are one of a few words.
    const fn one_of(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }

    /// The column's name without its unit, and the unit; none for what has none.
    pub(super) fn stem(&self) -> Option<(&'static str, &'static str)> {
        let (unit, said) = UNITS.iter().find(|(unit, _)| {
            let stem = self.name.strip_suffix(unit);
            stem.is_some_and(|stem| stem.ends_with('_'))
        })?;
        Some((&self.name[..self.name.len() - unit.len() - 1], said))
    }

    /// The unit of its values, if they have one.
    fn unit(&self) -> &'static str {
        let by_name = self.stem().map_or("", |(_, unit)| unit);
        self.unit.unwrap_or(by_name)
    }
}

/// The units that end column names, and how they are said; longer ones first.
const UNITS: [(&str, &str); 11] = [
    ("mwh_per_day", "MWh a day"),
    ("m3s_per_day", "m3/s a day"),
    ("mm_per_day", "mm a day"),
    ("fraction", "a fraction"),
    ("days", "days"),
    ("m3s", "m3/s"),
    ("mcm", "Mm3"),
    ("km2", "km2"),
    ("mm", "mm"),
    ("mw", "MW"),
    ("m", "m"),
];

/// The keys a TOML table may have.
#[derive(Debug)]
pub(super) struct Keys {
    /// How messages call it.
    pub(super) expected: &'static str,
    pub(super) own: &'static [Key],
    /// Tables whose keys may stand in it too.
    pub(super) with: &'static [&'static Keys],
}

impl Keys {
    const fn new(expected: &'static str, keys: &'static [Key]) -> Self {
        Self {
            expected,
            own: keys,
            with: &[],
        }
    }

    const fn with(mut self, with: &'static [&'static Self]) -> Self {
        self.with = with;
        self
    }

    /// All keys, those of the other tables too.
    pub(super) fn all(&self) -> Vec<&'static Key> {
        let others = self.with.iter().flat_map(|keys| keys.all());
        self.own.iter().chain(others).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.own.iter().any(|key| key.name == name) || self.with.iter().any(|keys| keys.has(name))
    }
}

/// A key of a TOML table.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) kind: Kind,
    /// What it says, in Markdown.
    pub(super) about: &'static str,
    /// What holds where it is missing.
    pub(super) missing: &'static str,
}

/// A key that must be there.
const fn needs(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key {
        name,
        required: true,
        kind,
        about,
        missing: "",
    }
}

/// A key that may be missing, and what it then means.
const fn has(name: &'static str, kind: Kind, about: &'static str, missing: &'static str) -> Key {
    Key {
        name,
        required: false,
        kind,
        about,
        missing,
    }
}

/// What the value of a key may be.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    /// One of a few texts.
    Word(&'static [&'static str]),
    Number,
    /// A number from 0 to 1.
    Fraction,
    Whole,
    Date,
    /// A day of every year.
    YearDay,
    /// Days of every year.
    Season,
    /// A number with its unit; an example.
    Quantity(&'static str),
    /// Nothing but the word `true`.
    True,
    /// Where something is measured: an id, or a list of ids and tables.
    Point,
    /// One of several kinds.
    Either(&'static [Kind]),
    List(&'static Kind),
    Pair(&'static Kind),
    /// A table in the same line.
    Table(&'static Keys),
    /// Tables under headings of their own; described by themselves.
    Tables(&'static Keys),
    /// One table under a heading of its own.
    Under(&'static Keys),
    /// Tables under headings by names: any, or some.
    Named(&'static Keys, &'static [&'static str]),
}

/// The words of pairs.
pub(super) const fn words<const N: usize, T>(pairs: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut words = [""; N];
    let mut i = 0;
    while i < N {
        words[i] = pairs[i].0;
        i += 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::tables::TABLES;
    use super::*;
    use crate::agreement::Agreement;
    use crate::scenario::Scenario;

    /// The tables a key leads to.
    fn inside(kind: &Kind) -> Vec<&'static Keys> {
        match kind {
            Kind::Point => vec![&agreement::TERM],
            Kind::Either(kinds) => kinds.iter().flat_map(inside).collect(),
            Kind::List(kind) | Kind::Pair(kind) => inside(kind),
            Kind::Table(keys) | Kind::Tables(keys) | Kind::Under(keys) | Kind::Named(keys, _) => {
                vec![keys]
            }
            _ => Vec::new(),
        }
    }

    fn all_tables(keys: &'static Keys, found: &mut Vec<&'static Keys>) {
        found.push(keys);
        for inner in keys.all().into_iter().flat_map(|key| inside(&key.kind)) {
            all_tables(inner, found);
        }
    }

    /// A table with every column, and a row of nothing that can be read.
    fn full(table: &Table) -> (String, String) {
        let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        // The readers of parts stop where what they belong to is missing.
        let cells = names.iter().map(|name| match *name {
            "from" | "to" | "limit_mcm" | "rolling_days" | "pace" | "rule"
                if table.file == "licences.csv" =>
            {
                ""
            }
            "node" | "reservoir" | "reach" | "offtake" | "at" | "party" | "from" | "to" => "a",
            "kind" if table.file == "nodes.csv" => "reservoir",
            "kind" if table.file == "reaches.csv" => "river",
            "routing" => "lag",
            _ => "1",
        });
        let cells: Vec<&str> = cells.collect();
        let text = format!("{}\n{}\n", names.join(","), cells.join(","));
        (table.file.to_owned(), text)
    }

    #[test]
    fn all_that_is_described_is_read() {
        let policies = crate::scenario::operation::POLICIES;
        let mut settings = concat!(
            "title = 'a'\nstart = 2024-01-01\nend = 2024-01-31\nforesight = 'operational'\n",
            "[[class]]\nname = 'a'\n[[saving]]\nlevels = [{ }]\n[forecast]\nmethod = 'given'\n[series.inflows]\n"
        )
        .to_owned();
        for (policy, _) in policies {
            writeln!(
                settings,
                "[reservoir.{policy}]\npolicy = '{policy}'\nflow = [{{ flow = '1 m3/s' }}]\n\
                 target = [{{ day = '01-01' }}]\nzones = [{{ }}]\nlevels = [{{ }}]"
            )
            .expect("a text takes what is written");
        }
        let mut files = vec![("scenario.toml".to_owned(), settings)];
        files.extend(TABLES.map(full));
        assert!(Scenario::from_files(files).model().is_err());
        for (form, _, _) in &agreement::FORMS {
            let terms = if *form == "formula" {
                "terms = [{ }]\n"
            } else {
                ""
            };
            let text = format!(
                "title = 'a'\nparties = ['a']\n[[obligation]]\nid = 'a'\nform = '{form}'\npoint = [{{ }}]\n\
                 {terms}due = [{{ day = 2024-01-01 }}]\n\
                 [[obligation.clause]]\nguarantee = {{ }}\nwhen = {{ }}\ndeclared = [{{ }}]\n\
                 [obligation.account]\ncredit = {{ }}\n[[obligation.account.entry]]\n\
                 [[obligation.revision]]\n[[total]]\n[[ownership]]\n[[ownership.owner]]\n\
                 [[ownership.debt]]\n[[ownership.transfer]]\n"
            );
            assert!(Agreement::from_toml(&text).is_err());
        }

        let mut unread = Vec::new();
        for table in TABLES {
            let columns = table.columns.iter().map(|column| column.name);
            let columns = columns.filter(|name| !asked::is(table.file, name));
            unread.extend(columns.map(|name| format!("{}: {name}", table.file)));
        }
        let mut tables = Vec::new();
        all_tables(&settings::SETTINGS, &mut tables);
        all_tables(&agreement::AGREEMENT, &mut tables);
        for keys in tables {
            let names = keys.all().into_iter().map(|key| key.name);
            let names = names.filter(|name| !asked::is(keys.expected, name));
            unread.extend(names.map(|name| format!("{}: {name}", keys.expected)));
        }
        assert!(unread.is_empty(), "{unread:#?}");
    }

    #[test]
    fn the_tables_of_forms_and_policies_are_in_step() {
        for (i, (name, _)) in crate::scenario::operation::POLICIES.iter().enumerate() {
            assert_eq!(settings::POLICY_KEYS[i].0, *name);
        }
        for (i, (name, _)) in crate::scenario::agreement::due::KINDS.iter().enumerate() {
            assert_eq!(agreement::FORMS[i].0, *name);
        }
        for (name, kind) in crate::scenario::basin::NODE_KINDS {
            assert_eq!(kind.name(), name);
        }
    }
}
