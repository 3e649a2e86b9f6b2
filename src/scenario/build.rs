//! From what was read to a checked model, with all faults of both at once.
//!
//! A row that could not be read must not make the rows that name it seem wrong. So where reading
//! found faults, *stand-ins* take the places of what was lost before the model is checked: a party
//! for every name of one, a reach for every node without a way out, and so on. Stand-ins stand at
//! no place in any file, and faults of theirs are dropped.

use std::collections::HashSet;
use std::sync::Arc;

use super::agreement::Agreements;
use super::basin::Physical;
use super::operation::PolicyRow;
use super::series::AllSeries;
use super::settings::{Method, Settings};
use crate::allocation::Proportional;
use crate::basin::{
    Curve, CurvePoint, Node, NodeKind, Party, PowerPlant, Reach, ReachKind, Reservoir,
};
use crate::calendar::Window;
use crate::error::{Diagnostic, Diagnostics, Origin, Result};
use crate::model::{Model, ModelBuilder, PriorityClass};
use crate::operation::{Forecast, Foresight, InflowSeries, Normal};
use crate::series::DailySeries;
use crate::settlement::readings;
use crate::units::{Area, Level, Power, Volume};

/// All that was read.
pub(super) struct Records {
    pub(super) settings: Settings,
    pub(super) physical: Physical,
    pub(super) series: AllSeries,
    pub(super) policies: Vec<PolicyRow>,
    pub(super) agreements: Agreements,
    pub(super) inputs_hash: u64,
}

impl Records {
    /// The model, if neither reading found faults nor checking does.
    pub(super) fn build(mut self, mut faults: Diagnostics) -> Result<Model> {
        let mut foresight = self.foresight(&mut faults);
        let model = match self.settings.window {
            // Without a run there is nothing to check series and agreements against.
            None => None,
            Some(run) if faults.is_empty() => self.into_builder(run, foresight).check(&mut faults),
            Some(run) => {
                let lost = self.physical.lost.nodes || self.series.inflows.lost;
                if lost || self.series.expected_inflows.lost {
                    foresight = (Foresight::Perfect, Origin::default());
                }
                self.put_stand_ins(run);
                let mut more = Diagnostics::new();
                self.into_builder(run, foresight).check(&mut more);
                let known: Vec<_> = faults.iter().map(|fault| fault.place.clone()).collect();
                for fault in more.iter() {
                    if fault.place.is_some() && !known.contains(&fault.place) {
                        faults.push(fault.clone());
                    }
                }
                None
            }
        };
        match model {
            Some(model) => faults.finish(model),
            None => Err(faults.into_error()),
        }
    }

    /// What is known of inflows to come.
    fn foresight(&mut self, faults: &mut Diagnostics) -> (Foresight, Origin) {
        let Some((method, origin)) = self.settings.forecast.take() else {
            return (Foresight::Perfect, Origin::default());
        };
        let file = &mut self.series.expected_inflows;
        let there = file.lost || !file.columns.is_empty();
        let columns = std::mem::take(&mut file.columns).into_iter();
        let series = columns.fold(InflowSeries::new(), |all, (id, m3s, at)| {
            all.column(id, m3s, at)
        });
        if method == Method::Given && !there {
            faults.push(
                Diagnostic::new("a forecast that is given, and no such file")
                    .at(origin.place("method"))
                    .expected("a file `series/expected_inflows.csv`"),
            );
            return (Foresight::Perfect, Origin::default());
        }
        let normal = |series| {
            if there {
                Normal::Given(series)
            } else {
                Normal::OtherYears
            }
        };
        let forecast = match method {
            Method::Persistence => Forecast::Persistence,
            Method::Fading(memory_days) => Forecast::Fading {
                normal: normal(series),
                memory_days,
            },
            Method::Climatology => Forecast::Climatology(normal(series)),
            Method::Given => Forecast::Given(series),
        };
        (Foresight::Operational(forecast), origin)
    }

    fn into_builder(self, run: Window, (foresight, at): (Foresight, Origin)) -> ModelBuilder {
        let mut builder = Model::builder(self.settings.title, run)
            .note(self.settings.note)
            .objective(self.settings.objective)
            .foresight_row(foresight, at)
            .inputs_hash(self.inputs_hash);
        builder = self
            .settings
            .savings
            .into_iter()
            .fold(builder, ModelBuilder::saving);
        for (class, origin) in self.settings.classes {
            builder = builder.class_row(class, origin);
        }
        builder = self
            .physical
            .parties
            .into_iter()
            .fold(builder, ModelBuilder::party);
        builder = self
            .physical
            .nodes
            .into_iter()
            .fold(builder, ModelBuilder::node);
        builder = self
            .physical
            .reaches
            .into_iter()
            .fold(builder, ModelBuilder::reach);
        let reservoirs = self.physical.reservoirs.into_iter();
        builder = reservoirs.fold(builder, ModelBuilder::reservoir_row);
        builder = self
            .physical
            .offtakes
            .into_iter()
            .fold(builder, ModelBuilder::offtake);
        let pumps = self.physical.pumps.into_iter();
        builder = pumps.fold(builder, ModelBuilder::pump);
        let licences = self.physical.licences.into_iter();
        builder = licences.fold(builder, ModelBuilder::licence);
        for (id, series, origin) in self.series.inflows.columns {
            builder = builder.inflow_column(id, series, origin);
        }
        for (id, series, origin) in self.series.demands.columns {
            builder = builder.demand_column(id, series, origin);
        }
        for (id, series, origin) in self.series.unaccounted.columns {
            builder = builder.unaccounted_column(id, series, origin);
        }
        for (id, series, origin) in self.series.rain.columns {
            builder = builder.rain_column(id, series, origin);
        }
        for (id, series, origin) in self.series.forecast.columns {
            builder = builder.forecast_column(id, series, origin);
        }
        for (id, policy, origin) in self.policies {
            builder = builder.policy_row(id, policy, origin);
        }
        self.agreements
            .list
            .into_iter()
            .fold(builder, ModelBuilder::agreement)
    }

    fn put_stand_ins(&mut self, run: Window) {
        self.drop_obligations();
        let lost = &self.physical.lost;
        if self.agreements.lost || lost.nodes || lost.reaches || lost.offtakes {
            self.drop_references();
        }
        let lost = &self.physical.lost;
        let (nodes, reaches) = (lost.nodes, lost.reaches);
        if lost.reaches || lost.offtakes {
            // Canals and members may be among what was lost.
            self.physical.pumps.clear();
            self.physical.licences.clear();
        }
        if lost.reservoirs || lost.offtakes {
            self.settings.savings.clear();
        }
        if self.physical.lost.parties {
            self.parties();
        }
        if self.settings.lost_classes {
            self.classes();
        }
        if nodes {
            self.physical.nodes_named_elsewhere();
            let nodes = &self.physical.nodes;
            let known = |id: &String| nodes.iter().any(|node| node.id == *id);
            self.series.inflows.columns.retain(|(id, ..)| known(id));
        }
        self.physical.guess_kinds();
        self.physical.reservoir_stand_ins();
        if reaches {
            self.physical.ways_out();
        }
        if self.physical.lost.travel_times {
            // Whether a return flow is too fast, nobody knows.
            for offtake in &mut self.physical.offtakes {
                offtake.return_flow = None;
            }
        }
        if self.physical.lost.offtakes {
            let offtakes = &self.physical.offtakes;
            let known = |id: &String| offtakes.iter().any(|offtake| offtake.id == *id);
            self.series.demands.columns.retain(|(id, ..)| known(id));
        }
        self.dry_columns(run);
    }

    /// Obligations at points that may be among what was lost.
    fn drop_obligations(&mut self) {
        let physical = &self.physical;
        let lost = &physical.lost;
        if !(lost.nodes || lost.reaches || lost.offtakes) {
            return;
        }
        let known: HashSet<&str> = physical
            .nodes
            .iter()
            .map(|node| node.id.as_str())
            .chain(physical.reaches.iter().map(|reach| reach.id.as_str()))
            .chain(physical.offtakes.iter().map(|offtake| offtake.id.as_str()))
            .collect();
        for agreement in &mut self.agreements.list {
            agreement.obligations.retain(|obligation| {
                readings(obligation)
                    .iter()
                    .flat_map(|(point, _)| &point.terms)
                    .all(|term| known.contains(term.id.as_str()))
            });
        }
    }

    /// What names an obligation that may be among what was lost.
    fn drop_references(&mut self) {
        let agreements = &mut self.agreements.list;
        let known: HashSet<String> = agreements
            .iter()
            .flat_map(|agreement| &agreement.obligations)
            .map(|obligation| obligation.id.clone())
            .collect();
        for agreement in agreements {
            agreement.supersedes.retain(|id| known.contains(id));
            for obligation in &mut agreement.obligations {
                obligation.on_top_of.retain(|id| known.contains(id));
                if let Some(account) = &mut obligation.account {
                    let sound =
                        |id: &Option<String>| id.as_ref().is_none_or(|id| known.contains(id));
                    account.entries.retain(|entry| sound(&entry.against));
                }
            }
        }
    }

    fn parties(&mut self) {
        let physical = &self.physical;
        let mut named: HashSet<String> = HashSet::new();
        named.extend(
            physical
                .offtakes
                .iter()
                .map(|offtake| offtake.party.clone()),
        );
        named.extend(
            physical
                .reservoirs
                .iter()
                .map(|reservoir| reservoir.party.clone()),
        );
        named.extend(physical.pumps.iter().filter_map(|pump| pump.party.clone()));
        let licences = physical.licences.iter();
        named.extend(licences.filter_map(|licence| licence.party.clone()));
        for agreement in &self.agreements.list {
            named.extend(agreement.parties.iter().cloned());
            for obligation in &agreement.obligations {
                named.insert(obligation.debtor.clone());
                named.extend(obligation.creditor.clone());
            }
        }
        named.retain(|id| physical.parties.iter().all(|party| party.id != *id));
        let parties = named.into_iter().map(|id| Party::new(id.clone(), id));
        self.physical.parties.extend(parties);
    }

    fn classes(&mut self) {
        let mut named: HashSet<String> = HashSet::new();
        named.extend(
            self.physical
                .offtakes
                .iter()
                .map(|offtake| offtake.class.clone()),
        );
        named.extend(self.policies.iter().flat_map(|(_, policy, _)| {
            let release = policy.release_class();
            policy.storage_classes().into_iter().chain(release)
        }));
        let obligations = self
            .agreements
            .list
            .iter()
            .flat_map(|agreement| &agreement.obligations);
        named.extend(
            obligations.filter_map(|obligation| Some(obligation.claim.as_ref()?.class.clone())),
        );
        named.retain(|name| {
            self.settings
                .classes
                .iter()
                .all(|(class, _)| class.name != *name)
        });
        for name in named {
            let rule = Arc::new(Proportional);
            self.settings
                .classes
                .push((PriorityClass { name, rule }, Origin::default()));
        }
    }

    /// Series of nothing where some were lost.
    fn dry_columns(&mut self, run: Window) {
        let dry = |id: &String| {
            let series = DailySeries::constant(run, 0.0).ok()?;
            Some((id.clone(), series, Origin::default()))
        };
        let inflows = &mut self.series.inflows;
        if inflows.lost {
            let nodes = self.physical.nodes.iter();
            let heads = nodes
                .filter(|node| node.kind == NodeKind::Inflow)
                .map(|node| &node.id);
            let missing: Vec<&String> = heads
                .filter(|id| inflows.columns.iter().all(|(of, ..)| of != *id))
                .collect();
            inflows.columns.extend(missing.into_iter().filter_map(dry));
        }
        let demands = &mut self.series.demands;
        if demands.lost {
            let ids = self.physical.offtakes.iter().map(|offtake| &offtake.id);
            let missing: Vec<&String> = ids
                .filter(|id| demands.columns.iter().all(|(of, ..)| of != *id))
                .collect();
            demands.columns.extend(missing.into_iter().filter_map(dry));
        }
    }
}

impl Physical {
    fn nodes_named_elsewhere(&mut self) {
        let mut named: Vec<&String> = Vec::new();
        for reach in &self.reaches {
            named.extend([&reach.from, &reach.to]);
            named.extend(reach.overflow.as_ref().map(|overflow| &overflow.to));
        }
        named.extend(self.reservoirs.iter().map(|reservoir| &reservoir.node));
        for offtake in &self.offtakes {
            named.push(&offtake.at);
            named.extend(offtake.return_flow.as_ref().map(|back| &back.to));
        }
        let known: HashSet<&String> = self.nodes.iter().map(|node| &node.id).collect();
        let new: HashSet<String> = named
            .into_iter()
            .filter(|id| !known.contains(id))
            .cloned()
            .collect();
        for id in new {
            self.kindless.insert(id.clone());
            self.nodes.push(Node::junction(id));
        }
    }

    /// Gives nodes of unknown kind one that fits the other tables.
    fn guess_kinds(&mut self) {
        for node in &mut self.nodes {
            if !self.kindless.contains(&node.id) {
                continue;
            }
            node.kind = if self.reservoirs.iter().any(|r| r.node == node.id) {
                NodeKind::Reservoir
            } else if self.reaches.iter().any(|r| r.from == node.id)
                || self.offtakes.iter().any(|o| o.at == node.id)
            {
                NodeKind::Junction
            } else {
                NodeKind::Terminal
            };
        }
    }

    fn reservoir_stand_ins(&mut self) {
        if self.lost.reservoirs {
            for node in &self.nodes {
                let bare = node.kind == NodeKind::Reservoir
                    && self.reservoirs.iter().all(|r| r.node != node.id);
                if bare {
                    self.reservoirs
                        .push(Reservoir::new(node.id.clone(), Volume::ZERO));
                }
            }
        }
        if self.lost.curves || self.lost.reservoirs {
            let point = CurvePoint {
                level: Level::ZERO,
                volume: Volume::ZERO,
                area: Area::ZERO,
            };
            for reservoir in &mut self.reservoirs {
                if reservoir.curve.is_none() {
                    reservoir.curve = Curve::new(vec![point]).ok();
                }
            }
        }
        if self.lost.power || self.lost.reservoirs {
            for reservoir in self.reservoirs.iter_mut().filter(|r| r.curve.is_some()) {
                reservoir
                    .power
                    .get_or_insert(PowerPlant::new(1.0, Power::ZERO, Level::ZERO));
            }
        }
    }

    /// Ends every river that lost its way.
    fn ways_out(&mut self) {
        let mut ends = Vec::new();
        for node in &self.nodes {
            let rivers = self
                .reaches
                .iter()
                .filter(|reach| reach.kind == ReachKind::River);
            let has_way_out = rivers.into_iter().any(|reach| reach.from == node.id);
            if node.kind != NodeKind::Terminal && !has_way_out {
                let end = format!("the end of {}", node.id);
                self.reaches.push(Reach::river(
                    format!("from {}", node.id),
                    node.id.clone(),
                    end.clone(),
                ));
                ends.push(Node::terminal(end));
            }
        }
        self.nodes.extend(ends);
    }
}
