//! The plan as the table that is signed.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::result::SeasonPlan;
use crate::agreement::{Count, Obligation};
use crate::basin::NodeKind;
use crate::calendar::{Dekad, Month, Window};
use crate::units::Volume;

/// A plan in the layout of the bulletins of the Syr Darya: canals with their countries, river posts
/// and reservoirs in the order of the river, each with its limit and, month by month, the dekads I,
/// II and III.
///
/// It prints as text; [`Bulletin::write_csv`] writes the same as a table. The layout is that of the
/// daily bulletins of BWO Syr Darya, with the days left out.
///
/// Example: [`planner`](crate::planner).
#[derive(Clone, Debug, PartialEq)]
pub struct Bulletin {
    title: String,
    dekads: Vec<Window>,
    rows: Vec<BulletinRow>,
}

/// One row of a [`Bulletin`].
///
/// Example: [`planner`](crate::planner).
#[derive(Clone, Debug, PartialEq)]
pub struct BulletinRow {
    /// Its number; none for a row that is part of the one above.
    pub number: Option<usize>,
    /// What it is of.
    pub object: String,
    /// What its figures are.
    pub reading: Reading,
    /// The limit of an agreement on exactly these users over the season, in Mm3.
    pub limit: Option<f64>,
    /// By dekad: a mean flow in m3/s, or a volume in Mm3.
    pub figures: Vec<f64>,
    /// The season's volume in Mm3, for flows.
    pub total: Option<f64>,
}

/// What the figures of a [`BulletinRow`] are.
///
/// Example: [`planner`](crate::planner).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// What is taken, in m3/s.
    Withdrawal,
    /// What passes, in m3/s.
    Flow,
    /// What comes to a reservoir, in m3/s.
    Inflow,
    /// What a reservoir passes on, spill included, in m3/s.
    Release,
    /// What is in a reservoir at the dekad's end, in Mm3.
    Volume,
}

impl Reading {
    /// Its name and unit in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Withdrawal => "taken, m3/s",
            Self::Flow => "flow, m3/s",
            Self::Inflow => "inflow, m3/s",
            Self::Release => "release, m3/s",
            Self::Volume => "volume, Mm3",
        }
    }
}

impl SeasonPlan {
    /// The plan as the table that is signed.
    pub fn table(&self) -> Bulletin {
        let basin = self.model.basin();
        let mut rows = Vec::new();
        let mut number = 0;
        for (v, node) in basin.nodes().iter().enumerate() {
            let users: Vec<usize> = (0..basin.offtakes().len())
                .filter(|&i| basin.offtake_node(i) == v)
                .collect();
            let mut next = || {
                number += 1;
                Some(number)
            };
            if node.kind == NodeKind::Gauge {
                let passing = &self.passing[v];
                rows.push(self.flow_row(next(), &node.name, Reading::Flow, passing));
            }
            if let Some(k) = basin.reservoir_index(&node.id) {
                let plan = &self.reservoirs[k];
                let out: Vec<Volume> = (plan.release.iter().zip(&plan.spill))
                    .map(|(&release, &spill)| release + spill)
                    .collect();
                rows.push(self.flow_row(next(), &node.name, Reading::Inflow, &plan.inflow));
                rows.push(self.flow_row(None, &node.name, Reading::Release, &out));
                rows.push(BulletinRow {
                    number: None,
                    object: node.name.clone(),
                    reading: Reading::Volume,
                    limit: None,
                    figures: plan.storage.iter().map(|v| v.mcm()).collect(),
                    total: None,
                });
            }
            self.user_rows(&users, &node.name, &mut next, &mut rows);
        }
        Bulletin {
            title: self.model.title().to_owned(),
            dekads: self.steps.clone(),
            rows,
        }
    }

    /// The users at a place: together, and by country where there are several.
    fn user_rows(
        &self,
        users: &[usize],
        place: &str,
        number: &mut dyn FnMut() -> Option<usize>,
        rows: &mut Vec<BulletinRow>,
    ) {
        let basin = self.model.basin();
        let name = |i: usize| basin.offtakes()[i].name.as_str();
        // Canals at one place that are not one canal: a row each.
        let mut by_party: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &i in users {
            by_party
                .entry(&basin.offtakes()[i].party)
                .or_default()
                .push(i);
        }
        if by_party.len() < 2 {
            for &i in users {
                let taken = &self.deliveries[i];
                let mut row = self.flow_row(number(), name(i), Reading::Withdrawal, taken);
                row.limit = self.limit_on(&[i]);
                rows.push(row);
            }
            return;
        }
        let together = |users: &[usize]| -> Vec<Volume> {
            let of = |t: usize| users.iter().map(|&i| self.deliveries[i][t].mcm()).sum();
            (0..self.steps.len())
                .map(|t| Volume::from_mcm(of(t)))
                .collect()
        };
        let all = together(users);
        let mut row = self.flow_row(number(), place, Reading::Withdrawal, &all);
        row.limit = self.limit_on(users);
        rows.push(row);
        for (party, users) in by_party {
            let parties = basin.parties().iter();
            let mut named = parties.filter(|known| known.id == party);
            let country = named.next().map_or(party, |known| known.name.as_str());
            let taken = together(&users);
            let mut row = self.flow_row(None, &format!("  {country}"), Reading::Withdrawal, &taken);
            row.limit = self.limit_on(&users);
            rows.push(row);
        }
    }

    fn flow_row(
        &self,
        number: Option<usize>,
        object: &str,
        reading: Reading,
        volumes: &[Volume],
    ) -> BulletinRow {
        let flows = volumes.iter().zip(&self.steps);
        BulletinRow {
            number,
            object: object.to_owned(),
            reading,
            limit: None,
            figures: flows
                .map(|(volume, step)| volume.per_days(step.days() as f64).m3s())
                .collect(),
            total: Some(volumes.iter().map(|volume| volume.mcm()).sum()),
        }
    }

    /// The limit that an agreement sets on exactly these users within the season.
    fn limit_on(&self, users: &[usize]) -> Option<f64> {
        let basin = self.model.basin();
        let covers = |o: &Obligation| {
            let mut terms: Vec<usize> = (o.point.terms.iter())
                .filter_map(|term| basin.offtake_index(&term.id))
                .collect();
            terms.sort_unstable();
            let mut users = users.to_vec();
            users.sort_unstable();
            o.count == Count::AtMost && terms == users && terms.len() == o.point.terms.len()
        };
        let agreements = self.model.agreements().iter();
        let mut limits = agreements
            .flat_map(|agreement| &agreement.obligations)
            .filter(|o| covers(o))
            .map(|o| {
                let rows = self.wanted().iter();
                let rows = rows.filter(|row| row.obligation && row.id == o.id);
                rows.map(|row| row.due).sum::<f64>()
            })
            .filter(|&limit| limit > 0.0);
        limits.next()
    }
}

impl Bulletin {
    /// The rows, in the order of the river.
    pub fn rows(&self) -> &[BulletinRow] {
        &self.rows
    }

    /// The dekads of the columns, cut at the season's edges.
    pub fn dekads(&self) -> &[Window] {
        &self.dekads
    }

    /// Writes the table as CSV: one column a dekad, named like `2008-04-1`; figures to a tenth.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn write_csv(&self, to: impl std::io::Write) -> std::io::Result<()> {
        let number = |value: f64| format!("{:.1}", value + 0.0);
        let dekads = self.dekads.iter();
        let mut lines = vec![
            ["number", "object", "reading", "limit_mcm"]
                .into_iter()
                .map(str::to_owned)
                .chain(dekads.map(|step| Dekad::containing(step.from()).to_string()))
                .chain(["season_mcm".to_owned()])
                .collect::<Vec<_>>(),
        ];
        for row in &self.rows {
            let mut line = vec![
                row.number.map_or(String::new(), |n| n.to_string()),
                row.object.trim().to_owned(),
                row.reading.name().to_owned(),
                row.limit.map_or(String::new(), number),
            ];
            line.extend(row.figures.iter().copied().map(number));
            line.push(row.total.map_or(String::new(), number));
            lines.push(line);
        }
        let mut table = csv::Writer::from_writer(to);
        for line in lines {
            table.write_record(line)?;
        }
        table.flush()
    }
}

impl fmt::Display for Bulletin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        const DEKADS: [&str; 3] = ["I", "II", "III"];
        let objects = self.rows.iter().map(|row| row.object.chars().count());
        let wide = objects.max().unwrap_or(0).max(6);
        writeln!(f, "{}", self.title)?;
        let mut months = format!("{:3} {:wide$} {:13} {:>7}", "", "", "", "");
        let mut dekads = format!("{:>3} {:wide$} {:13} {:>7}", "No", "object", "", "limit");
        let month = |step: &Window| Month::containing(step.from());
        for steps in self.dekads.chunk_by(|a, b| month(a) == month(b)) {
            let name = MONTHS[(month(&steps[0]).month() - 1) as usize];
            let room = 6 * steps.len() - 1;
            write!(months, " {:^room$}", &name[..name.len().min(room)])?;
            for step in steps {
                let dekad = Dekad::containing(step.from());
                write!(dekads, " {:>5}", DEKADS[(dekad.index() - 1) as usize])?;
            }
        }
        writeln!(f, "{}", months.trim_end())?;
        writeln!(f, "{dekads} {:>8}", "Mm3")?;
        for row in &self.rows {
            let sn = row.number.map_or(String::new(), |n| n.to_string());
            let limit = row
                .limit
                .map_or(String::new(), |limit| format!("{limit:.0}"));
            let object = &row.object;
            let reading = row.reading.name();
            write!(f, "{sn:>3} {object:wide$} {reading:13} {limit:>7}")?;
            for figure in &row.figures {
                // No minus in front of a rounded nothing.
                write!(f, " {:>5.0}", figure.max(-0.0) + 0.0)?;
            }
            match row.total {
                Some(total) => writeln!(f, " {:>8.1}", total + 0.0)?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}
