//! Records as Parquet files: a column `date`, and one for each place and measure, named as in CSV.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, Date32Array, Float64Array, RecordBatch};
use arrow_schema::{DataType, Field, Metadata, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::record::{Head, column_name, head, unit_of};
use crate::agreement::Measure;
use crate::calendar::{Date, Window, day_index};
use crate::error::{Diagnostic, Diagnostics, Place, Result};
use crate::settlement::Record;

/// Day 0 of Arrow's dates.
const EPOCH: Date = Date::constant(1970, 1, 1);

impl Record {
    /// Writes the record as a Parquet file, one row a day, as [`Record::open`] reads it: beside its name
    /// first, and renamed when it is complete.
    ///
    /// Columns are named as in [CSV](Record::write_csv) and in the same units; the metadata of each says
    /// `place`, `measure` and `unit`, as in `m3/s`. A day that was not measured is null.
    ///
    /// # Errors
    ///
    /// If it cannot be written ([`Error::is_io`](crate::Error::is_io)).
    pub fn write_parquet(&self, file: impl AsRef<Path>) -> Result<()> {
        crate::files::put(file.as_ref(), |new| {
            let batch = self.batch().map_err(std::io::Error::other)?;
            let version = concat!("riparian ", env!("CARGO_PKG_VERSION"));
            let properties = WriterProperties::builder()
                .set_created_by(version.to_owned())
                .set_key_value_metadata(Some(vec![KeyValue::new(
                    "riparian.version".to_owned(),
                    env!("CARGO_PKG_VERSION").to_owned(),
                )]))
                .build();
            let write = || -> std::result::Result<(), ParquetError> {
                let mut writer = ArrowWriter::try_new(new, batch.schema(), Some(properties))?;
                writer.write(&batch)?;
                writer.close()?;
                Ok(())
            };
            write().map_err(std::io::Error::other)
        })
    }

    fn batch(&self) -> std::result::Result<RecordBatch, arrow_schema::ArrowError> {
        let first = day_index(EPOCH, self.window().from()) as i32;
        let days = (0..self.window().days() as i32).map(|day| first + day);
        let mut fields = vec![Field::new("date", DataType::Date32, false)];
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Date32Array::from_iter_values(days))];
        for (at, (id, measure)) in self.columns().enumerate() {
            let (_, unit, size) = unit_of(measure);
            // The ordinary measure of a place has no name.
            let measured = measure.map_or("", Measure::name);
            let metadata = Metadata::from([("place", id), ("measure", measured), ("unit", unit)]);
            let field = Field::new(column_name(id, measure), DataType::Float64, true);
            fields.push(field.with_metadata(metadata));
            let readings = self.values(at).iter();
            let readings = readings.map(|&reading| (!reading.is_nan()).then(|| reading / size));
            columns.push(Arc::new(readings.collect::<Float64Array>()));
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
    }
}

/// Reads a Parquet file from memory.
pub(super) fn read(name: &str, bytes: Vec<u8>) -> Result<Record> {
    let place = Place {
        file: name.to_owned(),
        line: 0,
        column: 0,
    };
    let broken = |error: String| {
        let fault = Diagnostic::new(format!("a Parquet file that cannot be read: {error}"));
        crate::calendar::invalid(fault.at(Some(place.clone())))
    };
    let open = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes));
    let open = open.map_err(|error| broken(error.to_string()))?;
    let schema = open.schema().clone();
    let reader = open.build().map_err(|error| broken(error.to_string()))?;
    let batches: std::result::Result<Vec<RecordBatch>, _> = reader.collect();
    let batches = batches.map_err(|error| broken(error.to_string()))?;
    let mut faults = Diagnostics::new();
    let record = of_batches(&schema, &batches, &place, &mut faults);
    match record {
        Some(record) if faults.is_empty() => Ok(record),
        _ => Err(faults.into()),
    }
}

fn of_batches(
    schema: &Schema,
    batches: &[RecordBatch],
    place: &Place,
    faults: &mut Diagnostics,
) -> Option<Record> {
    let fault = |faults: &mut Diagnostics, what: String, expected: &str| {
        faults.push(
            Diagnostic::new(what)
                .at(Some(place.clone()))
                .expected(expected),
        );
    };
    let mut heads: Vec<Head> = Vec::new();
    let mut columns: Vec<usize> = Vec::new();
    let mut dates = None;
    for (at, field) in schema.fields().iter().enumerate() {
        let (name, found) = (field.name(), field.data_type());
        if name == "date" {
            dates = Some(at);
        } else if *found != DataType::Float64 {
            let what = format!("column `{name}` holds {found}");
            fault(faults, what, "numbers, as Float64");
        } else if let Some(head) = head(name, at, place, &heads, faults) {
            heads.push(head);
            columns.push(at);
        }
    }
    let Some(dates) = dates else {
        fault(faults, "no column `date`".to_owned(), "a row for each day");
        return None;
    };
    let mut days: Vec<Date> = Vec::new();
    for batch in batches {
        let column = batch.column(dates);
        let Some(own) = dates_of(column) else {
            let what = format!("column `date` holds {}", column.data_type());
            fault(
                faults,
                what,
                "dates, or timestamps at midnight, without nulls",
            );
            return None;
        };
        days.extend(own);
    }
    let mut pairs = days.iter().zip(days.iter().skip(1));
    if let Some((before, after)) = pairs.find(|(before, after)| after <= before) {
        let what = format!("{after} follows {before}");
        fault(faults, what, "one row a day, in the order of time");
        return None;
    }
    let (Some(&first), Some(&last)) = (days.first(), days.last()) else {
        let expected = "a row for each day that was measured";
        fault(faults, "a record without rows".to_owned(), expected);
        return None;
    };
    let window = Window::new(first, last).ok()?;
    let mut record = Record::new(window);
    for (head, at) in heads.into_iter().zip(columns) {
        let mut values = vec![f64::NAN; window.days()];
        let readings = batches.iter().flat_map(|batch| {
            let column = batch.column(at).as_primitive::<Float64Type>();
            column.iter()
        });
        for (day, reading) in days.iter().zip(readings) {
            if let Some(reading) = reading {
                values[day_index(first, *day) as usize] = reading * head.size;
            }
        }
        if let Some(at) = values.iter().position(|value| value.is_infinite()) {
            let day = crate::calendar::date_of(first, at as i64);
            let what = format!("the column of `{}` is infinite on {day}", head.id);
            fault(faults, what, "numbers, or nulls");
        }
        record = record.with(head.id, head.measure, values);
    }
    Some(record)
}

/// The days of a column; none if it holds anything else.
fn dates_of(column: &ArrayRef) -> Option<Vec<Date>> {
    const DAY: i64 = 86_400;
    if column.null_count() > 0 {
        return None;
    }
    let whole = |at: i64, unit: i64| (at % (DAY * unit) == 0).then_some(at / (DAY * unit));
    let days: Option<Vec<i64>> = match column.data_type() {
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>().values().iter();
            Some(days.map(|&day| i64::from(day)).collect())
        }
        DataType::Timestamp(unit, None) => {
            let (values, size) = match unit {
                TimeUnit::Second => (column.as_primitive::<TimestampSecondType>().values(), 1),
                TimeUnit::Millisecond => (
                    column.as_primitive::<TimestampMillisecondType>().values(),
                    1_000,
                ),
                TimeUnit::Microsecond => (
                    column.as_primitive::<TimestampMicrosecondType>().values(),
                    1_000_000,
                ),
                TimeUnit::Nanosecond => (
                    column.as_primitive::<TimestampNanosecondType>().values(),
                    1_000_000_000,
                ),
            };
            values.iter().map(|&at| whole(at, size)).collect()
        }
        _ => None,
    };
    let date = |day: i64| crate::calendar::checked_date_of(EPOCH, day);
    days?.into_iter().map(date).collect()
}
