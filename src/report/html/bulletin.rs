//! A run in the layout of the bulletins of the Syr Darya.

use super::tables::mean_flow;
use crate::agreement::Count;
use crate::basin::NodeKind;
use crate::calendar::{Window, day_index};
use crate::report::Report;
use crate::units::Volume;

/// What the figures of a row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figures {
    Taken,
    Flow,
    Inflow,
    Release,
    Storage,
}

impl Figures {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Flow => "flow",
            Self::Inflow => "inflow",
            Self::Release => "release",
            Self::Storage => "storage",
        }
    }

    pub(super) fn unit(self) -> &'static str {
        if self == Self::Storage {
            "Mm\u{b3}"
        } else {
            "m\u{b3}/s"
        }
    }
}

pub(super) struct Row {
    /// None for a row that is part of the one above.
    pub(super) number: Option<usize>,
    pub(super) object: String,
    pub(super) reading: Figures,
    /// The limits of agreements on exactly these users over the run, in Mm3.
    pub(super) limit: Option<f64>,
    pub(super) figures: Vec<f64>,
    pub(super) total: Option<f64>,
}

pub(super) struct Bulletin {
    pub(super) dekads: Vec<Window>,
    pub(super) rows: Vec<Row>,
}

/// The bulletin of a run: posts, reservoirs and canals in the order of the river, each canal used by
/// several countries with a row for each.
pub(super) fn of(report: &Report) -> Bulletin {
    let ledger = report.ledger();
    let run = ledger.window();
    let dekads: Vec<Window> = run
        .dekads()
        .filter_map(|dekad| dekad.window().intersect(run))
        .collect();
    let mut sheet = Sheet {
        report,
        dekads,
        rows: Vec::new(),
        last: 0,
    };
    let basin = report.plan().model().basin();
    for &v in basin.downstream_order() {
        let node = &basin.nodes()[v];
        let name = if node.name.is_empty() {
            &node.id
        } else {
            &node.name
        };
        if matches!(node.kind, NodeKind::Gauge | NodeKind::Terminal) {
            sheet.flow(true, name, Figures::Flow, |day| ledger.flow_at_node(day, v));
        }
        if let Some(k) = basin.reservoir_index(&node.id) {
            sheet.reservoir(name, v, k);
        }
        sheet.users(v, name);
    }
    Bulletin {
        dekads: sheet.dekads,
        rows: sheet.rows,
    }
}

struct Sheet<'a> {
    report: &'a Report,
    dekads: Vec<Window>,
    rows: Vec<Row>,
    last: usize,
}

impl Sheet<'_> {
    fn flow(
        &mut self,
        numbered: bool,
        name: &str,
        reading: Figures,
        of_day: impl Fn(usize) -> f64,
    ) {
        let start = self.report.ledger().window().from();
        let on = |date| of_day(day_index(start, date) as usize);
        let figures: Vec<f64> = self
            .dekads
            .iter()
            .map(|&dekad| mean_flow(dekad, on))
            .collect();
        let days = 0..self.report.ledger().days();
        let total: crate::ledger::Sum = days.map(of_day).collect();
        let number = numbered.then(|| {
            self.last += 1;
            self.last
        });
        self.rows.push(Row {
            number,
            object: name.to_owned(),
            reading,
            limit: None,
            figures,
            total: Some(Volume::from_m3(total.value()).mcm()),
        });
    }

    fn reservoir(&mut self, name: &str, v: usize, k: usize) {
        let ledger = self.report.ledger();
        let journal = ledger.reservoirs();
        self.flow(true, name, Figures::Inflow, |day| {
            ledger.flow_at_node(day, v)
        });
        self.flow(false, name, Figures::Release, |day| {
            journal.release.at(day, k) + journal.spill.at(day, k)
        });
        let start = ledger.window().from();
        let at_end = |dekad: &Window| {
            let day = day_index(start, dekad.to()) as usize;
            Volume::from_m3(journal.storage.at(day, k)).mcm()
        };
        self.rows.push(Row {
            number: None,
            object: name.to_owned(),
            reading: Figures::Storage,
            limit: None,
            figures: self.dekads.iter().map(at_end).collect(),
            total: None,
        });
    }

    /// The users at a node: together, and by country where there are several.
    fn users(&mut self, v: usize, place: &str) {
        let basin = self.report.plan().model().basin();
        let taken = &self.report.ledger().offtakes().delivered;
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
        let sum = |users: &[usize], day: usize| users.iter().map(|&i| taken.at(day, i)).sum();
        if parties.len() < 2 {
            for &i in &users {
                let offtake = &basin.offtakes()[i];
                let name = if offtake.name.is_empty() {
                    &offtake.id
                } else {
                    &offtake.name
                };
                self.flow(true, name, Figures::Taken, |day| taken.at(day, i));
                self.limit(&[i]);
            }
            return;
        }
        self.flow(true, place, Figures::Taken, |day| sum(&users, day));
        self.limit(&users);
        for party in parties {
            let own: Vec<usize> = users
                .iter()
                .copied()
                .filter(|&i| basin.offtakes()[i].party == party)
                .collect();
            let mut known = basin.parties().iter().filter(|known| known.id == party);
            let name = known.next().map_or(party, |known| known.name.as_str());
            self.flow(false, name, Figures::Taken, |day| sum(&own, day));
            self.limit(&own);
        }
    }

    /// The limit agreed for exactly these users, over the run, on the row above.
    fn limit(&mut self, users: &[usize]) {
        let model = self.report.plan().model();
        let basin = model.basin();
        let rows = self.report.settlements().iter().filter(|row| {
            let (agreement, obligation) = row.number;
            let terms = &model.agreements()[agreement].obligations[obligation]
                .point
                .terms;
            let members: Vec<Option<usize>> = terms
                .iter()
                .map(|term| basin.offtake_index(&term.id))
                .collect();
            row.count == Count::AtMost
                && members.len() == users.len()
                && users.iter().all(|&i| members.contains(&Some(i)))
        });
        let limits: Vec<f64> = rows.filter_map(|row| row.committed).collect();
        if let (false, Some(row)) = (limits.is_empty(), self.rows.last_mut()) {
            row.limit = Some(limits.iter().sum());
        }
    }
}
