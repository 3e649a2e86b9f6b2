//! Several runs side by side: what another rule, protocol or year would have changed.

use std::fmt::Write as _;
use std::path::Path;

use super::charts::{Chart, DARK, Dash, LIGHT, MIDDLE, draw};
use super::labels::{Labels, Language};
use super::verdicts::{mark, mcm, over_run, span};
use super::write::{Esc, cell, figure};
use super::{Page, put, shell};
use crate::calendar::Window;
use crate::error::Result;
use crate::ledger::Sum;
use crate::report::Report;
use crate::settlement::{Settlement, Status};
use crate::units::Volume;

/// Runs side by side, as one page of HTML: verdicts by obligation and period, users, reservoirs.
///
/// What is in one run only is shown for that run; places and obligations are matched by their ids.
///
/// ```
/// use riparian::report::html::Comparison;
///
/// let observed = riparian::run("data/bakhri-tochik-2024")?;
/// let protocol = riparian::run("data/bakhri-tochik-2024-protocol")?;
/// let page = Comparison::new("2024")
///     .run("as observed", &observed)
///     .run("by the protocol", &protocol)
///     .html();
/// assert!(page.contains("by the protocol"));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Comparison<'r> {
    title: String,
    labels: Labels,
    runs: Vec<(String, &'r Report)>,
}

impl<'r> Comparison<'r> {
    /// A comparison of nothing yet, in English.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            labels: Labels::of(Language::English),
            runs: Vec::new(),
        }
    }

    /// The same, with one more run.
    #[must_use]
    pub fn run(mut self, name: impl Into<String>, report: &'r Report) -> Self {
        self.runs.push((name.into(), report));
        self
    }

    /// The same, with labels in a language.
    #[must_use]
    pub fn language(mut self, language: Language) -> Self {
        self.labels = Labels::of(language);
        self
    }

    /// The page.
    pub fn html(&self) -> String {
        let mut above = String::from("<ul>");
        for (name, report) in &self.runs {
            let model = report.plan().model();
            let window = model.window();
            let _ = write!(
                above,
                "<li><b>{}</b>: {}, {}</li>",
                Esc(name),
                Esc(model.title()),
                span(window.from(), window.to())
            );
        }
        above.push_str("</ul>");
        let parts = [
            ("verdict", self.verdicts()),
            ("parties", self.users()),
            ("season", self.storages()),
            ("balance", self.stores()),
        ];
        shell(&self.labels, &self.title, &above, parts)
    }

    /// Writes the page to a file: beside it first, then in its place.
    ///
    /// # Errors
    ///
    /// If the file cannot be written ([`Error::is_io`](crate::Error::is_io)).
    pub fn write(&self, file: impl AsRef<Path>) -> Result<()> {
        put(file.as_ref(), &self.html())
    }

    fn verdicts(&self) -> String {
        let mut rows: Vec<(&str, Window)> = Vec::new();
        for row in self
            .runs
            .iter()
            .flat_map(|(_, report)| report.settlements())
        {
            let key = (row.obligation.as_str(), row.period);
            if !rows.contains(&key) {
                rows.push(key);
            }
        }
        let mut part = self.open(&["obligation", "period", "committed"]);
        for (id, period) in rows {
            let find = |report: &'r Report| -> Option<&'r Settlement> {
                let mut rows = report.settlements().iter();
                rows.find(|row| row.obligation == id && row.period == period)
            };
            let known: Vec<Option<&Settlement>> =
                self.runs.iter().map(|(_, report)| find(report)).collect();
            let committed = known.iter().flatten().find_map(|row| row.committed);
            let unit = known.iter().flatten().next();
            let unit = unit
                .map_or("", |row| row.unit.sign())
                .replace('3', "\u{b3}");
            let _ = write!(
                part,
                "<tr><th scope=\"row\">{} <small>{unit}</small></th><td class=\"day\" data-sort=\"{}\">{}</td>{}",
                Esc(id),
                period.from(),
                span(period.from(), period.to()),
                cell(committed)
            );
            let first = known.first().copied().flatten();
            for (at, row) in known.iter().enumerate() {
                let Some(row) = row else {
                    part.push_str(&cell(None));
                    continue;
                };
                let name = row.status.name();
                let figure = super::write::known(row.delivered);
                let sorted = row.delivered.unwrap_or(f64::MIN);
                let _ = write!(
                    part,
                    "<td class=\"n\" data-sort=\"{sorted}\"><span class=\"v {name}\" title=\"{0}\">\
                     <span class=\"mark\" role=\"img\" aria-label=\"{0}\">{1}</span></span> {figure}",
                    self.labels.get(name),
                    mark(row.status)
                );
                // Where another run owes something else.
                if let Some(due) = row.committed.filter(|_| row.committed != committed) {
                    let _ = write!(part, " / {}", super::write::figure(due));
                }
                if at > 0 {
                    let before = first.and_then(|first| first.delivered);
                    part.push_str(&change(before, row.delivered));
                }
                part.push_str("</td>");
            }
            part.push_str("</tr>");
        }
        part.push_str("</tbody></table></div><p class=\"hint\">");
        for status in Status::ALL {
            let mut rows = self
                .runs
                .iter()
                .flat_map(|(_, report)| report.settlements());
            if rows.any(|row| row.status == status) {
                let name = status.name();
                let _ = write!(
                    part,
                    "<span class=\"v {name}\"><span class=\"mark\" aria-hidden=\"true\">{}</span> {}</span>. ",
                    mark(status),
                    self.labels.get(name)
                );
            }
        }
        let _ = write!(part, "{}</p>", self.labels.get("against"));
        part
    }

    fn users(&self) -> String {
        let mut parties: Vec<(&str, &str)> = Vec::new();
        for (_, report) in &self.runs {
            for party in report.plan().model().basin().parties() {
                if !parties.iter().any(|&(id, _)| id == party.id) {
                    parties.push((&party.id, &party.name));
                }
            }
        }
        let mut part = self.open(&["parties", "kind"]);
        for (id, name) in parties {
            for key in ["demand", "taken"] {
                let of = |report: &Report| {
                    let basin = report.plan().model().basin();
                    let own = basin
                        .offtakes()
                        .iter()
                        .enumerate()
                        .filter(|(_, offtake)| offtake.party == id);
                    let journal = report.ledger().offtakes();
                    let journal = if key == "demand" {
                        &journal.demand
                    } else {
                        &journal.delivered
                    };
                    let mut own = own.map(|(i, _)| i).peekable();
                    own.peek()
                        .is_some()
                        .then(|| mcm(own.flat_map(|i| journal.of(i)).collect::<Sum>()))
                };
                let values: Vec<Option<f64>> =
                    self.runs.iter().map(|(_, report)| of(report)).collect();
                if values.iter().all(Option::is_none) {
                    continue;
                }
                let name = if name.is_empty() { id } else { name };
                let _ = write!(
                    part,
                    "<tr><th scope=\"row\">{}</th><td>{}</td>",
                    Esc(name),
                    self.labels.get(key)
                );
                part.push_str(&changing(&values));
                part.push_str("</tr>");
            }
        }
        self.close(part)
    }

    /// The ids of all reservoirs, with the name of the first run that has it.
    fn reservoirs(&self) -> Vec<(&str, &str)> {
        let mut all: Vec<(&str, &str)> = Vec::new();
        for (_, report) in &self.runs {
            let basin = report.plan().model().basin();
            for (k, lake) in basin.reservoirs().iter().enumerate() {
                if !all.iter().any(|&(id, _)| id == lake.node) {
                    let name = &basin.nodes()[basin.reservoir_node(k)].name;
                    all.push((&lake.node, if name.is_empty() { &lake.node } else { name }));
                }
            }
        }
        all
    }

    /// The storage of each reservoir in all runs of the same days.
    fn storages(&self) -> String {
        const STYLES: [(&str, Dash); 6] = [
            (DARK, Dash::None),
            (MIDDLE, Dash::Long),
            (LIGHT, Dash::Dots),
            (MIDDLE, Dash::None),
            (DARK, Dash::Long),
            (LIGHT, Dash::None),
        ];
        let mut part = String::from("<div class=\"charts\">");
        for (id, name) in self.reservoirs() {
            let mut chart: Option<(Window, Chart)> = None;
            for ((run, report), (color, dash)) in self.runs.iter().zip(STYLES.into_iter().cycle()) {
                let window = report.ledger().window();
                let Some(k) = report.plan().model().basin().reservoir_index(id) else {
                    continue;
                };
                let mut own = Page::new(report).storage(k);
                let mut line = own.lines.remove(0);
                line.name.clone_from(run);
                (line.color, line.dash) = (color, dash);
                match &mut chart {
                    // Lines of other days belong in no common chart.
                    Some((days, chart)) if *days == window => chart.lines.push(line),
                    Some(_) => {}
                    None => {
                        own.title = format!("{name}: {}", self.labels.get("storage"));
                        own.levels.clear();
                        own.lines = vec![line];
                        chart = Some((window, own));
                    }
                }
            }
            if let Some((window, chart)) = chart {
                draw(&mut part, window, chart);
            }
        }
        part.push_str("</div>");
        part
    }

    fn stores(&self) -> String {
        let mut part = self.open(&["reservoir", "kind"]);
        for (id, name) in self.reservoirs() {
            for key in ["release", "spill", "end"] {
                let of = |report: &Report| {
                    let k = report.plan().model().basin().reservoir_index(id)?;
                    let journal = report.ledger().reservoirs();
                    Some(match key {
                        "release" => over_run(&journal.release, k),
                        "spill" => over_run(&journal.spill, k),
                        _ => {
                            Volume::from_m3(journal.storage.at(report.ledger().days() - 1, k)).mcm()
                        }
                    })
                };
                let _ = write!(
                    part,
                    "<tr><th scope=\"row\">{}</th><td>{}</td>",
                    Esc(name),
                    self.labels.get(key)
                );
                let values: Vec<_> = self.runs.iter().map(|(_, report)| of(report)).collect();
                part.push_str(&changing(&values));
                part.push_str("</tr>");
            }
        }
        self.close(part)
    }

    /// The head of a table with a column for each run.
    fn open(&self, keys: &[&str]) -> String {
        let mut part =
            String::from("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
        let first = keys.first().map_or("", |key| self.labels.get(key));
        let _ = write!(part, "{first}\"><table class=\"sorts\"><thead><tr>");
        for key in keys {
            let _ = write!(part, "<th scope=\"col\">{}</th>", self.labels.get(key));
        }
        for (name, _) in &self.runs {
            let _ = write!(part, "<th scope=\"col\" class=\"n\">{}</th>", Esc(name));
        }
        part.push_str("</tr></thead><tbody>");
        part
    }

    fn close(&self, mut part: String) -> String {
        let _ = write!(
            part,
            "</tbody></table></div><p class=\"hint\">{}: Mm\u{b3}. {}</p>",
            self.labels.get("unit"),
            self.labels.get("against")
        );
        part
    }
}

/// What is more or less than in the first run, in small; nothing where that is not known.
fn change(first: Option<f64>, now: Option<f64>) -> String {
    let Some((first, now)) = first.zip(now) else {
        return String::new();
    };
    let by = figure(now - first);
    let by = match by.as_str() {
        "0.0" => "=".to_owned(),
        text if text.starts_with('\u{2212}') => by,
        _ => format!("+{by}"),
    };
    format!("<small class=\"by\">{by}</small>")
}

/// A cell for each run, all but the first with how they differ from it.
fn changing(values: &[Option<f64>]) -> String {
    let mut cells = String::new();
    for (at, &value) in values.iter().enumerate() {
        let cell = cell(value);
        let inside = cell.strip_suffix("</td>").unwrap_or(&cell);
        cells.push_str(inside);
        if at > 0 {
            cells.push_str(&change(values[0], value));
        }
        cells.push_str("</td>");
    }
    cells
}
