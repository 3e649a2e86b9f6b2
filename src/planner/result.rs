//! What a plan says.

use std::ops::Range;

use super::Planner;
use super::program::{Solved, Stage};
use super::river::{A_DAY, Path};
use super::season::Season;
use super::wants::Want;
use crate::calendar::Window;
use crate::error::{Diagnostic, Result};
use crate::model::Model;
use crate::operation::Schedule;
use crate::series::DailySeries;
use crate::settlement::Unit;
use crate::units::{Flow, Volume};

/// A canal held to less than this part of what it asks gets a limit; the rest is rounding.
const ALL_BUT: f64 = 1.0 - 1e-6;

/// The releases of a season, dekad by dekad, and what they leave unmet.
///
/// Example: [`planner`](crate::planner).
#[derive(Clone, Debug)]
pub struct SeasonPlan {
    pub(super) window: Window,
    pub(super) steps: Vec<Window>,
    pub(super) reservoirs: Vec<ReservoirPlan>,
    /// By offtake and step.
    pub(super) deliveries: Vec<Vec<Volume>>,
    /// By node and step: what passes.
    pub(super) passing: Vec<Vec<Volume>>,
    wanted: Vec<Wanted>,
    not_planned: Vec<NotPlanned>,
    weighted: Vec<(String, f64)>,
    work: Work,
    pub(super) model: Model,
    orders: Orders,
}

/// What a plan tells dams and canals, those of the days that had passed when it was made included.
#[derive(Clone, Debug, Default)]
struct Orders {
    /// By reservoir and day, in m3/s.
    releases: Vec<Vec<f64>>,
    /// By offtake: what it may take, in Mm3 on some days.
    takes: Vec<Vec<(Range<usize>, f64)>>,
    /// Reservoirs that the plan tells nothing.
    kept: Vec<usize>,
}

/// The plan of one reservoir; all by dekad.
///
/// Example: [`planner`](crate::planner).
#[derive(Clone, Debug, PartialEq)]
pub struct ReservoirPlan {
    /// Its node.
    pub id: String,
    /// The storage at the start of the season.
    pub initial: Volume,
    /// What the river brings and what enters there, net of what vanishes.
    pub inflow: Vec<Volume>,
    /// Evaporation and seepage less rain.
    pub losses: Vec<Volume>,
    /// What offtakes and canals take from the lake.
    pub taken: Vec<Volume>,
    /// What is released on purpose.
    pub release: Vec<Volume>,
    /// What cannot be held.
    pub spill: Vec<Volume>,
    /// The storage at the dekad's end.
    pub storage: Vec<Volume>,
}

/// Something to be met in a period: what is due, what comes, what is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The id of the obligation or offtake.
    pub id: String,
    /// Whether it is an obligation; else what an offtake asks.
    pub obligation: bool,
    /// The class it is planned in; `None` for what only observes.
    pub class: Option<String>,
    /// The days of the period that lie in the season.
    pub period: Window,
    /// The unit of the figures.
    pub unit: Unit,
    /// What is due on those days; for a limit, what is allowed.
    pub due: f64,
    /// What comes; in store, for a storage at a date.
    pub came: f64,
    /// What is missing, or what is in excess of a limit. Where each day counts for itself it may be
    /// more than due less came.
    pub short: f64,
}

/// A part of the agreements that no plan can heed, and why.
///
/// Example: [`planner`](crate::planner).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotPlanned {
    /// The id of the obligation, or whose water it is.
    pub obligation: String,
    /// Why.
    pub why: String,
}

/// How much work a plan was.
///
/// Example: [`planner`](crate::planner).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Variables of the program.
    pub variables: usize,
    /// Its rows.
    pub rows: usize,
    /// Programs that were solved, over all passes and classes.
    pub programs: usize,
    /// Pivots of the simplex method in all of them.
    pub pivots: u64,
}

impl Wanted {
    pub(super) fn of(planner: &Planner, want: &Want, came: f64, short: f64) -> Self {
        let classes = planner.model().classes();
        Self {
            id: want.id.clone(),
            obligation: want.obligation.is_some(),
            class: classes.get(want.rank).map(|class| class.name.clone()),
            period: want.window,
            unit: want.unit,
            due: want.total(),
            came,
            short,
        }
    }
}

impl SeasonPlan {
    pub(super) fn of(season: Season, solved: &Solved, stages: &[Stage], work: Work) -> Self {
        let values = &solved.values;
        let planner = season.planner;
        let basin = planner.model().basin();
        let n = season.steps.len();
        let volume = Volume::from_mcm;
        let river = &season.river;
        let by_step = |of: &dyn Fn(usize) -> f64| (0..n).map(|t| volume(of(t))).collect();
        let deliveries: Vec<Vec<Volume>> = (river.taken.iter())
            .map(|taken| by_step(&|t| taken[t].value(values)))
            .collect();
        let reservoirs = river.dams.iter().enumerate().map(|(k, dam)| {
            let v = basin.reservoir_node(k);
            let ways = &planner.plan.ways[v];
            let taken = |t: usize| {
                let canals = ways
                    .canals
                    .iter()
                    .map(|&r| river.entering[r][t].value(values));
                let users = ways.offtakes.iter().map(|&i| deliveries[i][t].mcm());
                canals.sum::<f64>() + users.sum::<f64>()
            };
            ReservoirPlan {
                id: basin.reservoirs()[k].node.clone(),
                initial: basin.reservoirs()[k].initial,
                inflow: by_step(&|t| dam.entering[t].value(values)),
                losses: by_step(&|t| dam.losses[t]),
                taken: by_step(&taken),
                release: by_step(&|t| values[dam.release[t]]),
                spill: by_step(&|t| values[dam.spill[t]]),
                storage: by_step(&|t| values[dam.storage[t]]),
            }
        });
        let reservoirs: Vec<ReservoirPlan> = reservoirs.collect();
        let orders = Orders::of(&season, &reservoirs, values);
        let wanted = season.wants.iter().zip(&season.met).map(|(want, met)| {
            let came = met.iter().map(|met| met.came.value(values)).sum::<f64>();
            let missing = met.iter().map(|met| met.missing.value(values)).sum();
            Wanted::of(planner, want, came, missing)
        });
        let weighted = stages.iter().zip(&solved.best);
        Self {
            window: planner.model().window(),
            steps: season.steps.windows().to_vec(),
            reservoirs,
            passing: (river.passing.iter())
                .map(|passing| by_step(&|t| passing[t].value(values)))
                .collect(),
            wanted: wanted.collect(),
            weighted: weighted
                .take(stages.len() - 1)
                .map(|(stage, &cost)| (stage.name.clone(), cost))
                .collect(),
            work,
            model: planner.model().clone(),
            orders,
            deliveries,
            not_planned: season.not_planned,
        }
    }

    /// The days it is for.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Its dekads, cut at the season's edges.
    pub fn dekads(&self) -> &[Window] {
        &self.steps
    }

    /// The reservoirs, as in the [`Basin`](crate::basin::Basin).
    pub fn reservoirs(&self) -> &[ReservoirPlan] {
        &self.reservoirs
    }

    /// What an offtake gets, by dekad.
    pub fn delivery(&self, offtake: usize) -> &[Volume] {
        &self.deliveries[offtake]
    }

    /// What passes a node, by dekad.
    pub fn passing(&self, node: usize) -> &[Volume] {
        &self.passing[node]
    }

    /// All that was to be met: obligations by period, then offtakes over the season.
    pub fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// What of the agreements the plan does not heed.
    pub fn not_planned(&self) -> &[NotPlanned] {
        &self.not_planned
    }

    /// The weighted shortfall in Mm3, in strict order: what nature and structures are short of, each
    /// class, what only observes. Of two plans the better one is less at the first that differs.
    pub fn weighted_shortfall(&self) -> impl Iterator<Item = (&str, f64)> {
        self.weighted
            .iter()
            .map(|(name, cost)| (name.as_str(), *cost))
    }

    /// How much work it was.
    pub fn work(&self) -> Work {
        self.work
    }

    /// The schedule of a reservoir, numbered as in the basin: each dekad's mean on each of its days.
    /// For days that had passed when the plan was made, it is what the plans before it said.
    ///
    /// # Panics
    ///
    /// If there is no such reservoir.
    pub fn schedule(&self, reservoir: usize) -> Schedule {
        let daily = self.orders.releases[reservoir].clone();
        let series = DailySeries::new(self.window.from(), daily);
        Schedule::planned(series.expect("a release for each day"))
    }

    /// The way its reservoirs go.
    pub(super) fn path(&self) -> Path {
        let storage = self.reservoirs.iter().map(|plan| {
            let ends = plan.storage.iter().map(|v| v.mcm());
            std::iter::once(plan.initial.mcm()).chain(ends).collect()
        });
        let outflow = self.reservoirs.iter().map(|plan| {
            let out = plan.release.iter().zip(&plan.spill).zip(&self.steps);
            out.map(|((&release, &spill), step)| {
                (release + spill).per_days(step.days() as f64).m3s()
            })
            .collect()
        });
        let spill = self.reservoirs.iter();
        Path {
            storage: storage.collect(),
            outflow: outflow.collect(),
            spill: (spill.map(|plan| plan.spill.iter().map(|v| v.mcm()).collect())).collect(),
        }
    }

    /// The model with this plan in force: each dam follows its schedule, and an offtake that the
    /// plan gives less than it asks asks only that, each day in proportion: over a dekad, or over the
    /// part of one in which the water it is taken from is even. A dam that the planner was
    /// [told to leave](Planner::keeping) keeps its policy.
    ///
    /// The releases are claimed in the model's last class: a dam that runs low does not take the
    /// water of the users above it for them. Water that comes beyond the forecast stays in the
    /// lakes while there is room.
    ///
    /// # Errors
    ///
    /// If the model is not of the plan's days, reservoirs and offtakes;
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn apply(&self, model: &Model) -> Result<Model> {
        self.suits(model)?;
        let basin = model.basin();
        let mut applied = model.clone();
        for (i, takes) in self.orders.takes.iter().enumerate() {
            let head = basin.offtakes()[i].capacity;
            let head = head.map_or(f64::INFINITY, Flow::m3s);
            let mut asked: Vec<f64> = model.demand(i).values().to_vec();
            for (days, given) in takes {
                let days = &mut asked[days.clone()];
                let takes = days.iter().map(|q| q.min(head) * A_DAY).sum::<f64>();
                if *given < takes * ALL_BUT {
                    let part = given.max(0.0) / takes;
                    for q in days {
                        *q = q.min(head) * part;
                    }
                }
            }
            let series = DailySeries::new(self.window.from(), asked)?;
            let class = basin.offtakes()[i].class.clone();
            applied = applied.taking(i, &class, series);
        }
        let last = model.classes().last();
        let told = |k: &usize| !self.orders.kept.contains(k);
        for k in (0..self.reservoirs.len()).filter(told) {
            let mut schedule = self.schedule(k);
            if let Some(class) = last {
                schedule = schedule.claimed_in(class.name.clone());
            }
            applied = applied.operated_by(&self.reservoirs[k].id, schedule)?;
        }
        Ok(applied)
    }

    /// Whether a model is of the plan's days, reservoirs and offtakes.
    pub(super) fn suits(&self, model: &Model) -> Result<()> {
        let basin = model.basin();
        let own = self.model.basin();
        let ids = |basin: &crate::basin::Basin| {
            let dams = basin.reservoirs().iter().map(|r| r.node.clone());
            let users = basin.offtakes().iter().map(|o| o.id.clone());
            (dams.collect::<Vec<_>>(), users.collect::<Vec<_>>())
        };
        if model.window() != self.window || ids(basin) != ids(own) {
            let fault = Diagnostic::new(format!(
                "a plan for {} put into `{}`, over {}",
                self.window,
                model.title(),
                model.window()
            ));
            let wanted = "the days, reservoirs and offtakes of the plan";
            return Err(crate::calendar::invalid(fault.expected(wanted)));
        }
        Ok(())
    }

    /// What is missing in all of a class, in Mm3, energies left out; `None` for what only observes.
    pub fn short_of(&self, class: Option<&str>) -> Volume {
        let of_class = |wanted: &&Wanted| wanted.class.as_deref() == class;
        let wanted = self.wanted.iter().filter(of_class);
        let water = wanted.filter(|wanted| wanted.unit == Unit::Mcm);
        Volume::from_mcm(water.map(|wanted| wanted.short).sum())
    }
}

impl Orders {
    fn of(season: &Season, reservoirs: &[ReservoirPlan], values: &[f64]) -> Self {
        let planner = season.planner;
        let days = planner.past.days();
        let ahead = planner.past.steps(&season.steps);
        let before = planner.before.as_ref().map(|plan| &plan.orders);
        let releases = reservoirs.iter().enumerate().map(|(k, plan)| {
            let past = before.map_or(&[][..], |orders| &orders.releases[k][..days]);
            let mut daily = past.to_vec();
            for (t, step) in season.steps.windows().iter().enumerate().skip(ahead) {
                let flow = plan.release[t].per_days(step.days() as f64).max(Flow::ZERO);
                daily.extend(std::iter::repeat_n(flow.m3s(), step.days()));
            }
            daily
        });
        let takes = season.river.takes.iter().enumerate().map(|(i, takes)| {
            let past = before.into_iter().flat_map(|orders| &orders.takes[i]);
            let past = past.filter(|(of, _)| of.end <= days).cloned();
            let now = takes.iter();
            past.chain(now.map(|(of, met)| (of.clone(), met.came.value(values))))
                .collect()
        });
        Self {
            releases: releases.collect(),
            takes: takes.collect(),
            kept: planner.kept.iter().map(|kept| kept.reservoir).collect(),
        }
    }
}
