//! One page for a run, that anyone can open: the verdicts first, then parties, places, charts, the
//! basin day by day, the balance, the bulletin, and what the run rests on.
//!
//! A [`Page`] is a single HTML file without any request to a network: styles, script, charts and
//! data are inside. It can be read without its script, by a screen reader, and on paper in black and
//! white: verdicts have a mark and a word, lines a style.
//!
//! ```
//! use riparian::report::html::{Language, Page};
//!
//! let report = riparian::run("data/bakhri-tochik-2024-protocol")?;
//! let page = Page::new(&report).language(Language::Russian).html();
//! assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"ru\">"));
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! Charts are drawn by the `kuva` crate. Runs of more than [`DAILY_UP_TO`] days are drawn by dekad.

mod charts;
mod compare;
mod labels;
mod map;
mod observed;
mod tables;
mod verdicts;
mod write;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

pub use compare::Comparison;
pub use labels::Language;
pub use observed::Observed;

use super::Report;
use crate::error::{Error, Result};
use labels::Labels;
use write::Esc;

/// The longest run whose charts and map show every day; longer ones show means of dekads.
pub const DAILY_UP_TO: usize = 800;

/// A page around its parts: each a key of the catalogue, and what stands under that title.
fn shell(
    labels: &Labels,
    title: &str,
    above: &str,
    parts: impl IntoIterator<Item = (&'static str, String)>,
) -> String {
    let parts: Vec<_> = parts.into_iter().collect();
    let first = parts.first().map_or("", |(key, _)| key);
    let mut page = String::with_capacity(1 << 20);
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"riparian {}\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#{first}\">{}</a>\n<header><h1>{}</h1>{above}",
        labels.language.code(),
        env!("CARGO_PKG_VERSION"),
        Esc(title),
        labels.get("skip"),
        Esc(title),
    );
    if labels.language != Language::English {
        let _ = write!(
            page,
            "<p class=\"note\">{} {}</p>",
            labels.get("unchecked"),
            labels.get("english-inside")
        );
    }
    let contents = labels.get("contents");
    let _ = write!(page, "</header>\n<nav aria-label=\"{contents}\"><ul>");
    for (key, _) in &parts {
        let _ = write!(page, "<li><a href=\"#{key}\">{}</a></li>", labels.get(key));
    }
    let all = Esc(labels.get("all-sections"));
    let _ = write!(page, "</ul></nav>\n<main data-all=\"{all}\">\n");
    for (key, inside) in parts {
        let _ = writeln!(
            page,
            "<section id=\"{key}\" aria-labelledby=\"title-{key}\">\
             <h2 id=\"title-{key}\">{}</h2>{inside}</section>",
            labels.get(key)
        );
    }
    let _ = writeln!(page, "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>");
    page
}

fn put(file: &Path, page: &str) -> Result<()> {
    crate::files::put(file, |new| new.write_all(page.as_bytes()))
}

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A report as one page of HTML.
#[derive(Clone, Debug)]
pub struct Page<'r> {
    report: &'r Report,
    labels: Labels,
    observed: Observed,
    sources: Option<String>,
}

/// A part of the page: its key in the catalogue, and what writes it.
type Part<'r> = (&'static str, fn(&Page<'r>, &mut String));

impl<'r> Page<'r> {
    /// A page in English, without observations.
    pub fn new(report: &'r Report) -> Self {
        Self {
            report,
            labels: Labels::of(Language::English),
            observed: Observed::default(),
            sources: None,
        }
    }

    /// The same, with labels in a language.
    #[must_use]
    pub fn language(mut self, language: Language) -> Self {
        self.labels = Labels::of(language);
        self
    }

    /// The same, with what was measured beside what was computed.
    #[must_use]
    pub fn observed(mut self, observed: Observed) -> Self {
        self.observed = observed;
        self
    }

    /// The same, with the text of the scenario's sources at the end.
    #[must_use]
    pub fn sources(mut self, text: impl Into<String>) -> Self {
        self.sources = Some(text.into());
        self
    }

    /// The same, with the observations and sources of a scenario folder, as far as it has any:
    /// `observed/storage.csv`, `observed/flows.csv` and `SOURCES.md`.
    ///
    /// # Errors
    ///
    /// If a file that is there cannot be read.
    pub fn of_folder(mut self, folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        self.observed = Observed::open(folder.join("observed"), self.report.ledger().window())?;
        let sources = folder.join("SOURCES.md");
        if sources.exists() {
            let text = std::fs::read_to_string(&sources)
                .map_err(|e| Error::io(&sources, "cannot be read", e))?;
            self.sources = Some(text);
        }
        Ok(self)
    }

    /// The page.
    pub fn html(&self) -> String {
        let parts: [Part; 8] = [
            ("verdict", Self::verdicts),
            ("parties", Self::parties),
            ("points", Self::points),
            ("season", Self::charts),
            ("basin", Self::map),
            ("balance", Self::balances),
            ("bulletin", Self::bulletin),
            ("settings", Self::settings),
        ];
        let model = self.report.plan().model();
        let mut above = String::new();
        let window = model.window();
        let _ = write!(
            above,
            "<p>{}</p>",
            verdicts::span(window.from(), window.to())
        );
        if !model.note().is_empty() {
            let _ = write!(above, "<p class=\"note\">{}</p>", Esc(model.note()));
        }
        shell(
            &self.labels,
            model.title(),
            &above,
            parts.map(|(key, part)| {
                let mut inside = String::new();
                part(self, &mut inside);
                (key, inside)
            }),
        )
    }

    /// Writes the page to a file: beside it first, then in its place.
    ///
    /// # Errors
    ///
    /// If the file cannot be written ([`Error::is_io`]).
    pub fn write(&self, file: impl AsRef<Path>) -> Result<()> {
        put(file.as_ref(), &self.html())
    }

    fn label(&self, key: &str) -> &str {
        self.labels.get(key)
    }

    fn node_name(&self, v: usize) -> &str {
        let node = &self.report.plan().model().basin().nodes()[v];
        if node.name.is_empty() {
            &node.id
        } else {
            &node.name
        }
    }

    fn party_name<'a>(&'a self, id: &'a str) -> &'a str {
        let parties = self.report.plan().model().basin().parties().iter();
        let mut named = parties.filter(|party| party.id == id && !party.name.is_empty());
        named.next().map_or(id, |party| &party.name)
    }

    /// The name of a place if it is one; points that are sums keep their ids.
    fn place_names(&self, point: &str) -> String {
        let basin = self.report.plan().model().basin();
        let offtake = basin
            .offtake_index(point)
            .map(|i| basin.offtakes()[i].name.as_str());
        let node = basin
            .node_index(point)
            .map(|v| basin.nodes()[v].name.as_str());
        let name = offtake.or(node).filter(|name| !name.is_empty());
        name.unwrap_or(point).to_owned()
    }
}
