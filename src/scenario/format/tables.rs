//! The tables of a scenario, and the series.

use super::{Column, Table, may, must, words};
use crate::allocation::RULE_NAMES;
use crate::scenario::basin::{NODE_KINDS, OUTLET_KINDS, REACH_KINDS};
use crate::scenario::licence::PACES;
use crate::scenario::routing::ROUTINGS;
use crate::scenario::series::Unit;

/// All tables, in the order of the reference.
pub(in crate::scenario) const TABLES: [&Table; 15] = [
    &PARTIES,
    &NODES,
    &REACHES,
    &SEASONS,
    &RESERVOIRS,
    &CURVES,
    &OUTLETS,
    &EVAPORATION,
    &LIMITS,
    &POWER,
    &TAILWATER,
    &OUTAGES,
    &OFFTAKES,
    &PUMPS,
    &LICENCES,
];

const fn table(file: &'static str, about: &'static str, columns: &'static [Column]) -> Table {
    Table {
        file,
        required: false,
        about,
        columns,
        after: "",
    }
}

pub(in crate::scenario) const PARTIES: Table = table(
    "parties.csv",
    "Who takes water, operates dams, owes and is owed.",
    &[
        must("party", "its id"),
        may("name", "its name in reports", "the id"),
    ],
);

pub(in crate::scenario) const NODES: Table = Table {
    required: true,
    ..table(
        "nodes.csv",
        "In the order of the river, upstream first: reports keep it.",
        &[
            must("node", "its id"),
            must("kind", "see [`NodeKind`]").one_of(const { &words(&NODE_KINDS) }),
            may("name", "its name in reports", "the id"),
        ],
    )
};

pub(in crate::scenario) const REACHES: Table = Table {
    required: true,
    ..table(
        "reaches.csv",
        "What the water does on its way is told in [`basin::routing`].",
        &[
            must("reach", "its id"),
            must("from", "the node it begins at"),
            must("to", "the node it ends at"),
            must("kind", "see [`ReachKind`]").one_of(const { &words(&REACH_KINDS) }),
            may("lag_days", "travel time, a whole number", "0"),
            may(
                "loss_fraction",
                "of what enters, never arrives; at least 0 and below 1",
                "0",
            ),
            may(
                "capacity_m3s",
                "most that is sent in on purpose",
                "no limit",
            ),
            may(
                "in_service_from",
                "of a canal: the first day on which it carries water, as in `2010-01-01`",
                "always",
            ),
            may(
                "antecedent_m3s",
                "flow that entered on the days before the run",
                "as `antecedent` in `scenario.toml` says",
            ),
            may(
                "routing",
                "what it does to water beyond delaying it",
                "`lag`",
            )
            .one_of(const { &words(&ROUTINGS) }),
            may("reservoirs", "how many in a cascade", "1"),
            may(
                "k_days",
                "storage over outflow: of each reservoir of a cascade, or of a Muskingum reach",
                "only for these, and then needed",
            ),
            may(
                "x",
                "weight of the inflow in a Muskingum reach, from 0 to 0.5",
                "only for one, and then needed",
            ),
            may(
                "bankfull_m3s",
                "flow above which water leaves the river",
                "it all stays",
            ),
            may(
                "overflow_to",
                "the node where that water goes; both or none",
                "it all stays",
            ),
        ],
    )
};

pub(in crate::scenario) const SEASONS: Table = table(
    "seasons.csv",
    "Parts of every year in which a reach is slower or carries less, such as under ice. Seasons of one reach have no day in \
     common; on all other days it is as `reaches.csv` says.",
    &[
        must("reach", "the reach"),
        must("from", "the first day, as in `12-01`"),
        must(
            "to",
            "the last day, as in `03-10`; a season may cross the year's end",
        ),
        may(
            "lag_days",
            "travel time of what enters on these days",
            "as in `reaches.csv`",
        ),
        may(
            "capacity_m3s",
            "most that is sent in on purpose",
            "as in `reaches.csv`",
        ),
    ],
);

pub(in crate::scenario) const RESERVOIRS: Table = table(
    "reservoirs.csv",
    "One row for each node of kind `reservoir`.",
    &[
        must("reservoir", "the node"),
        may("party", "who operates it", "nobody"),
        must("initial_mcm", "storage at the start of the run"),
        must("dead_mcm", "storage no outlet reaches"),
        must("full_mcm", "storage at full supply level"),
        may("surcharge_mcm", "storage never exceeded", "`full_mcm`"),
        may(
            "min_release_m3s",
            "released whatever the policy says, while there is water",
            "0",
        ),
        may(
            "ramp_m3s_per_day",
            "most the release may change from one day to the next",
            "no limit",
        ),
        may(
            "ramp_up_m3s_per_day",
            "most it may rise",
            "`ramp_m3s_per_day`",
        ),
        may(
            "ramp_down_m3s_per_day",
            "most it may fall",
            "`ramp_m3s_per_day`",
        ),
        may("seepage_mm_per_day", "seepage over the surface", "0"),
        may(
            "relief",
            "a canal from here that takes what can neither be held below `full_mcm` nor released, as far as its capacity goes; the rest is spilled to the river",
            "all is spilled",
        ),
    ],
);

pub(in crate::scenario) const CURVES: Table = table(
    "curves.csv",
    "The points of the level-volume-area curve of a reservoir ([`Curve`]), from the lowest. Levels and volumes rise \
     strictly, areas never fall. A reservoir with evaporation, seepage, rain, power or outlets by level must have one.",
    &[
        must("reservoir", "the node"),
        must("level_m", "water level above the datum"),
        must("volume_mcm", "storage below that level"),
        must("area_km2", "surface at that level"),
    ],
);

pub(in crate::scenario) const OUTLETS: Table = table(
    "outlets.csv",
    "A reservoir without rows here has no limit to its releases and spills. An outlet with one row has that capacity at any \
     level. An outlet with several rows, at rising levels, has a capacity that is linear between them, that of the last above \
     it, and nothing below the first.",
    &[
        must("reservoir", "the node"),
        must("outlet", "its name within the reservoir"),
        must("kind", "see [`OutletKind`]").one_of(const { &words(&OUTLET_KINDS) }),
        may(
            "level_m",
            "water level",
            "any level, in an outlet of one row",
        ),
        must("capacity_m3s", "what passes at that level"),
    ],
);

const fn month(name: &'static str) -> Column {
    must(name, "depth that evaporates in the month").in_unit("mm a month")
}

pub(in crate::scenario) const EVAPORATION: Table = table(
    "evaporation.csv",
    "One row for each reservoir with evaporation.",
    &[
        must("reservoir", "the node"),
        month("jan_mm"),
        month("feb_mm"),
        month("mar_mm"),
        month("apr_mm"),
        month("may_mm"),
        month("jun_mm"),
        month("jul_mm"),
        month("aug_mm"),
        month("sep_mm"),
        month("oct_mm"),
        month("nov_mm"),
        month("dec_mm"),
    ],
);

pub(in crate::scenario) const LIMITS: Table = Table {
    after: "One of the two limits must be filled.",
    ..table(
        "limits.csv",
        "Limits of a release in parts of every year, such as under ice; as many rows a reservoir as need be. Which limit goes \
         first where two contradict each other, says [`Reservoir::release_limits`].",
        &[
            must("reservoir", "the node"),
            must("from", "the first day of the season, as in `12-01`"),
            must("to", "the last day, as in `02-29`"),
            may(
                "min_release_m3s",
                "released whatever the policy says, while there is water",
                "no other limit",
            ),
            may(
                "max_release_m3s",
                "most that is released on purpose",
                "no other limit",
            ),
        ],
    )
};

pub(in crate::scenario) const POWER: Table = table(
    "power.csv",
    "One row for each reservoir with a power station; it works on what the turbines pass. [`basin::power`] says how.",
    &[
        must("reservoir", "the node"),
        must("efficiency", "overall, above 0 and at most 1").in_unit("a fraction"),
        must("capacity_mw", "of all units together"),
        may("units", "how many units, all alike", "1"),
        may(
            "max_discharge_m3s",
            "what all units swallow together",
            "as much as their outlets pass",
        ),
        may(
            "tailwater_m",
            "water level below the dam",
            "see `tailwater.csv`",
        ),
        may("head_loss_m", "head lost between lake and tailwater", "0"),
        may(
            "min_head_m",
            "net head below which the station stands still",
            "0",
        ),
    ],
);

pub(in crate::scenario) const TAILWATER: Table = table(
    "tailwater.csv",
    "The rating of the water below a dam ([`Tailwater`]) with a power station, for which `power.csv` then gives no \
     `tailwater_m`. Discharges rise strictly, levels never fall.",
    &[
        must("reservoir", "the node"),
        must("discharge_m3s", "all that leaves the dam"),
        must("level_m", "water level below the dam"),
    ],
);

pub(in crate::scenario) const OUTAGES: Table = table(
    "outages.csv",
    "Planned outages of a station's units.",
    &[
        must("reservoir", "the node"),
        must("unit", "the number of the unit, from 1"),
        must("from", "the first day, as in `2024-06-01`"),
        must("to", "the last day"),
    ],
);

pub(in crate::scenario) const OFFTAKES: Table = Table {
    after: "The three columns of the return flow are filled all or none. A return flow comes later than the river itself does.",
    ..table(
        "offtakes.csv",
        "Who takes water where, and before whom.",
        &[
            must("offtake", "its id"),
            must("at", "the node it takes from"),
            must("party", "whose it is"),
            may("name", "its name in reports", "the id"),
            must("class", "priority class of its demand"),
            may(
                "weight",
                "weight under a weighted sharing rule, above 0",
                "1",
            ),
            may("capacity_m3s", "capacity of its head", "no limit"),
            may(
                "return_to",
                "the node where some of it comes back",
                "nothing comes back",
            ),
            may(
                "return_fraction",
                "of what is taken, comes back",
                "nothing comes back",
            ),
            may(
                "return_lag_days",
                "after which it does, a whole number of at least 1",
                "nothing comes back",
            ),
        ],
    )
};

pub(in crate::scenario) const PUMPS: Table = table(
    "pumps.csv",
    "One row for each pump ([`basin::pump`]): at an offtake it lifts what is taken there, in a canal what enters it.",
    &[
        must("at", "the offtake or canal"),
        may(
            "party",
            "who bears the energy",
            "the party of the offtake; of a canal nobody",
        ),
        must("lift_m", "static head, above 0"),
        must("efficiency", "overall, above 0 and at most 1").in_unit("a fraction"),
        may("capacity_mw", "most power it draws", "no limit"),
        may(
            "energy_mwh_per_day",
            "most energy it uses in a day",
            "no limit",
        ),
    ],
);

pub(in crate::scenario) const LICENCES: Table = table(
    "licences.csv",
    "One row for each licence ([`crate::licence`]), in the order in which they apply.",
    &[
        must("licence", "its id; no other licence has it"),
        may("name", "its name in reports", "the id"),
        may("party", "who holds it", "nobody"),
        may("offtakes", "its members: ids with blanks between them", "all offtakes of the party"),
        may("limit_m3s", "most they take together on a day", "`limit_mcm` is given"),
        may("limit_mcm", "most they take together in the season or window below", "`limit_m3s` is given"),
        may("from", "the first day of a season of every year, as in `04-01`", "a daily limit holds on all days; a volume has a window"),
        may("to", "its last day, as in `09-30`", "as for `from`"),
        may("rolling_days", "in any so many days on end, 1 to 3660", "a volume has a season"),
        may("pace", "of the volume of a season: as it is asked for, or at most an even part of what is left", "`demand`").one_of(const { &words(&PACES) }),
        may("rule", "how members share", "`proportional`").one_of(&RULE_NAMES),
    ],
);

/// A file of series.
#[derive(Debug)]
pub(in crate::scenario) struct Series {
    /// The file's name in `series/`, without its ending.
    pub(in crate::scenario) stem: &'static str,
    /// To what its columns belong.
    columns: &'static str,
    pub(in crate::scenario) units: &'static [(&'static str, Unit)],
    values: &'static str,
}

impl Series {
    pub(super) fn row(&self) -> [String; 4] {
        let endings = self.units.iter().map(|(unit, _)| format!("`_{unit}`"));
        let endings: Vec<String> = endings.collect();
        [
            format!("`{}.csv`", self.stem),
            self.columns.to_owned(),
            endings.join(", "),
            self.values.to_owned(),
        ]
    }
}

const FLOWS: &[(&str, Unit)] = &[("m3s", Unit::Flow), ("mcm", Unit::Volume)];
const DEPTHS: &[(&str, Unit)] = &[("mm", Unit::Depth)];
const ENERGIES: &[(&str, Unit)] = &[("mwh", Unit::Energy)];

/// All series files.
pub(in crate::scenario) const SERIES: [Series; 8] = [
    Series {
        stem: "inflows",
        columns: "every node of kind `inflow`, and any other but a terminal",
        units: FLOWS,
        values: "not negative at an `inflow`; elsewhere negative is a net loss",
    },
    Series {
        stem: "demands",
        columns: "every offtake",
        units: FLOWS,
        values: "not negative",
    },
    Series {
        stem: "releases",
        columns: "reservoirs, for the policy `replay`",
        units: FLOWS,
        values: "not negative",
    },
    Series {
        stem: "unaccounted",
        columns: "reservoirs",
        units: FLOWS,
        values: "positive for water that appears",
    },
    Series {
        stem: "rain",
        columns: "reservoirs with a curve",
        units: DEPTHS,
        values: "not negative",
    },
    Series {
        stem: "forecast",
        columns: "reservoirs: the inflow that was expected, for policies that look ahead ([`crate::operation`])",
        units: FLOWS,
        values: "not negative",
    },
    Series {
        stem: "energy_demand",
        columns: "reservoirs, for the policy `energy-demand`",
        units: ENERGIES,
        values: "not negative",
    },
    Series {
        stem: "expected_inflows",
        columns: "nodes: the inflow that was expected there, or is normal, for a run by a [`Forecast`]",
        units: FLOWS,
        values: "as in `inflows.csv`",
    },
];

/// The names of the series files, without their ending.
pub(in crate::scenario) const STEMS: [&str; SERIES.len()] = {
    let mut stems = [""; SERIES.len()];
    let mut i = 0;
    while i < stems.len() {
        stems[i] = SERIES[i].stem;
        i += 1;
    }
    stems
};
