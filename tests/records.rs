//! A run as a record, written as CSV and Parquet and read back.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use riparian::agreement::Measure;
use riparian::calendar::Date;
use riparian::settlement::{Record, Settlement, settle};

const SEASON: &str = "data/bakhri-tochik-2024";

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        (a, b) => a == b,
    }
}

#[test]
fn a_season_is_settled_alike_from_its_ledger_and_from_files() {
    let report = riparian::run(SEASON).unwrap();
    let whole = Record::whole(report.plan(), report.ledger());
    let folder = tempfile::tempdir().unwrap();
    let parquet = folder.path().join("new/season.parquet");
    whole.write_parquet(&parquet).unwrap();
    let csv = folder.path().join("season.csv");
    whole
        .write_csv(std::fs::File::create(&csv).unwrap())
        .unwrap();
    let names: Vec<_> = std::fs::read_dir(folder.path().join("new"))
        .unwrap()
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");

    let (from_csv, from_parquet) = (Record::open(&csv).unwrap(), Record::open(&parquet).unwrap());
    assert_eq!(from_csv, from_parquet);
    assert!(from_csv.columns().eq(whole.columns()));
    for (id, measure) in whole.columns() {
        for day in whole.window().iter() {
            let (a, b) = (whole.get(id, measure, day), from_csv.get(id, measure, day));
            assert!(close(a, b), "{id} {measure:?} {day}: {a:?} {b:?}");
        }
    }
    let agreements = report.plan().model().agreements();
    let settled = settle(agreements, &from_parquet);
    let key = |row: &Settlement| (row.obligation.clone(), row.period, row.status.name());
    assert_eq!(settled.rows.len(), report.settlements().len());
    for (row, there) in settled.rows.iter().zip(report.settlements()) {
        assert_eq!(key(row), key(there));
        assert!(close(row.committed, there.committed), "{row:?}");
        assert!(close(row.delivered, there.delivered), "{row:?}");
    }
}

#[test]
fn units_stand_in_the_metadata() {
    let days = "2024-02-28..2024-03-01".parse().unwrap();
    let record = Record::new(days)
        .with("canal", None, vec![86_400.0, f64::NAN, 172_800.0])
        .with("lake", Some(Measure::Storage), vec![1e6, 2e6, 3e6])
        .with("lake", Some(Measure::Level), vec![500.5, f64::NAN, 501.0])
        .with("lake", Some(Measure::Energy), vec![0.0, 1e3, 2e3]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.parquet");
    record.write_parquet(&file).unwrap();
    assert_eq!(Record::open(&file).unwrap(), record);
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&file).unwrap()).unwrap();
    let fields = reader.schema().fields();
    let told: Vec<(&str, &str, &str)> = fields[1..]
        .iter()
        .map(|field| {
            let metadata = field.metadata();
            (
                field.name().as_str(),
                &*metadata["place"],
                &*metadata["unit"],
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("canal_m3s", "canal", "m3/s"),
            ("lake:storage_mcm", "lake", "Mm3"),
            ("lake:level_m", "lake", "m"),
            ("lake:energy_mwh", "lake", "MWh"),
        ]
    );
    let batch = reader.build().unwrap().next().unwrap().unwrap();
    assert_eq!(batch.column(1).null_count(), 1);
    assert_eq!(batch.num_rows(), 3);
}

fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// Days after 1970: 2024-06-01 and on.
const JUNE: i32 = 19_875;

#[test]
fn tables_of_others_are_read_if_they_can_be() {
    let canal: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let days: ArrayRef = Arc::new(Date32Array::from(vec![JUNE, JUNE + 2]));
    let record = Record::read(
        "a",
        file(vec![("date", days.clone()), ("canal_m3s", canal.clone())]),
    );
    let record = record.unwrap();
    let on = |day| record.get("canal", None, Date::constant(2024, 6, day));
    assert_eq!(
        [on(1), on(2), on(3)],
        [Some(86_400.0), None, Some(172_800.0)]
    );
    // As data frames of Python write days.
    let midnight = [JUNE, JUNE + 2].map(|day| i64::from(day) * 86_400_000);
    let stamps: ArrayRef = Arc::new(TimestampMillisecondArray::from(midnight.to_vec()));
    let same = Record::read(
        "a",
        file(vec![("date", stamps), ("canal_m3s", canal.clone())]),
    );
    assert_eq!(same.unwrap(), record);

    let faults = |columns: Vec<(&str, ArrayRef)>| {
        let error = Record::read("a.parquet", file(columns)).unwrap_err();
        assert!(error.is_invalid());
        error.to_string()
    };
    let words: ArrayRef = Arc::new(StringArray::from(vec!["1", "2"]));
    let noon: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![
        43_200_000, 86_400_000,
    ]));
    let backwards: ArrayRef = Arc::new(Date32Array::from(vec![JUNE, JUNE - 1]));
    let infinite: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::INFINITY]));
    for (columns, told) in [
        (vec![("canal_m3s", canal.clone())], "no column `date`"),
        (
            vec![("date", noon), ("canal_m3s", canal.clone())],
            "column `date` holds",
        ),
        (
            vec![("date", backwards), ("canal_m3s", canal.clone())],
            "2024-05-31 follows 2024-06-01",
        ),
        (
            vec![("date", days.clone()), ("canal_m3s", words.clone())],
            "column `canal_m3s` holds Utf8",
        ),
        (
            vec![("date", days.clone()), ("canal_m3", canal.clone())],
            "no known unit",
        ),
        (
            vec![("date", days.clone()), ("canal_m3s", infinite)],
            "infinite on 2024-06-03",
        ),
    ] {
        let said = faults(columns);
        assert!(
            said.contains(told) && said.contains("a.parquet"),
            "{told}: {said}"
        );
    }
    // All at once.
    let said = faults(vec![
        ("date", days),
        ("canal_m3", canal),
        ("gate_m3s", words),
    ]);
    assert!(
        said.contains("no known unit") && said.contains("gate_m3s"),
        "{said}"
    );
    let error = Record::read("cut.parquet", b"PAR1 and no more".to_vec()).unwrap_err();
    assert!(
        error.is_invalid() && error.to_string().contains("cut.parquet"),
        "{error}"
    );
}
