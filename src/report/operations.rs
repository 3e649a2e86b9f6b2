//! What the error of the forecasts cost: operational shortage and spill.

use std::collections::BTreeMap;

use super::Report;
use crate::ledger::Sum;
use crate::units::Volume;

/// What the error of its forecasts cost an operational run.
///
/// On a day, the *operational shortage* of an offtake is what was ordered for it less what it got,
/// and that of an obligation that claims in a stream what was to pass for it less what passed; the
/// *operational spill* where the basin ends is what left beyond what was to leave. What was ordered
/// is what [`Operations`](crate::ledger::Operations) says. Water that a forecast's error leaves in a
/// reservoir further down is stored, and no spill.
///
/// ```
/// let folder = "src/bin/riparian/skeleton";
/// // With foresight there is no error of a forecast.
/// assert!(riparian::run(folder)?.forecast_error().is_none());
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForecastError {
    /// Offtakes, obligations in streams and ends of the basin, in this order.
    pub places: Vec<ForecastErrorAt>,
}

/// The part of a [`ForecastError`] at a place.
///
/// Example: [`ForecastError`].
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastErrorAt {
    /// The id of an offtake, an obligation or a node.
    pub place: String,
    /// What it is.
    pub kind: PlaceKind,
    /// The party of an offtake, or to whom an obligation is owed; none where water leaves.
    pub party: Option<String>,
    /// The priority class, likewise.
    pub class: Option<String>,
    /// What was ordered, or was to pass or leave.
    pub ordered: Volume,
    /// What came, passed or left.
    pub came: Volume,
    /// The sum of the daily shortages.
    pub shortage: Volume,
    /// The sum of the daily spills.
    pub spill: Volume,
}

/// What kind of place a forecast's error tells on.
///
/// Example: [`ForecastError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// An offtake.
    Offtake,
    /// An obligation that claims in a stream.
    Stream,
    /// A place where water leaves the basin.
    Exit,
}

impl PlaceKind {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offtake => "offtake",
            Self::Stream => "stream",
            Self::Exit => "exit",
        }
    }
}

impl ForecastError {
    /// The shortage of offtakes. That of obligations is left out: users may stand behind them.
    pub fn shortage(&self) -> Volume {
        let offtakes = self
            .places
            .iter()
            .filter(|at| at.kind == PlaceKind::Offtake);
        total(offtakes.map(|at| at.shortage))
    }

    /// What left the basin and was not to.
    pub fn spill(&self) -> Volume {
        total(self.places.iter().map(|at| at.spill))
    }

    /// The shortage of offtakes by priority class.
    pub fn by_class(&self) -> BTreeMap<&str, Volume> {
        self.by(|at| at.class.as_deref())
    }

    /// The shortage of offtakes by party.
    pub fn by_party(&self) -> BTreeMap<&str, Volume> {
        self.by(|at| at.party.as_deref())
    }

    fn by<'a>(
        &'a self,
        name: impl Fn(&'a ForecastErrorAt) -> Option<&'a str>,
    ) -> BTreeMap<&'a str, Volume> {
        let mut sums = BTreeMap::new();
        for at in self
            .places
            .iter()
            .filter(|at| at.kind == PlaceKind::Offtake)
        {
            let sum = sums
                .entry(name(at).unwrap_or_default())
                .or_insert(Volume::ZERO);
            *sum += at.shortage;
        }
        sums
    }
}

fn total(volumes: impl Iterator<Item = Volume>) -> Volume {
    let sum: Sum = volumes.map(Volume::m3).collect();
    Volume::from_m3(sum.value())
}

/// A place, and on each day what was ordered, what came, and what was short and spilled, in m3.
pub(super) struct Row {
    pub(super) at: ForecastErrorAt,
    pub(super) days: Vec<[f64; 4]>,
}

/// All places; none for a run with perfect foresight.
pub(super) fn rows(report: &Report) -> Option<Vec<Row>> {
    let (plan, ledger) = (report.plan(), report.ledger());
    let orders = ledger.operations()?;
    let basin = plan.model().basin();
    let mut rows = Vec::new();
    let mut add = |place: &str, kind, [party, class]: [Option<&str>; 2], days: Vec<[f64; 4]>| {
        let sum = |column: usize| {
            let sum: Sum = days.iter().map(|day| day[column]).collect();
            Volume::from_m3(sum.value())
        };
        let at = ForecastErrorAt {
            place: place.to_owned(),
            kind,
            party: party.map(str::to_owned),
            class: class.map(str::to_owned),
            ordered: sum(0),
            came: sum(1),
            shortage: sum(2),
            spill: sum(3),
        };
        rows.push(Row { at, days });
    };
    for (i, offtake) in basin.offtakes().iter().enumerate() {
        let of = |day: usize| {
            let (ordered, came) = (
                orders.ordered.at(day, i),
                ledger.offtakes().delivered.at(day, i),
            );
            [ordered, came, ledger.operational_shortage(day, i), 0.0]
        };
        let whose = [Some(&*offtake.party), Some(&*offtake.class)];
        let days = (0..ledger.days()).map(of).collect();
        add(&offtake.id, PlaceKind::Offtake, whose, days);
    }
    for (k, claiming) in plan.claiming().iter().enumerate() {
        if !claiming.is_in_stream() {
            continue;
        }
        let agreement = &plan.model().agreements()[claiming.agreement];
        let obligation = &agreement.obligations[claiming.obligation];
        let of = |day: usize| {
            let (ordered, came) = (
                orders.claimed.at(day, k),
                claiming.passed_on(plan, ledger, day),
            );
            [ordered, came, (ordered - came).max(0.0), 0.0]
        };
        let class = obligation.claim.as_ref().map(|claim| &*claim.class);
        let days = (0..ledger.days()).map(of).collect();
        let whose = [obligation.creditor.as_deref(), class];
        add(&obligation.id, PlaceKind::Stream, whose, days);
    }
    for (v, node) in basin.nodes().iter().enumerate() {
        if !plan.ends_at(v) {
            continue;
        }
        let of = |day: usize| {
            let (ordered, came) = (orders.left.at(day, v), ledger.nodes().left.at(day, v));
            [ordered, came, 0.0, ledger.operational_spill(day, v)]
        };
        let days = (0..ledger.days()).map(of).collect();
        add(&node.id, PlaceKind::Exit, [None, None], days);
    }
    Some(rows)
}
