//! The files of a scenario folder.

use std::fmt::Write as _;

use super::licence::Period;
use super::network::{Keep, Layout, OfftakeRow};
use super::value::{Factor, Value, YEAR};
use crate::calendar::{Date, Window};
use crate::error::Error;
use crate::error::Result;

/// The party that has all claims: Pywr knows none.
const PARTY: &str = "users";

/// What a document says of itself.
pub(super) struct Title {
    pub(super) title: String,
    pub(super) note: String,
}

/// Writes everything, one unit of the document being so many Mm3.
pub(super) struct Writer<'a> {
    pub(super) layout: &'a Layout,
    pub(super) run: Window,
    pub(super) mcm: f64,
}

/// A table as it grows.
struct Table(csv::Writer<Vec<u8>>);

impl Table {
    fn new(heads: &[&str]) -> Result<Self> {
        let mut table = Self(csv::Writer::from_writer(Vec::new()));
        table.row(heads)?;
        Ok(table)
    }

    fn row<T: AsRef<[u8]>>(&mut self, cells: &[T]) -> Result<()> {
        self.0
            .write_record(cells)
            .map_err(|error| Error::output(error.to_string()))
    }

    fn text(self) -> Result<String> {
        let bytes = self
            .0
            .into_inner()
            .map_err(|error| Error::output(error.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Writer<'_> {
    /// The files, by their paths in the folder.
    pub(super) fn files(&self, title: &Title) -> Result<Vec<(String, String)>> {
        let mut files = vec![("scenario.toml", self.settings(title))];
        files.push(("parties.csv", format!("party,name\n{PARTY},All users\n")));
        files.push(("nodes.csv", self.nodes()?));
        files.push(("reaches.csv", self.reaches()?));
        if let Some(seasons) = self.seasons()? {
            files.push(("seasons.csv", seasons));
        }
        if !self.layout.stores.is_empty() {
            files.push(("reservoirs.csv", self.reservoirs()?));
        }
        files.push(("offtakes.csv", self.offtakes()?));
        if !self.layout.licences.is_empty() {
            files.push(("licences.csv", self.licences()?));
        }
        let inflows = self
            .layout
            .inflows
            .iter()
            .map(|(id, value)| (id.as_str(), value));
        files.push(("series/inflows.csv", self.series(inflows)?));
        let demands = self.layout.offtakes.iter();
        let demands = demands.map(|row| (row.id.as_str(), &row.demand));
        files.push(("series/demands.csv", self.series(demands)?));
        if !self.layout.least.is_empty() {
            files.push((
                "agreements/flows-in-the-river.toml",
                self.flows_in_the_river(),
            ));
        }
        Ok(files
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text))
            .collect())
    }

    fn settings(&self, title: &Title) -> String {
        let mut text = format!(
            "title = {}\nstart = {}\nend = {}\n",
            quoted(&title.title),
            self.run.from(),
            self.run.to()
        );
        if !title.note.is_empty() {
            let _ = writeln!(text, "note = {}", quoted(&title.note));
        }
        text.push_str("\n# One class for each cost in the Pywr model, the lowest first.\n");
        for class in &self.layout.classes {
            let _ = write!(text, "[[class]]\nname = {}\n\n", quoted(class));
        }
        for (id, factor, offtakes) in self.savings() {
            self.saving(&mut text, &id, factor, &offtakes);
        }
        for store in &self.layout.stores {
            let _ = writeln!(text, "[reservoir.{}]", store.id);
            let _ = match &store.keep {
                Keep::Rank(rank) => write!(text, "keep_rank = {rank}\n\n"),
                Keep::Class(class) => write!(
                    text,
                    "policy = \"rule-curve\"\nzones = [{{ class = {}, top = {} }}]\n\n",
                    quoted(class),
                    self.volume(store.most)
                ),
                Keep::ByLevel(above, levels) => {
                    let levels = levels.iter().map(|(at, class)| {
                        let storage = self.curve(at, store.most);
                        format!("  {{ storage = {storage}, class = {} }},\n", quoted(class))
                    });
                    write!(
                        text,
                        "policy = \"keep-by-level\"\nabove = {}\nlevels = [\n{}]\n\n",
                        quoted(above),
                        levels.collect::<String>()
                    )
                }
            };
        }
        text
    }

    /// The factors of demands, each with the offtakes that have it.
    fn savings(&self) -> Vec<(String, &Factor, Vec<&str>)> {
        let mut all: Vec<(String, &Factor, Vec<&str>)> = Vec::new();
        for OfftakeRow { id, factors, .. } in &self.layout.offtakes {
            for (number, factor) in factors.iter().enumerate() {
                let mut name = format!("saving-of-{id}");
                if number > 0 {
                    let _ = write!(name, "-{}", number + 1);
                }
                all.push((name, factor, vec![id]));
            }
        }
        all
    }

    fn saving(&self, text: &mut String, id: &str, factor: &Factor, offtakes: &[&str]) {
        let store = self
            .layout
            .stores
            .iter()
            .find(|store| store.name == factor.storage);
        let Some(store) = store else {
            return;
        };
        let offtakes: Vec<String> = offtakes.iter().map(|id| quoted(id)).collect();
        let _ = write!(
            text,
            "[[saving]]\nid = {}\nreservoir = {}\nofftakes = [{}]\n",
            quoted(id),
            quoted(&store.id),
            offtakes.join(", ")
        );
        if factor.linear {
            text.push_str("changes = \"on-a-line\"\n");
        } else {
            let _ = writeln!(text, "above = {}", parts(&factor.above));
        }
        text.push_str("levels = [\n");
        for (curve, part) in &factor.levels {
            let _ = writeln!(
                text,
                "  {{ storage = {}, part = {} }},",
                self.curve(curve, store.most),
                parts(part)
            );
        }
        text.push_str("]\n\n");
    }

    /// A fraction of a volume through the year: the days at which stretches of one value begin and
    /// end, between which a curve is level.
    fn curve(&self, fractions: &Value, most: f64) -> String {
        if let Some(fraction) = fractions.constant() {
            return self.volume(fraction * most);
        }
        let year = fractions.yearly().unwrap_or_else(|| vec![0.0; YEAR]);
        let turns = |day: usize| {
            let before = year[(day + YEAR - 1) % YEAR];
            let after = year[(day + 1) % YEAR];
            before != year[day] || after != year[day]
        };
        let leap = Window::new(Date::constant(2024, 1, 1), Date::constant(2024, 12, 31));
        let dates = leap.into_iter().flat_map(Window::iter);
        let points = dates.zip(&year).enumerate().filter(|&(day, _)| turns(day));
        let points: Vec<String> = points
            .map(|(_, (date, fraction))| {
                let (month, day) = (date.month(), date.day());
                format!(
                    "{{ day = \"{month:02}-{day:02}\", volume = {} }}",
                    self.volume(fraction * most)
                )
            })
            .collect();
        if points.is_empty() {
            return self.volume(year[0] * most);
        }
        format!("[{}]", points.join(", "))
    }

    fn nodes(&self) -> Result<String> {
        let mut table = Table::new(&["node", "kind", "name"])?;
        for row in &self.layout.nodes {
            table.row(&[&row.id, row.kind, &row.name])?;
        }
        table.text()
    }

    fn reaches(&self) -> Result<String> {
        let mut table = Table::new(&["reach", "from", "to", "kind", "capacity_m3s"])?;
        for row in &self.layout.reaches {
            let capacity = row.capacity.filter(steady);
            let capacity = capacity.map_or(String::new(), |months| self.m3s(months[0]));
            let kind = if row.river { "river" } else { "canal" };
            table.row(&[&row.id, &row.from, &row.to, kind, &capacity])?;
        }
        table.text()
    }

    /// Capacities that change by month.
    fn seasons(&self) -> Result<Option<String>> {
        let mut table = Table::new(&["reach", "from", "to", "capacity_m3s"])?;
        let mut any = false;
        for row in &self.layout.reaches {
            let Some(months) = row.capacity.filter(|months| !steady(months)) else {
                continue;
            };
            any = true;
            for (month, &capacity) in months.iter().enumerate() {
                let [from, to] = ends(month);
                table.row(&[&row.id, &from, &to, &self.m3s(capacity)])?;
            }
        }
        Ok(if any { Some(table.text()?) } else { None })
    }

    fn reservoirs(&self) -> Result<String> {
        let heads = ["reservoir", "initial_mcm", "dead_mcm", "full_mcm"];
        let mut table = Table::new(&heads)?;
        for row in &self.layout.stores {
            let mcm = |volume: f64| (volume * self.mcm).to_string();
            table.row(&[&row.id, &mcm(row.initial), &mcm(row.least), &mcm(row.most)])?;
        }
        table.text()
    }

    fn offtakes(&self) -> Result<String> {
        let mut table = Table::new(&["offtake", "at", "party", "name", "class"])?;
        for row in &self.layout.offtakes {
            table.row(&[&row.id, &row.at, PARTY, &row.name, &row.class])?;
        }
        table.text()
    }

    fn licences(&self) -> Result<String> {
        let mut table = Table::new(&[
            "licence",
            "name",
            "offtakes",
            "limit_mcm",
            "from",
            "to",
            "rolling_days",
        ])?;
        for row in &self.layout.licences {
            let limit = (row.volume * self.mcm).to_string();
            let [from, to, days] = match row.period {
                Period::Year(first) => {
                    let [from, to] = year(first);
                    [from, to, String::new()]
                }
                Period::Days(days) => [String::new(), String::new(), days.to_string()],
            };
            table.row(&[&row.id, &row.name, &row.offtake, &limit, &from, &to, &days])?;
        }
        table.text()
    }

    /// Volumes by day, in Mm3.
    fn series<'v>(&self, columns: impl Iterator<Item = (&'v str, &'v Value)>) -> Result<String> {
        let (ids, values): (Vec<&str>, Vec<Vec<f64>>) = columns
            .map(|(id, value)| (id, value.days(self.run)))
            .unzip();
        let heads = ids.iter().map(|id| format!("{id}_mcm"));
        let heads: Vec<String> = std::iter::once("date".to_owned()).chain(heads).collect();
        let mut table = Self::table(&heads)?;
        for (day, date) in self.run.iter().enumerate() {
            let cells = values
                .iter()
                .map(|values| (values[day] * self.mcm).to_string());
            let row: Vec<String> = std::iter::once(date.to_string()).chain(cells).collect();
            table.row(&row)?;
        }
        table.text()
    }

    fn table(heads: &[String]) -> Result<Table> {
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        Table::new(&heads)
    }

    fn flows_in_the_river(&self) -> String {
        let mut text = format!(
            "title = \"Flows in the river\"\nparties = [{party}]\nsource = \"Flows that the Pywr model prices at its gauges\"\nfrom = {}\nuntil = {}\n",
            self.run.from(),
            self.run.to(),
            party = quoted(PARTY),
        );
        for row in &self.layout.least {
            let _ = write!(
                text,
                "\n[[obligation]]\nid = {}\ndebtor = {}\npoint = {}\nform = \"minimum-flow\"\nclaim = {}\n",
                quoted(&row.id),
                quoted(PARTY),
                quoted(&row.at),
                quoted(&row.class)
            );
            if steady(&row.flow) {
                let _ = writeln!(text, "flow = {}", self.flow(row.flow[0]));
                continue;
            }
            text.push_str("due = [\n");
            for (month, &flow) in row.flow.iter().enumerate() {
                let [from, to] = ends(month);
                let _ = writeln!(
                    text,
                    "  {{ season = \"{from}..{to}\", flow = {} }},",
                    self.flow(flow)
                );
            }
            text.push_str("]\n");
        }
        text
    }

    fn volume(&self, volume: f64) -> String {
        format!("\"{} Mm3\"", volume * self.mcm)
    }

    fn flow(&self, flow: f64) -> String {
        format!("\"{} Mm3/day\"", flow * self.mcm)
    }

    fn m3s(&self, flow: f64) -> String {
        crate::units::Flow::from_mcm_per_day(flow * self.mcm)
            .m3s()
            .to_string()
    }
}

/// The first and last day of a year that begins on a month and day. The 29th of February, where there
/// is one, is of the year that ends.
fn year((month, day): (i8, i8)) -> [String; 2] {
    let first = format!("{month:02}-{day:02}");
    let last = Date::new(2024, month, day).and_then(Date::yesterday);
    let last = last.map(|date| format!("{:02}-{:02}", date.month(), date.day()));
    [first, last.unwrap_or_default()]
}

fn steady(months: &[f64; 12]) -> bool {
    months.iter().all(|value| *value == months[0])
}

/// The first and last day of a month, from 0 for January.
fn ends(month: usize) -> [String; 2] {
    const DAYS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let number = month + 1;
    [
        format!("{number:02}-01"),
        format!("{number:02}-{}", DAYS[month]),
    ]
}

fn parts(months: &[f64; 12]) -> String {
    if steady(months) {
        return months[0].to_string();
    }
    let months: Vec<String> = months.iter().map(f64::to_string).collect();
    format!("[{}]", months.join(", "))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
