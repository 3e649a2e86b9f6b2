//! Scenario folders: the files, and how they are read.
//!
//! A [`Scenario`] is files as written; [`Scenario::model`] makes it a checked [`Model`]. Nothing else
//! in the crate knows a file format. This page is the reference of the formats.
//!
//! ```
//! use riparian::scenario::Scenario;
//!
//! let scenario = Scenario::from_files([
//!     ("scenario.toml", "title = \"A spring\"\nstart = 2024-06-01\nend = 2024-06-30\n"),
//!     ("nodes.csv", "node,kind\nspring,inflow\nsea,terminal\n"),
//!     ("reaches.csv", "reach,from,to,kind\nbrook,spring,see,river\n"),
//!     ("series/inflows.csv", "month,spring_m3s\n2024-06,2.5\n"),
//! ]);
//! let error = scenario.model().unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "reaches.csv:2:14: unknown node `see`; expected the id of a node; did you mean `sea`?"
//! );
//! ```
//!
//! All faults of a scenario are told at once, each with file, line and column. What could not be read
//! is taken to have been right, so that one typing error does not make a dozen other rows seem wrong.
//!
//! # The folder
//!
//! ```text
//! scenario.toml                                          the run, the classes, the operation
//! nodes.csv  reaches.csv  seasons.csv                    the network
//! parties.csv  offtakes.csv                              who takes water, and where
//! reservoirs.csv  curves.csv  outlets.csv  evaporation.csv  power.csv
//! series/inflows.csv  demands.csv  releases.csv  unaccounted.csv  rain.csv
//! agreements/<any name>.toml                             one agreement a file
//! observed/  SOURCES.md  README.md  ...                  not read
//! ```
//!
//! `scenario.toml`, `nodes.csv` and `reaches.csv` must be there; the others where they are needed.
//! Another `.csv`, `.tsv` or `.toml` file in the folder, in `series` or in `agreements` is a fault,
//! since it is likely a misspelled one; files of other kinds, and files whose names begin with `.` or
//! `~`, are left alone. Links that lead out of the folder are faults.
//!
//! Files are UTF-8 without a byte-order mark. Lines may end in either way.
//!
//! ## Extending another scenario
//!
//! `extends = "name"` in `scenario.toml` names a folder beside this one, by its bare name. Every table
//! and series file that this folder lacks is read from that one, whole files at a time; so is every
//! agreement, one of the same file name taking its place. The keys of `scenario.toml` stand over those
//! of the other: key by key, `[series.*]` and `[reservoir.*]` table by table, the list of classes
//! whole. What is extended may not extend a third. Messages call its files `../name/...`.
//!
//! # Tables
//!
//! Tables are CSV with commas between cells and points before decimals. The first row names the
//! columns, in any order. Lines that begin with `#` are comments; rows of nothing but empty cells are
//! skipped; blanks around a cell do not count. An unknown, doubled or missing column is a fault, and so
//! is a row longer or shorter than the header. Units stand in the names of the columns.
//!
//! An *id* is made of small letters, digits, `-` and `_`. Nodes, reaches and offtakes share one set of
//! ids; a reservoir goes by the id of its node. Parties may have any id.
//!
//! Columns in **bold** must be there and filled. An empty cell of another, or a column left out, means
//! what the last column says.
//!
//! ## `parties.csv`
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`party`** | | id | |
//! | `name` | | name in reports | the id |
//!
//! ## `nodes.csv`
//!
//! In the order of the river, upstream first: reports keep it.
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`node`** | | id | |
//! | **`kind`** | | `inflow`, `reservoir`, `junction`, `gauge` or `terminal`, see [`NodeKind`](crate::basin::NodeKind) | |
//! | `name` | | name in reports | the id |
//!
//! ## `reaches.csv`
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`reach`** | | id | |
//! | **`from`**, **`to`** | | nodes | |
//! | **`kind`** | | `river` or `canal`, see [`ReachKind`](crate::basin::ReachKind) | |
//! | `lag_days` | days | travel time, a whole number; see [`routing`](crate::basin::routing) for this and the columns below | 0 |
//! | `loss_fraction` | fraction | of what enters, never arrives; at least 0 and below 1 | 0 |
//! | `capacity_m3s` | m3/s | most that is sent in on purpose | no limit |
//! | `antecedent_m3s` | m3/s | flow that entered on the days before the run | as `antecedent` in `scenario.toml` says |
//! | `routing` | | what it does to water beyond delaying it: `lag`, `cascade` or `muskingum` | `lag` |
//! | `reservoirs` | | how many in a cascade | 1 |
//! | `k_days` | days | storage over outflow: of each reservoir of a cascade, or of a Muskingum reach | only for these, and then needed |
//! | `x` | | weight of the inflow in a Muskingum reach, from 0 to 0.5 | only for one, and then needed |
//! | `bankfull_m3s`, `overflow_to` | m3/s, a node | flow above which water leaves the river, and where to; both or none | it all stays |
//!
//! ## `seasons.csv`
//!
//! Parts of every year in which a reach is slower or carries less, such as under ice. Seasons of one
//! reach have no day in common; on all other days it is as `reaches.csv` says.
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`reach`** | | the reach | |
//! | **`from`**, **`to`** | | first and last day, as in `12-01` and `03-10`; a season may cross the year's end | |
//! | `lag_days` | days | travel time of what enters on these days | as in `reaches.csv` |
//! | `capacity_m3s` | m3/s | most that is sent in on purpose | as in `reaches.csv` |
//!
//! ## `reservoirs.csv`
//!
//! One row for each node of kind `reservoir`.
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`reservoir`** | | the node | |
//! | `party` | | who operates it | nobody |
//! | **`initial_mcm`** | Mm3 | storage at the start of the run | |
//! | **`dead_mcm`** | Mm3 | storage no outlet reaches | |
//! | **`full_mcm`** | Mm3 | storage at full supply level | |
//! | `surcharge_mcm` | Mm3 | storage never exceeded | `full_mcm` |
//! | `min_release_m3s` | m3/s | released whatever the policy says, while there is water | 0 |
//! | `ramp_m3s_per_day` | m3/s a day | most the release may change from one day to the next | no limit |
//! | `seepage_mm_per_day` | mm a day | seepage over the surface | 0 |
//!
//! ## `curves.csv`
//!
//! The points of the level-volume-area [curve](crate::basin::Curve) of a reservoir, from the lowest.
//! Levels and volumes rise strictly, areas never fall. A reservoir with evaporation, seepage, rain,
//! power or outlets by level must have one.
//!
//! | column | unit | meaning |
//! |---|---|---|
//! | **`reservoir`** | | the node |
//! | **`level_m`** | m | water level above the datum |
//! | **`volume_mcm`** | Mm3 | storage below that level |
//! | **`area_km2`** | km2 | surface at that level |
//!
//! ## `outlets.csv`
//!
//! A reservoir without rows here has no limit to its releases and spills. An outlet with one row has
//! that capacity at any level. An outlet with several rows, at rising levels, has a capacity that is
//! linear between them, that of the last above it, and nothing below the first.
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`reservoir`** | | the node | |
//! | **`outlet`** | | its name within the reservoir | |
//! | **`kind`** | | `turbine`, `gate` or `spillway`, see [`OutletKind`](crate::basin::OutletKind) | |
//! | `level_m` | m | water level | any level, in an outlet of one row |
//! | **`capacity_m3s`** | m3/s | what passes at that level | |
//!
//! ## `evaporation.csv`
//!
//! One row for each reservoir with evaporation.
//!
//! | column | unit | meaning |
//! |---|---|---|
//! | **`reservoir`** | | the node |
//! | **`jan_mm`** to **`dec_mm`** | mm a month | depth that evaporates in the month: `jan`, `feb`, `mar`, `apr`, `may`, `jun`, `jul`, `aug`, `sep`, `oct`, `nov`, `dec` |
//!
//! ## `power.csv`
//!
//! One row for each reservoir with a power station; it works on what the turbines pass.
//!
//! | column | unit | meaning |
//! |---|---|---|
//! | **`reservoir`** | | the node |
//! | **`efficiency`** | fraction | overall, above 0 and at most 1 |
//! | **`capacity_mw`** | MW | of all units together |
//! | **`tailwater_m`** | m | water level below the dam |
//!
//! ## `offtakes.csv`
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`offtake`** | | id | |
//! | **`at`** | | the node it takes from | |
//! | **`party`** | | whose it is | |
//! | `name` | | name in reports | the id |
//! | **`class`** | | priority class of its demand | |
//! | `weight` | | weight under a weighted sharing rule, above 0 | 1 |
//! | `capacity_m3s` | m3/s | capacity of its head | no limit |
//! | `return_to` | | the node where some of it comes back | nothing comes back |
//! | `return_fraction` | fraction | of what is taken, comes back | |
//! | `return_lag_days` | days | after which it does, a whole number of at least 1 | |
//!
//! The three columns of the return flow are filled all or none. A return flow comes later than the
//! river itself does.
//!
//! # Series
//!
//! The first column is `date` (`2024-06-01`), `dekad` (`2024-06-1`) or `month` (`2024-06`), and each row
//! is one such period, in order. Every other column is the id of what it belongs to, an underscore and a
//! unit:
//!
//! | ending | value of a row |
//! |---|---|
//! | `_m3s` | mean flow in m3/s |
//! | `_mcm` | volume of the period in Mm3, made a mean flow |
//! | `_mm` | depth of the period in mm, made a mean depth a day |
//!
//! | file | columns | endings | values |
//! |---|---|---|---|
//! | `inflows.csv` | every node of kind `inflow`, and any other but a terminal | `_m3s`, `_mcm` | not negative at an `inflow`; elsewhere negative is a net loss |
//! | `demands.csv` | every offtake | `_m3s`, `_mcm` | not negative |
//! | `releases.csv` | reservoirs, for the policy `replay` | `_m3s`, `_mcm` | not negative |
//! | `unaccounted.csv` | reservoirs | `_m3s`, `_mcm` | positive for water that appears |
//! | `rain.csv` | reservoirs with a curve | `_mm` | not negative |
//!
//! Rows must cover the run and may go beyond it; `releases.csv` must where it is replayed. How rows
//! become days, and what stands in for rows and cells that are missing, is said in `scenario.toml`.
//!
//! # `scenario.toml`
//!
//! Dates are written without quotation marks, quantities with their units and in them (`"350 m3/s"`,
//! `"3418 Mm3"`, `"100 GWh"`; see [`units`](crate::units)). Unknown keys are faults.
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`title`** | the scenario's title | |
//! | `extends` | see [above](#extending-another-scenario) | stands alone |
//! | **`start`**, **`end`** | first and last day of the run | |
//! | `note` | printed in reports | none |
//! | `foresight` | `"perfect"`: a release knows the demands it will meet on its way | `"perfect"` |
//! | `objective` | what is made of each class's share: `"max-min"`, levels as equal as can be, or `"max-volume"`, as much water as can be; see [`Objective`](crate::allocation::Objective) | `"max-min"` |
//! | `antecedent` | water in the channels at the start: `"steady"`, as if every day before had been like the first, in reaches for which no `antecedent_m3s` is given; `"given"`, and then every reach with a travel time or storage must have one | `"steady"` |
//!
//! `[[class]]`, one for each priority class, the senior first:
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`name`** | its name | |
//! | `rule` | how it shares a shortage: one of [`RULE_NAMES`](crate::allocation::RULE_NAMES) | `"proportional"` |
//!
//! `[series.<file>]`, for any of the five series files:
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | `days` | `"step"`: each day has the mean of its period; `"linear"`: days lie on lines that keep that mean, see [`Interpolation`](crate::series::Interpolation) | `"step"` |
//! | `gaps` | what missing rows and cells are: `"error"`, `"hold"`, `"linear"` or `"zero"`, see [`Gap`](crate::series::Gap) | `"error"` |
//!
//! `[reservoir.<id>]`, for any reservoir:
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | `keep_rank` | which reservoirs keep water nobody claims: the lower rank first, a whole number | the number of reservoirs upstream |
//! | `policy` | one of the [release policies](crate::operation) below | `"standard"` |
//!
//! | policy | its keys |
//! |---|---|
//! | `"standard"` | none |
//! | `"replay"` | none; the releases are in `series/releases.csv` |
//! | `"schedule"` | **`flow`**: a list of a period and a `flow` each, as in `{ month = "2024-06", flow = "500 m3/s" }`; `otherwise`: the flow on all other days, needed if there are any |
//! | `"rule-curve"` | **`zones`**: a list from the bottom up, each with a **`class`** in which its water is kept, a **`top`**, and, for whoever reads it, a `name`. A top is a volume, or a list of points of the year as in `{ day = "04-01", volume = "3290 Mm3" }`, linear between them |
//! | `"linear-hedging"` | **`trigger`**: the usable storage below which releases are cut in proportion |
//! | `"zone-hedging"` | **`zones`**: a list as in `{ above = "1500 Mm3", fraction = 0.8 }`: the fraction of the demand that is served |
//!
//! A period is written `day = 2024-06-01`, `dekad = "2024-06-1"`, `month = "2024-06"`, or
//! `from = 2024-06-01, to = 2024-08-31`.
//!
//! # Agreements
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`title`** | the agreement's title | |
//! | **`parties`** | a list of parties | |
//! | `source` | where its text or figures come from | none |
//! | `status`, `note` | for whoever reads the file | none |
//!
//! `[[obligation]]`, one for each promise, in the order of the articles:
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`id`** | an id no other obligation of the scenario has | |
//! | `article` | the words it rests on | none |
//! | **`debtor`** | the party that owes | |
//! | `creditor` | the party it is owed to | nobody: the river itself |
//! | **`form`** | what is due, see below | |
//! | **`point`** | where it is measured: the id of a node, reach or offtake; or a list, each an id or `{ point = "...", weight = 0.5 }`, for their sum | |
//! | `measure` | `"delivered"`, `"flow"`, `"inflow"`, `"release"`, `"storage"`, `"energy"` or `"none"`, see [`Measure`](crate::agreement::Measure) | the ordinary one of the point |
//! | `from`, `to` | the first and last day it holds | see below |
//! | `tolerance` | what may be missing before it is short, as in `"1 %"` | none |
//! | `stated_total` | a total the source states, as in `"5421.6 Mm3"`; that what is due does not add up to it, to half a unit of its last digit, is a fault | none |
//! | `claim` | the priority class in which what is still owed is claimed on the river each day | it only observes |
//! | `second_point` | a second gauge shown beside, as `point` | none |
//! | `second_reading` | a volume that others state for what was delivered | none |
//! | `second_source` | whose figure that is | none |
//! | `status`, `note` | for whoever reads the file | none |
//!
//! | form | its keys | `from` and `to` |
//! |---|---|---|
//! | `"volume"` | **`volume`** | must be there |
//! | `"limit"` | **`volume`**: at most this | must be there |
//! | `"schedule"` | **`due`**: a list of a period with a `volume` or a `flow` each | the first and last day of the periods |
//! | `"minimum-flow"` | **`flow`**; `each` | must be there |
//! | `"storage-by"` | **`storage`**; **`by`**: the day at whose end it is measured | that day |
//! | `"energy"` | **`due`**: a list of a period with an `energy` each | the first and last day of the periods |
//! | `"energy-coupled"` | **`rate`**, as in `"0.033 kWh/m3"`; **`coupled_to`**: where the water is measured, as `point`; `each` | must be there |
//!
//! `each` says how it is settled: by the `"season"` as a whole (as if missing), or by `"month"`,
//! `"dekad"` or `"day"`.

mod agreement;
mod basin;
mod build;
mod folder;
mod keys;
mod operation;
mod routing;
mod series;
mod settings;
mod table;
mod text;

#[cfg(test)]
mod tests;

use std::path::Path;

use build::Records;
use folder::Files;

use crate::error::{Diagnostics, Result};
use crate::model::Model;

/// Reads a scenario folder into a checked model.
///
/// Short for [`Scenario::open`] and [`Scenario::model`].
///
/// # Errors
///
/// If a file or the folder itself cannot be read ([`Error::is_io`](crate::Error::is_io)); or all
/// faults of the scenario at once ([`Error::is_invalid`](crate::Error::is_invalid)).
pub fn read(folder: impl AsRef<Path>) -> Result<Model> {
    Scenario::open(folder)?.model()
}

/// A scenario as it is written: its files, read but not yet understood.
#[derive(Clone, Debug)]
pub struct Scenario {
    files: Files,
    /// Faults of the files themselves.
    faults: Diagnostics,
}

impl Scenario {
    /// Reads the files of a folder, and of the folder it extends.
    ///
    /// Files that are no text, unknown or out of bounds are faults that [`Scenario::model`] tells.
    ///
    /// # Errors
    ///
    /// If a file or the folder itself cannot be read.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let files = Files::open(folder.as_ref(), &mut faults)?;
        Ok(Self { files, faults })
    }

    /// A scenario from files in memory: their paths within a folder, with `/`, and contents.
    ///
    /// It has no folder beside it to extend. The [module](self) has an example.
    pub fn from_files<N: Into<String>, B: Into<Vec<u8>>>(
        files: impl IntoIterator<Item = (N, B)>,
    ) -> Self {
        let mut faults = Diagnostics::new();
        let files = files
            .into_iter()
            .map(|(name, bytes)| (name.into(), bytes.into()));
        let files = Files::in_memory(files, &mut faults);
        Self { files, faults }
    }

    /// The names of the files that are read, those of the extended scenario as `../base/...`.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.names()
    }

    /// A hash of the names and contents of these files; the same on every machine.
    pub fn inputs_hash(&self) -> u64 {
        self.files.hash()
    }

    /// The model that the files describe, checked.
    ///
    /// # Errors
    ///
    /// All faults at once, those of reading and those of the model, in the order of files and
    /// lines. What seems wrong only because something else could not be read is left out.
    pub fn model(&self) -> Result<Model> {
        let mut faults = self.faults.clone();
        let documents = settings::documents(&self.files, &mut faults);
        let keys = documents
            .as_ref()
            .and_then(|documents| settings::merged(&self.files, documents));
        let (settings, operations) =
            keys.map_or_else(Default::default, |keys| settings::read(keys, &mut faults));
        let mut physical = basin::read(&self.files, settings.antecedent_given, &mut faults);
        let series = series::read(&self.files, &settings, &mut faults);
        let policies = operation::read(
            operations,
            &series.releases,
            settings.window,
            &mut physical,
            &mut faults,
        );
        let agreements = agreement::read(&self.files, &mut faults);
        let records = Records {
            settings,
            physical,
            series,
            policies,
            agreements,
            inputs_hash: self.inputs_hash(),
        };
        records.build(faults)
    }
}
