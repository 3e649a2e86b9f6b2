//! The bulletin of a river organisation: what passed, was taken and was stored, by day and dekad.

use std::fmt::{self, Write as _};

use crate::agreement::Count;
use crate::basin::NodeKind;
use crate::calendar::{Date, Dekad, Month, Window, day_index};
use crate::ledger::Sum;
use crate::model::Model;
use crate::units::{SECONDS_PER_DAY, Volume};

/// A run, or a plan of a season, in the layout of the daily bulletins of BWO Syr Darya: river posts,
/// reservoirs and canals in the order of the river, each with its limit and, month by month, the days 1
/// to 10, dekad I, the days 11 to 20, dekad II, the days 21 to the end, dekad III. A canal that several
/// countries use has a row for each.
///
/// It prints by dekad; [`Bulletin::month`] prints a month with its days, and [`Bulletin::write_csv`]
/// writes all months as one table. A plan has no days.
///
/// ```
/// use riparian::calendar::Month;
///
/// let report = riparian::run("data/bakhri-tochik-2024")?;
/// let bulletin = report.bulletin();
/// println!("{bulletin}");
/// println!("{}", bulletin.month(Month::new(2024, 6)?).unwrap());
/// let lake = bulletin.rows().iter().find(|row| row.object.starts_with("Bakhri Tochik")).unwrap();
/// assert_eq!((lake.dekads.len(), lake.days.len()), (18, 183));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Bulletin {
    title: String,
    dekads: Vec<Window>,
    rows: Vec<BulletinRow>,
}

/// One row of a [`Bulletin`].
///
/// Example: [`Bulletin`].
#[derive(Clone, Debug, PartialEq)]
pub struct BulletinRow {
    /// Its number; none for a row that is part of the one above.
    pub number: Option<usize>,
    /// What it is of: a place, a canal, or the name of the country that uses the one above.
    pub object: String,
    /// The country whose part of the row above it is.
    pub party: Option<String>,
    /// What its figures are.
    pub reading: Reading,
    /// The limit of an agreement on exactly these users over all the days, in Mm3.
    pub limit: Option<f64>,
    /// By day: a mean flow in m3/s, or the storage at its end in Mm3. Empty in a plan.
    pub days: Vec<f64>,
    /// By dekad: a mean flow in m3/s, or the storage at its end in Mm3.
    pub dekads: Vec<f64>,
    /// By dekad the volume of a flow, in Mm3. Empty for storage.
    pub volumes: Vec<f64>,
}

impl BulletinRow {
    /// The volume over all the days in Mm3; nothing for storage.
    pub fn total(&self) -> Option<f64> {
        let flow = self.reading != Reading::Storage;
        flow.then(|| self.volumes.iter().copied().collect::<Sum>().value())
    }
}

/// What the figures of a [`BulletinRow`] are.
///
/// Example: [`Bulletin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// What is taken, in m3/s.
    Taken,
    /// What passes, in m3/s.
    Flow,
    /// What comes to a reservoir, in m3/s.
    Inflow,
    /// What a reservoir passes on, spill included, in m3/s.
    Release,
    /// What is in a reservoir at the end, in Mm3.
    Storage,
}

impl Reading {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Flow => "flow",
            Self::Inflow => "inflow",
            Self::Release => "release",
            Self::Storage => "storage",
        }
    }

    /// The unit of its figures.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Storage => "Mm3",
            _ => "m3/s",
        }
    }
}

/// Amounts in m3, by day or by dekad: volumes, or what is stored at the end.
pub(crate) enum Amounts {
    Days(Vec<f64>),
    // Plans have a feature of their own.
    #[cfg_attr(not(feature = "planner"), expect(dead_code))]
    Dekads(Vec<f64>),
}

/// Where a bulletin takes its figures from: a run or a plan. Places are numbered as in the basin.
pub(crate) trait Source {
    fn model(&self) -> &Model;
    /// The dekads, cut at the edges.
    fn dekads(&self) -> Vec<Window>;
    fn passing(&self, node: usize) -> Amounts;
    fn inflow(&self, reservoir: usize) -> Amounts;
    fn release(&self, reservoir: usize) -> Amounts;
    fn storage(&self, reservoir: usize) -> Amounts;
    /// What some offtakes take together.
    fn taken(&self, offtakes: &[usize]) -> Amounts;
    /// What was due of each obligation in each period, in Mm3.
    fn due(&self) -> Vec<(&str, Window, f64)>;
}

impl Bulletin {
    pub(crate) fn of(source: &dyn Source) -> Self {
        let mut sheet = Sheet {
            source,
            dekads: source.dekads(),
            rows: Vec::new(),
            last: 0,
        };
        let basin = source.model().basin();
        for &v in basin.downstream_order() {
            let node = &basin.nodes()[v];
            let name = named(&node.name, &node.id);
            if matches!(node.kind, NodeKind::Gauge | NodeKind::Terminal) {
                sheet.numbered(name, Reading::Flow, source.passing(v));
            }
            if let Some(k) = basin.reservoir_index(&node.id) {
                sheet.numbered(name, Reading::Inflow, source.inflow(k));
                sheet.add(None, name, Reading::Release, source.release(k));
                sheet.add(None, name, Reading::Storage, source.storage(k));
            }
            sheet.users(v, name);
        }
        Self {
            title: source.model().title().to_owned(),
            dekads: sheet.dekads,
            rows: sheet.rows,
        }
    }

    /// The rows, in the order of the river.
    pub fn rows(&self) -> &[BulletinRow] {
        &self.rows
    }

    /// The dekads, cut at the edges.
    pub fn dekads(&self) -> &[Window] {
        &self.dekads
    }

    /// The months, in order.
    pub fn months(&self) -> impl Iterator<Item = Month> {
        let months = self.dekads.chunk_by(|a, b| month_of(*a) == month_of(*b));
        months.map(|dekads| month_of(dekads[0]))
    }

    /// A month as its sheet, with the days where they are known; nothing if the month is another.
    pub fn month(&self, month: Month) -> Option<impl fmt::Display + '_> {
        self.sheet_of(month).map(|sheet| MonthSheet {
            bulletin: self,
            sheet,
        })
    }

    /// The first day of all.
    fn start(&self) -> Option<Date> {
        self.dekads.first().map(|dekad| dekad.from())
    }

    /// Whether it has days.
    pub(crate) fn has_days(&self) -> bool {
        self.rows.iter().any(|row| !row.days.is_empty())
    }

    pub(crate) fn sheet_of(&self, month: Month) -> Option<SheetOf> {
        let start = self.start()?;
        let mut columns = Vec::new();
        let mut dekads = Vec::new();
        for (at, dekad) in self.dekads.iter().enumerate() {
            if month_of(*dekad) != month {
                continue;
            }
            if self.has_days() {
                let days = dekad
                    .iter()
                    .map(|day| (day.day(), day_index(start, day) as usize));
                columns.extend(days.map(|(day, at)| Column::Day(day, at)));
            }
            let number = Dekad::containing(dekad.from()).index();
            columns.push(Column::Dekad(number, at));
            dekads.push(at);
        }
        let (first, last) = (*dekads.first()?, *dekads.last()?);
        Some(SheetOf {
            month,
            columns,
            dekads: first..last + 1,
        })
    }

    /// Writes the bulletin as CSV: a row for each month and object, with a column for each day of a
    /// month and each dekad, in the order of the form: `1` to `10`, `I`, `11` to `20`, `II`, `21` to
    /// `31`, `III`. Behind them the volume of the month and that from the first day on. A plan has no
    /// columns of days. Figures are to a tenth.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn write_csv(&self, to: impl std::io::Write) -> std::io::Result<()> {
        let mut columns: Vec<Column> = Vec::new();
        for dekad in 1..=3 {
            let days = match dekad {
                1 => 1..=10,
                2 => 11..=20,
                _ => 21..=31,
            };
            if self.has_days() {
                columns.extend(days.map(|day| Column::Day(day, 0)));
            }
            columns.push(Column::Dekad(dekad, 0));
        }
        let mut table = csv::Writer::from_writer(to);
        let before = ["month", "number", "object", "reading", "unit", "limit_mcm"];
        let heads = before.map(str::to_owned).into_iter();
        let heads = heads.chain(columns.iter().map(Column::name));
        let behind = ["month_mcm", "so_far_mcm"].map(str::to_owned);
        table.write_record(heads.chain(behind))?;
        for sheet in self.months().filter_map(|month| self.sheet_of(month)) {
            for row in &self.rows {
                let mut line = vec![
                    sheet.month.to_string(),
                    row.number.map_or(String::new(), |n| n.to_string()),
                    row.object.clone(),
                    row.reading.name().to_owned(),
                    row.reading.unit().to_owned(),
                    row.limit.map_or(String::new(), tenths),
                ];
                line.extend(columns.iter().map(|column| {
                    let own = sheet.columns.iter().find(|own| own.same(column));
                    own.map_or(String::new(), |own| tenths(own.of(row)))
                }));
                for volume in [sheet.volume(row), sheet.so_far(row)] {
                    line.push(volume.map_or(String::new(), tenths));
                }
                table.write_record(line)?;
            }
        }
        table.flush()
    }
}

/// The columns of one month.
pub(crate) struct SheetOf {
    pub(crate) month: Month,
    pub(crate) columns: Vec<Column>,
    dekads: std::ops::Range<usize>,
}

impl SheetOf {
    /// The volume of the month, in Mm3.
    pub(crate) fn volume(&self, row: &BulletinRow) -> Option<f64> {
        let own = row.volumes.get(self.dekads.clone())?;
        Some(own.iter().copied().collect::<Sum>().value())
    }

    /// The volume from the first day to the end of the month, in Mm3.
    pub(crate) fn so_far(&self, row: &BulletinRow) -> Option<f64> {
        let own = row.volumes.get(..self.dekads.end)?;
        Some(own.iter().copied().collect::<Sum>().value())
    }
}

/// A column of a month's sheet: the day of the month or the number of the dekad, and which figure of a
/// row it shows.
#[derive(Clone, Copy)]
pub(crate) enum Column {
    Day(i8, usize),
    Dekad(i8, usize),
}

impl Column {
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Day(a, _), Self::Day(b, _)) | (Self::Dekad(a, _), Self::Dekad(b, _)) => a == b,
            _ => false,
        }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Day(day, _) => day.to_string(),
            Self::Dekad(number, _) => roman(*number).to_owned(),
        }
    }

    pub(crate) fn of(&self, row: &BulletinRow) -> f64 {
        match *self {
            Self::Day(_, at) => row.days[at],
            Self::Dekad(_, at) => row.dekads[at],
        }
    }

    pub(crate) fn is_dekad(&self) -> bool {
        matches!(self, Self::Dekad(..))
    }
}

fn month_of(dekad: Window) -> Month {
    Month::containing(dekad.from())
}

fn roman(dekad: i8) -> &'static str {
    ["I", "II", "III"][(dekad - 1) as usize]
}

fn named<'a>(name: &'a str, id: &'a str) -> &'a str {
    if name.is_empty() { id } else { name }
}

/// A figure to a tenth; no minus in front of a rounded nothing.
fn tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    if text == "-0.0" { "0.0".into() } else { text }
}

/// A bulletin being filled.
struct Sheet<'s> {
    source: &'s dyn Source,
    dekads: Vec<Window>,
    rows: Vec<BulletinRow>,
    last: usize,
}

impl Sheet<'_> {
    fn numbered(&mut self, object: &str, reading: Reading, amounts: Amounts) {
        self.last += 1;
        self.add(Some(self.last), object, reading, amounts);
    }

    fn add(&mut self, number: Option<usize>, object: &str, reading: Reading, amounts: Amounts) {
        let mcm = |m3: f64| Volume::from_m3(m3).mcm();
        let (days, dekads) = match amounts {
            Amounts::Days(days) => {
                let dekads = self.by_dekad(reading, &days);
                (days, dekads)
            }
            Amounts::Dekads(dekads) => (Vec::new(), dekads),
        };
        let mut row = BulletinRow {
            number,
            object: object.to_owned(),
            party: None,
            reading,
            limit: None,
            days,
            dekads,
            volumes: Vec::new(),
        };
        if reading == Reading::Storage {
            for m3 in row.days.iter_mut().chain(&mut row.dekads) {
                *m3 = mcm(*m3);
            }
        } else {
            row.volumes = row.dekads.iter().map(|&m3| mcm(m3)).collect();
            for m3 in &mut row.days {
                *m3 /= SECONDS_PER_DAY;
            }
            for (m3, dekad) in row.dekads.iter_mut().zip(&self.dekads) {
                *m3 /= SECONDS_PER_DAY * dekad.days() as f64;
            }
        }
        self.rows.push(row);
    }

    /// Days put together to dekads: volumes summed up, storage as at the last day.
    fn by_dekad(&self, reading: Reading, days: &[f64]) -> Vec<f64> {
        let mut rest = days;
        let dekads = self.dekads.iter().map(|dekad| {
            let (own, behind) = rest.split_at(dekad.days());
            rest = behind;
            match own.last() {
                Some(&last) if reading == Reading::Storage => last,
                _ => own.iter().copied().collect::<Sum>().value(),
            }
        });
        dekads.collect()
    }

    /// The users at a node: together, and by country where there are several.
    fn users(&mut self, v: usize, place: &str) {
        let basin = self.source.model().basin();
        let users: Vec<usize> = (0..basin.offtakes().len())
            .filter(|&i| basin.offtake_node(i) == v)
            .collect();
        let mut parties: Vec<&str> = Vec::new();
        for &i in &users {
            let party = basin.offtakes()[i].party.as_str();
            if !parties.contains(&party) {
                parties.push(party);
            }
        }
        // Canals of one country at one place are not one canal.
        if parties.len() < 2 {
            for &i in &users {
                let offtake = &basin.offtakes()[i];
                let name = named(&offtake.name, &offtake.id);
                self.numbered(name, Reading::Taken, self.source.taken(&[i]));
                self.limit(&[i]);
            }
            return;
        }
        self.numbered(place, Reading::Taken, self.source.taken(&users));
        self.limit(&users);
        for party in parties {
            let own = users.iter().copied();
            let own: Vec<usize> = own
                .filter(|&i| basin.offtakes()[i].party == party)
                .collect();
            let mut known = basin.parties().iter().filter(|known| known.id == party);
            let name = known
                .next()
                .map_or(party, |known| named(&known.name, party));
            self.add(None, name, Reading::Taken, self.source.taken(&own));
            self.limit(&own);
            if let Some(row) = self.rows.last_mut() {
                row.party = Some(party.to_owned());
            }
        }
    }

    /// The limit agreed for exactly these users, on the row above. Of several, that which covers the
    /// most days, and of those the lowest.
    fn limit(&mut self, users: &[usize]) {
        let model = self.source.model();
        let obligations = model.agreements().iter().flat_map(|a| &a.obligations);
        let due = self.source.due();
        let limits = obligations.filter_map(|obligation| {
            let terms = &obligation.point.terms;
            let term = |i: &usize| {
                let mut terms = terms.iter();
                terms.any(|term| model.basin().offtake_index(&term.id) == Some(*i))
            };
            let exactly = terms.len() == users.len() && users.iter().all(term);
            if obligation.count != Count::AtMost || !exactly {
                return None;
            }
            let own = due.iter().filter(|(id, ..)| *id == obligation.id);
            let (days, mcm) = own.fold((0, 0.0), |(days, mcm), (_, period, due)| {
                (days + period.days(), mcm + due)
            });
            (days > 0).then_some((days, mcm))
        });
        let least = limits
            .min_by(|(days, mcm), (others, other)| others.cmp(days).then(mcm.total_cmp(other)));
        if let (Some((_, mcm)), Some(row)) = (least, self.rows.last_mut()) {
            row.limit = Some(mcm);
        }
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month_name(month: Month) -> String {
    let name = MONTHS[(month.month() - 1) as usize];
    format!("{name} {}", month.year())
}

/// How wide the names of objects are.
fn object_width(rows: &[BulletinRow]) -> usize {
    let objects = rows.iter().map(|row| indented(row).chars().count());
    objects.max().unwrap_or(0).max(6)
}

/// Countries stand to the right of what they share.
fn indented(row: &BulletinRow) -> String {
    let blanks = if row.party.is_some() { "  " } else { "" };
    format!("{blanks}{}", row.object)
}

/// What stands before the figures of a row.
fn write_head(f: &mut fmt::Formatter<'_>, row: &BulletinRow, wide: usize) -> fmt::Result {
    let number = row.number.map_or(String::new(), |n| n.to_string());
    let object = indented(row);
    let reading = format!("{}, {}", row.reading.name(), row.reading.unit());
    let limit = row
        .limit
        .map_or(String::new(), |limit| format!("{limit:.0}"));
    write!(f, "{number:>3} {object:wide$} {reading:13} {limit:>7}")
}

/// A figure to a whole; no minus in front of a rounded nothing.
fn whole(value: f64) -> String {
    let text = format!("{value:.0}");
    if text == "-0" { "0".into() } else { text }
}

impl fmt::Display for Bulletin {
    /// By dekad, half a year beside each other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wide = object_width(&self.rows);
        writeln!(f, "{}", self.title)?;
        let months: Vec<Month> = self.months().collect();
        for (block, months) in months.chunks(6).enumerate() {
            if block > 0 {
                writeln!(f)?;
            }
            let mut above = format!("{:3} {:wide$} {:13} {:>7}", "", "", "", "");
            let mut heads = format!("{:>3} {:wide$} {:13} {:>7}", "No", "object", "", "limit");
            let sheets: Vec<SheetOf> = months.iter().filter_map(|&m| self.sheet_of(m)).collect();
            for sheet in &sheets {
                let name = month_name(sheet.month);
                let room = 6 * sheet.dekads.len() - 1;
                write!(above, " {:^room$}", &name[..name.len().min(room)])?;
                for column in sheet.columns.iter().filter(|column| column.is_dekad()) {
                    write!(heads, " {:>5}", column.name())?;
                }
            }
            writeln!(f, "{}", above.trim_end())?;
            writeln!(f, "{heads} {:>8}", "Mm3")?;
            for row in &self.rows {
                write_head(f, row, wide)?;
                for at in sheets.iter().flat_map(|sheet| sheet.dekads.clone()) {
                    write!(f, " {:>5}", whole(row.dekads[at]))?;
                }
                let volumes: Option<Vec<f64>> =
                    sheets.iter().map(|sheet| sheet.volume(row)).collect();
                match volumes {
                    Some(volumes) => writeln!(f, " {:>8}", tenths(volumes.iter().sum()))?,
                    None => writeln!(f)?,
                }
            }
        }
        Ok(())
    }
}

/// A month of a bulletin, with its days.
struct MonthSheet<'b> {
    bulletin: &'b Bulletin,
    sheet: SheetOf,
}

impl fmt::Display for MonthSheet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, sheet) = (&self.bulletin.rows, &self.sheet);
        let wide = object_width(rows);
        writeln!(f, "{}, {}", self.bulletin.title, month_name(sheet.month))?;
        let mut heads = format!("{:>3} {:wide$} {:13} {:>7}", "No", "object", "", "limit");
        for column in &sheet.columns {
            write!(heads, " {:>5}", column.name())?;
        }
        writeln!(f, "{heads} {:>8} {:>9}", "Mm3", "so far")?;
        for row in rows {
            write_head(f, row, wide)?;
            for column in &sheet.columns {
                write!(f, " {:>5}", whole(column.of(row)))?;
            }
            match sheet.volume(row).zip(sheet.so_far(row)) {
                Some((month, far)) => writeln!(f, " {:>8} {:>9}", tenths(month), tenths(far))?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

impl Source for super::Report {
    fn model(&self) -> &Model {
        self.plan.model()
    }

    fn dekads(&self) -> Vec<Window> {
        let run = self.ledger.window();
        let dekads = run.dekads();
        dekads
            .filter_map(|dekad| dekad.window().intersect(run))
            .collect()
    }

    fn passing(&self, node: usize) -> Amounts {
        let days = 0..self.ledger.days();
        Amounts::Days(
            days.map(|day| self.ledger.flow_at_node(day, node))
                .collect(),
        )
    }

    fn inflow(&self, reservoir: usize) -> Amounts {
        self.passing(self.plan.model().basin().reservoir_node(reservoir))
    }

    fn release(&self, reservoir: usize) -> Amounts {
        let journal = self.ledger.reservoirs();
        let days = journal
            .release
            .of(reservoir)
            .zip(journal.spill.of(reservoir));
        Amounts::Days(days.map(|(release, spill)| release + spill).collect())
    }

    fn storage(&self, reservoir: usize) -> Amounts {
        Amounts::Days(self.ledger.reservoirs().storage.of(reservoir).collect())
    }

    fn taken(&self, offtakes: &[usize]) -> Amounts {
        let taken = &self.ledger.offtakes().delivered;
        let of = |day: usize| offtakes.iter().map(|&i| taken.at(day, i)).sum();
        Amounts::Days((0..self.ledger.days()).map(of).collect())
    }

    fn due(&self) -> Vec<(&str, Window, f64)> {
        let rows = self.settled.rows.iter();
        let known = rows.filter_map(|row| Some((&*row.obligation, row.period, row.committed?)));
        known.collect()
    }
}
