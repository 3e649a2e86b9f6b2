//! Reading the ledger at the places of agreements.

use super::course::{At, Sources};
use super::record::{Record, gauges};
use crate::agreement::{Measure, Point};
use crate::basin::Basin;
use crate::ledger::Ledger;
use crate::simulation::Plan;
use crate::units::Volume;

/// What a place reads, resolved to numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gauge {
    Offtake(usize),
    Demand(usize),
    /// All the water that passes a node.
    Node(usize),
    /// What enters a reach.
    Reach(usize),
    /// What the river brings to a node.
    Arrivals(usize),
    Release(usize),
    Spill(usize),
    Storage(usize),
    StorageChange(usize),
    Evaporation(usize),
    Seepage(usize),
    Rain(usize),
    Level(usize),
    Energy(usize),
    /// What would pass a node without users and reservoirs above it.
    Natural(usize),
}

impl Gauge {
    /// The gauge of a place; the ordinary one of its kind where no measure is named.
    pub(crate) fn new(basin: &Basin, id: &str, measure: Option<Measure>) -> Option<Self> {
        if let Some(offtake) = basin.offtake_index(id) {
            return match measure {
                Some(Measure::Demand) => Some(Self::Demand(offtake)),
                None | Some(Measure::Delivered) => Some(Self::Offtake(offtake)),
                _ => None,
            };
        }
        if let Some(reach) = basin.reach_index(id) {
            return matches!(measure, None | Some(Measure::Flow)).then_some(Self::Reach(reach));
        }
        let node = basin.node_index(id)?;
        let store = basin.reservoir_index(id);
        match measure {
            None if store.is_some() => Some(Self::Arrivals(node)),
            None | Some(Measure::Flow) => Some(Self::Node(node)),
            Some(Measure::NaturalFlow) => Some(Self::Natural(node)),
            Some(Measure::Inflow) => Some(Self::Arrivals(node)),
            Some(Measure::Release) => store.map(Self::Release),
            Some(Measure::Spill) => store.map(Self::Spill),
            Some(Measure::Storage) => store.map(Self::Storage),
            Some(Measure::StorageChange) => store.map(Self::StorageChange),
            Some(Measure::Evaporation) => store.map(Self::Evaporation),
            Some(Measure::Seepage) => store.map(Self::Seepage),
            Some(Measure::Rain) => store.map(Self::Rain),
            Some(Measure::Level) => store.map(Self::Level),
            Some(Measure::Energy) => store.map(Self::Energy),
            Some(Measure::Delivered | Measure::Demand | Measure::Nothing) => None,
        }
    }

    /// The reading of a day: m3, m, or kWh for energy.
    pub(crate) fn read(self, basin: &Basin, ledger: &Ledger, day: usize) -> f64 {
        let stores = ledger.reservoirs();
        match self {
            Self::Offtake(i) => ledger.offtakes().delivered.at(day, i),
            Self::Demand(i) => ledger.offtakes().demand.at(day, i),
            Self::Node(v) => ledger.flow_at_node(day, v),
            Self::Reach(r) => ledger.reaches().entered.at(day, r),
            Self::Arrivals(v) => ledger.nodes().arrived.at(day, v),
            Self::Release(k) => stores.release.at(day, k),
            Self::Spill(k) => stores.spill.at(day, k),
            Self::Storage(k) => stores.storage.at(day, k),
            Self::StorageChange(k) => storage_change(ledger, day, k),
            Self::Evaporation(k) => stores.evaporation.at(day, k),
            Self::Seepage(k) => stores.seepage.at(day, k),
            Self::Rain(k) => stores.rain.at(day, k),
            Self::Level(k) => basin.reservoirs()[k]
                .level(Volume::from_m3(stores.storage.at(day, k)))
                .map_or(f64::NAN, crate::units::Level::m),
            Self::Energy(k) => stores.energy.at(day, k),
            Self::Natural(_) => f64::NAN,
        }
    }

    /// The readings of all days of a run.
    pub(crate) fn series(self, basin: &Basin, ledger: &Ledger) -> Vec<f64> {
        match self {
            Self::Natural(node) => super::natural::flow(basin, ledger, node),
            gauge => (0..ledger.days())
                .map(|day| gauge.read(basin, ledger, day))
                .collect(),
        }
    }

    /// Where the reading stands at its node.
    pub(super) fn at(self, basin: &Basin) -> At {
        match self {
            Self::Node(_) | Self::Arrivals(_) | Self::Natural(_) => At::Arrival,
            Self::Reach(r) => At::Departure(r),
            Self::Release(k) | Self::Spill(k) | Self::Energy(k) => basin
                .river_from(basin.reservoir_node(k))
                .map_or(At::Place, At::Departure),
            Self::Offtake(_)
            | Self::Demand(_)
            | Self::Storage(_)
            | Self::StorageChange(_)
            | Self::Evaporation(_)
            | Self::Seepage(_)
            | Self::Rain(_)
            | Self::Level(_) => At::Place,
        }
    }

    /// The node whose water it reads.
    pub(crate) fn node(self, basin: &Basin) -> usize {
        match self {
            Self::Offtake(i) | Self::Demand(i) => basin.offtake_node(i),
            Self::Node(v) | Self::Arrivals(v) | Self::Natural(v) => v,
            Self::Reach(r) => basin.reach_ends(r).0,
            Self::Release(k)
            | Self::Spill(k)
            | Self::Storage(k)
            | Self::StorageChange(k)
            | Self::Evaporation(k)
            | Self::Seepage(k)
            | Self::Rain(k)
            | Self::Level(k)
            | Self::Energy(k) => basin.reservoir_node(k),
        }
    }
}

/// What a reservoir holds more at the end of a day than at its start.
pub(super) fn storage_change(ledger: &Ledger, day: usize, store: usize) -> f64 {
    let storage = &ledger.reservoirs().storage;
    let before = match day.checked_sub(1) {
        Some(before) => storage.at(before, store),
        None => ledger.initial_storage()[store],
    };
    storage.at(day, store) - before
}

impl Record {
    /// What a run's ledger shows at all the places the model's agreements read.
    ///
    /// # Panics
    ///
    /// If the ledger is of another plan.
    pub fn of(plan: &Plan, ledger: &Ledger) -> Self {
        let model = plan.model();
        let basin = model.basin();
        let mut record = Self::new(ledger.window());
        for (id, measure) in gauges(model.agreements()) {
            if let Some(gauge) = Gauge::new(basin, &id, measure) {
                record = record.with(id, measure, gauge.series(basin, ledger));
            }
        }
        record
    }
}

impl Record {
    /// All that a run's ledger shows: what each offtake asked for and took, what passed each node and
    /// entered each reach, what came to, left and stood in each reservoir, and whatever else the
    /// agreements read.
    ///
    /// Settled by the model's agreements it gives what the run's [report](crate::Report) gives, but for
    /// reasons.
    ///
    /// ```
    /// use riparian::settlement::{Record, settle};
    ///
    /// let report = riparian::run("data/bakhri-tochik-2024")?;
    /// let record = Record::whole(report.plan(), report.ledger());
    /// let settled = settle(report.plan().model().agreements(), &record);
    /// assert_eq!(settled.rows.len(), report.settlements().len());
    /// # Ok::<(), riparian::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the ledger is of another plan.
    pub fn whole(plan: &Plan, ledger: &Ledger) -> Self {
        let model = plan.model();
        let basin = model.basin();
        let stored = [
            Measure::Release,
            Measure::Spill,
            Measure::Evaporation,
            Measure::Rain,
            Measure::Seepage,
            Measure::Storage,
            Measure::Level,
            Measure::Energy,
        ];
        let mut places: Vec<(&str, Option<Measure>)> = Vec::new();
        for node in basin.nodes() {
            places.push((&node.id, None));
            places.extend(stored.map(|measure| (node.id.as_str(), Some(measure))));
        }
        for reach in basin.reaches() {
            places.push((&reach.id, None));
        }
        for offtake in basin.offtakes() {
            places.push((&offtake.id, Some(Measure::Demand)));
            places.push((&offtake.id, None));
        }
        let read = gauges(model.agreements());
        let read = read.iter().map(|(id, measure)| (id.as_str(), *measure));
        let mut record = Self::new(ledger.window());
        for (id, measure) in places.into_iter().chain(read) {
            let there = record.columns().any(|column| column == (id, measure));
            let gauge = Gauge::new(basin, id, measure).filter(|_| !there);
            // A reservoir without a curve has no level.
            let values = gauge.map(|gauge| gauge.series(basin, ledger));
            if let Some(values) = values.filter(|values| !values.iter().all(|v| v.is_nan())) {
                record = record.with(id, measure, values);
            }
        }
        record
    }
}

/// A point as weighted gauges, each with its lag.
pub(super) fn gauges_of(
    basin: &Basin,
    point: &Point,
    measure: Option<Measure>,
) -> Vec<(Gauge, f64, u32)> {
    let terms = point.terms.iter();
    terms
        .filter_map(|term| {
            let gauge = Gauge::new(basin, &term.id, term.measure.or(measure))?;
            Some((gauge, term.weight, term.lag_days))
        })
        .collect()
}

/// A reservoir whose water comes to places: what a m3 there counts, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feeder {
    pub(super) store: usize,
    /// The weight of the place, less the losses of the river on the way.
    pub(super) weight: f64,
    /// After how many days its water comes.
    pub(super) travel: usize,
}

/// The reservoirs at and above places. Water that could come to several of the places counts at the
/// one for which it weighs most.
pub(super) fn feeders(basin: &Basin, gauges: &[(Gauge, f64, u32)]) -> Vec<Feeder> {
    let mut feeders: Vec<Feeder> = Vec::new();
    for &(gauge, weight, lag) in gauges {
        let place = gauge.node(basin);
        let sources = Sources::of(basin, place, gauge.at(basin));
        for &store in &sources.stores {
            let node = basin.reservoir_node(store);
            let travel = sources.course.travel(node) + i64::from(lag);
            let feeder = Feeder {
                store,
                weight: weight * sources.course.gain(node).unwrap_or_default(),
                travel: travel.max(0) as usize,
            };
            match feeders.iter_mut().find(|other| other.store == store) {
                Some(other) if other.weight >= feeder.weight => {}
                Some(other) => *other = feeder,
                None => feeders.push(feeder),
            }
        }
    }
    feeders.retain(|feeder| feeder.weight > 0.0);
    feeders
}

impl Feeder {
    /// What no gauge explains in the reservoir, on the day of the run on which it would have come, in
    /// m3 as they count there.
    pub(super) fn unaccounted(self, ledger: &Ledger, day: usize) -> f64 {
        let then = day.checked_sub(self.travel);
        then.map_or(0.0, |then| {
            self.weight * ledger.reservoirs().unaccounted.at(then, self.store)
        })
    }
}

/// Where on the river an obligation is measured: the most upstream of its places, in the order in
/// which the nodes were declared.
pub(crate) fn river_position(basin: &Basin, obligation: &crate::agreement::Obligation) -> usize {
    let gauges = gauges_of(basin, &obligation.point, obligation.measures());
    let nodes = gauges.iter().map(|(gauge, ..)| gauge.node(basin));
    nodes.min().unwrap_or(usize::MAX)
}
