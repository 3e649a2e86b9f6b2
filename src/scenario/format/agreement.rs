//! The keys of an agreement.

use super::settings::PERIOD;
use super::{Key, Keys, Kind, has, needs, words};
use crate::agreement::{EntryKind, Measure};
use crate::scenario::agreement::PACES;
use crate::scenario::agreement::clause::CANCEL;
use crate::scenario::agreement::due::{COUNTS, KINDS};
use crate::scenario::agreement::ownership::{LINES, SPILLS};
use crate::scenario::agreement::period::STEPS;

const TEXTS: Kind = Kind::List(&Kind::Text);
const PERCENT: Kind = Kind::Quantity("50 %");
const VOLUME: Kind = Kind::Quantity("1500 Mm3");
const AMOUNT: Kind = Kind::Quantity("30 m3/s");
const POINT: Kind = Kind::Point;
const MEASURE: Key = has(
    "measure",
    Kind::Word(&const { words(&Measure::NAMES) }),
    "what is measured there; see [`Measure`]",
    "the ordinary one of the point",
);

/// A part of a sum of points.
pub(in crate::scenario) const TERM: Keys = Keys::new(
    "a name, or a table of point and weight",
    &[
        needs("point", Kind::Text, "the id of a node, reach or offtake"),
        MEASURE,
        has("weight", Kind::Number, "what it counts for", "1"),
        has(
            "lag_days",
            Kind::Whole,
            "how many days before it is read",
            "0",
        ),
    ],
);

/// A stretch of days, once or every year.
pub(in crate::scenario) const WHEN: Keys = Keys::new(
    "a period",
    &[has(
        "season",
        Kind::Season,
        "the same days of every year",
        "",
    )],
)
.with(&[&PERIOD]);

/// What an entry of `due` says besides its days.
pub(in crate::scenario) const DUE_ENTRY: Keys = Keys::new(
    "a period with what is due in it",
    &[
        has(
            "volume",
            Kind::Quantity("178.4 Mm3"),
            "a volume in it",
            "another amount",
        ),
        has(
            "flow",
            Kind::Quantity("500 m3/s"),
            "a flow on its days",
            "another amount",
        ),
        has(
            "energy",
            Kind::Quantity("100 GWh"),
            "an energy in it",
            "another amount",
        ),
    ],
)
.with(&[&WHEN]);

const DUES: Kind = Kind::List(&Kind::Table(&DUE_ENTRY));

const OF: Kind = POINT;
const POINTS: Kind = Kind::List(&Kind::Pair(&Kind::Quantity("70000 cusecs")));
const THEN: Kind = Kind::Quantity("50 %");
const OF_ABOUT: &str = "the water or energy it is a function of, as `point`";
const POINTS_ABOUT: &str = "pairs of what comes and what is due for it, by rising index, as in `[\"70000 cusecs\", \"35000 cusecs\"]`";
const THEN_ABOUT: &str = "what is due for each unit beyond the last point: a part as in `\"50 %\"`, or energy for water as in `\"0.033 kWh/m3\"`";

/// One of several functions of a formula.
pub(in crate::scenario) const FUNCTION: Keys = Keys::new(
    "a table of of, points and then",
    &[
        needs("of", OF, OF_ABOUT),
        has("points", POINTS, POINTS_ABOUT, "from nothing for nothing"),
        has("then", THEN, THEN_ABOUT, "no more"),
    ],
);

const STEP: Key = has(
    "on",
    Kind::Word(&const { words(&STEPS) }),
    "the step on which it is read",
    "`\"day\"`",
);

const FLOW: Key = has(
    "flow",
    Kind::Quantity("30 m3/s"),
    "a flow on each day",
    "another amount, or `due`",
);
const AMOUNT_VOLUME: Key = has(
    "volume",
    Kind::Quantity("443.6 Mm3"),
    "a volume in each period",
    "another amount, or `due`",
);
const AMOUNT_ENERGY: Key = has(
    "energy",
    Kind::Quantity("100 GWh"),
    "an energy in each period",
    "another amount, or `due`",
);
const STORAGE: Key = has(
    "storage",
    Kind::Quantity("3418 Mm3"),
    "the storage",
    "`due`",
);
const DUE: Key = has(
    "due",
    DUES,
    "in place of one amount: stretches of days with an amount each, as in `{ month = \"2024-06\", flow = \"500 m3/s\" }`; these are the periods",
    "one amount",
);
const COUNT: Key = has(
    "count",
    Kind::Word(&const { words(&COUNTS) }),
    "of a formula or a registered form: how what came is held against it: added up, on each day for itself, or as a limit",
    "`\"sum\"`",
);

/// The forms of an obligation: what is due, and the keys that say it.
pub(in crate::scenario) const FORMS: [(&str, &str, Keys); KINDS.len()] = [
    (
        "volume",
        "so much in a period",
        Keys::new("", &[AMOUNT_VOLUME, FLOW, DUE]),
    ),
    (
        "schedule",
        "so much in each of several periods",
        Keys::new("", &[needs("due", DUES, "as under `\"volume\"`")]),
    ),
    (
        "minimum-flow",
        "at least so much on every day",
        Keys::new("", &[FLOW, DUE]),
    ),
    (
        "storage-by",
        "so much in store at the end of a day",
        Keys::new(
            "",
            &[
                STORAGE,
                has(
                    "by",
                    Kind::Either(&[Kind::Date, Kind::YearDay]),
                    "the day; `from` is the day on which filling begins",
                    "the end of each period",
                ),
                DUE,
            ],
        ),
    ),
    (
        "limit",
        "at most so much in a period",
        Keys::new("", &[AMOUNT_VOLUME, FLOW, AMOUNT_ENERGY, DUE]),
    ),
    (
        "energy",
        "so much energy in a period",
        Keys::new("", &[AMOUNT_ENERGY, DUE]),
    ),
    (
        "formula",
        "a sum of functions of what is measured elsewhere, linear between points ([`Brackets`])",
        Keys::new(
            "",
            &[
                has("of", OF, OF_ABOUT, "`terms`"),
                has("points", POINTS, POINTS_ABOUT, "from nothing for nothing"),
                has("then", THEN, THEN_ABOUT, "no more"),
                has(
                    "terms",
                    Kind::List(&Kind::Table(&FUNCTION)),
                    "several functions, in place of these three keys: tables of them",
                    "one",
                ),
                has(
                    "plus",
                    Kind::Quantity("10000 af"),
                    "an amount added in each period",
                    "none",
                ),
                has(
                    "minus",
                    Kind::Quantity("10000 af"),
                    "an amount taken off in each period",
                    "none",
                ),
                STEP,
            ],
        ),
    ),
];

/// What may be due, in any form.
pub(in crate::scenario) const ANY_FORM: Keys = Keys::new("", &[]).with(&[
    &FORMS[0].2,
    &FORMS[1].2,
    &FORMS[2].2,
    &FORMS[3].2,
    &FORMS[4].2,
    &FORMS[5].2,
    &FORMS[6].2,
]);

/// The same in a revision: when something is due, it leaves as it was.
const REVISED: Keys =
    Keys::new("", &[AMOUNT_VOLUME, FLOW, AMOUNT_ENERGY, STORAGE, DUE]).with(&[&FORMS[6].2]);

const GUARANTEED: Kind = Kind::Table(&TURN);
pub(in crate::scenario) const TURN: Keys = Keys::new(
    "a table of amount and of",
    &[
        needs(
            "amount",
            Kind::Quantity("35000 cusecs"),
            "the flow that is guaranteed",
        ),
        needs("of", POINT, "the water that is shared, as `point`"),
    ],
);

pub(in crate::scenario) const READING: Keys = Keys::new(
    "a table of point, on, at_least and below",
    &[
        needs("point", POINT, "where it is read, as `point`"),
        MEASURE,
        STEP,
        has(
            "at_least",
            Kind::Quantity("50000 cusecs"),
            "the least reading under which the clause applies",
            "`below` is given",
        ),
        has(
            "below",
            Kind::Quantity("75000 cusecs"),
            "the reading from which on it does not",
            "`at_least` is given",
        ),
    ],
);

/// The effects of clauses.
pub(in crate::scenario) const EFFECTS: Keys = Keys::new(
    "one effect",
    &[
        has("suspend", Kind::True, "nothing is due", ""),
        has("excuse", Kind::True, "what is missing is excused", ""),
        has("scale", PERCENT, "a part of it is due", ""),
        has("replace", AMOUNT, "an amount is due in its place", ""),
        has("reduce", AMOUNT, "so much less is due", ""),
        has("at_least", AMOUNT, "at least so much is due", ""),
        has("at_most", AMOUNT, "at most so much is due", ""),
        has(
            "need",
            POINT,
            "no more is due than is asked for at a point",
            "",
        ),
        has(
            "guarantee",
            GUARANTEED,
            "this side's turn of a guarantee",
            "",
        ),
        has("yield", GUARANTEED, "the other side's turn of it", ""),
        has(
            "consult",
            Kind::True,
            "the parties consult: an event to report",
            "",
        ),
        has(
            "end_cycle",
            Kind::True,
            "the cycle ends, and debts are considered paid",
            "",
        ),
        has(
            "cancel",
            Kind::Word(&const { words(&CANCEL) }),
            "this side of the account is cancelled",
            "",
        ),
    ],
);

pub(in crate::scenario) const CLAUSE: Keys = Keys::new(
    "a table `[[obligation.clause]]`",
    &[
        needs("text", Kind::Text, "the words it rests on"),
        has(
            "during",
            Kind::List(&Kind::Season),
            "seasons of every year in which it applies",
            "all days",
        ),
        has(
            "declared",
            Kind::List(&Kind::Table(&PERIOD)),
            "stretches of days on which it applies, as in `{ month = \"2024-06\" }`",
            "all days",
        ),
        has(
            "when",
            Kind::Table(&READING),
            "a reading under which it applies",
            "whatever is read",
        ),
    ],
)
.with(&[&EFFECTS]);

pub(in crate::scenario) const CAPS: Keys = Keys::new(
    "true, or a table of yearly and accrued",
    &[
        has(
            "yearly",
            Kind::Quantity("100000 af"),
            "most that is added in a year",
            "no cap",
        ),
        has(
            "accrued",
            Kind::Quantity("100000 af"),
            "most that is carried",
            "no cap",
        ),
    ],
);

const CARRIED: Kind = Kind::Either(&[Kind::True, Kind::Table(&CAPS)]);

pub(in crate::scenario) const ENTRY: Keys = Keys::new(
    "a table `[[obligation.account.entry]]`",
    &[
        needs("date", Kind::Date, "the day"),
        needs(
            "kind",
            Kind::Word(&const { words(&EntryKind::NAMES) }),
            "what was agreed; see [`EntryKind`]",
        ),
        needs("amount", Kind::Quantity("100000 af"), "of how much"),
        has("reason", Kind::Text, "why", "none"),
        has(
            "against",
            Kind::Text,
            "the other obligation of a set-off",
            "it is none",
        ),
    ],
);

pub(in crate::scenario) const ACCOUNT: Keys = Keys::new(
    "a table `[obligation.account]`",
    &[
        has(
            "opening_credit",
            Kind::Quantity("100000 af"),
            "the balance before the first period, if more had been delivered than was due",
            "none",
        ),
        has(
            "opening_debit",
            Kind::Quantity("100000 af"),
            "the same, if less had been",
            "none",
        ),
        has(
            "credit",
            CARRIED,
            "more than was due counts later, up to caps or without",
            "it does not",
        ),
        has(
            "debit",
            CARRIED,
            "less than was due is owed later, likewise",
            "it is not",
        ),
        has(
            "evaporation",
            Kind::Quantity("10 %"),
            "the part of a credit that evaporates in a year",
            "none",
        ),
        has(
            "entry",
            Kind::Tables(&ENTRY),
            "what the parties agreed on later",
            "nothing",
        ),
    ],
);

pub(in crate::scenario) const REVISION: Keys = Keys::new(
    "a table `[[obligation.revision]]`",
    &[
        needs("from", Kind::Date, "the first day it holds"),
        has("source", Kind::Text, "where it stands", "none"),
        has(
            "form",
            Kind::Word(&const { words(&KINDS) }),
            "another form, that is counted in the same way",
            "that of the obligation",
        ),
    ],
)
.with(&[&REVISED]);

pub(in crate::scenario) const OBLIGATION: Keys = Keys::new(
    "a table `[[obligation]]`",
    &[
        needs("id", Kind::Text, "an id no other obligation of the scenario has"),
        has("article", Kind::Text, "the words it rests on", "none"),
        has("note", Kind::Text, "for whoever reads the file", "none"),
        needs("debtor", Kind::Text, "the party that owes"),
        has("creditor", Kind::Text, "the party it is owed to", "nobody: the river itself"),
        needs("point", POINT, "where it is measured: the id of a node (all that comes there, also what is taken there), a reach (what enters it) or an offtake"),
        MEASURE,
        has("second_point", POINT, "a second gauge shown beside, as `point`", "none"),
        has("second_reading", Kind::Quantity("488.6 Mm3"), "a volume or energy that others state for what was delivered", "none"),
        has("second_source", Kind::Text, "whose figure that is", "none"),
        has("tolerance", Kind::Quantity("1 %"), "what may be missing before it is short", "nothing"),
        has("stated_total", Kind::Quantity("5421.6 Mm3"), "a total the source states; that what is due does not add up to it, to half a unit of its last digit, is a fault", "none"),
        has("from", Kind::Date, "the first day it holds", "that of the agreement"),
        has("to", Kind::Date, "the last day it holds", "that of the agreement"),
        has("season", Kind::Season, "the days of every year it holds", "all"),
        has("each", Kind::Text, "the periods it is settled by: `\"season\"`, the days it holds as a whole or each year's season, `\"day\"`, `\"week\"`, `\"dekad\"`, `\"month\"`, `\"quarter\"`, `\"year\"`, a cycle as in `\"5 years\"`, or a moving sum as in `\"10 years moving\"`", "`\"season\"`"),
        has("starting", Kind::YearDay, "the first day of a year, for periods of years", "`\"01-01\"`"),
        has("on_top_of", TEXTS, "obligations at the same point that are served before this one counts anything", "none"),
        has("claim", Kind::Text, "the priority class in which what is still owed is claimed on the river each day; a limit becomes a capacity of its users or reach, before all classes, until it is used up", "it only observes"),
        has("pace", Kind::Word(&const { words(&PACES) }), "how what is owed becomes the claim of a day; see [`Pace`]", "`\"even\"`; for a limit `\"demand\"`"),
        needs("form", Kind::Word(&const { words(&KINDS) }), "what is due, see below; or a registered form ([`Forms`])"),
        has("clause", Kind::Tables(&CLAUSE), "what changes it", "nothing"),
        has("account", Kind::Under(&ACCOUNT), "what is carried from period to period", "nothing"),
        has("revision", Kind::Tables(&REVISION), "later versions of what is due", "none"),
        COUNT,
    ],
)
.with(&[&ANY_FORM]);

pub(in crate::scenario) const TOTAL: Keys = Keys::new(
    "a table `[[total]]`",
    &[
        needs("amount", Kind::Quantity("15421 Mm3"), "the total"),
        needs("of", TEXTS, "the obligations that add up to it"),
        has(
            "from",
            Kind::Date,
            "the first day, if it is that of some days only",
            "all days",
        ),
        has("to", Kind::Date, "the last day", "all days"),
        has("note", Kind::Text, "for whoever reads the file", "none"),
    ],
);

const HELD: Kind = Kind::Either(&[VOLUME, PERCENT]);

pub(in crate::scenario) const OWNER: Keys = Keys::new(
    "tables `[[ownership.owner]]`",
    &[
        needs("party", Kind::Text, "the party"),
        needs(
            "share",
            PERCENT,
            "its part of the inflow that is nobody's own; they add up to 100 %",
        ),
        has("own", POINT, "inflow of its own, as `point`", "none"),
        has(
            "opening",
            HELD,
            "what it holds before the first day: a volume, or a part of the storage",
            "its share",
        ),
        has(
            "space",
            HELD,
            "the room it has: a volume, or a part of the capacity",
            "no bound",
        ),
        has(
            "calls",
            POINT,
            "the places whose water is released for it, as `point`; a lag is the travel time from the dam",
            "none",
        ),
    ],
);

pub(in crate::scenario) const DEBT: Keys = Keys::new(
    "tables `[[ownership.debt]]`",
    &[
        needs("debtor", Kind::Text, "who owes"),
        needs("creditor", Kind::Text, "to whom"),
        needs("amount", VOLUME, "how much"),
    ],
);

pub(in crate::scenario) const TRANSFER: Keys = Keys::new(
    "tables `[[ownership.transfer]]`",
    &[
        needs("date", Kind::Date, "the day"),
        needs("from", Kind::Text, "the party that gives"),
        needs("to", Kind::Text, "the party that gets"),
        needs("amount", VOLUME, "how much"),
        has("reason", Kind::Text, "why", "none"),
    ],
);

pub(in crate::scenario) const OWNERSHIP: Keys = Keys::new(
    "tables `[[ownership]]`",
    &[
        needs(
            "reservoir",
            Kind::Text,
            "its node; without a basin, the name of its columns",
        ),
        has("article", Kind::Text, "the words it rests on", "none"),
        has(
            "from",
            Kind::Date,
            "the first day of the accounts",
            "the first of the record",
        ),
        has(
            "capacity",
            VOLUME,
            "the volume of which spaces are parts",
            "spaces are volumes",
        ),
        has(
            "inflow",
            POINT,
            "what flows in, as `point`",
            "all that passes the node",
        ),
        has(
            "release",
            POINT,
            "what is let out on purpose, as `point`, users who draw on the reservoir itself among it",
            "its release",
        ),
        has(
            "rest",
            Kind::Text,
            "who is charged for what nobody called for: `\"by share\"`, `\"by holding\"` or a party",
            "`\"by share\"`",
        ),
        has(
            "spill",
            Kind::Either(&[Kind::Word(&const { words(&SPILLS) }), TEXTS]),
            "whose water spills once nobody holds more than its space; or a list of parties in order",
            "`\"by holding\"`",
        ),
        has(
            "internal_spill",
            Kind::True,
            "water beyond an owner's space passes to those who have space left",
            "it stays",
        ),
        has(
            "payback",
            PERCENT,
            "the part of a borrower's inflow that pays back",
            "all",
        ),
        has(
            "lines",
            Kind::Word(&const { words(&LINES) }),
            "the days added up in a line of the accounts",
            "`\"month\"`",
        ),
        has("owner", Kind::Tables(&OWNER), "each owner", "none"),
        has(
            "debt",
            Kind::Tables(&DEBT),
            "what owners owe each other at the start",
            "nothing",
        ),
        has(
            "transfer",
            Kind::Tables(&TRANSFER),
            "water that changes hands",
            "none",
        ),
    ],
);

pub(in crate::scenario) const AGREEMENT: Keys = Keys::new(
    "an agreement",
    &[
        needs("title", Kind::Text, "the agreement's title"),
        needs("parties", TEXTS, "its parties"),
        has(
            "source",
            Kind::Text,
            "where its text or figures come from",
            "none",
        ),
        has("status", Kind::Text, "how sure its figures are", "none"),
        has(
            "note",
            Kind::Text,
            "remarks, for whoever reads the file",
            "none",
        ),
        has(
            "open",
            TEXTS,
            "what the source leaves open, and the file therefore too",
            "none",
        ),
        has(
            "from",
            Kind::Date,
            "the first day it is in force",
            "always was",
        ),
        has(
            "until",
            Kind::Date,
            "the last day it is in force",
            "still is",
        ),
        has(
            "supersedes",
            TEXTS,
            "obligations of other agreements that end when it comes into force",
            "none",
        ),
        has(
            "obligation",
            Kind::Tables(&OBLIGATION),
            "its promises, in the order of the articles",
            "none",
        ),
        has(
            "ownership",
            Kind::Tables(&OWNERSHIP),
            "reservoirs whose water several parties own",
            "none",
        ),
        has(
            "total",
            Kind::Tables(&TOTAL),
            "totals the source states over several obligations",
            "none",
        ),
    ],
);
