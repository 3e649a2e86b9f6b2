//! `riparian schema`: JSON schemas of the TOML files, for editors.
//!
//! They know keys, types and words; what only the whole scenario can tell, such as whether a node
//! is there, `riparian check` says. Tables are CSV, for which editors read no such schema.

use riparian::agreement::Measure;
use riparian::allocation::{Objective, RULE_NAMES};
use riparian::operation::Expects;
use serde_json::{Value, json};

use crate::answer::Answer;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file
    #[arg(value_enum)]
    file: File,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum File {
    /// scenario.toml
    Scenario,
    /// A file in agreements/
    Agreement,
}

impl Args {
    pub(crate) fn run(&self) -> Answer {
        Answer::json(&match self.file {
            File::Scenario => scenario(),
            File::Agreement => agreement(),
        })
    }
}

/// The files in series/, without their endings.
const SERIES: [&str; 8] = [
    "inflows",
    "demands",
    "releases",
    "unaccounted",
    "rain",
    "forecast",
    "energy_demand",
    "expected_inflows",
];

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// A table with these keys and no others.
fn table(keys: Value, needed: &[&str]) -> Value {
    let mut schema = json!({
        "type": "object",
        "required": needed,
        "additionalProperties": false,
    });
    schema["properties"] = keys;
    schema
}

fn text(about: &str) -> Value {
    json!({ "type": "string", "description": about })
}

fn one_of<'a>(about: &str, words: impl IntoIterator<Item = &'a str>) -> Value {
    let words: Vec<&str> = words.into_iter().collect();
    json!({ "enum": words, "description": about })
}

fn list(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// A quantity with its unit.
fn quantity(example: &str) -> Value {
    json!({
        "type": "string",
        "pattern": r"^\s*[-+]?[0-9]",
        "description": format!("a number and its unit, as in \"{example}\""),
    })
}

fn date() -> Value {
    json!({ "type": "string", "format": "date", "description": "a date, without quotation marks" })
}

/// A day of every year.
fn yearly() -> Value {
    json!({ "type": "string", "pattern": r"^[0-9]{2}-[0-9]{2}$", "description": "month and day" })
}

/// The keys of a stretch of days, and others beside them.
fn on_days(more: &Value, needed: &[&str]) -> Value {
    let mut keys = json!({
        "day": date(),
        "dekad": text("as in \"2024-06-1\""),
        "month": text("as in \"2024-06\""),
        "from": date(),
        "to": date(),
        "season": text("days of every year, as in \"06-01..06-30\""),
    });
    add(&mut keys, more);
    table(keys, needed)
}

fn add(keys: &mut Value, more: &Value) {
    if let (Some(keys), Some(more)) = (keys.as_object_mut(), more.as_object()) {
        keys.extend(more.clone());
    }
}

fn scenario() -> Value {
    let volume = quantity("3290 Mm3");
    let point_of_year = table(
        json!({ "day": yearly(), "volume": volume }),
        &["day", "volume"],
    );
    let curve = json!({ "anyOf": [volume, list(&point_of_year)] });
    let zone = table(
        json!({
            "name": text("for whoever reads it"),
            "class": text("the class in which its water is kept, in a rule curve"),
            "top": curve,
            "above": volume,
            "fraction": { "type": "number", "minimum": 0, "maximum": 1 },
        }),
        &[],
    );
    let reservoir = table(
        json!({
            "keep_rank": { "type": "integer", "description": "who keeps unclaimed water first" },
            "pre_release_days": { "type": "integer", "description": "days of forecast floods it makes room for" },
            "policy": one_of("what the operator wants", [
                "standard", "replay", "schedule", "rule-curve", "keep-by-level", "linear-hedging", "zone-hedging",
                "storage-target", "energy-demand",
            ]),
            "class": text("the priority class in which releases are claimed"),
            "flow": list(&on_days(&json!({ "flow": quantity("500 m3/s") }), &["flow"])),
            "otherwise": quantity("350 m3/s"),
            "zones": list(&zone),
            "levels": list(&table(
                json!({ "storage": curve, "class": text("the class in which water is kept below it") }),
                &["storage"],
            )),
            "above": text("the class above all levels"),
            "trigger": volume,
            "target": curve,
            "over_days": { "type": "number", "description": "days over which a deviation is corrected" },
            "expects": one_of("the inflow it reckons with", Expects::NAMES.map(|(name, _)| name)),
        }),
        &[],
    );
    let series = table(
        json!({
            "days": one_of("how rows become days", ["step", "linear"]),
            "gaps": one_of("what missing rows are", ["error", "hold", "linear", "zero"]),
        }),
        &[],
    );
    let class = table(
        json!({
            "name": text("its name"),
            "rule": one_of("how it shares a shortage", RULE_NAMES),
        }),
        &["name"],
    );
    let saving = saving(&curve);
    let forecast = table(
        json!({
            "method": one_of("what is expected", ["persistence", "climatology", "given"]),
            "memory_days": { "type": "number", "description": "days in which a departure fades" },
        }),
        &["method"],
    );
    let mut schema = table(
        json!({
            "title": text("the scenario's title"),
            "extends": text("a folder beside this one"),
            "start": date(),
            "end": date(),
            "note": text("printed in reports"),
            "foresight": one_of("what a release knows", ["perfect", "operational"]),
            "objective": one_of("what is made of each class's share", Objective::NAMES.map(|(name, _)| name)),
            "antecedent": one_of("water in the channels at the start", ["steady", "given"]),
            "class": list(&class),
            "saving": list(&saving),
            "forecast": forecast,
            "series": {
                "type": "object",
                "propertyNames": { "enum": SERIES },
                "additionalProperties": series,
            },
            "reservoir": { "type": "object", "additionalProperties": reservoir },
        }),
        &[],
    );
    let alone = json!({ "anyOf": [
        { "required": ["extends"] },
        { "required": ["title", "start", "end"] },
    ]});
    add(&mut schema, &alone);
    add(
        &mut schema,
        &json!({ "$schema": DRAFT, "title": "scenario.toml of riparian" }),
    );
    schema
}

/// A saving of demand; its levels are volumes or curves of the year.
fn saving(curve: &Value) -> Value {
    let part = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    let parts = json!({ "anyOf": [part, list(&part)] });
    let level = table(
        json!({ "storage": curve, "part": parts }),
        &["storage", "part"],
    );
    table(
        json!({
            "id": text("an id no other saving has"),
            "reservoir": text("the reservoir whose storage decides"),
            "offtakes": list(&text("an offtake")),
            "levels": list(&level),
            "above": parts,
            "changes": one_of("how the part changes with storage", ["in-steps", "on-a-line"]),
        }),
        &["id", "reservoir", "offtakes", "levels"],
    )
}

fn agreement() -> Value {
    let texts = list(&text("a text"));
    let total = table(
        json!({
            "amount": quantity("5421.6 Mm3"),
            "of": texts,
            "from": date(),
            "to": date(),
            "note": text("for whoever reads it"),
        }),
        &["amount", "of"],
    );
    let mut schema = table(
        json!({
            "title": text("the agreement's title"),
            "parties": texts,
            "source": text("where its text or figures come from"),
            "status": text("how sure its figures are"),
            "note": text("remarks"),
            "open": texts,
            "from": date(),
            "until": date(),
            "supersedes": texts,
            "obligation": list(&obligation()),
            "total": list(&total),
            "ownership": list(&ownership()),
        }),
        &["title", "parties"],
    );
    add(
        &mut schema,
        &json!({ "$schema": DRAFT, "title": "an agreement of riparian" }),
    );
    schema
}

fn measure() -> Value {
    one_of("what is measured", Measure::NAMES.map(|(name, _)| name))
}

/// A place, or a sum of places.
fn point() -> Value {
    let part = table(
        json!({
            "point": text("a node, reach or offtake"),
            "measure": measure(),
            "weight": { "type": "number" },
            "lag_days": { "type": "integer" },
        }),
        &["point"],
    );
    let place = json!({ "type": "string" });
    let parts = list(&json!({ "anyOf": [place, part] }));
    json!({ "anyOf": [place, parts], "description": "where it is measured: an id, or a list of parts of a sum" })
}

fn step() -> Value {
    let steps = ["day", "week", "dekad", "month", "quarter", "period"];
    one_of("the step on which it is read", steps)
}

/// The keys of what is due, of any form.
fn due() -> Value {
    let amounts = json!({
        "volume": quantity("443.6 Mm3"),
        "flow": quantity("30 m3/s"),
        "energy": quantity("100 GWh"),
    });
    let pair =
        json!({ "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 });
    let term = json!({
        "of": point(),
        "points": list(&pair),
        "then": text("for each unit beyond the last point"),
    });
    let forms = [
        "volume",
        "schedule",
        "minimum-flow",
        "storage-by",
        "limit",
        "energy",
        "formula",
    ];
    let mut keys = json!({
        "form": one_of("what is due", forms),
        "due": list(&on_days(&amounts, &[])),
        "storage": quantity("3418 Mm3"),
        "by": { "anyOf": [date(), yearly()] },
        "terms": list(&table(term.clone(), &["of"])),
        "plus": quantity("100 Mm3"),
        "minus": quantity("100 Mm3"),
        "on": step(),
        "count": one_of("how what came is held against it", ["sum", "each-day", "at-most"]),
    });
    add(&mut keys, &amounts);
    add(&mut keys, &term);
    keys
}

fn obligation() -> Value {
    let mut keys = json!({
        "id": text("an id no other obligation has"),
        "article": text("the words it rests on"),
        "note": text("for whoever reads it"),
        "debtor": text("the party that owes"),
        "creditor": text("the party it is owed to"),
        "point": point(),
        "measure": measure(),
        "second_point": point(),
        "second_reading": quantity("488.6 Mm3"),
        "second_source": text("whose figure that is"),
        "tolerance": quantity("1 %"),
        "stated_total": quantity("5421.6 Mm3"),
        "from": date(),
        "to": date(),
        "season": text("days of every year, as in \"04-01..09-30\""),
        "each": text("season, day, week, dekad, month, quarter, year, \"5 years\" or \"10 years moving\""),
        "starting": yearly(),
        "on_top_of": list(&text("an obligation at the same point")),
        "claim": text("the priority class in which it is claimed on the river"),
        "pace": one_of("how what is owed becomes a day's claim", ["even", "demand"]),
        "clause": list(&clause()),
        "account": account(),
    });
    let due = due();
    let mut revision = json!({ "from": date(), "source": text("where it stands") });
    add(&mut revision, &due);
    add(&mut keys, &due);
    add(
        &mut keys,
        &json!({ "revision": list(&table(revision, &["from"])) }),
    );
    table(keys, &["id", "debtor", "point", "form"])
}

fn clause() -> Value {
    let amount = quantity("30 m3/s");
    let yes = json!({ "const": true });
    let turn = table(
        json!({ "amount": amount, "of": point() }),
        &["amount", "of"],
    );
    let when = json!({
        "point": point(),
        "measure": measure(),
        "on": step(),
        "at_least": amount,
        "below": amount,
    });
    table(
        json!({
            "text": text("the words it rests on"),
            "during": list(&text("days of every year, as in \"03-11..03-20\"")),
            "declared": list(&on_days(&json!({}), &[])),
            "when": table(when, &["point"]),
            "suspend": yes,
            "excuse": yes,
            "scale": quantity("50 %"),
            "replace": amount,
            "reduce": amount,
            "at_least": amount,
            "at_most": amount,
            "need": point(),
            "guarantee": turn,
            "yield": turn,
            "consult": yes,
            "end_cycle": yes,
            "cancel": one_of("the side of the account", ["debits", "credits"]),
        }),
        &["text"],
    )
}

fn account() -> Value {
    let amount = quantity("100 Mm3");
    let caps = table(json!({ "yearly": amount, "accrued": amount }), &[]);
    let carried = json!({ "anyOf": [{ "type": "boolean" }, caps] });
    let entry = table(
        json!({
            "date": date(),
            "kind": one_of("what was agreed", ["relinquish", "forgive", "transfer", "set-off"]),
            "amount": amount,
            "reason": text("why"),
            "against": text("the other obligation of a set-off"),
        }),
        &["date", "kind", "amount"],
    );
    table(
        json!({
            "opening_credit": amount,
            "opening_debit": amount,
            "credit": carried,
            "debit": carried,
            "evaporation": quantity("10 %"),
            "entry": list(&entry),
        }),
        &[],
    )
}

fn ownership() -> Value {
    let volume = quantity("1500 Mm3");
    let owner = table(
        json!({
            "party": text("the party"),
            "share": quantity("50 %"),
            "own": point(),
            "opening": volume,
            "space": volume,
            "calls": point(),
        }),
        &["party", "share"],
    );
    let debt = table(
        json!({ "debtor": text("who owes"), "creditor": text("to whom"), "amount": volume }),
        &["debtor", "creditor", "amount"],
    );
    let transfer = table(
        json!({
            "date": date(),
            "from": text("the party that gives"),
            "to": text("the party that gets"),
            "amount": volume,
            "reason": text("why"),
        }),
        &["date", "from", "to", "amount"],
    );
    let spill = ["by holding", "by inflow", "by share"];
    table(
        json!({
            "reservoir": text("its node"),
            "article": text("the words it rests on"),
            "from": date(),
            "capacity": volume,
            "inflow": point(),
            "release": point(),
            "rest": text("by share, by holding, or a party"),
            "spill": { "anyOf": [one_of("whose water spills", spill), list(&text("a party"))] },
            "internal_spill": { "type": "boolean" },
            "payback": quantity("50 %"),
            "lines": one_of("the days added up in a line", ["day", "week", "dekad", "month", "quarter"]),
            "owner": list(&owner),
            "debt": list(&debt),
            "transfer": list(&transfer),
        }),
        &["reservoir"],
    )
}
