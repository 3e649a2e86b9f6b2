//! Results as an Arrow record batch, and back: the columns are in the documentation of the
//! [ensemble](super#tables).

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, Date32Builder, Float64Builder, ListBuilder, StringBuilder, StructBuilder,
    UInt64Builder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, Float64Array, ListArray, RecordBatch, StructArray};
use arrow_schema::{DataType, Field, Fields, Metadata, Schema};

use super::frame::Frame;
use super::outcome::{Outcome, Verdict};
use super::results::Members;
use super::{Keep, Results};
use crate::calendar::{Date, day_index};
use crate::error::{Error, Result};
use crate::metrics::Reliability;
use crate::settlement::Status;

/// Day 0 of Arrow's dates.
const EPOCH: Date = Date::constant(1970, 1, 1);

impl Results {
    /// All members as a record batch, see the [table](super#tables) of columns.
    ///
    /// # Errors
    ///
    /// Where only summaries were kept there are no members to tell of; [`Error::is_ensemble`] holds.
    pub fn to_record_batch(&self) -> Result<RecordBatch> {
        if self.frame.keep == Keep::Summaries {
            let why =
                "no table of members where only summaries were kept; keep settlements or days";
            return Err(Error::ensemble(why));
        }
        let schema = Arc::new(schema(&self.frame, &self.done));
        let mut columns = Columns::new(&self.frame);
        let mut outcomes = self.outcomes.iter().peekable();
        for member in self.done.0.iter().cloned().flatten() {
            let outcome = outcomes.next_if(|outcome| outcome.number == member);
            let why = self.failed.get(&member);
            columns.add(&self.frame, member, why.map(String::as_str), outcome);
        }
        RecordBatch::try_new(schema, columns.finish())
            .map_err(|error| Error::ensemble(format!("no table of the members: {error}")))
    }

    /// The results that a record batch tells, or several of the same table, as
    /// [`Results::to_record_batch`] made it.
    ///
    /// # Errors
    ///
    /// If the table is another ([`Error::is_ensemble`]).
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::Plan;
    /// use riparian::ensemble::{Ensemble, Results};
    ///
    /// let plan = Plan::compile(riparian::scenario::read("src/bin/riparian/skeleton")?)?;
    /// let results = Ensemble::new(plan, 1).run(0..3);
    /// let table = results.to_record_batch()?;
    /// assert_eq!(Results::from_record_batches(&table.schema(), [&table])?.digest(), results.digest());
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn from_record_batches<'b>(
        schema: &Schema,
        batches: impl IntoIterator<Item = &'b RecordBatch>,
    ) -> Result<Self> {
        let (frame, done) = frame_of(schema)?;
        let mut results = Self::new(Arc::new(frame));
        for batch in batches {
            read(batch, &mut results).ok_or_else(|| strange("other columns"))?;
        }
        if results.done != done {
            return Err(strange("other members than its metadata says"));
        }
        Ok(results)
    }
}

fn strange(what: &str) -> Error {
    Error::ensemble(format!("no table of an ensemble's members: it has {what}"))
}

/// The fields of a verdict.
fn verdict_fields() -> Fields {
    Fields::from(vec![
        Field::new("obligation", DataType::Utf8, false),
        Field::new("from", DataType::Date32, false),
        Field::new("to", DataType::Date32, false),
        Field::new("status", DataType::Utf8, false),
        Field::new("unit", DataType::Utf8, false),
        Field::new("committed", DataType::Float64, true),
        Field::new("delivered", DataType::Float64, true),
        Field::new("shortfall", DataType::Float64, false),
    ])
}

/// Counts, and figures that always are, of a reliability.
const COUNTS: [&str; 3] = ["steps", "failures", "events"];
const FIGURES: [&str; 7] = [
    "time",
    "volume",
    "mean_event_worst",
    "mean_event_sum",
    "worst",
    "deficit",
    "vulnerability",
];

fn reliability_fields() -> Fields {
    let user = [Field::new("user", DataType::Utf8, false)];
    let counts = COUNTS.map(|name| Field::new(name, DataType::UInt64, false));
    let figures = FIGURES.map(|name| Field::new(name, DataType::Float64, false));
    let resilience = [Field::new("resilience", DataType::Float64, true)];
    let all = user
        .into_iter()
        .chain(counts)
        .chain(figures)
        .chain(resilience);
    all.collect()
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, false)))
}

fn schema(frame: &Frame, done: &Members) -> Schema {
    let mut fields = vec![
        Field::new("member", DataType::UInt64, false),
        Field::new("error", DataType::Utf8, true),
        Field::new(
            "settlements",
            list_of(DataType::Struct(verdict_fields())),
            true,
        ),
        Field::new(
            "reliability",
            list_of(DataType::Struct(reliability_fields())),
            true,
        ),
    ];
    if frame.keep == Keep::Days {
        for watched in &frame.watched {
            let unit = Metadata::from([("unit", watched.unit.as_str())]);
            let field = Field::new(watched.name(), list_of(DataType::Float64), true);
            fields.push(field.with_metadata(unit));
        }
    }
    let ranges = done
        .0
        .iter()
        .map(|range| format!("{}..{}", range.start, range.end));
    let ranges: Vec<String> = ranges.collect();
    let seed = frame.seed.to_string();
    let window = frame.window.to_string();
    let told = serde_json::to_string(frame).expect("texts and numbers");
    let metadata = [
        ("riparian.version", env!("CARGO_PKG_VERSION")),
        ("riparian.title", &frame.title),
        ("riparian.days", &window),
        ("riparian.seed", &seed),
        ("riparian.scenario", &frame.scenario),
        ("riparian.identity", &frame.identity),
        ("riparian.members", &ranges.join(",")),
        ("riparian.frame", &told),
    ];
    Schema::new_with_metadata(fields, Metadata::from(metadata))
}

fn frame_of(schema: &Schema) -> Result<(Frame, Members)> {
    let told = |key: &str| {
        let value = schema.metadata().get(key);
        value.ok_or_else(|| strange("no metadata of one"))
    };
    let frame: Frame =
        serde_json::from_str(told("riparian.frame")?).map_err(|_| strange("other metadata"))?;
    let range = |text: &str| -> Option<Range<u64>> {
        let (from, to) = text.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    };
    let ranges = told("riparian.members")?.split_terminator(',').map(range);
    let ranges: Option<Vec<Range<u64>>> = ranges.collect();
    Ok((
        frame,
        Members(ranges.ok_or_else(|| strange("other metadata"))?),
    ))
}

/// The columns while members are added.
struct Columns {
    member: UInt64Builder,
    error: StringBuilder,
    settlements: ListBuilder<StructBuilder>,
    reliability: ListBuilder<StructBuilder>,
    days: Vec<ListBuilder<Float64Builder>>,
}

fn text() -> Box<dyn ArrayBuilder> {
    Box::new(StringBuilder::new())
}

fn numbers() -> Box<dyn ArrayBuilder> {
    Box::new(Float64Builder::new())
}

/// Adds to a field of a struct of a known type.
fn push<B: ArrayBuilder>(row: &mut StructBuilder, field: usize, add: impl FnOnce(&mut B)) {
    add(row.field_builder::<B>(field).expect("a field of this type"));
}

impl Columns {
    fn new(frame: &Frame) -> Self {
        let date = || -> Box<dyn ArrayBuilder> { Box::new(Date32Builder::new()) };
        let verdict = vec![
            text(),
            date(),
            date(),
            text(),
            text(),
            numbers(),
            numbers(),
            numbers(),
        ];
        let mut reliability = vec![text()];
        for _ in COUNTS {
            reliability.push(Box::new(UInt64Builder::new()));
        }
        reliability.extend(FIGURES.map(|_| numbers()));
        reliability.push(numbers());
        let list = |fields: Fields, builders| {
            let item = Field::new("item", DataType::Struct(fields.clone()), false);
            ListBuilder::new(StructBuilder::new(fields, builders)).with_field(item)
        };
        let places = if frame.keep == Keep::Days {
            frame.watched.len()
        } else {
            0
        };
        let days = |_| {
            let item = Field::new("item", DataType::Float64, false);
            ListBuilder::new(Float64Builder::new()).with_field(item)
        };
        Self {
            member: UInt64Builder::new(),
            error: StringBuilder::new(),
            settlements: list(verdict_fields(), verdict),
            reliability: list(reliability_fields(), reliability),
            days: (0..places).map(days).collect(),
        }
    }

    fn add(&mut self, frame: &Frame, member: u64, why: Option<&str>, outcome: Option<&Outcome>) {
        self.member.append_value(member);
        self.error.append_option(why);
        for verdict in outcome.iter().flat_map(|outcome| &outcome.verdicts) {
            add_verdict(self.settlements.values(), frame, verdict);
        }
        self.settlements.append(outcome.is_some());
        let users = outcome.iter().flat_map(|outcome| &outcome.reliability);
        for (user, reliability) in frame.users.iter().zip(users) {
            if let Some(reliability) = reliability {
                add_reliability(self.reliability.values(), &user.id, reliability);
            }
        }
        self.reliability.append(outcome.is_some());
        for (place, column) in self.days.iter_mut().enumerate() {
            let days = outcome.and_then(|outcome| outcome.days(frame, place));
            column.values().append_slice(days.unwrap_or_default());
            column.append(days.is_some());
        }
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.member.finish()),
            Arc::new(self.error.finish()),
            Arc::new(self.settlements.finish()),
            Arc::new(self.reliability.finish()),
        ];
        for mut days in self.days {
            columns.push(Arc::new(days.finish()));
        }
        columns
    }
}

fn add_verdict(row: &mut StructBuilder, frame: &Frame, verdict: &Verdict) {
    let promise = &frame.promises[verdict.promise as usize];
    let period = verdict.period(frame);
    let date = |date: Date| day_index(EPOCH, date) as i32;
    push::<StringBuilder>(row, 0, |b| b.append_value(&promise.obligation));
    push::<Date32Builder>(row, 1, |b| b.append_value(date(period.from())));
    push::<Date32Builder>(row, 2, |b| b.append_value(date(period.to())));
    push::<StringBuilder>(row, 3, |b| b.append_value(verdict.status.name()));
    push::<StringBuilder>(row, 4, |b| b.append_value(promise.unit.sign()));
    push::<Float64Builder>(row, 5, |b| b.append_option(verdict.committed));
    push::<Float64Builder>(row, 6, |b| b.append_option(verdict.delivered));
    push::<Float64Builder>(row, 7, |b| b.append_value(verdict.shortfall));
    row.append(true);
}

fn add_reliability(row: &mut StructBuilder, user: &str, of: &Reliability) {
    push::<StringBuilder>(row, 0, |b| b.append_value(user));
    for (i, count) in [of.steps, of.failures, of.events].into_iter().enumerate() {
        push::<UInt64Builder>(row, 1 + i, |b| b.append_value(count as u64));
    }
    let figures = [
        of.time,
        of.volume,
        of.mean_event_worst,
        of.mean_event_sum,
        of.worst,
        of.deficit,
        of.vulnerability,
    ];
    for (i, figure) in figures.into_iter().enumerate() {
        push::<Float64Builder>(row, 4 + i, |b| b.append_value(figure));
    }
    push::<Float64Builder>(row, 4 + figures.len(), |b| b.append_option(of.resilience));
    row.append(true);
}

/// Adds the members of a batch; nothing if it is not of this form.
fn read(batch: &RecordBatch, results: &mut Results) -> Option<()> {
    let frame = Arc::clone(&results.frame);
    let column = |name: &str| batch.column_by_name(name);
    let members = column("member")?.as_primitive_opt::<UInt64Type>()?;
    let errors = column("error")?.as_string_opt::<i32>()?;
    let settlements = column("settlements")?.as_list_opt::<i32>()?;
    let reliability = column("reliability")?.as_list_opt::<i32>()?;
    let mut days: Vec<&ListArray> = Vec::new();
    if frame.keep == Keep::Days {
        for watched in &frame.watched {
            days.push(column(&watched.name())?.as_list_opt::<i32>()?);
        }
    }
    for row in 0..batch.num_rows() {
        let member = members.value(row);
        if results.done.has(member) {
            return None;
        }
        if errors.is_valid(row) {
            results.failed.insert(member, errors.value(row).to_owned());
            results.done.insert(member);
            continue;
        }
        let mut outcome = Outcome {
            number: member,
            verdicts: read_verdicts(settlements.value(row).as_struct_opt()?, &frame)?,
            reliability: read_reliability(reliability.value(row).as_struct_opt()?, &frame)?,
            days: Vec::new(),
        };
        for place in &days {
            let place = place.value(row);
            let readings = place.as_primitive_opt::<Float64Type>()?.values();
            if readings.len() != frame.window.days() {
                return None;
            }
            outcome.days.extend_from_slice(readings);
        }
        results.done.insert(member);
        results.outcomes.push(outcome);
    }
    Some(())
}

fn read_verdicts(rows: &StructArray, frame: &Frame) -> Option<Vec<Verdict>> {
    let field = |name: &str| rows.column_by_name(name);
    let obligations = field("obligation")?.as_string_opt::<i32>()?;
    let statuses = field("status")?.as_string_opt::<i32>()?;
    let dates = |name: &str| field(name)?.as_primitive_opt::<Date32Type>();
    let (from, to) = (dates("from")?, dates("to")?);
    let numbers = |name: &str| field(name)?.as_primitive_opt::<Float64Type>();
    let (committed, delivered) = (numbers("committed")?, numbers("delivered")?);
    let shortfall = numbers("shortfall")?;
    let start = day_index(EPOCH, frame.window.from()) as i32;
    let verdict = |row: usize| {
        let known = |column: &Float64Array| column.is_valid(row).then(|| column.value(row));
        let promise = |p: &super::Promise| p.obligation == obligations.value(row);
        let status = |status: &Status| status.name() == statuses.value(row);
        Some(Verdict {
            promise: frame.promises.iter().position(promise)? as u32,
            from: from.value(row) - start,
            days: u32::try_from(to.value(row) - from.value(row) + 1).ok()?,
            status: Status::ALL.into_iter().find(status)?,
            committed: known(committed),
            delivered: known(delivered),
            shortfall: shortfall.value(row),
        })
    };
    (0..rows.len()).map(verdict).collect()
}

fn read_reliability(rows: &StructArray, frame: &Frame) -> Option<Vec<Option<Reliability>>> {
    let field = |name: &str| rows.column_by_name(name);
    let users = field("user")?.as_string_opt::<i32>()?;
    let count = |name: &str, row: usize| {
        let column = field(name)?.as_primitive_opt::<UInt64Type>()?;
        Some(column.value(row) as usize)
    };
    let number = |name: &str, row: usize| {
        let column = field(name)?.as_primitive_opt::<Float64Type>()?;
        Some(column.is_valid(row).then(|| column.value(row)))
    };
    let mut all = vec![None; frame.users.len()];
    for row in 0..rows.len() {
        let user = frame
            .users
            .iter()
            .position(|user| user.id == users.value(row))?;
        all[user] = Some(Reliability {
            steps: count("steps", row)?,
            failures: count("failures", row)?,
            events: count("events", row)?,
            time: number("time", row)??,
            volume: number("volume", row)??,
            resilience: number("resilience", row)?,
            mean_event_worst: number("mean_event_worst", row)??,
            mean_event_sum: number("mean_event_sum", row)??,
            worst: number("worst", row)??,
            deficit: number("deficit", row)??,
            vulnerability: number("vulnerability", row)??,
        });
    }
    Some(all)
}
