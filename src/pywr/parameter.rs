//! Parameters: what a number of a node is on each day.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::Findings;
use super::json::{Json, Kind, Source};
use super::table::Tables;
use super::value::{Amount, Factor, Value, YEAR};
use crate::calendar::Window;

/// Keys that any parameter may have and that change nothing in a run.
const REMARKS: [&str; 4] = ["type", "name", "comment", "tags"];
/// Keys for optimisers: a run goes by the values as they stand.
const OPTIMISERS: [&str; 6] = [
    "is_variable",
    "lower_bounds",
    "upper_bounds",
    "variable_indices",
    "variable_days_of_year",
    "days_of_year",
];

/// The types that are understood, in the words of the mapping table.
pub(super) const TYPES: [&str; 18] = [
    "constant",
    "monthlyprofile",
    "weeklyprofile",
    "dailyprofile",
    "dataframe",
    "aggregated",
    "division",
    "negative",
    "max",
    "min",
    "negativemax",
    "negativemin",
    "offset",
    "constantscenario",
    "scenariomonthlyprofile",
    "controlcurve",
    "controlcurveinterpolated",
    "indexedarray",
];

/// What an aggregated parameter does with its parts.
const AGGREGATES: [&str; 6] = ["sum", "min", "max", "mean", "product", "median"];

/// A scenario of the document, and which of its members is taken.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) size: usize,
    pub(super) taken: usize,
}

/// The parameters of a document, read as they are asked for.
pub(super) struct Parameters<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) run: Window,
    /// Whether that is the run: if it could not be read, no day of a table is missed.
    pub(super) sure: bool,
    pub(super) named: BTreeMap<&'a str, &'a Json>,
    pub(super) tables: BTreeMap<&'a str, &'a Json>,
    pub(super) members: Vec<Member>,
    pub(super) read: Tables,
    /// What named parameters are; none for those with faults.
    known: BTreeMap<String, Option<Amount>>,
    indices: BTreeMap<String, Option<Index>>,
    /// The storages that control curves are of, and where they are named.
    pub(super) storages: Vec<(String, usize)>,
    /// The named parameters that are being read.
    open: Vec<String>,
    /// The named parameters that something asked for.
    asked: BTreeSet<String>,
}

/// Which of several levels a storage lies at: a parameter that picks others.
#[derive(Clone)]
struct Index {
    storage: String,
    /// Fractions of the largest volume, from the highest.
    curves: Vec<Value>,
}

impl<'a> Parameters<'a> {
    pub(super) fn new(source: &'a Source<'a>, run: Window, read: Tables) -> Self {
        Self {
            source,
            run,
            sure: true,
            named: BTreeMap::new(),
            tables: BTreeMap::new(),
            members: Vec::new(),
            read,
            known: BTreeMap::new(),
            indices: BTreeMap::new(),
            storages: Vec::new(),
            open: Vec::new(),
            asked: BTreeSet::new(),
        }
    }

    /// What nothing asked for: it changes no flow.
    pub(super) fn unused(&self) -> Vec<&'a str> {
        let names = self.named.keys().copied();
        names.filter(|name| !self.asked.contains(*name)).collect()
    }

    /// Reads every named parameter, whether a node asks for it or not.
    pub(super) fn check(&mut self, findings: &mut Findings) {
        let named: Vec<(&str, &Json)> = self.named.iter().map(|(&k, &v)| (k, v)).collect();
        for (name, json) in named {
            if type_of(json).as_deref() == Some("controlcurveindex") {
                self.named_index(name, json, findings);
            } else {
                self.named_amount(name, json, findings);
            }
        }
    }

    /// An amount, which may go by a storage.
    pub(super) fn amount(
        &mut self,
        json: &Json,
        what: &str,
        findings: &mut Findings,
    ) -> Option<Amount> {
        match &json.kind {
            Kind::Number(number) => Some(Value::Constant(*number).into()),
            Kind::Text(name) => {
                let Some(&parameter) = self.named.get(name.as_str()) else {
                    self.unknown(json, name, findings);
                    return None;
                };
                self.asked.insert(name.clone());
                self.named_amount(name, parameter, findings)
            }
            Kind::Object(_) => self.typed(json, what, findings),
            _ => {
                let expected = "a number, the name of a parameter, or a parameter";
                findings.wrong(self.source, json, what, expected);
                None
            }
        }
    }

    /// A value that goes by the calendar alone.
    pub(super) fn value(
        &mut self,
        json: &Json,
        what: &str,
        findings: &mut Findings,
    ) -> Option<Value> {
        let Amount { value, factors } = self.amount(json, what, findings)?;
        if let Some(factor) = factors.first() {
            let message = format!("{what} goes by what `{}` holds", factor.storage);
            let fault = self.source.fault(json.at, message);
            findings.fault(fault.expected("a number that goes by the calendar; only the `max_flow` of an output with a cost below 0 may go by a storage"));
            return None;
        }
        Some(value)
    }

    /// A value that never changes.
    pub(super) fn number(
        &mut self,
        json: &Json,
        what: &str,
        findings: &mut Findings,
    ) -> Option<f64> {
        let value = self.value(json, what, findings)?;
        if value.constant().is_none() {
            let fault = self
                .source
                .fault(json.at, format!("{what} changes with time"));
            findings.fault(fault.expected("a constant"));
        }
        value.constant()
    }

    fn unknown(&self, json: &Json, name: &str, findings: &mut Findings) {
        let fault = self
            .source
            .fault(json.at, format!("unknown parameter `{name}`"));
        let fault = fault.expected("the name of a parameter");
        findings.fault(fault.nearest(name, self.named.keys().copied()));
    }

    /// Whether a named parameter may be opened: one that needs itself may not.
    fn enter(&mut self, name: &str, json: &Json, findings: &mut Findings) -> bool {
        if self.open.iter().any(|open| open == name) {
            let fault = self
                .source
                .fault(json.at, format!("parameter `{name}` needs itself"));
            findings.fault(fault.expected("parameters that do not go in a circle"));
            return false;
        }
        if self.open.len() >= 100 {
            findings.fault(self.source.fault(json.at, "parameters nested too deep"));
            return false;
        }
        self.open.push(name.to_owned());
        true
    }

    fn named_amount(&mut self, name: &str, json: &Json, findings: &mut Findings) -> Option<Amount> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        if !self.enter(name, json, findings) {
            return None;
        }
        let amount = self.amount(json, &format!("parameter `{name}`"), findings);
        self.open.pop();
        self.known.insert(name.to_owned(), amount.clone());
        amount
    }

    fn named_index(&mut self, name: &str, json: &Json, findings: &mut Findings) -> Option<Index> {
        if let Some(known) = self.indices.get(name) {
            return known.clone();
        }
        if !self.enter(name, json, findings) {
            return None;
        }
        let index = self.index(json, &format!("parameter `{name}`"), findings);
        self.open.pop();
        self.indices.insert(name.to_owned(), index.clone());
        index
    }

    /// A parameter with its type.
    fn typed(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Amount> {
        let source = self.source;
        let Some(kind) = type_of(json) else {
            let fault = source.fault(json.at, format!("{what} has no type"));
            findings.fault(fault.expected(format!("a `type`, one of {}", TYPES.join(", "))));
            return None;
        };
        let before = findings.faults.len();
        let (keys, amount): (&[&str], Option<Amount>) = match kind.as_str() {
            "constant" => (&["value", "values"], self.constant(json, what, findings)),
            "monthlyprofile" => (
                &["values", "interp_day"],
                self.monthly(json, what, findings).map(Amount::from),
            ),
            "weeklyprofile" => (&["values"], self.weekly(json, what, findings)),
            "dailyprofile" => (&["values"], self.daily(json, what, findings)),
            "dataframe" => (
                &[
                    "url",
                    "table",
                    "column",
                    "index_col",
                    "parse_dates",
                    "dayfirst",
                ],
                self.dataframe(json, what, findings),
            ),
            "aggregated" => (
                &["agg_func", "parameters"],
                self.aggregated(json, what, findings),
            ),
            "division" => (
                &["numerator", "denominator"],
                self.division(json, what, findings),
            ),
            "negative" | "offset" | "max" | "min" | "negativemax" | "negativemin" => (
                &["parameter", "threshold", "offset"],
                self.simple(&kind, json, what, findings),
            ),
            "constantscenario" | "scenariomonthlyprofile" => (
                &["scenario", "values"],
                self.of_member(&kind, json, what, findings),
            ),
            "controlcurve" | "controlcurveinterpolated" => (
                &[
                    "storage_node",
                    "control_curve",
                    "control_curves",
                    "values",
                    "parameters",
                ],
                self.control_curve(&kind, json, what, findings),
            ),
            "indexedarray" => (
                &["index_parameter", "params", "parameters"],
                self.indexed(json, what, findings),
            ),
            _ => {
                let at = json.get("type").map_or(json.at, |json| json.at);
                let mut fault = source.fault(at, format!("{what} is of type `{kind}`"));
                fault = fault.expected(format!("one of {}", TYPES.join(", ")));
                findings.fault(fault.nearest(&kind, TYPES));
                return None;
            }
        };
        for key in REMARKS {
            json.get(key);
        }
        for key in OPTIMISERS {
            if json.get(key).is_some() {
                findings.note(format!(
                    "{what} is a variable of an optimiser (`{key}`); the run goes by its value."
                ));
            }
        }
        findings.unasked(source, json, what, keys);
        if amount.is_some() && findings.faults.len() > before {
            return None;
        }
        amount
    }

    /// What stands under a key, which must be there.
    fn need<'j>(
        &self,
        json: &'j Json,
        key: &str,
        what: &str,
        expected: &str,
        findings: &mut Findings,
    ) -> Option<&'j Json> {
        let found = json.given(key);
        if found.is_none() {
            let fault = self.source.fault(json.at, format!("{what} has no `{key}`"));
            findings.fault(fault.expected(expected));
        }
        found
    }

    /// Numbers in a list, so many.
    fn numbers(
        &self,
        json: &Json,
        count: usize,
        what: &str,
        findings: &mut Findings,
    ) -> Option<Vec<f64>> {
        let numbers: Option<Vec<f64>> = json
            .as_list()
            .and_then(|items| items.iter().map(Json::as_number).collect());
        let right = numbers.filter(|numbers| numbers.len() == count);
        if right.is_none() {
            let found = match json.as_list() {
                Some(items) => format!("a list of {}", items.len()),
                None => json.found(),
            };
            let fault = self.source.fault(json.at, format!("{what} has {found}"));
            findings.fault(fault.expected(format!("a list of {count} numbers")));
        }
        right
    }

    fn constant(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Amount> {
        let value = match json.given("value") {
            Some(value) => Some(value),
            None => json.given("values"),
        };
        let Some(value) = value else {
            let fault = self.source.fault(json.at, format!("{what} has no `value`"));
            findings.fault(fault.expected("a number"));
            return None;
        };
        let Some(number) = value.as_number() else {
            findings.wrong(self.source, value, what, "a number");
            return None;
        };
        Some(Value::Constant(number).into())
    }

    fn monthly(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Value> {
        if let Some(way) = json.given("interp_day") {
            let fault = self
                .source
                .fault(way.at, format!("{what} lies on lines between months"));
            findings.fault(fault.expected("a monthly profile in steps, or a daily one"));
        }
        let values = self.need(json, "values", what, "a list of 12 numbers", findings)?;
        let values = self.numbers(values, 12, what, findings)?;
        Some(Value::Monthly(values.try_into().ok()?))
    }

    /// Weeks count from New Year, and the 52nd is longer; Pywr passes over a 53rd value.
    fn weekly(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Amount> {
        let values = self.need(json, "values", what, "a list of 52 numbers", findings)?;
        let count = values.as_list().map_or(0, <[Json]>::len);
        let count = if count == 53 { 53 } else { 52 };
        let values = self.numbers(values, count, what, findings)?;
        let days = (0..YEAR).map(|day| values[(day / 7).min(51)]);
        Some(Value::Daily(days.collect()).into())
    }

    fn daily(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Amount> {
        let values = self.need(json, "values", what, "a list of 366 numbers", findings)?;
        let values = self.numbers(values, YEAR, what, findings)?;
        Some(Value::Daily(values).into())
    }

    fn dataframe(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Amount> {
        let source = self.source;
        let column = json.given("column");
        let table = match json.given("table") {
            None => self.read.get(source, json, what, findings)?,
            Some(name) => {
                let known = name.as_text().and_then(|name| self.tables.get(name));
                let Some(&table) = known else {
                    let text = name.as_text().unwrap_or_default();
                    let fault = source.fault(name.at, format!("unknown table {}", name.named()));
                    let fault = fault.expected("the name of a table of the document");
                    findings.fault(fault.nearest(text, self.tables.keys().copied()));
                    return None;
                };
                let what = format!("table {}", name.named());
                self.read.get(source, table, &what, findings)?
            }
        };
        let column = match column.map(|json| (json.as_text(), json)) {
            Some((Some(name), _)) => name,
            Some((None, json)) => {
                findings.wrong(source, json, "the column", "the name of a column");
                return None;
            }
            None => {
                let columns: Vec<&str> = table.columns().collect();
                let [column] = columns[..] else {
                    let fault = source.fault(json.at, format!("{what} names no column"));
                    findings.fault(fault.expected(format!("one of {}", columns.join(", "))));
                    return None;
                };
                column
            }
        };
        if !self.sure {
            return Some(Value::Constant(0.0).into());
        }
        match table.column(column, self.run) {
            Ok(values) => Some(Value::Series(values).into()),
            Err(faults) => {
                for fault in faults {
                    findings.fault(fault);
                }
                None
            }
        }
    }

    /// The amounts in a list.
    fn list(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Vec<Amount>> {
        let Some(items) = json.as_list() else {
            findings.wrong(self.source, json, what, "a list of parameters");
            return None;
        };
        let each = format!("a part of {what}");
        let amounts: Vec<Option<Amount>> = items
            .iter()
            .map(|item| self.amount(item, &each, findings))
            .collect();
        amounts.into_iter().collect()
    }

    fn aggregated(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Amount> {
        let parts = self.need(json, "parameters", what, "a list of parameters", findings);
        let parts = parts.and_then(|parts| self.list(parts, what, findings));
        let function = self.need(json, "agg_func", what, &AGGREGATES.join(", "), findings)?;
        let name = function.as_text().unwrap_or_default().to_lowercase();
        let f: fn(&[f64]) -> f64 = match name.as_str() {
            "sum" => |x| x.iter().sum(),
            "min" => |x| x.iter().copied().fold(f64::INFINITY, f64::min),
            "max" => |x| x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            "mean" => |x| x.iter().sum::<f64>() / x.len() as f64,
            "product" => |x| x.iter().product(),
            "median" => median,
            _ => {
                let found = format!("{what} is aggregated by {}", function.named());
                let fault = self.source.fault(function.at, found);
                let fault = fault.expected(format!("one of {}", AGGREGATES.join(", ")));
                findings.fault(fault.nearest(&name, AGGREGATES));
                return None;
            }
        };
        let parts = parts?;
        if parts.is_empty() {
            let fault = self.source.fault(json.at, format!("{what} has no parts"));
            findings.fault(fault.expected("one parameter or more"));
            return None;
        }
        let values: Vec<&Value> = parts.iter().map(|part| &part.value).collect();
        let value = Value::of(&values, self.run, f);
        let mut factors: Vec<Factor> = Vec::new();
        for part in &parts {
            factors.extend(part.factors.iter().cloned());
        }
        if !factors.is_empty() && name != "product" && parts.len() > 1 {
            let found = format!("{what} is the {name} of what goes by a storage");
            let fault = self.source.fault(function.at, found);
            findings.fault(fault.expected("a product"));
            return None;
        }
        Some(Amount { value, factors })
    }

    fn division(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Amount> {
        let over = self.need(json, "numerator", what, "a parameter", findings);
        let over = over.and_then(|json| self.amount(json, what, findings));
        let under = self.need(json, "denominator", what, "a parameter", findings)?;
        let value = self.value(under, what, findings)?;
        if value.all().contains(&0.0) {
            let fault = self.source.fault(under.at, format!("{what} divides by 0"));
            findings.fault(fault.expected("a number other than 0"));
            return None;
        }
        let over = over?;
        Some(Amount {
            value: Value::of(&[&over.value, &value], self.run, |x| x[0] / x[1]),
            factors: over.factors,
        })
    }

    /// A parameter of one other and a number.
    fn simple(
        &mut self,
        kind: &str,
        json: &Json,
        what: &str,
        findings: &mut Findings,
    ) -> Option<Amount> {
        let key = if kind == "offset" {
            "offset"
        } else {
            "threshold"
        };
        let number = match json.given(key) {
            None => 0.0,
            Some(value) => value.as_number().or_else(|| {
                findings.wrong(self.source, value, key, "a number");
                None
            })?,
        };
        let other = self.need(json, "parameter", what, "a parameter", findings)?;
        let value = self.value(other, what, findings)?;
        let f = |x: f64| match kind {
            "negative" => -x,
            "offset" => x + number,
            "max" => x.max(number),
            "min" => x.min(number),
            "negativemax" => (-x).max(number),
            _ => (-x).min(number),
        };
        Some(value.map(f).into())
    }

    /// The value of the member that is taken.
    fn of_member(
        &mut self,
        kind: &str,
        json: &Json,
        what: &str,
        findings: &mut Findings,
    ) -> Option<Amount> {
        let source = self.source;
        let scenario = self.need(json, "scenario", what, "the name of a scenario", findings)?;
        let values = self.need(json, "values", what, "a value for each member", findings)?;
        let name = scenario.as_text().unwrap_or_default();
        let Some(member) = self.members.iter().find(|member| member.name == name) else {
            let fault = source.fault(
                scenario.at,
                format!("unknown scenario {}", scenario.named()),
            );
            let known = self.members.iter().map(|member| member.name.as_str());
            let fault = fault.expected("the name of a scenario of the document");
            findings.fault(fault.nearest(name, known));
            return None;
        };
        if kind == "constantscenario" {
            let values = self.numbers(values, member.size, what, findings)?;
            return Some(Value::Constant(values[member.taken]).into());
        }
        let rows = values.as_list().unwrap_or_default();
        if rows.len() != member.size {
            let fault = source.fault(values.at, format!("{what} has {} profiles", rows.len()));
            findings.fault(fault.expected(format!("{} profiles of 12 numbers", member.size)));
            return None;
        }
        let values = self.numbers(&rows[member.taken], 12, what, findings)?;
        Some(Value::Monthly(values.try_into().ok()?).into())
    }

    /// A control curve: fractions of the largest volume through the year.
    pub(super) fn curve(
        &mut self,
        json: &Json,
        what: &str,
        findings: &mut Findings,
    ) -> Option<Value> {
        let value = self.value(json, &format!("a control curve of {what}"), findings)?;
        if value.yearly().is_none() {
            let message = "a control curve that changes from year to year";
            let fault = self.source.fault(json.at, message);
            findings.fault(fault.expected("a constant, or a monthly or daily profile"));
            return None;
        }
        if value.all().iter().any(|part| !(0.0..=1.0).contains(part)) {
            let fault = self.source.fault(json.at, "a control curve outside 0 to 1");
            findings.fault(fault.expected("fractions of the largest volume"));
            return None;
        }
        Some(value)
    }

    /// The cost of a storage by its own control curves: above all of them, and below each. Nothing
    /// for any other parameter; nothing within for one with faults.
    #[expect(clippy::type_complexity, reason = "a cost, and levels with costs")]
    pub(super) fn cost_by_level(
        &mut self,
        json: &Json,
        storage: &str,
        what: &str,
        findings: &mut Findings,
    ) -> Option<Option<(f64, Vec<(Value, f64)>)>> {
        let parameter = match json.as_text() {
            Some(name) => {
                let parameter = *self.named.get(name)?;
                self.asked.insert(name.to_owned());
                parameter
            }
            None => json,
        };
        if type_of(parameter).as_deref() != Some("controlcurve") {
            return None;
        }
        let values = parameter
            .given("values")
            .or_else(|| parameter.given("parameters"));
        let index = self.curves(parameter, what, findings);
        for key in REMARKS {
            parameter.get(key);
        }
        if json.as_text().is_none() {
            let keys = [
                "storage_node",
                "control_curve",
                "control_curves",
                "values",
                "parameters",
            ];
            findings.unasked(self.source, json, what, &keys);
        }
        let read = index.zip(values).and_then(|(index, values)| {
            let parts = self.by_level(values, what, index.curves.len() + 1, findings)?;
            let steady = |parts: &[f64; 12]| parts.iter().all(|part| *part == parts[0]);
            if index.storage != storage || !parts.iter().all(steady) {
                let message = format!("{what} goes by another storage, or by the month");
                let fault = self.source.fault(json.at, message);
                findings.fault(fault.expected("constants, by curves of the storage itself"));
                return None;
            }
            let costs = parts[1..].iter().map(|part| part[0]);
            Some((parts[0][0], index.curves.into_iter().zip(costs).collect()))
        });
        if values.is_none() {
            let fault = self
                .source
                .fault(parameter.at, format!("{what} has no `values`"));
            findings.fault(fault.expected("a cost for each level"));
        }
        Some(read)
    }

    /// The storage node and the curves of a parameter that goes by them.
    fn curves(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Index> {
        let storage = self.need(
            json,
            "storage_node",
            what,
            "the name of a storage",
            findings,
        );
        let list: Vec<&Json> = match (json.given("control_curve"), json.given("control_curves")) {
            (Some(one), _) => vec![one],
            (None, Some(several)) => {
                let Some(items) = several.as_list() else {
                    findings.wrong(self.source, several, what, "a list of control curves");
                    return None;
                };
                items.iter().collect()
            }
            (None, None) => {
                let fault = self
                    .source
                    .fault(json.at, format!("{what} has no control curve"));
                findings.fault(fault.expected("`control_curves`: a list"));
                return None;
            }
        };
        let mut curves = Vec::new();
        for curve in list {
            curves.push(self.curve(curve, what, findings)?);
        }
        let storage = storage?;
        let Some(name) = storage.as_text() else {
            findings.wrong(
                self.source,
                storage,
                "the storage",
                "the name of a storage node",
            );
            return None;
        };
        self.storages.push((name.to_owned(), storage.at));
        Some(Index {
            storage: name.to_owned(),
            curves,
        })
    }

    /// A parameter that says at which level a storage lies.
    fn index(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Index> {
        const EXPECTED: &str = "a parameter of type controlcurveindex";
        if let Some(name) = json.as_text() {
            let Some(&parameter) = self.named.get(name) else {
                self.unknown(json, name, findings);
                return None;
            };
            self.asked.insert(name.to_owned());
            return self.named_index(name, parameter, findings);
        }
        if type_of(json).as_deref() != Some("controlcurveindex") {
            findings.wrong(self.source, json, what, EXPECTED);
            return None;
        }
        let index = self.curves(json, what, findings);
        for key in REMARKS {
            json.get(key);
        }
        findings.unasked(
            self.source,
            json,
            what,
            &["storage_node", "control_curve", "control_curves"],
        );
        index
    }

    /// One value for each level, by month.
    fn by_level(
        &mut self,
        json: &Json,
        what: &str,
        count: usize,
        findings: &mut Findings,
    ) -> Option<Vec<[f64; 12]>> {
        let values = self.list(json, what, findings)?;
        if values.len() != count {
            let fault = self
                .source
                .fault(json.at, format!("{what} has {} values", values.len()));
            findings.fault(fault.expected(format!("{count}, by its control curves")));
            return None;
        }
        let monthly: Option<Vec<[f64; 12]>> = values
            .iter()
            .map(|amount| amount.value.monthly().filter(|_| amount.factors.is_empty()))
            .collect();
        if monthly.is_none() {
            let fault = self
                .source
                .fault(json.at, format!("{what} picks what is no monthly value"));
            findings.fault(fault.expected("constants and monthly profiles"));
        }
        monthly
    }

    fn control_curve(
        &mut self,
        kind: &str,
        json: &Json,
        what: &str,
        findings: &mut Findings,
    ) -> Option<Amount> {
        let linear = kind == "controlcurveinterpolated";
        let values = json.given("values").or_else(|| json.given("parameters"));
        let index = self.curves(json, what, findings)?;
        let Some(values) = values else {
            let fault = self
                .source
                .fault(json.at, format!("{what} has no `values`"));
            findings.fault(fault.expected("a value for each level"));
            return None;
        };
        let count = index.curves.len() + if linear { 2 } else { 1 };
        let parts = self.by_level(values, what, count, findings)?;
        if !linear {
            return Some(Amount::of_storage(steps(index, &parts)));
        }
        if index.curves.iter().any(|curve| curve.all().contains(&1.0)) {
            let fault = self
                .source
                .fault(json.at, format!("{what} has a control curve at 1"));
            findings.fault(fault.expected("curves below 1, where the first value is"));
        }
        let ends = [Value::Constant(1.0), Value::Constant(0.0)];
        let [full, empty] = ends;
        let levels = std::iter::once(full).chain(index.curves).chain([empty]);
        let factor = Factor {
            storage: index.storage,
            levels: levels.zip(parts).collect(),
            above: [1.0; 12],
            linear: true,
        };
        Some(Amount::of_storage(factor))
    }

    fn indexed(&mut self, json: &Json, what: &str, findings: &mut Findings) -> Option<Amount> {
        let values = json.given("params").or_else(|| json.given("parameters"));
        let index = self.need(json, "index_parameter", what, "a parameter", findings)?;
        let index = self.index(index, what, findings)?;
        let Some(values) = values else {
            let fault = self
                .source
                .fault(json.at, format!("{what} has no `params`"));
            findings.fault(fault.expected("a parameter for each level"));
            return None;
        };
        let parts = self.by_level(values, what, index.curves.len() + 1, findings)?;
        Some(Amount::of_storage(steps(index, &parts)))
    }
}

/// A factor that changes at each curve: the first part above all of them, then one below each.
fn steps(index: Index, parts: &[[f64; 12]]) -> Factor {
    Factor {
        storage: index.storage,
        levels: index.curves.into_iter().zip(parts[1..].to_vec()).collect(),
        above: parts[0],
        linear: false,
    }
}

/// The type of an object, as Pywr finds it: in small letters and without the word parameter.
fn type_of(json: &Json) -> Option<String> {
    let name = json.get("type")?.as_text()?.to_lowercase();
    Some(name.strip_suffix("parameter").unwrap_or(&name).to_owned())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}
