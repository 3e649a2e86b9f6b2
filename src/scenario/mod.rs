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
//! parties.csv  offtakes.csv  licences.csv  pumps.csv     who takes water, where, and how
//! reservoirs.csv  curves.csv  outlets.csv  evaporation.csv  limits.csv
//! power.csv  tailwater.csv  outages.csv                  power stations
//! series/inflows.csv  demands.csv  releases.csv  unaccounted.csv  rain.csv
//!        forecast.csv  energy_demand.csv  expected_inflows.csv
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
//! | `in_service_from` | | of a canal: the first day on which it carries water, as in `2010-01-01` | always |
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
//! | `ramp_up_m3s_per_day` | m3/s a day | most it may rise | `ramp_m3s_per_day` |
//! | `ramp_down_m3s_per_day` | m3/s a day | most it may fall | `ramp_m3s_per_day` |
//! | `seepage_mm_per_day` | mm a day | seepage over the surface | 0 |
//! | `relief` | | a canal from here that takes what can neither be held below `full_mcm` nor released, as far as its capacity goes; the rest is spilled to the river | all is spilled |
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
//! ## `limits.csv`
//!
//! Limits of a release in parts of every year, such as under ice; as many rows a reservoir as need
//! be. Which limit goes first where two contradict each other, says
//! [`Reservoir::release_limits`](crate::basin::Reservoir::release_limits).
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`reservoir`** | | the node | |
//! | **`from`**, **`to`** | | first and last day, as in `12-01` and `02-29`, see [`Season`](crate::calendar::Season) | |
//! | `min_release_m3s` | m3/s | released whatever the policy says, while there is water | no other limit |
//! | `max_release_m3s` | m3/s | most that is released on purpose | no other limit |
//!
//! One of the two limits must be filled.
//!
//! ## `power.csv`
//!
//! One row for each reservoir with a power station; it works on what the turbines pass.
//! [`basin::power`](crate::basin::power) says how.
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`reservoir`** | | the node | |
//! | **`efficiency`** | fraction | overall, above 0 and at most 1 | |
//! | **`capacity_mw`** | MW | of all units together | |
//! | `units` | | how many units, all alike | 1 |
//! | `max_discharge_m3s` | m3/s | what all units swallow together | as much as their outlets pass |
//! | `tailwater_m` | m | water level below the dam | see `tailwater.csv` |
//! | `head_loss_m` | m | head lost between lake and tailwater | 0 |
//! | `min_head_m` | m | net head below which the station stands still | 0 |
//!
//! ## `tailwater.csv`
//!
//! The [rating](crate::basin::Tailwater) of the water below a dam with a power station, for which
//! `power.csv` then gives no `tailwater_m`. Discharges rise strictly, levels never fall.
//!
//! | column | unit | meaning |
//! |---|---|---|
//! | **`reservoir`** | | the node |
//! | **`discharge_m3s`** | m3/s | all that leaves the dam |
//! | **`level_m`** | m | water level below the dam |
//!
//! ## `outages.csv`
//!
//! Planned outages of a station's units.
//!
//! | column | unit | meaning |
//! |---|---|---|
//! | **`reservoir`** | | the node |
//! | **`unit`** | | the number of the unit, from 1 |
//! | **`from`**, **`to`** | | first and last day, as in `2024-06-01` |
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
//! ## `pumps.csv`
//!
//! One row for each [pump](crate::basin::pump): at an offtake it lifts what is taken there, in a canal
//! what enters it.
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`at`** | | the offtake or canal | |
//! | `party` | | who bears the energy | the party of the offtake; of a canal nobody |
//! | **`lift_m`** | m | static head, above 0 | |
//! | **`efficiency`** | fraction | overall, above 0 and at most 1 | |
//! | `capacity_mw` | MW | most power it draws | no limit |
//! | `energy_mwh_per_day` | `MWh` a day | most energy it uses in a day | no limit |
//!
//! ## `licences.csv`
//!
//! One row for each [licence](crate::licence), in the order in which they apply.
//!
//! | column | unit | meaning | if empty |
//! |---|---|---|---|
//! | **`licence`** | | id; no other licence has it | |
//! | `name` | | name in reports | the id |
//! | `party` | | who holds it | nobody |
//! | `offtakes` | | its members: ids with blanks between them | all offtakes of the party |
//! | `limit_m3s` | m3/s | most they take together on a day | `limit_mcm` is given |
//! | `limit_mcm` | Mm3 | most they take together in the season or window below | `limit_m3s` is given |
//! | `from`, `to` | | first and last day of a season of every year, as in `04-01` and `09-30` | a daily limit holds on all days; a volume has a window |
//! | `rolling_days` | days | in any so many days on end, 1 to 3660 | a volume has a season |
//! | `pace` | | of the volume of a season: as it is asked for, `demand`, or at most an `even` part of what is left | `demand` |
//! | `rule` | | how members share: one of [`RULE_NAMES`](crate::allocation::RULE_NAMES) | `proportional` |
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
//! | `_mwh` | energy of the period in `MWh`, made a mean energy a day |
//!
//! | file | columns | endings | values |
//! |---|---|---|---|
//! | `inflows.csv` | every node of kind `inflow`, and any other but a terminal | `_m3s`, `_mcm` | not negative at an `inflow`; elsewhere negative is a net loss |
//! | `demands.csv` | every offtake | `_m3s`, `_mcm` | not negative |
//! | `releases.csv` | reservoirs, for the policy `replay` | `_m3s`, `_mcm` | not negative |
//! | `unaccounted.csv` | reservoirs | `_m3s`, `_mcm` | positive for water that appears |
//! | `rain.csv` | reservoirs with a curve | `_mm` | not negative |
//! | `forecast.csv` | reservoirs: the inflow that was expected, for policies that [look ahead](crate::operation#looking-ahead) | `_m3s`, `_mcm` | not negative |
//! | `expected_inflows.csv` | nodes: the inflow that was expected there, or is normal, for a run by a [forecast](crate::operation::Forecast) | `_m3s`, `_mcm` | as in `inflows.csv` |
//! | `energy_demand.csv` | reservoirs, for the policy `energy-demand` | `_mwh` | not negative |
//!
//! Rows must cover the run and may go beyond it; those of `releases.csv` and `energy_demand.csv` where
//! a policy goes by them, and of `expected_inflows.csv` where the run does. How rows
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
//! | `foresight` | `"perfect"`: a release knows the demands and inflows it will meet on its way; `"operational"`: it knows the demands, and of inflows a forecast; see [simulation](crate::simulation#foresight) | `"perfect"` |
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
//! `[forecast]`, needed where `foresight` is `"operational"`:
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`method`** | `"persistence"`: the inflow of today; `"climatology"`: what is normal; `"given"`: what `expected_inflows.csv` says. See [`Forecast`](crate::operation::Forecast) | |
//! | `memory_days` | for `"persistence"`: the days in which a departure from what is normal falls to 37 % | it stays |
//!
//! What is normal stands in `expected_inflows.csv`; without that file it is the mean of the dekad in
//! all other years of the run.
//!
//! `[series.<file>]`, for any of the series files:
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
//! | `pre_release_days` | makes room for the floods forecast for so many days, today included, whatever the policy; see [`PreRelease`](crate::operation::PreRelease) | does not |
//!
//! | policy | its keys |
//! |---|---|
//! | `"standard"` | none |
//! | `"replay"` | the releases are in `series/releases.csv`; `class`: the priority class in which they are claimed, before all classes if missing: a reservoir that runs empty then takes the water of users upstream |
//! | `"schedule"` | **`flow`**: a list of a period and a `flow` each, as in `{ month = "2024-06", flow = "500 m3/s" }`; `otherwise`: the flow on all other days, needed if there are any; `class` as under `"replay"` |
//! | `"rule-curve"` | **`zones`**: a list from the bottom up, each with a **`class`** in which its water is kept, a **`top`**, and, for whoever reads it, a `name`. A top is a volume, or a list of points of the year as in `{ day = "04-01", volume = "3290 Mm3" }`, linear between them |
//! | `"keep-by-level"` | **`levels`**: a list from the highest down, as in `{ storage = "80 Mm3", class = "use" }`: found below this storage in the morning, all water is kept in that class, or without one after all claims; a storage may be a list of points of the year like a `top`. `above`: the class above all levels, none if missing |
//! | `"linear-hedging"` | **`trigger`**: the usable storage below which releases are cut in proportion |
//! | `"zone-hedging"` | **`zones`**: a list as in `{ above = "1500 Mm3", fraction = 0.8 }`: the fraction of the demand that is served |
//! | `"storage-target"` | **`target`**: the storage at the end of each day, a volume or a list of points of the year like a `top`; **`over_days`**: the days over which a deviation is corrected; `expects` |
//! | `"energy-demand"` | `expects`; the energy is in `series/energy_demand.csv` |
//!
//! `expects` says what inflow a policy reckons with: `"last-inflow"`, that of the day before (as if
//! missing), or `"forecast"`.
//!
//! `[[saving]]`, for each [saving](crate::operation::Saving) of demand:
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`id`** | an id no other saving has | |
//! | **`reservoir`** | the reservoir whose storage decides | |
//! | **`offtakes`** | a list of the offtakes that ask for less | |
//! | **`levels`** | a list from the highest down, as in `{ storage = "80 Mm3", part = 0.9 }`: below this storage, that part of the demand is asked for. A storage may be a list of points of the year like a `top`, a part a list of twelve, from January on | |
//! | `above` | the part asked for above all levels, one or twelve; not on a line | 1 |
//! | `changes` | `"in-steps"`, or `"on-a-line"`: a part holds at its level and is linear between levels | `"in-steps"` |
//!
//! A period is written `day = 2024-06-01`, `dekad = "2024-06-1"`, `month = "2024-06"`, or
//! `from = 2024-06-01, to = 2024-08-31`.
//!
//! # Agreements
//!
//! [`Agreement::open`](crate::agreement::Agreement::open) reads such a file on its own, and
//! [`Agreement::to_toml`](crate::agreement::Agreement::to_toml) writes it, with its keys in the
//! order of these tables and without comments: what is to stay is a `note`.
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`title`** | the agreement's title | |
//! | **`parties`** | a list of parties | |
//! | `source` | where its text or figures come from | none |
//! | `status`, `note` | how sure its figures are, and remarks, for whoever reads the file | none |
//! | `open` | a list of what the source leaves open, and the file therefore too | none |
//! | `from`, `until` | the first and last day it is in force | always was, still is |
//! | `supersedes` | a list of obligations of other agreements that end when it comes into force | none |
//!
//! `[[obligation]]`, one for each promise, in the order of the articles:
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`id`** | an id no other obligation of the scenario has | |
//! | `article` | the words it rests on | none |
//! | `note` | for whoever reads the file | none |
//! | **`debtor`** | the party that owes | |
//! | `creditor` | the party it is owed to | nobody: the river itself |
//! | **`point`** | where it is measured: the id of a node, reach or offtake; or a list of ids and of tables `{ point = "...", measure = "flow", weight = 0.5, lag_days = 2 }`, for their sum: the measure is the obligation's, the weight 1 and the lag 0 where they are not said | |
//! | `measure` | what is measured there: one of the names of [`Measure`](crate::agreement::Measure::NAMES) | the ordinary one of the point |
//! | `second_point` | a second gauge shown beside, as `point` | none |
//! | `second_reading` | a volume or energy that others state for what was delivered | none |
//! | `second_source` | whose figure that is | none |
//! | `tolerance` | what may be missing before it is short, as in `"1 %"` | none |
//! | `stated_total` | a total the source states, as in `"5421.6 Mm3"`; that what is due does not add up to it, to half a unit of its last digit, is a fault | none |
//! | `from`, `to` | the first and last day it holds | those of the agreement |
//! | `season` | the days of every year it holds, as in `"04-01..09-30"` | all |
//! | `each` | the periods it is settled by: `"season"`, the days it holds as a whole or each year's season, `"day"`, `"week"`, `"dekad"`, `"month"`, `"quarter"`, `"year"`, a cycle as in `"5 years"`, or a moving sum as in `"10 years moving"` | `"season"` |
//! | `starting` | the first day of a year, for periods of years, as in `"10-25"` | `"01-01"` |
//! | `on_top_of` | a list of obligations at the same point that are served before this one counts anything | none |
//! | `claim` | the priority class in which what is still owed is claimed on the river each day; a limit becomes a capacity of its users or reach, before all classes, until it is used up | it only observes |
//! | `pace` | how what is owed becomes the claim of a day: `"even"` or `"demand"`, see [`Pace`](crate::agreement::Pace) | `"even"`; for a limit `"demand"` |
//! | **`form`** | what is due, see below | |
//!
//! Something must say how long a period is: `from` and `to`, here or as `from` and `until` of the
//! agreement, `season`, `each`, or the days of `due` and `by`.
//!
//! | form | what is due | its keys |
//! |---|---|---|
//! | `"volume"` | so much in a period | **`volume`** or **`flow`** |
//! | `"schedule"` | so much in each of several periods | **`due`** |
//! | `"minimum-flow"` | at least so much on every day | **`flow`** or **`due`** |
//! | `"storage-by"` | so much in store at the end of a day | **`storage`** and **`by`**, a date, or a month and a day of every year as in `"05-31"`; `from` is the day on which filling begins; without `by`, at the end of each period; or **`due`** |
//! | `"limit"` | at most so much in a period | **`volume`**, **`flow`**, **`energy`** or **`due`** |
//! | `"energy"` | so much energy in a period | **`energy`** or **`due`** |
//! | `"formula"` | a function of what is measured elsewhere | see below |
//! | a [registered](crate::agreement::Forms) form | what it says | its own |
//!
//! `due` is a list of stretches of days with a `volume`, `flow` or `energy` each, and these are the
//! periods: `{ month = "2024-06", flow = "500 m3/s" }`. The days are written as `day`, `dekad`,
//! `month` or `from` and `to`, for once, or as in `season = "06-01..06-30"` for every year.
//!
//! A formula is a sum of functions that are linear between points ([`Brackets`](crate::agreement::Brackets)):
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`of`** | the water or energy it is a function of, as `point` | |
//! | `points` | pairs of what comes and what is due for it, by rising index, as in `["70000 cusecs", "35000 cusecs"]` | from nothing for nothing |
//! | `then` | what is due for each unit beyond the last point: a part as in `"50 %"`, or energy for water as in `"0.033 kWh/m3"` | no more |
//! | `terms` | several functions, in place of these three keys: a list of tables of them | one |
//! | `plus`, `minus` | an amount added or taken off in each period | none |
//! | `on` | the step on which it is read: `"day"`, `"week"`, `"dekad"`, `"month"`, `"quarter"` or `"period"` | `"day"` |
//!
//! `count`, for a formula or a registered form, says how what came is held against it: added up
//! (`"sum"`, as if missing), on `"each-day"` for itself, or as a limit, `"at-most"`.
//!
//! `[[obligation.clause]]`, one for each thing that changes what is due, in the order in which they
//! apply:
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`text`** | the words it rests on | |
//! | `during` | a list of seasons of every year in which it applies | all days |
//! | `declared` | a list of stretches of days on which it applies, as in `{ month = "2024-06" }` | all days |
//! | `when` | a reading under which it applies: a table of **`point`**, `measure`, `on` (a step as above), and `at_least` and `below`, one or both | whatever is read |
//!
//! and one effect:
//!
//! | key | what then holds |
//! |---|---|
//! | `suspend = true` | nothing is due |
//! | `excuse = true` | what is missing is excused |
//! | `scale = "50 %"` | a part of it is due |
//! | `replace`, `reduce`, `at_least`, `at_most` | an amount in its place; so much less; at least, at most so much |
//! | `need` | no more than is asked for at a point |
//! | `guarantee`, `yield` | this side's, or the other side's, turn of a guarantee: a table of **`amount`**, a flow, and **`of`**, the water that is shared |
//! | `consult = true` | the parties consult: an event to report |
//! | `end_cycle = true` | the cycle ends, and debts are considered paid |
//! | `cancel` | the `"debits"` or the `"credits"` of the account are cancelled |
//!
//! `[obligation.account]`, for what is carried from period to period:
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | `opening_credit` or `opening_debit` | the balance before the first period | none |
//! | `credit` | whether more than was due counts later: `true`, or a table of the caps `yearly` and `accrued` | it does not |
//! | `debit` | whether less than was due is owed later, likewise | it is not |
//! | `evaporation` | the part of a credit that evaporates in a year, as in `"10 %"` | none |
//!
//! `[[obligation.account.entry]]`, for what the parties agreed on later: **`date`**, **`kind`**
//! (`"relinquish"`, `"forgive"`, `"transfer"` or `"set-off"`), **`amount`**, `reason`, and for a
//! set-off **`against`**, the other obligation.
//!
//! `[[obligation.revision]]`, for a later version of what is due: **`from`**, the first day it
//! holds, `source`, and the keys of the obligation's form; `form`, if it is another one.
//!
//! `[[total]]`, for a total the source states over several obligations: **`amount`**, **`of`**, their
//! ids, `from` and `to` if it is that of some days only, and `note`. That they do not add up to it is a fault that says by how much.
//!
//! `[[ownership]]`, for each reservoir whose water several parties own
//! ([`Ownership`](crate::agreement::Ownership) says how it is settled):
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`reservoir`** | its node; without a basin, the name of its columns | |
//! | `article` | the words it rests on | none |
//! | `from` | the first day of the accounts | the first of the record |
//! | `capacity` | the volume of which spaces are parts | spaces are volumes |
//! | `inflow` | what flows in, as `point` | all that passes the node |
//! | `release` | what is let out on purpose, as `point`, users who draw on the reservoir itself among it | its release |
//! | `rest` | who is charged for what nobody called for: `"by share"`, `"by holding"` or a party | `"by share"` |
//! | `spill` | whose water spills once nobody holds more than its space: `"by holding"`, `"by inflow"`, `"by share"` or a list of parties in order | `"by holding"` |
//! | `internal_spill = true` | water beyond an owner's space passes to those who have space left | it stays |
//! | `payback` | the part of a borrower's inflow that pays back, as in `"50 %"` | all |
//! | `lines` | the days added up in a line of the accounts: `"day"`, `"week"`, `"dekad"`, `"month"` or `"quarter"` | `"month"` |
//!
//! `[[ownership.owner]]`, one for each owner:
//!
//! | key | meaning | if missing |
//! |---|---|---|
//! | **`party`** | the party | |
//! | **`share`** | its part of the inflow that is nobody's own, as in `"50 %"`; they add up to 100 % | |
//! | `own` | inflow of its own, as `point` | none |
//! | `opening` | what it holds before the first day: a volume, or a part of the storage | its share |
//! | `space` | the room it has: a volume, or a part of the capacity | no bound |
//! | `calls` | the places whose water is released for it, as `point`; a lag is the travel time from the dam | none |
//!
//! `[[ownership.debt]]`, for what owners owe each other at the start: **`debtor`**, **`creditor`**,
//! **`amount`**. `[[ownership.transfer]]`, for water that changes hands: **`date`**, **`from`**,
//! **`to`**, **`amount`**, `reason`.

mod agreement;
mod basin;
mod build;
mod equipment;
mod folder;
mod keys;
mod licence;
mod operation;
mod record;
mod routing;
mod series;
mod settings;
mod table;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use agreement::OBLIGATION_KEYS;

use std::path::Path;

use build::Records;
use folder::Files;

use crate::agreement::Forms;
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
    /// Forms of obligation besides those this crate knows.
    forms: Forms,
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
        Ok(Self {
            files,
            forms: Forms::new(),
            faults,
        })
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
        Self {
            files,
            forms: Forms::new(),
            faults,
        }
    }

    /// The same scenario, whose agreements may use forms of the user's own.
    #[must_use]
    pub fn forms(mut self, forms: Forms) -> Self {
        self.forms = forms;
        self
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
            &series,
            settings.window,
            &mut physical,
            &mut faults,
        );
        let agreements = agreement::read(&self.files, &self.forms, &mut faults);
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
