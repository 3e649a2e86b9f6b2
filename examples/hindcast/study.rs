//! The numbers of the hindcast: computed against observed, year by year and with estimated policies.
//!
//! `examples/hindcast` makes a page of them, and `tests/hindcast.rs` holds them to what they are.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use riparian::basin::{Node, Party, Reach};
use riparian::calendar::{Dekad, Period, Window, day_index};
use riparian::jiff::civil::date;
use riparian::metrics::{Fit, dekad_means, dekad_medians};
use riparian::operation::{Correction, UsualRelease, YearCurve};
use riparian::series::DailySeries;
use riparian::units::{Days, Flow, Volume};
use riparian::{Ledger, Model, Plan, Simulation};

pub(crate) type Failure = Box<dyn Error>;

/// Values by dekad, in order.
pub(crate) type Dekads = Vec<(Dekad, f64)>;

/// The reservoirs of the record and the columns of their inflow.
pub(crate) const RESERVOIRS: [Site; 5] = [
    Site::new("toktogul", "naryn"),
    Site::new("andijan", "karadarya"),
    Site::new("bakhri-tochik", "akjar"),
    Site::new("charvak", "chirchik"),
    Site::new("shardara", "shardara-inflow"),
];

/// The first year that the policies have not seen.
pub(crate) const TEST_FROM: i16 = 2006;
const YEARS: std::ops::RangeInclusive<i16> = 2001..=2010;

/// The days and powers tried for [`UsualRelease`]. Up to four years: a longer memory cannot be told
/// from none with five years of record.
const DAYS: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 45.0, 90.0, 180.0, 365.0, 1460.0];
const POWERS: [f64; 8] = [0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0];

/// In what order policies are estimated: those that no other of the five can reach at once.
const STAGES: [&[usize]; 3] = [&[0, 1, 3], &[2], &[4]];

/// A reservoir of the record.
#[derive(Clone, Copy)]
pub(crate) struct Site {
    pub(crate) id: &'static str,
    /// Where its inflow stands: a column of observed flows, or a head of the river.
    inflow: &'static str,
}

impl Site {
    const fn new(id: &'static str, inflow: &'static str) -> Self {
        Self { id, inflow }
    }
}

/// The scenario and what was measured.
pub(crate) struct Record {
    pub(crate) model: Model,
    /// Volume at the end of each dekad, in m3.
    storage: HashMap<String, Dekads>,
    /// Mean flows, in m3/s.
    flows: HashMap<String, Dekads>,
    /// Releases to the river, in m3/s.
    releases: HashMap<String, Dekads>,
}

/// A run of a model.
pub(crate) struct Run {
    pub(crate) model: Model,
    pub(crate) ledger: Ledger,
}

/// A year of a reservoir that began with the volume observed. All in m3.
pub(crate) struct Account {
    pub(crate) year: i16,
    /// Inflow less release less change of storage, by the record alone.
    pub(crate) closure: f64,
    /// What the model knows of it: evaporation, users at the lake, the relief canal.
    pub(crate) known: f64,
    /// What the model's inflow has more than the record's.
    pub(crate) inflow: f64,
    /// What the model's release has less than the record's.
    pub(crate) release: f64,
    /// Computed less observed storage at the end.
    pub(crate) error: f64,
    /// The largest error of a dekad's end, without its sign.
    pub(crate) worst: f64,
    /// The same for the closure, summed from the start of the year, and for what the model knows.
    pub(crate) worst_closure: f64,
    pub(crate) worst_known: f64,
    /// What flowed in.
    pub(crate) throughput: f64,
}

impl Account {
    /// What the record says has come or gone, and the model cannot say where: positive for water
    /// that disappeared.
    pub(crate) fn unaccounted(&self) -> f64 {
        self.closure - self.known
    }
}

/// A policy estimated on the years before [`TEST_FROM`].
#[derive(Clone)]
pub(crate) struct Estimate {
    pub(crate) correction: Correction,
    /// Root mean square error of storage on those years, in m3.
    pub(crate) rmse: f64,
    policy: UsualRelease,
}

/// Two guesses at a reservoir's storage on the years from [`TEST_FROM`] on, and one with more
/// knowledge.
pub(crate) struct Test {
    pub(crate) site: Site,
    pub(crate) name: String,
    pub(crate) correction: Correction,
    /// The error on the years of the estimate, in m3.
    pub(crate) estimated: f64,
    /// The run with all five policies.
    pub(crate) policy: Fit,
    /// The mean of the same dekad in the years before.
    pub(crate) naive: Fit,
    /// The policy at the reservoir by itself, fed with what would have closed the record.
    pub(crate) closed: Fit,
    /// The run with observed releases, from the same volume and as long.
    pub(crate) replay: Fit,
    /// Years with policy and naive fit.
    pub(crate) years: Vec<(i16, Fit, Fit)>,
    /// Computed, naive and observed, in m3.
    pub(crate) computed: Dekads,
    pub(crate) guess: Dekads,
}

impl Record {
    /// Reads the scenario and its `observed` folder.
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        let mut storage = columns(&folder.join("observed/storage.csv"), "_mcm")?;
        for values in storage.values_mut() {
            for (_, value) in values {
                *value = Volume::from_mcm(*value).m3();
            }
        }
        Ok(Self {
            model: riparian::scenario::read(folder)?,
            storage,
            flows: columns(&folder.join("observed/flows.csv"), "_m3s")?,
            releases: columns(&folder.join("series/releases.csv"), "_m3s")?,
        })
    }

    /// Volume at the end of each dekad, in m3.
    pub(crate) fn storage(&self, site: Site) -> &Dekads {
        &self.storage[site.id]
    }

    /// Observed mean inflow of each dekad, in m3/s.
    pub(crate) fn inflow(&self, site: Site) -> Result<Dekads, Failure> {
        if let Some(flows) = self.flows.get(site.inflow) {
            return Ok(flows.clone());
        }
        let node = self.model.basin().node_index(site.inflow);
        let series = node.and_then(|node| self.model.inflow(node));
        let series = series.ok_or_else(|| format!("no inflow `{}`", site.inflow))?;
        let means = series.means(Period::Dekad).into_iter();
        Ok(means
            .map(|(window, flow)| (Dekad::containing(window.from()), flow))
            .collect())
    }

    /// How inflow less release on record fits the changes of storage on record, both in m3: with
    /// readings taken for the ends of their dekads, as everywhere else here; for the middles; for the
    /// starts.
    pub(crate) fn dating(&self, site: Site) -> Result<[Fit; 3], Failure> {
        let inflow = self.inflow(site)?;
        let flows = inflow.iter().zip(self.release(site));
        let net: Vec<f64> = flows
            .map(|((dekad, came), (_, left))| {
                Flow::from_m3s(came - left)
                    .over_days(dekad.days() as f64)
                    .m3()
            })
            .collect();
        let storage = self.storage(site);
        let fit = |share: f64| {
            let readings = storage.windows(2).zip(net.windows(2));
            let pairs = readings.map(|(volume, net)| {
                let net = share * net[1] + (1.0 - share) * net[0];
                (net, volume[1].1 - volume[0].1)
            });
            Fit::of(pairs)
        };
        Ok([fit(1.0)?, fit(0.5)?, fit(0.0)?])
    }

    /// Observed mean release of each dekad, in m3/s, users at the dam included.
    pub(crate) fn release(&self, site: Site) -> &Dekads {
        &self.flows[&format!("{}-release", site.id)]
    }

    /// The volume at the start of a year, in m3.
    fn start(&self, site: Site, year: i16) -> Result<f64, Failure> {
        let before = Dekad::new(year - 1, 12, 3)?;
        let found = self
            .storage(site)
            .iter()
            .find(|(dekad, _)| *dekad == before);
        match found {
            Some((_, volume)) => Ok(*volume),
            // The record begins with the volumes of the scenario.
            None => Ok(self.model.basin().reservoirs()[index(&self.model, site)?]
                .initial
                .m3()),
        }
    }

    /// The model over some years, from the volumes observed.
    pub(crate) fn starting(&self, first: i16, last: i16) -> Result<Model, Failure> {
        let window = Window::new(date(first, 1, 1), date(last, 12, 31))?;
        let mut model = self.model.clone().over(window)?;
        for site in RESERVOIRS {
            let volume = Volume::from_m3(self.start(site, first)?);
            model = model.starting_with(site.id, volume)?;
        }
        Ok(model)
    }

    /// Each year by itself, with observed releases.
    pub(crate) fn years(&self) -> Result<Vec<Run>, Failure> {
        YEARS
            .map(|year| Run::of(self.starting(year, year)?))
            .collect()
    }

    /// How a reservoir fared in a year that began with the volume observed.
    pub(crate) fn year(&self, run: &Run, site: Site) -> Result<Account, Failure> {
        let window = run.ledger.window();
        let k = index(&run.model, site)?;
        let year = window.from().year();
        let [inflow, release] = [self.inflow(site)?, self.release(site).clone()];
        let of = |values: &Dekads, dekad| -> Result<f64, Failure> {
            let found = values.iter().find(|(at, _)| *at == dekad);
            Ok(found.ok_or_else(|| format!("{dekad} is missing"))?.1)
        };
        let first = self.start(site, year)?;
        let mut line = Account {
            year,
            closure: 0.0,
            known: 0.0,
            inflow: 0.0,
            release: 0.0,
            error: 0.0,
            worst: 0.0,
            worst_closure: 0.0,
            worst_known: 0.0,
            throughput: 0.0,
        };
        let (mut came, mut left) = (0.0, 0.0);
        let (mut came_on_record, mut left_on_record) = (0.0, 0.0);
        for (dekad, computed) in run.storage(k) {
            let Some((_, observed)) = self.storage(site).iter().find(|(at, _)| *at == dekad) else {
                continue;
            };
            let volume = |m3s: f64| Flow::from_m3s(m3s).over_days(dekad.days() as f64).m3();
            came_on_record += volume(of(&inflow, dekad)?);
            left_on_record += volume(of(&release, dekad)?);
            came += run.sum(dekad.window(), |day| run.came(day, k));
            left += run.sum(dekad.window(), |day| run.left(day, k));
            line.closure = came_on_record - left_on_record - (observed - first);
            line.known = came - left - (computed - first);
            line.inflow = came - came_on_record;
            line.release = left_on_record - left;
            line.error = computed - observed;
            line.throughput = came_on_record;
            line.worst = line.worst.max(line.error.abs());
            line.worst_closure = line.worst_closure.max(line.closure.abs());
            line.worst_known = line.worst_known.max(line.known.abs());
        }
        Ok(line)
    }

    /// Computed and observed storages at the ends of dekads.
    pub(crate) fn pairs(&self, run: &Run, site: Site) -> Result<Vec<(Dekad, f64, f64)>, Failure> {
        let computed = run.storage(index(&run.model, site)?);
        Ok(together(&computed, self.storage(site)))
    }

    /// Computed and observed mean flows of dekads into Bakhri Tochik and Shardara, in m3/s.
    pub(crate) fn gauged(&self, run: &Run, site: Site) -> Result<Vec<(Dekad, f64, f64)>, Failure> {
        let k = index(&run.model, site)?;
        Ok(together(
            &run.mean(|day| run.came(day, k)),
            &self.inflow(site)?,
        ))
    }

    /// Computed and observed mean releases of dekads, in m3/s.
    pub(crate) fn released(
        &self,
        run: &Run,
        site: Site,
    ) -> Result<Vec<(Dekad, f64, f64)>, Failure> {
        let k = index(&run.model, site)?;
        Ok(together(
            &run.mean(|day| run.left(day, k)),
            self.release(site),
        ))
    }

    /// A policy for each reservoir, estimated on the years before [`TEST_FROM`] alone.
    ///
    /// Release and storage of each dekad are the medians. The correction is the one with which a run
    /// of the whole cascade follows the storage observed best: with estimated policies upstream, and
    /// observed releases downstream.
    pub(crate) fn estimates(&self) -> Result<[Estimate; RESERVOIRS.len()], Failure> {
        let mut model = self.starting(*YEARS.start(), TEST_FROM - 1)?;
        let days = DAYS.map(|days| Correction::Spread(Days(days)));
        let candidates = days.into_iter().chain(POWERS.map(Correction::Scale));
        let mut best = RESERVOIRS.map(|_| None::<Estimate>);
        for stage in STAGES {
            for correction in candidates.clone() {
                let mut tried = model.clone();
                let mut policies = Vec::new();
                for &k in stage {
                    let policy = self.usual(RESERVOIRS[k], correction)?;
                    tried = tried.operated_by(RESERVOIRS[k].id, policy.clone())?;
                    policies.push((k, policy));
                }
                let run = Run::of(tried)?;
                for (k, policy) in policies {
                    let pairs = self.pairs(&run, RESERVOIRS[k])?;
                    let rmse = fit(&pairs)?.rmse;
                    if best[k].as_ref().is_none_or(|best| rmse < best.rmse) {
                        best[k] = Some(Estimate {
                            correction,
                            rmse,
                            policy,
                        });
                    }
                }
            }
            for &k in stage {
                let policy = best[k].as_ref().ok_or("nothing was tried")?.policy.clone();
                model = model.operated_by(RESERVOIRS[k].id, policy)?;
            }
        }
        let all: Option<Vec<_>> = best.into_iter().collect();
        let all = all.and_then(|all| all.try_into().ok());
        Ok(all.ok_or("a reservoir without an estimate")?)
    }

    /// The usual release of a reservoir by the years before [`TEST_FROM`].
    fn usual(&self, site: Site, correction: Correction) -> Result<UsualRelease, Failure> {
        let before = |values: &Dekads| {
            let years = values.iter().filter(|(dekad, _)| dekad.year() < TEST_FROM);
            dekad_medians(years.copied()).ok_or("a dekad without a value")
        };
        let storage = YearCurve::of_dekads(before(self.storage(site))?)?;
        let release = before(&self.releases[site.id])?.map(Flow::from_m3s);
        Ok(UsualRelease::new(release, storage, correction)?.claimed_in("release"))
    }

    /// A reservoir by itself from the volume observed, fed with the inflow that release and storage
    /// on record need.
    fn closed(&self, site: Site, window: Window, policy: UsualRelease) -> Result<Model, Failure> {
        let mut reservoir = self.model.basin().reservoirs()[index(&self.model, site)?].clone();
        reservoir.relief = None;
        reservoir.evaporation_mm = [0.0; 12];
        let mut before = self.start(site, window.from().year())?;
        reservoir.initial = Volume::from_m3(before);
        let release: HashMap<Dekad, f64> = self.releases[site.id].iter().copied().collect();
        let storage: HashMap<Dekad, f64> = self.storage(site).iter().copied().collect();
        let mut inflow = Vec::with_capacity(window.days());
        for dekad in window.dekads() {
            let after = storage[&dekad];
            let change = Volume::from_m3(after - before).per_days(dekad.days() as f64);
            before = after;
            inflow.extend(
                dekad
                    .window()
                    .iter()
                    .map(|_| release[&dekad] + change.m3s()),
            );
        }
        Ok(Model::builder(site.id, window)
            .party(Party::new(reservoir.party.clone(), ""))
            .class("release")
            .reservoir(reservoir)
            .node(Node::terminal("below"))
            .reach(Reach::river("river", site.id, "below"))
            .inflow(site.id, DailySeries::new(window.from(), inflow)?)
            .policy(site.id, policy)
            .build()?)
    }

    /// The years from [`TEST_FROM`] on, with estimated policies at all reservoirs.
    pub(crate) fn test(&self) -> Result<Vec<Test>, Failure> {
        let replay = Run::of(self.starting(TEST_FROM, *YEARS.end())?)?;
        let estimates = self.estimates()?;
        let mut model = replay.model.clone();
        for (site, estimate) in RESERVOIRS.into_iter().zip(&estimates) {
            model = model.operated_by(site.id, estimate.policy.clone())?;
        }
        let run = Run::of(model)?;
        RESERVOIRS
            .into_iter()
            .zip(estimates)
            .map(|(site, estimate)| self.tested(site, estimate, &run, &replay))
            .collect()
    }

    fn tested(
        &self,
        site: Site,
        estimate: Estimate,
        run: &Run,
        replay: &Run,
    ) -> Result<Test, Failure> {
        let closed = self.closed(site, run.ledger.window(), estimate.policy)?;
        let closed = Run::of(closed)?;
        let none = || format!("{}: nothing to compare", site.id);
        let before = self
            .storage(site)
            .iter()
            .filter(|(d, _)| d.year() < TEST_FROM);
        let means = dekad_means(before.copied()).ok_or_else(none)?;
        let computed = run.storage(index(&run.model, site)?);
        let guess: Dekads = computed
            .iter()
            .map(|&(dekad, _)| (dekad, means[dekad.of_year()]))
            .collect();
        let observed = self.storage(site);
        let (policy, naive) = (together(&computed, observed), together(&guess, observed));
        let of_year = |pairs: &[(Dekad, f64, f64)], year| {
            let pairs = pairs.iter().filter(|(dekad, ..)| dekad.year() == year);
            fit(&pairs.copied().collect::<Vec<_>>())
        };
        let years = (TEST_FROM..=*YEARS.end())
            .map(|year| Ok((year, of_year(&policy, year)?, of_year(&naive, year)?)));
        let node = self.model.basin().node_index(site.id).ok_or_else(none)?;
        Ok(Test {
            site,
            name: self.model.basin().nodes()[node].name.clone(),
            correction: estimate.correction,
            estimated: estimate.rmse,
            policy: fit(&policy)?,
            naive: fit(&naive)?,
            closed: fit(&self.pairs(&closed, site)?)?,
            replay: fit(&self.pairs(replay, site)?)?,
            years: years.collect::<Result<_, Failure>>()?,
            computed,
            guess,
        })
    }
}

impl Run {
    /// Runs a model to its end.
    pub(crate) fn of(model: Model) -> Result<Self, Failure> {
        let plan = Plan::compile(model)?;
        let ledger = Simulation::new(&plan).run()?;
        Ok(Self {
            model: plan.model().clone(),
            ledger,
        })
    }

    /// Storage of a reservoir at the end of each dekad, in m3.
    pub(crate) fn storage(&self, k: usize) -> Dekads {
        let window = self.ledger.window();
        let dekads = window
            .dekads()
            .filter(|dekad| window.contains(dekad.last_day()));
        dekads
            .map(|dekad| {
                let day = day_index(window.from(), dekad.last_day()) as usize;
                (dekad, self.ledger.reservoirs().storage.at(day, k))
            })
            .collect()
    }

    /// What reached a reservoir on a day, in m3.
    fn came(&self, day: usize, k: usize) -> f64 {
        let node = self
            .model
            .basin()
            .node_index(&self.model.basin().reservoirs()[k].node);
        let (node, nodes) = (node.expect("a reservoir's node"), self.ledger.nodes());
        nodes.arrived.at(day, node) + nodes.lateral.at(day, node)
    }

    /// What left a reservoir by its reaches on a day, but for the relief canal, in m3.
    fn left(&self, day: usize, k: usize) -> f64 {
        let basin = self.model.basin();
        let reservoir = &basin.reservoirs()[k];
        let reaches = basin.reaches().iter().enumerate();
        reaches
            .filter(|(_, reach)| reach.from == reservoir.node)
            .filter(|(_, reach)| Some(&reach.id) != reservoir.relief.as_ref())
            .map(|(r, _)| self.ledger.reaches().entered.at(day, r))
            .sum()
    }

    /// The sum over the days of a window.
    pub(crate) fn sum(&self, window: Window, of: impl Fn(usize) -> f64) -> f64 {
        let first = self.ledger.window().from();
        window
            .iter()
            .map(|date| of(day_index(first, date) as usize))
            .sum()
    }

    /// Mean flow of each dekad, in m3/s, from volumes of days in m3.
    fn mean(&self, of: impl Fn(usize) -> f64 + Copy) -> Dekads {
        let dekads = self.ledger.window().dekads();
        dekads
            .map(|dekad| {
                let volume = Volume::from_m3(self.sum(dekad.window(), of));
                (dekad, volume.per_days(dekad.days() as f64).m3s())
            })
            .collect()
    }
}

/// The fit of computed and observed values.
pub(crate) fn fit(pairs: &[(Dekad, f64, f64)]) -> riparian::Result<Fit> {
    Fit::of(
        pairs
            .iter()
            .map(|&(_, computed, observed)| (computed, observed)),
    )
}

/// The values of dekads that both have.
fn together(computed: &Dekads, observed: &Dekads) -> Vec<(Dekad, f64, f64)> {
    let observed: HashMap<Dekad, f64> = observed.iter().copied().collect();
    let both = computed.iter();
    both.filter_map(|&(dekad, value)| Some((dekad, value, *observed.get(&dekad)?)))
        .collect()
}

fn index(model: &Model, site: Site) -> Result<usize, Failure> {
    let found = model.basin().reservoir_index(site.id);
    Ok(found.ok_or_else(|| format!("the scenario has no reservoir `{}`", site.id))?)
}

/// The columns of a table of dekads, without the unit at the end of their names.
fn columns(path: &Path, unit: &str) -> Result<HashMap<String, Dekads>, Failure> {
    let mut table = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_path(path)?;
    let names: Vec<String> = table
        .headers()?
        .iter()
        .map(|name| name.trim_end_matches(unit).to_owned())
        .collect();
    let mut columns: HashMap<String, Dekads> = HashMap::new();
    for row in table.records() {
        let row = row?;
        let dekad: Dekad = row[0].parse()?;
        for (name, cell) in names.iter().zip(&row).skip(1) {
            let values = columns.entry(name.clone()).or_default();
            values.push((dekad, cell.parse()?));
        }
    }
    Ok(columns)
}
