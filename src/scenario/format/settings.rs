//! The keys of `scenario.toml`.

use super::tables::STEMS;
use super::{Key, Keys, Kind, has, needs, words};
use crate::allocation::{Objective, RULE_NAMES};
use crate::operation::Expects;
use crate::scenario::operation::{CHANGES, POLICIES};
use crate::scenario::settings::{ANTECEDENTS, DAYS, FORESIGHTS, GAPS, METHODS};

/// A stretch of days, once.
pub(in crate::scenario) const PERIOD: Keys = Keys::new(
    "a period",
    &[
        has("day", Kind::Date, "one day", ""),
        has("dekad", Kind::Text, "as in `\"2024-06-1\"`", ""),
        has("month", Kind::Text, "as in `\"2024-06\"`", ""),
        has("from", Kind::Date, "the first day", ""),
        has("to", Kind::Date, "the last day", ""),
    ],
);

const VOLUME: Kind = Kind::Quantity("3290 Mm3");
/// A volume all year, or points of the year.
const CURVE: Kind = Kind::Either(&[VOLUME, Kind::List(&Kind::Table(&POINT_OF_YEAR))]);

pub(in crate::scenario) const POINT_OF_YEAR: Keys = Keys::new(
    "a day with a volume",
    &[
        needs("day", Kind::YearDay, "the day"),
        needs(
            "volume",
            VOLUME,
            "the volume on it; linear from point to point",
        ),
    ],
);

pub(in crate::scenario) const FLOW_ENTRY: Keys = Keys::new(
    "a period with a flow",
    &[needs(
        "flow",
        Kind::Quantity("500 m3/s"),
        "the flow on its days",
    )],
)
.with(&[&PERIOD]);

pub(in crate::scenario) const CURVE_ZONE: Keys = Keys::new(
    "a zone with class and top",
    &[
        has("name", Kind::Text, "for whoever reads the file", "none"),
        needs(
            "class",
            Kind::Text,
            "the priority class in which its water is kept",
        ),
        needs("top", CURVE, "the storage it reaches up to"),
    ],
);

pub(in crate::scenario) const KEEP_LEVEL: Keys = Keys::new(
    "a level with storage and class",
    &[
        needs("storage", CURVE, "the level"),
        has(
            "class",
            Kind::Text,
            "the priority class in which all water is kept if the morning finds the storage below",
            "after all claims",
        ),
    ],
);

pub(in crate::scenario) const HEDGING_ZONE: Keys = Keys::new(
    "a zone with above and fraction",
    &[
        needs(
            "above",
            Kind::Quantity("1500 Mm3"),
            "the storage it begins at",
        ),
        needs(
            "fraction",
            Kind::Fraction,
            "of the demand that is served in it, from 0 to 1",
        ),
    ],
);

/// The keys of a reservoir's operation, whatever its policy.
const OPERATION: Key = has(
    "policy",
    Kind::Word(&const { words(&POLICIES) }),
    "a release policy; see [`crate::operation`] and below",
    "`\"standard\"`",
);

const EXPECTS: Key = has(
    "expects",
    Kind::Word(&const { words(&Expects::NAMES) }),
    "the inflow it reckons with: that of the day before, or that of `series/forecast.csv`",
    "`\"last-inflow\"`",
);

const CLASS: Key = has(
    "class",
    Kind::Text,
    "the priority class in which the releases are claimed",
    "before all classes: a reservoir that runs empty then takes the water of users upstream",
);

/// The keys of each policy.
pub(in crate::scenario) const POLICY_KEYS: [(&str, Keys); 9] = [
    ("standard", Keys::new("", &[])),
    ("replay", Keys::new("", &[CLASS])),
    (
        "schedule",
        Keys::new(
            "",
            &[
                needs(
                    "flow",
                    Kind::List(&Kind::Table(&FLOW_ENTRY)),
                    "periods with a flow each, as in `{ month = \"2024-06\", flow = \"500 m3/s\" }`",
                ),
                has(
                    "otherwise",
                    Kind::Quantity("350 m3/s"),
                    "the flow on all other days",
                    "there are none",
                ),
                CLASS,
            ],
        ),
    ),
    (
        "rule-curve",
        Keys::new(
            "",
            &[needs(
                "zones",
                Kind::List(&Kind::Table(&CURVE_ZONE)),
                "from the bottom up",
            )],
        ),
    ),
    (
        "keep-by-level",
        Keys::new(
            "",
            &[
                needs(
                    "levels",
                    Kind::List(&Kind::Table(&KEEP_LEVEL)),
                    "from the highest down, as in `{ storage = \"80 Mm3\", class = \"use\" }`",
                ),
                has(
                    "above",
                    Kind::Text,
                    "the class at or above all levels",
                    "after all claims",
                ),
            ],
        ),
    ),
    (
        "linear-hedging",
        Keys::new(
            "",
            &[needs(
                "trigger",
                Kind::Quantity("1500 Mm3"),
                "the usable storage below which releases are cut in proportion",
            )],
        ),
    ),
    (
        "zone-hedging",
        Keys::new(
            "",
            &[needs(
                "zones",
                Kind::List(&Kind::Table(&HEDGING_ZONE)),
                "in any order, as in `{ above = \"1500 Mm3\", fraction = 0.8 }`",
            )],
        ),
    ),
    ("energy-demand", Keys::new("", &[EXPECTS])),
    (
        "storage-target",
        Keys::new(
            "",
            &[
                needs("target", CURVE, "the storage at the end of each day"),
                needs(
                    "over_days",
                    Kind::Whole,
                    "the days over which a deviation is corrected, 1 to 366",
                ),
                EXPECTS,
            ],
        ),
    ),
];

/// What the operation of a reservoir may say.
pub(in crate::scenario) const RESERVOIR: Keys = Keys::new(
    "a table of keys",
    &[
        has("keep_rank", Kind::Whole, "which reservoirs keep water nobody claims: the lower rank first", "the number of reservoirs upstream"),
        OPERATION,
        has("pre_release_days", Kind::Whole, "makes room for the floods forecast for so many days, today included, 1 to 366, whatever the policy; see [`PreRelease`]", "does not"),
    ],
)
.with(&[
    &POLICY_KEYS[0].1,
    &POLICY_KEYS[1].1,
    &POLICY_KEYS[2].1,
    &POLICY_KEYS[3].1,
    &POLICY_KEYS[4].1,
    &POLICY_KEYS[5].1,
    &POLICY_KEYS[6].1,
    &POLICY_KEYS[7].1,
    &POLICY_KEYS[8].1,
]);

pub(in crate::scenario) const TREATMENT: Keys = Keys::new(
    "a table of keys",
    &[
        has(
            "days",
            Kind::Word(&const { words(&DAYS) }),
            "each day has the mean of its period, or days lie on lines that keep that mean; see [`Interpolation`]",
            "`\"step\"`",
        ),
        has(
            "gaps",
            Kind::Word(&const { words(&GAPS) }),
            "what missing rows and cells are; see [`Gap`]",
            "`\"error\"`",
        ),
    ],
);

pub(in crate::scenario) const CLASSES: Keys = Keys::new(
    "a table `[[class]]`",
    &[
        needs("name", Kind::Text, "its name"),
        has(
            "rule",
            Kind::Word(&RULE_NAMES),
            "how it shares a shortage; see [`crate::rules`]",
            "`\"proportional\"`",
        ),
    ],
);

/// A part all year, or one for each month.
const PARTS: Kind = Kind::Either(&[Kind::Fraction, Kind::List(&Kind::Fraction)]);

pub(in crate::scenario) const SAVING_LEVEL: Keys = Keys::new(
    "a level with storage and part",
    &[
        needs("storage", CURVE, "the level"),
        needs(
            "part",
            PARTS,
            "of the demand that is asked for below it, from 0 to 1; one, or twelve from January on",
        ),
    ],
);

pub(in crate::scenario) const SAVING: Keys = Keys::new(
    "a table `[[saving]]`",
    &[
        needs("id", Kind::Text, "an id no other saving has"),
        needs(
            "reservoir",
            Kind::Text,
            "the reservoir whose storage decides",
        ),
        needs(
            "offtakes",
            Kind::List(&Kind::Text),
            "the offtakes that ask for less; see [`Saving`](crate::operation::Saving)",
        ),
        needs(
            "levels",
            Kind::List(&Kind::Table(&SAVING_LEVEL)),
            "from the highest down, as in `{ storage = \"80 Mm3\", part = 0.9 }`",
        ),
        has(
            "above",
            PARTS,
            "the part asked for above all levels, one or twelve; not on a line",
            "1",
        ),
        has(
            "changes",
            Kind::Word(&const { words(&CHANGES) }),
            "at levels only, or along lines between them",
            "`\"in-steps\"`",
        ),
    ],
);

pub(in crate::scenario) const FORECAST: Keys = Keys::new(
    "a table `[forecast]`",
    &[
        needs(
            "method",
            Kind::Word(&const { words(&METHODS) }),
            "the inflow of today, what is normal, or what `expected_inflows.csv` says; see [`Forecast`]",
        ),
        has(
            "memory_days",
            Kind::Number,
            "for `\"persistence\"`: the days in which a departure from what is normal falls to 37 %",
            "it stays",
        ),
    ],
);

/// Tables whose keys are the names of series files.
pub(in crate::scenario) const SERIES: Keys = Keys::new("tables `[series.inflows]`", &[]);

/// Tables whose keys are ids of reservoirs.
pub(in crate::scenario) const OPERATIONS: Keys = Keys::new("tables `[reservoir.<id>]`", &[]);

pub(in crate::scenario) const SETTINGS: Keys = Keys::new(
    "the settings of a scenario",
    &[
        needs("title", Kind::Text, "the scenario's title"),
        has(
            "extends",
            Kind::Text,
            "a folder beside this one that it is a variant of, see [above](#extending-another-scenario)",
            "it stands alone",
        ),
        needs("start", Kind::Date, "the first day of the run"),
        needs("end", Kind::Date, "the last day of the run"),
        has("note", Kind::Text, "printed in reports", "none"),
        has(
            "foresight",
            Kind::Word(&const { words(&FORESIGHTS) }),
            "`perfect`: a release knows the demands and inflows it will meet on its way; `operational`: it knows the demands, and of inflows a forecast. See [`crate::simulation`]",
            "`\"perfect\"`",
        ),
        has(
            "objective",
            Kind::Word(&const { words(&Objective::NAMES) }),
            "what is made of each class's share: levels as equal as can be, or as much water as can be; see [`Objective`]",
            "`\"max-min\"`",
        ),
        has(
            "antecedent",
            Kind::Word(&const { words(&ANTECEDENTS) }),
            "water in the channels at the start: `steady`, as if every day before had been like the first, in reaches for which no `antecedent_m3s` is given; `given`, and then every reach with a travel time or storage must have one",
            "`\"steady\"`",
        ),
        has(
            "class",
            Kind::Tables(&CLASSES),
            "the priority classes, the senior first",
            "none: nobody asks for water",
        ),
        has(
            "saving",
            Kind::Tables(&SAVING),
            "demands that shrink with what a reservoir holds",
            "none",
        ),
        has(
            "forecast",
            Kind::Under(&FORECAST),
            "needed where `foresight` is `\"operational\"`",
            "none",
        ),
        has(
            "series",
            Kind::Named(&TREATMENT, &STEMS),
            "how the rows of a series file become days",
            "as each key says",
        ),
        has(
            "reservoir",
            Kind::Named(&RESERVOIR, &[]),
            "how a reservoir is operated",
            "as each key says",
        ),
    ],
);
