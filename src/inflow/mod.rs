//! Synthetic inflow: records that never were, as likely as the one that was.
//!
//! Ten observed years are one draw. What a treaty costs in a drought nobody has seen, and how often,
//! takes many more: a [`Generator`] fitted to a [`Record`] makes them, member by member, and each can
//! be put into a [model](Generator::apply) and simulated.
//!
//! ```
//! use riparian::calendar::Period;
//! use riparian::inflow::{LagOne, Preservation, Record};
//!
//! let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
//! let record = Record::from_model(&model, Period::Dekad, 1)?;
//! let generator = LagOne::contemporaneous().pooling(1).fit(&record)?;
//!
//! // Is the record one that the generator could have made?
//! let report = Preservation::of(&record, &generator, 2026, 200)?;
//! println!("{}", report.table());
//!
//! // The same ten years of the model, with other water: member 17 of seed 42.
//! let other = generator.apply(&model, 42, 17)?;
//! assert_eq!(other.window(), model.window());
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! # The methods
//!
//! | method | keeps | beyond the record | wants |
//! |---|---|---|---|
//! | [`LagOne::full`] (Matalas 1967) | means, deviations, correlations of all sites at lag 0 and 1 | yes | a long record, or pooled correlations |
//! | [`LagOne::contemporaneous`] | the same but for lag 1 between different sites | yes | four years |
//! | [`LagOne::thomas_fiering`] (1962) | each site's own means, deviations, lag 1 | yes | four years |
//! | [`Kirsch`] (2013) | correlations between all months of a year, and so annual variance; sites by drawing years | yes | six years of months |
//! | [`Neighbours`] (Lall & Sharma 1996) | the record's own values, distribution and ties between sites | no | as long a record as can be had |
//!
//! Each works on dekads or months. Days come from steps, all alike, or from [months by the pattern of
//! a like month](Nowak). [`Delta`], [`QuantileMap`] and [`ScaledTo`] change what any of them makes.
//!
//! # Signs
//!
//! A lateral flow that was derived from gauges is a net loss at times. A site with any flow at or below
//! zero has no logarithm and is taken as normal, or refused where logarithms are
//! [asked for](Margins::Log); a site that has been negative may be again, nothing is cut. At a site that
//! never was, a negative flow becomes zero; [`Generator::flooring`] says what the mean gains by it.
//! With logarithms, the default for sites that are always positive, there is nothing to gain.
//!
//! # Sites without variation
//!
//! A flow that is the same every year in some step, such as a climatology in place of a record, is
//! repeated as it is. A record in which nothing varies is an error. Sites that are multiples of
//! each other stay so up to the rounding of the record in all methods that draw sites together.
//!
//! # Random numbers
//!
//! A member is a stream of `ChaCha8` (its number) under a key (the seed); a `u64` gives one normal
//! number by the inverse of its distribution, and logarithms and exponentials are those of `libm`, not
//! of the platform. So a fitted generator makes the same bits everywhere. Fitting uses the platform's
//! square roots only, which are exact; whoever needs certainty saves the generator.
//!
//! # What it cannot know
//!
//! Lag-one models forget within a few steps: where the river's memory is longer they make annual volumes
//! too even and long droughts too rare. No method here knows of trends, of cycles over decades, or of
//! droughts worse than its distribution's tail, which ten years hardly constrain. [`Preservation`]
//! holds any of them against the record, with the record's own uncertainty. On the inflows of the Syr
//! Darya of 2001-2010, as `examples/stochastic_inflow.rs` prints it:
//!
//! | method | not kept, of the twelve statistics |
//! |---|---|
//! | full, pooled over three dekads, [skewed](Margins::Skewed) | |
//! | contemporaneous, pooled and skewed alike | |
//! | either with [`Margins::Auto`] | skewness at one site that is a net loss in summer |
//! | Kirsch, months from October | cross-correlations, longest drought |
//! | nearest neighbours, k = 3 | annual deviation, lowest year, droughts, lag 1 at one site |
//!
//! A statistic that is kept there may only be one that ten years do not tell apart: the contemporaneous
//! model, whose repair changes correlations by 0.2, has a median deviation of the annual flow of all
//! sites together that is two thirds of the record's.
//!
//! # Sources
//!
//! - N. C. Matalas, "Mathematical assessment of synthetic hydrology", *Water Resources Research* 3 (1967).
//! - H. A. Thomas, M. B. Fiering, "Mathematical synthesis of streamflow sequences for the analysis of
//!   river basins by simulation", in A. Maass et al., *Design of Water-Resource Systems* (1962).
//! - B. R. Kirsch, G. W. Characklis, H. B. Zeff, *Journal of Water Resources Planning and Management* 139
//!   (2013).
//! - K. Nowak, J. Prairie, B. Rajagopalan, U. Lall, *Water Resources Research* 46 (2010).
//! - U. Lall, A. Sharma, *Water Resources Research* 32 (1996).

mod adjust;
mod draw;
mod kirsch;
mod lag_one;
mod margin;
mod matrix;
mod neighbours;
mod nowak;
mod preservation;
mod record;

pub use adjust::{Adjustment, Delta, QuantileMap, ScaledTo};
pub use kirsch::Kirsch;
pub use lag_one::{LagOne, Repair, Structure};
pub use margin::Margins;
pub use neighbours::Neighbours;
pub use nowak::Nowak;
pub use preservation::{Preservation, Row, Statistic, Tally};
pub use record::Record;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Model;
use crate::calendar::{Window, invalid};
use crate::error::{Diagnostic, Error, Result};
use crate::series::{DailySeries, Interpolation};
use draw::Draws;
use kirsch::KirschModel;
use lag_one::LagOneModel;
use margin::Margin;
use neighbours::NeighboursModel;
use record::Frame;

/// What makes the years.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Method {
    LagOne(LagOneModel),
    Kirsch(KirschModel),
    Neighbours(NeighboursModel),
}

impl Method {
    fn margins(&self) -> &[Margin] {
        match self {
            Self::LagOne(model) => model.margins(),
            Self::Kirsch(model) => model.margins(),
            Self::Neighbours(_) => &[],
        }
    }

    fn fits(&self, steps: usize, sites: usize) -> bool {
        match self {
            Self::LagOne(model) => model.fits(steps, sites),
            Self::Kirsch(model) => model.fits(steps, sites),
            Self::Neighbours(model) => model.fits(steps, sites),
        }
    }

    fn fill(&self, draws: &mut Draws, flows: &mut [f64], sites: usize) {
        match self {
            Self::LagOne(model) => model.fill(draws, flows, sites),
            Self::Kirsch(model) => model.fill(draws, flows, sites),
            Self::Neighbours(model) => model.fill(draws, flows, sites),
        }
    }
}

/// Years of a generator by which the distribution of its annual volumes is known.
const SAMPLE: usize = 10_000;
/// The member that makes them: one that nobody counts up to.
const SAMPLE_MEMBER: u64 = u64::MAX;

/// A fitted generator of inflow records.
///
/// What it makes is a function of the seed and the member alone: members can be made in any order, on
/// any thread and any platform, and the first years of a longer record are those of a shorter one.
/// [`Generator::save`] and [`Generator::open`], and serde, keep every number to its last bit.
///
/// ```
/// use riparian::calendar::Period;
/// use riparian::inflow::{Generator, LagOne, Record};
///
/// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
/// let record = Record::from_model(&model, Period::Dekad, 1)?;
/// let generator = LagOne::contemporaneous().pooling(1).fit(&record)?;
/// let (five, two) = (generator.years(7, 3, 5), generator.years(7, 3, 2));
/// assert_eq!(five.row(1, 35), two.row(1, 35));
/// assert_ne!(five.row(1, 35), generator.years(7, 4, 2).row(1, 35));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Generator {
    frame: Frame,
    first_year: i16,
    /// The sites whose flows have never been negative, and must not become so.
    never_negative: Vec<bool>,
    method: Method,
    adjustments: Vec<Adjustment>,
    days: Option<Nowak>,
}

/// A generator as read, not checked yet.
#[derive(Deserialize)]
struct Written {
    frame: Frame,
    first_year: i16,
    never_negative: Vec<bool>,
    method: Method,
    adjustments: Vec<Adjustment>,
    days: Option<Nowak>,
}

impl TryFrom<Written> for Generator {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        let sites = written.frame.sites().len();
        let sound = written.never_negative.len() == sites
            && (1..=9999).contains(&written.first_year)
            && written.method.fits(written.frame.steps(), sites);
        if !sound {
            return Err(Error::parse(
                "a generator whose numbers do not fit its sites and steps",
            ));
        }
        let generator = Self {
            frame: written.frame,
            first_year: written.first_year,
            never_negative: written.never_negative,
            method: written.method,
            adjustments: Vec::new(),
            days: None,
        };
        let generator = written
            .adjustments
            .into_iter()
            .try_fold(generator, Self::adjusted_as_told)?;
        match written.days {
            Some(days) => generator.into_days(days),
            None => Ok(generator),
        }
    }
}

/// What setting negative flows to zero does to a site, see [`Generator::flooring`].
///
/// Example: [`Generator`].
#[derive(Clone, Debug, PartialEq)]
pub struct Flooring {
    /// The site.
    pub site: String,
    /// The mean flow over the year in m3/s, without it.
    pub mean_m3s: f64,
    /// What the mean over the year gains by it in m3/s.
    pub gain_m3s: f64,
}

impl Generator {
    fn of(record: &Record, never_negative: Vec<bool>, method: Method) -> Self {
        Self {
            frame: record.frame.clone(),
            first_year: record.first_year(),
            never_negative,
            method,
            adjustments: Vec::new(),
            days: None,
        }
    }

    /// The sites, as in the record.
    pub fn sites(&self) -> &[String] {
        self.frame.sites()
    }

    /// What it is, in a few words: `lag-one, contemporaneous`, `kirsch`, `neighbours, k = 3`.
    pub fn method(&self) -> String {
        match &self.method {
            Method::LagOne(model) => format!("lag-one, {}", model.structure().name()),
            Method::Kirsch(_) => "kirsch".into(),
            Method::Neighbours(model) => format!("neighbours, k = {}", model.k()),
        }
    }

    /// What the covariances of a model of lag one had to be changed by; none for other methods.
    pub fn repair(&self) -> Option<Repair> {
        match &self.method {
            Method::LagOne(model) => Some(model.repair()),
            _ => None,
        }
    }

    /// What it costs that no flow becomes negative where none has been: for each such site that is
    /// not in logarithms, the gain of the mean over the year, before adjustments.
    ///
    /// A normal number is sometimes far below its mean. A site that has been a net loss may be one
    /// again; at any other the flow is set to zero, which adds `s φ(m/s) - m Φ(-m/s)` to the mean `m`
    /// of a step with deviation `s`; a skewed one has a formula of the kind. With logarithms there is
    /// nothing to set to zero. For residuals
    /// of [`Kirsch`] the figure is an estimate, since they are not normal.
    pub fn flooring(&self) -> Vec<Flooring> {
        let sites = self.sites().len();
        let days: f64 = (0..self.frame.steps())
            .map(|step| self.frame.days(step))
            .sum();
        let steps = self.method.margins().chunks_exact(sites);
        let over_year = |site: usize, of: fn(Margin) -> f64| -> f64 {
            let sum = |(step, row): (usize, &[Margin])| of(row[site]) * self.frame.days(step);
            steps.clone().enumerate().map(sum).sum::<f64>() / days
        };
        let cut = |&site: &usize| {
            self.never_negative[site] && steps.clone().any(|row| row[site].may_be_negative())
        };
        (0..sites)
            .filter(cut)
            .map(|site| Flooring {
                site: self.sites()[site].clone(),
                mean_m3s: over_year(site, Margin::mean),
                gain_m3s: over_year(site, Margin::gain_of_flooring),
            })
            .collect()
    }

    /// The same generator with its years changed, after the changes before.
    ///
    /// For a [`ScaledTo`] of several published volumes, 10 000 of its years are made, to know how its
    /// own are distributed.
    ///
    /// # Errors
    ///
    /// If a site is unknown, a number is not finite or a factor negative; if volumes are to be scaled
    /// at a site that has been a net loss, or that are the same every year.
    pub fn adjusted(self, adjustment: impl Into<Adjustment>) -> Result<Self> {
        let mut adjustment = adjustment.into();
        if let Adjustment::ScaledTo(scaled) = &mut adjustment
            && scaled.wants_sample()
        {
            scaled.learn(&self.years(0, SAMPLE_MEMBER, SAMPLE));
        }
        self.adjusted_as_told(adjustment)
    }

    fn adjusted_as_told(mut self, adjustment: Adjustment) -> Result<Self> {
        let faults = adjustment.faults(&self.frame, &self.never_negative);
        self.adjustments.push(adjustment);
        faults.finish(self)
    }

    /// The same generator, its months made into days by the pattern of like months.
    ///
    /// # Errors
    ///
    /// If it is not by the month, or the donors are not of the same sites.
    pub fn into_days(mut self, donors: Nowak) -> Result<Self> {
        let faults = donors.faults(&self.frame);
        self.days = Some(donors);
        faults.finish(self)
    }

    /// `n` years of a member: a record that begins in the year the fitted one began in.
    pub fn years(&self, seed: u64, member: u64, n: usize) -> Record {
        let mut record = Record::empty(self.frame.clone(), self.first_year, n);
        self.make(seed, member, &mut record);
        record
    }

    /// Fills a record with the years of a member, in place of what it holds.
    ///
    /// A record of [`Generator::years`] can so be filled again and again; what is allocated is a few
    /// vectors of one step's or one year's length.
    ///
    /// # Errors
    ///
    /// If the record has other sites, another step or another first month.
    pub fn fill(&self, seed: u64, member: u64, record: &mut Record) -> Result<()> {
        if record.frame != self.frame {
            return Err(invalid(
                Diagnostic::new("a record of another kind to be filled")
                    .expected("one with the sites, the step and the first month of the generator"),
            ));
        }
        self.make(seed, member, record);
        Ok(())
    }

    fn make(&self, seed: u64, member: u64, record: &mut Record) {
        let sites = self.frame.sites().len();
        let mut draws = Draws::new(seed, member);
        self.method.fill(&mut draws, record.values_mut(), sites);
        self.floor(record);
        for adjustment in &self.adjustments {
            adjustment.apply(record);
            self.floor(record);
        }
    }

    /// Sets negative flows to zero where there has never been one.
    fn floor(&self, record: &mut Record) {
        let sites = self.never_negative.len();
        for row in record.values_mut().chunks_exact_mut(sites) {
            for (flow, &never_negative) in row.iter_mut().zip(&self.never_negative) {
                if never_negative && *flow < 0.0 {
                    *flow = 0.0;
                }
            }
        }
    }

    /// The daily flows in m3/s of `n` years of a member, site by site.
    ///
    /// The days of a step average to its flow: each is like the others, or, with
    /// [`Generator::into_days`], follows the pattern of a month of the donors.
    ///
    /// # Errors
    ///
    /// If there are no years, or they go on after 9999.
    pub fn daily(
        &self,
        seed: u64,
        member: u64,
        first_year: i16,
        n: usize,
    ) -> Result<Vec<DailySeries>> {
        let record = self.years(seed, member, n).starting_in(first_year)?;
        if let Some(days) = &self.days {
            let mut draws = Draws::for_days(seed, member);
            return days.apply(&record, &self.never_negative, &mut draws);
        }
        let sites = self.sites().iter();
        sites
            .map(|site| record.series(site, Interpolation::Step))
            .collect()
    }

    /// A model with the inflows of a member in place of its own, over the days of its run.
    ///
    /// Inflows of nodes that are no site of the generator stay.
    ///
    /// ```
    /// use riparian::calendar::Period;
    /// use riparian::inflow::{LagOne, Record};
    /// use riparian::{Plan, Simulation};
    ///
    /// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
    /// let record = Record::from_model(&model, Period::Dekad, 1)?;
    /// let generator = LagOne::contemporaneous().pooling(1).fit(&record)?;
    /// let season = model.over("2008-04-01..2008-09-30".parse()?)?;
    /// for member in 0..3 {
    ///     let plan = Plan::compile(generator.apply(&season, 1, member)?)?;
    ///     assert_eq!(Simulation::new(&plan).run()?.days(), 183);
    /// }
    /// # Ok::<(), riparian::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If no water enters the model at one of the sites.
    pub fn apply(&self, model: &Model, seed: u64, member: u64) -> Result<Model> {
        let series = self.over(model.window(), seed, member)?;
        let mut sites = self.sites().iter().zip(&series);
        sites.try_fold(model.clone(), |model, (site, daily)| {
            model.with_inflow(site, daily)
        })
    }

    /// The daily flows in m3/s of a member over a window, site by site: those of [`Generator::daily`]
    /// from the year on in which the window begins.
    ///
    /// # Errors
    ///
    /// If the years go on after 9999.
    pub fn over(&self, window: Window, seed: u64, member: u64) -> Result<Vec<DailySeries>> {
        let [first, last] = [window.from(), window.to()].map(|day| self.frame.year_of(day));
        let years = usize::from(first.abs_diff(last)) + 1;
        let series = self.daily(seed, member, first, years)?;
        series.iter().map(|daily| daily.slice(window)).collect()
    }

    /// Writes the generator to a file, every number to its last bit.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; [`Error::is_io`] holds.
    pub fn save(&self, file: impl AsRef<Path>) -> Result<()> {
        let file = file.as_ref();
        let text = serde_json::to_string(self)
            .map_err(|e| Error::io(file, "cannot be written", e.into()))?;
        std::fs::write(file, text).map_err(|e| Error::io(file, "cannot be written", e))
    }

    /// Reads a generator that was saved.
    ///
    /// # Errors
    ///
    /// If the file cannot be read ([`Error::is_io`]), or is no generator ([`Error::is_parse`]).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use riparian::inflow::Generator;
    ///
    /// let generator = Generator::open("naryn.json")?;
    /// assert!(!generator.sites().is_empty());
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn open(file: impl AsRef<Path>) -> Result<Self> {
        let file = file.as_ref();
        let text =
            std::fs::read_to_string(file).map_err(|e| Error::io(file, "cannot be read", e))?;
        serde_json::from_str(&text).map_err(|e| Error::parse(format!("{}: {e}", file.display())))
    }
}
