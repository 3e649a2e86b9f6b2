//! The library of agreements: every file reads without faults and says where it comes from, and
//! what its obligations come to is what the treaties and their commissions publish.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use riparian::agreement::{Agreement, Due, Each, Measure, Point};
use riparian::calendar::{Date, Period, Window};
use riparian::settlement::{self, Record, Settled, Settlement, Status, settle};
use riparian::units::{Flow, Level, SECONDS_PER_DAY, Volume};

/// An acre-foot in Mm3.
const AF: f64 = Volume::from_acre_feet(1.0).mcm();

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/agreements")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    files
}

fn open(name: &str) -> Agreement {
    let path = folder().join(name).with_extension("toml");
    Agreement::open(path).unwrap_or_else(|error| panic!("{error}"))
}

fn observed(name: &str) -> Record {
    let path = folder().join("observed").join(name).with_extension("csv");
    Record::open(path).unwrap_or_else(|error| panic!("{error}"))
}

fn window(text: &str) -> Window {
    text.parse().unwrap()
}

/// A steady flow or level on all days of a window.
fn steady(record: Record, id: &str, measure: Option<Measure>, a_day: f64) -> Record {
    let days = record.window().days();
    record.with(id, measure, vec![a_day; days])
}

/// A volume in Mm3, spread evenly over a window.
fn spread(record: Record, id: &str, mcm: f64) -> Record {
    let days = record.window().days() as f64;
    steady(record, id, None, mcm * 1e6 / days)
}

fn cusecs(flow: f64) -> f64 {
    Flow::from_cusecs(flow).m3s() * SECONDS_PER_DAY
}

/// The rows of an obligation.
fn rows<'s>(settled: &'s Settled, id: &str) -> Vec<&'s Settlement> {
    let rows: Vec<_> = settled
        .rows
        .iter()
        .filter(|row| row.obligation == id)
        .collect();
    assert!(!rows.is_empty(), "no row of {id}");
    rows
}

/// The row of an obligation in the period that holds a day.
fn row<'s>(settled: &'s Settled, id: &str, day: &str) -> &'s Settlement {
    let day: Date = day.parse().unwrap();
    let mut rows = rows(settled, id).into_iter();
    rows.find(|row| row.period.contains(day)).unwrap()
}

fn committed(settled: &Settled, id: &str, day: &str) -> f64 {
    row(settled, id, day).committed.unwrap()
}

/// Equal but for the rounding of sums.
#[track_caller]
fn same(found: f64, expected: f64) {
    let slack = 1e-9 * expected.abs().max(1.0);
    assert!(
        (found - expected).abs() <= slack,
        "{found} is not {expected}"
    );
}

/// The places an agreement reads, besides the measure by which it does.
fn places(agreement: &Agreement) -> BTreeSet<String> {
    let mut points: Vec<Point> = Vec::new();
    for obligation in &agreement.obligations {
        points.push(obligation.point.clone());
        points.extend(obligation.second_point.clone());
        points.extend(obligation.due.points());
        for revision in &obligation.revisions {
            points.extend(revision.due.points());
        }
        for clause in &obligation.clauses {
            points.extend(clause.when.reading.as_ref().map(|read| read.point.clone()));
            points.extend(clause.effect.point().cloned());
        }
    }
    for ownership in &agreement.ownership {
        points.push(ownership.reservoir.as_str().into());
        points.extend(ownership.inflow.iter().chain(&ownership.release).cloned());
        for owner in &ownership.owners {
            points.extend(owner.own.iter().chain(&owner.calls).cloned());
        }
    }
    let terms = points.into_iter().flat_map(|point| point.terms);
    terms.map(|term| term.id).collect()
}

#[test]
fn every_file_reads_without_faults_and_says_where_it_comes_from() {
    let files = files();
    assert!(files.len() >= 25, "{} files", files.len());
    let agreements: Vec<Agreement> = files
        .iter()
        .map(|path| Agreement::open(path).unwrap_or_else(|error| panic!("{error}")))
        .collect();
    for agreement in &agreements {
        let title = &agreement.title;
        assert!(!agreement.source.is_empty(), "{title}: no source");
        assert!(!agreement.status.is_empty(), "{title}: no status");
        assert!(!agreement.open.is_empty(), "{title}: nothing open");
        let empty = agreement.obligations.is_empty() && agreement.ownership.is_empty();
        assert!(!empty, "{title}: nothing agreed");
    }
    // All together, against a record that has every place by every measure: ids are unique,
    // amounts are of the kind that is due, stated totals are the sums of their periods.
    let mut record = Record::new(window("2024-01-01..2024-01-02"));
    for place in agreements.iter().flat_map(places).collect::<BTreeSet<_>>() {
        record = steady(record, &place, None, 0.0);
        for (_, measure) in Measure::NAMES {
            record = steady(record, &place, Some(measure), 0.0);
        }
    }
    settlement::check(&agreements, &record).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_readme_lists_every_file() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for path in files() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            readme.contains(&format!("| `{name}` |")),
            "{name} is not listed"
        );
        for place in places(&open(name)) {
            assert!(
                readme.contains(&format!("`{place}`")),
                "{name}: no word of {place}"
            );
        }
    }
}

/// Annex II of the treaty of 1996: dekad, mean flow of 1949-1988, India's and Bangladesh's share,
/// in cusecs.
const ANNEX_II: [(&str, f64, f64, f64); 15] = [
    ("1997-01-01", 107_516.0, 40_000.0, 67_516.0),
    ("1997-01-11", 97_673.0, 40_000.0, 57_673.0),
    ("1997-01-21", 90_154.0, 40_000.0, 50_154.0),
    ("1997-02-01", 86_323.0, 40_000.0, 46_323.0),
    ("1997-02-11", 82_859.0, 40_000.0, 42_859.0),
    ("1997-02-21", 79_106.0, 40_000.0, 39_106.0),
    ("1997-03-01", 74_419.0, 39_419.0, 35_000.0),
    ("1997-03-11", 68_931.0, 33_931.0, 35_000.0),
    ("1997-03-21", 64_688.0, 35_000.0, 29_688.0),
    ("1997-04-01", 63_180.0, 28_180.0, 35_000.0),
    ("1997-04-11", 62_633.0, 35_000.0, 27_633.0),
    ("1997-04-21", 60_992.0, 25_992.0, 35_000.0),
    ("1997-05-01", 67_351.0, 35_000.0, 32_351.0),
    ("1997-05-11", 73_590.0, 38_590.0, 35_000.0),
    ("1997-05-21", 81_854.0, 40_000.0, 41_854.0),
];

#[test]
fn farakka_gives_annex_ii_to_the_cusec() {
    let agreement = [open("farakka-1996")];
    let record = observed("farakka-average");
    settlement::check(&agreement, &record).unwrap();
    let settled = settle(&agreement, &record);
    assert!(settled.events.is_empty(), "no dekad is below 50 000 cusecs");
    let mean = |row: &Settlement, mcm: f64| {
        Volume::from_mcm(mcm)
            .per_days(row.period.days() as f64)
            .cusecs()
    };
    for (day, flow, india, bangladesh) in ANNEX_II {
        let date: Date = day.parse().unwrap();
        same(record.get("farakka", None, date).unwrap(), cusecs(flow));
        for (id, share) in [("farakka-india", india), ("farakka-bangladesh", bangladesh)] {
            let row = row(&settled, id, day);
            same(mean(row, row.committed.unwrap()), share);
            same(mean(row, row.delivered.unwrap()), share);
            assert_eq!(row.status, Status::Met, "{id} {day}");
        }
    }
    assert_eq!(rows(&settled, "farakka-bangladesh").len(), 15);
}

#[test]
fn farakka_calls_for_consultation_below_50_000_cusecs() {
    let dekad = window("1997-04-01..1997-04-10");
    let mut record = Record::new(dekad);
    for (id, flow) in [
        ("farakka", 49_999.0),
        ("farakka-feeder", 14_999.0),
        ("farakka-below", 30_000.0),
    ] {
        record = steady(record, id, None, cusecs(flow));
    }
    let settled = settle(&[open("farakka-1996")], &record);
    assert_eq!(settled.events.len(), 1);
    assert_eq!(settled.events[0].window, dekad);
    same(
        settled.events[0].reading.unwrap(),
        Flow::from_cusecs(49_999.0).m3s(),
    );
    // Bangladesh's turn: 35 000 of 49 999, of which 30 000 came.
    let row = row(&settled, "farakka-bangladesh", "1997-04-05");
    assert_eq!(row.status, Status::Short);
    same(
        row.missing,
        Flow::from_cusecs(5_000.0).over_days(10.0).mcm(),
    );
}

#[test]
fn bakhri_tochik_2000_comes_to_5421_60() {
    let record = spread(
        Record::new(window("2000-01-01..2000-12-31")),
        "kyzylkishlak",
        1.0,
    );
    let settled = settle(&[open("bakhri-tochik-2000")], &record);
    let months: Vec<f64> = rows(&settled, "bt-2000-kyzylkishlak")
        .iter()
        .map(|row| row.committed.unwrap())
        .collect();
    for (found, expected) in months.iter().zip([1296.0, 1740.96, 1607.04, 777.6]) {
        same(*found, expected);
    }
    same(months.iter().sum(), 5421.6);
    let energy = |id| {
        rows(&settled, id)
            .iter()
            .filter_map(|row| row.committed)
            .sum::<f64>()
    };
    same(energy("bt-2000-energy-spring"), 200.0);
    same(energy("bt-2000-energy-summer"), 350.0);
}

#[test]
fn bakhri_tochik_1999_sets_22_gwh_off() {
    let year = window("1999-01-01..1999-12-31");
    let gwh = |from: &str, gwh: f64| -> Vec<f64> {
        let month = window(from);
        let a_day = gwh * 1e6 / month.days() as f64;
        year.iter()
            .map(|day| if month.contains(day) { a_day } else { 0.0 })
            .collect()
    };
    let march = gwh("1999-03-01..1999-03-31", 150.0);
    let april = gwh("1999-04-01..1999-04-30", 140.0);
    let spring = march.iter().zip(april).map(|(a, b)| a + b).collect();
    let record = Record::new(year)
        .with("power-uz-tj", Some(Measure::Energy), spring)
        .with("power-tj-uz", Some(Measure::Energy), vec![0.0; year.days()])
        .with(
            "bakhri-tochik",
            Some(Measure::Storage),
            vec![3_400e6; year.days()],
        );
    let agreements = [open("bakhri-tochik-1999")];
    settlement::check(&agreements, &record).unwrap();
    let settled = settle(&agreements, &record);
    let march = row(&settled, "bt-1999-energy-spring", "1999-03-31");
    same(march.committed.unwrap(), 172.0);
    same(march.delivered.unwrap(), 150.0);
    assert_eq!(march.status, Status::Met, "22 GWh are set off");
    let april = row(&settled, "bt-1999-energy-spring", "1999-04-30");
    assert_eq!(april.status, Status::Short);
    same(april.missing, 10.0);
    let debt = row(&settled, "bt-1998-balance", "1999-03-31");
    same(debt.carried_in, -22.0);
    same(debt.carried_out, 0.0);
    assert_eq!(debt.status, Status::Met);
    let fill = row(&settled, "bt-1999-fill", "1999-05-31");
    assert_eq!(fill.status, Status::Short);
    same(fill.missing, 18.0);
}

#[test]
fn bakhri_tochik_2024_against_its_gauges() {
    let agreements = [open("bakhri-tochik-2024"), open("bakhri-tochik-2000")];
    let record = observed("bakhri-tochik-2024");
    settlement::check(&agreements, &record).unwrap();
    let settled = settle(&agreements, &record);
    let canal = row(&settled, "dostyk-2024", "2024-06-01");
    assert_eq!(canal.status, Status::Met);
    same(canal.committed.unwrap(), 443.6);
    // 40, 48 and 65 m3/s in June, 80, 83, 90 in July, 90, 70, 46.4 in August.
    let days = [10.0, 10.0, 10.0, 10.0, 10.0, 11.0, 10.0, 10.0, 11.0];
    let flows = [40.0, 48.0, 65.0, 80.0, 83.0, 90.0, 90.0, 70.0, 46.4];
    let came: f64 = days
        .iter()
        .zip(flows)
        .map(|(days, flow)| days * flow * 0.0864)
        .sum();
    same(canal.delivered.unwrap(), came);
    assert_eq!(canal.second.as_ref().unwrap().1, 488.6);
    let fill = row(&settled, "bt-2000-fill", "2024-05-31");
    assert_eq!((fill.status, fill.delivered), (Status::Met, Some(3502.0)));
    let river: Vec<Status> = rows(&settled, "bt-2000-kyzylkishlak")
        .iter()
        .map(|row| row.status)
        .collect();
    assert_eq!(river, [Status::Short; 4]);
    let power = row(&settled, "bt-2000-energy-summer", "2024-06-01");
    assert_eq!((power.status, power.delivered), (Status::Pending, None));
}

#[test]
fn other_summers_of_bakhri_tochik() {
    let settled = settle(
        &[
            open("bakhri-tochik-2021"),
            open("bakhri-tochik-2022"),
            open("bakhri-tochik-2025"),
        ],
        &Record::new(window("2021-06-01..2025-08-31")),
    );
    same(committed(&settled, "bt-2021-extra", "2021-06-01"), 315.0);
    // 24 July to 31 August: 39 days of 50 m3/s.
    same(
        committed(&settled, "bt-2021-july", "2021-07-24"),
        39.0 * 4.32,
    );
    same(
        committed(&settled, "dostyk-2022-kyrgyz", "2022-06-01"),
        330.0,
    );
    same(committed(&settled, "dostyk-2025", "2025-06-01"), 491.0);
}

#[test]
fn limits_of_the_icwc_add_up_to_the_totals_told() {
    let record = Record::new(window("2023-10-01..2026-03-31"));
    let settled = settle(&[open("icwc-limits")], &record);
    for (day, total) in [
        ("2024-10-01", 4247.0),
        ("2025-04-01", 11_884.0),
        ("2025-10-01", 4219.0),
    ] {
        let sum: f64 = ["icwc-uz", "icwc-tj", "icwc-kz", "icwc-kg"]
            .map(|id| committed(&settled, id, day))
            .iter()
            .sum();
        same(sum, total);
        same(committed(&settled, "icwc-total", day), total);
    }
    same(committed(&settled, "icwc-kz", "2023-10-01"), 487.0);
    same(committed(&settled, "icwc-kz", "2024-04-01"), 922.0);
}

#[test]
fn the_aral_sea_is_owed_a_volume_and_a_flow() {
    let season = window("2024-04-01..2024-09-30");
    let low: Date = "2024-07-10".parse().unwrap();
    let flows = season
        .iter()
        .map(|day| if day == low { 20.0 } else { 90.0 } * SECONDS_PER_DAY);
    let record = Record::new(season).with("karateren", None, flows.collect());
    let settled = settle(&[open("aral-delivery")], &record);
    let volume = row(&settled, "aral-volume", "2024-04-01");
    assert_eq!(
        (volume.committed, volume.status),
        (Some(997.0), Status::Met)
    );
    let july = row(&settled, "aral-flow", "2024-07-01");
    assert_eq!(
        (july.status, july.first_day_short),
        (Status::Short, Some(low))
    );
    same(july.missing, 0.864);
    assert_eq!(row(&settled, "aral-flow", "2024-08-01").status, Status::Met);
}

#[test]
fn farkhad_is_owed_5_m3s_in_summer() {
    let record = steady(
        Record::new(window("2023-01-01..2023-12-31")),
        "farkhad-kokbulak",
        None,
        4.0 * SECONDS_PER_DAY,
    );
    let settled = settle(&[open("farkhad")], &record);
    assert_eq!(rows(&settled, "farkhad-sanitary").len(), 6);
    let june = row(&settled, "farkhad-sanitary", "2023-06-01");
    same(june.committed.unwrap(), 5.0 * 30.0 * 0.0864);
    same(june.missing, 30.0 * 0.0864);
}

#[test]
fn the_surplus_of_shardara_is_shared_in_half() {
    for (inflow, half) in [(12_760.0, 380.0), (12_000.0, 0.0), (9_000.0, 0.0)] {
        let record = spread(
            Record::new(window("2025-10-01..2026-04-30")),
            "shardara-inflow",
            inflow,
        );
        let settled = settle(&[open("shardara-surplus")], &record);
        same(committed(&settled, "shardara-arnasay", "2025-10-01"), half);
        same(
            committed(&settled, "shardara-kazakh-half", "2025-10-01"),
            half,
        );
    }
}

#[test]
fn toktogul_owes_three_quarters_in_summer() {
    let year = window("1984-10-01..1985-09-30");
    let summer = window("1985-04-01..1985-09-30");
    let release: Vec<f64> = year
        .iter()
        .map(|day| if summer.contains(day) { 300.0 } else { 180.0 } * SECONDS_PER_DAY)
        .collect();
    let vegetation = year.iter().zip(&release);
    let vegetation = vegetation.map(|(day, flow)| if summer.contains(day) { *flow } else { 0.0 });
    let record = Record::new(year)
        .with("toktogul-vegetation", None, vegetation.collect())
        .with("toktogul", Some(Measure::Release), release);
    let settled = settle(&[open("toktogul-1984")], &record);
    let (summer, winter) = (300.0 * 183.0 * 0.0864, 180.0 * 182.0 * 0.0864);
    let due = row(&settled, "toktogul-summer", "1985-04-01");
    same(due.committed.unwrap(), 0.75 * (summer + winter));
    same(due.delivered.unwrap(), summer);
    assert_eq!(due.status, Status::Short);
    let limit = row(&settled, "toktogul-winter", "1985-01-01");
    same(limit.committed.unwrap(), winter);
    assert_eq!(limit.status, Status::Met);
}

/// Article III of the Rio Grande Compact, in thousand acre-feet.
const CONEJOS: [(f64, f64); 13] = [
    (100.0, 0.0),
    (150.0, 20.0),
    (200.0, 45.0),
    (250.0, 75.0),
    (300.0, 109.0),
    (350.0, 147.0),
    (400.0, 188.0),
    (450.0, 232.0),
    (500.0, 278.0),
    (550.0, 326.0),
    (600.0, 376.0),
    (650.0, 426.0),
    (700.0, 476.0),
];
const DEL_NORTE: [(f64, f64); 21] = [
    (200.0, 60.0),
    (250.0, 65.0),
    (300.0, 75.0),
    (350.0, 86.0),
    (400.0, 98.0),
    (450.0, 112.0),
    (500.0, 127.0),
    (550.0, 144.0),
    (600.0, 162.0),
    (650.0, 182.0),
    (700.0, 204.0),
    (750.0, 229.0),
    (800.0, 257.0),
    (850.0, 292.0),
    (900.0, 335.0),
    (950.0, 380.0),
    (1_000.0, 430.0),
    (1_100.0, 540.0),
    (1_200.0, 640.0),
    (1_300.0, 740.0),
    (1_400.0, 840.0),
];

fn rio_grande(conejos: f64, del_norte: f64) -> f64 {
    let mut record = Record::new(window("2003-01-01..2003-12-31"));
    record = spread(record, "conejos-index", conejos * 1e3 * AF);
    record = spread(record, "del-norte-index", del_norte * 1e3 * AF);
    let settled = settle(&[open("rio-grande-compact")], &record);
    committed(&settled, "rio-grande-lobatos", "2003-01-01") / (1e3 * AF)
}

#[test]
fn colorado_owes_by_both_tables_less_10_000_acre_feet() {
    for (index, due) in CONEJOS {
        same(rio_grande(index, 200.0), due + 60.0 - 10.0);
    }
    for (index, due) in DEL_NORTE {
        same(rio_grande(100.0, index), due - 10.0);
    }
    // By proportional parts in between, level outside.
    for pair in CONEJOS.windows(2) {
        let ((a, x), (b, y)) = (pair[0], pair[1]);
        same(
            rio_grande(0.25f64.mul_add(b - a, a), 200.0),
            0.25f64.mul_add(y - x, x) + 50.0,
        );
    }
    for pair in DEL_NORTE.windows(2) {
        let ((a, x), (b, y)) = (pair[0], pair[1]);
        same(
            rio_grande(100.0, f64::midpoint(a, b)),
            f64::midpoint(x, y) - 10.0,
        );
    }
    same(rio_grande(125.0, 225.0), 10.0 + 62.5 - 10.0);
    same(rio_grande(60.0, 150.0), 50.0);
    same(rio_grande(800.0, 1_500.0), 476.0 + 840.0 - 10.0);
}

#[test]
fn colorado_may_owe_100_000_acre_feet_until_usable_water_spills() {
    let years = window("2001-01-01..2004-12-31");
    // Due each year: 109 + 162 - 10 = 261 thousand acre-feet.
    let by_year = |kaf: [f64; 4]| -> Vec<f64> {
        let year_of = |day: Date| window(&format!("{0}-01-01..{0}-12-31", day.year()));
        let kaf = |day: Date| kaf[(day.year() - 2001) as usize] / year_of(day).days() as f64;
        years.iter().map(|day| kaf(day) * 1e3 * AF * 1e6).collect()
    };
    let record = Record::new(years)
        .with("conejos-index", None, by_year([300.0; 4]))
        .with("del-norte-index", None, by_year([600.0; 4]))
        .with("lobatos", None, by_year([201.0, 171.0, 261.0, 500.0]))
        .with(
            "project-storage",
            Some(Measure::Spill),
            by_year([0.0, 0.0, 0.0, 30.0]),
        );
    let agreements = [open("rio-grande-compact")];
    settlement::check(&agreements, &record).unwrap();
    let settled = settle(&agreements, &record);
    let year = |day| row(&settled, "rio-grande-lobatos", day);
    let kaf = |mcm: f64| mcm / (1e3 * AF);
    let first = year("2001-06-01");
    assert_eq!(first.status, Status::Met, "60 000 acre-feet may be owed");
    same(kaf(first.carried_out), -60.0);
    let second = year("2002-06-01");
    assert_eq!(second.status, Status::Short);
    same(kaf(second.carried_out), -150.0);
    same(kaf(second.missing), 50.0);
    assert_eq!(
        year("2003-06-01").status,
        Status::Short,
        "150 000 are still owed"
    );
    // The spill of 2004 cancels what was owed at its start; of the gain 150 000 count.
    same(kaf(year("2004-06-01").carried_out), 150.0);
}

#[test]
fn mexico_owes_1_750_000_acre_feet_in_a_cycle() {
    let years = window("2020-10-25..2026-10-24");
    let a_third = |af: f64| af * AF * 1e6 / window("2020-10-25..2025-10-24").days() as f64;
    let mut record = Record::new(years);
    for id in [
        "conchos",
        "san-diego",
        "san-rodrigo",
        "escondido",
        "salado",
        "las-vacas",
    ] {
        // A third of it all: 885 000 acre-feet in five years.
        record = steady(record, id, None, a_third(885_000.0) * 3.0 / 6.0);
    }
    let stores = |falcon: f64| {
        steady(
            record.clone(),
            "amistad-us",
            Some(Measure::Storage),
            1_000_000.0 * AF * 1e6,
        )
        .with(
            "falcon-us",
            Some(Measure::Storage),
            years
                .iter()
                .map(|day| {
                    if day.year() == 2024 {
                        falcon * AF * 1e6
                    } else {
                        0.0
                    }
                })
                .collect(),
        )
    };
    let agreements = [open("us-mexico-1944")];
    let settled = settle(&agreements, &stores(500_000.0));
    let cycle = row(&settled, "mx-rio-grande", "2021-01-01");
    assert_eq!(cycle.period, window("2020-10-25..2025-10-24"));
    // The treaty's own 431 721 000 m3 a year come to 2158.605 Mm3: its acre-foot is longer by
    // six parts in a million.
    same(cycle.committed.unwrap(), 1_750_000.0 * AF);
    assert!((cycle.committed.unwrap() - 2158.605).abs() < 0.0125);
    assert_eq!(cycle.status, Status::Short);
    same(cycle.missing, 865_000.0 * AF);
    let next = row(&settled, "mx-rio-grande", "2026-01-01");
    same(next.carried_in, 0.0);
    // The water made over in 2020 belongs to the cycle before, which the record does not have.
    same(settled.journals[0].balance(), -865_000.0 * AF);
    // Full of the United States' water from 2024 on: the cycle ends on the first day that is
    // read so, and its debt with it.
    let settled = settle(&agreements, &stores(2_375_803.0));
    let cycle = row(&settled, "mx-rio-grande", "2021-01-01");
    assert_eq!(cycle.period.to(), Date::constant(2024, 1, 2));
    assert_eq!(cycle.status, Status::Cancelled);
    same(cycle.carried_out, 0.0);
}

/// The level of Lake Mead on the eve of a year, and a level of nobody's concern in it.
fn mead(feet: f64) -> Record {
    let days = window("2021-12-31..2022-12-31");
    let level = |feet: &str| feet.parse::<Level>().unwrap().m();
    let levels = days.iter().map(|day| {
        let eve = day == days.from();
        if eve {
            level(&format!("{feet} ft"))
        } else {
            level("990 ft")
        }
    });
    Record::new(days).with("lake-mead", Some(Measure::Level), levels.collect())
}

#[test]
fn shortages_of_the_lower_colorado_go_by_lake_mead() {
    let tiers = [
        (1075.01, 0.0, 0.0, 0.0),
        (1075.0, 333.0, 320.0, 13.0),
        (1050.0, 333.0, 320.0, 13.0),
        (1049.99, 417.0, 400.0, 17.0),
        (1025.0, 417.0, 400.0, 17.0),
        (1024.99, 500.0, 480.0, 20.0),
        (990.0, 500.0, 480.0, 20.0),
    ];
    for (feet, all, arizona, nevada) in tiers {
        let settled = settle(&[open("colorado-2007-shortage")], &mead(feet));
        let kaf = |id| committed(&settled, id, "2022-06-01") / (1e3 * AF);
        same(kaf("mead-lower-division"), 7_500.0 - all);
        same(kaf("mead-arizona"), 2_800.0 - arizona);
        same(kaf("mead-nevada"), 300.0 - nevada);
        same(kaf("mead-california"), 4_400.0);
    }
}

#[test]
fn mexico_shares_shortage_and_surplus_of_the_colorado() {
    let tiers = [
        (1210.0, 1_580.0),
        (1200.0, 1_555.0),
        (1170.0, 1_555.0),
        (1169.99, 1_540.0),
        (1145.0, 1_540.0),
        (1100.0, 1_500.0),
        (1075.0, 1_450.0),
        (1050.01, 1_450.0),
        (1050.0, 1_430.0),
        (1025.0, 1_430.0),
        (1024.99, 1_375.0),
    ];
    for (feet, due) in tiers {
        let settled = settle(&[open("us-mexico-1944")], &mead(feet));
        same(
            committed(&settled, "us-colorado", "2022-06-01") / (1e3 * AF),
            due,
        );
        same(
            committed(&settled, "us-colorado-ceiling", "2022-06-01") / (1e3 * AF),
            1_700.0,
        );
    }
}

#[test]
fn la_plata_owes_half_of_yesterday_at_most_100_and_nothing_in_winter() {
    let mut agreement = open("la-plata-1922");
    // Day by day, to see each.
    agreement.obligations[0].each = Each::Part(Period::Day);
    let days = window("2023-02-10..2023-02-20");
    //                10     11     12     13     14     15     16     17     18     19     20
    let hesperus = [
        500.0, 500.0, 500.0, 500.0, 60.0, 240.0, 200.0, 80.0, 80.0, 80.0, 80.0,
    ];
    let interstate = [0.0, 0.0, 0.0, 0.0, 0.0, 30.0, 90.0, 99.0, 100.0, 10.0, 10.0];
    let need = [
        0.0, 0.0, 0.0, 0.0, 0.0, 150.0, 150.0, 150.0, 150.0, 150.0, 25.0,
    ];
    let due = [30.0, 100.0, 100.0, 0.0, 40.0, 25.0];
    let daily = |flows: [f64; 11]| flows.map(cusecs).to_vec();
    let record = Record::new(days)
        .with("hesperus", None, daily(hesperus))
        .with("la-plata-interstate", None, daily(interstate))
        .with("new-mexico-need", Some(Measure::Demand), daily(need));
    let agreements = [agreement];
    settlement::check(&agreements, &record).unwrap();
    let settled = settle(&agreements, &record);
    let rows = rows(&settled, "la-plata");
    assert_eq!(
        rows[0].period.from(),
        Date::constant(2023, 2, 15),
        "closed before"
    );
    assert_eq!(rows.len(), due.len());
    for (row, due) in rows.iter().zip(due) {
        same(row.committed.unwrap(), cusecs(due) / 1e6);
    }
    let winter = Record::new(window("2023-12-01..2024-02-14"));
    assert!(settle(&agreements, &winter).rows.is_empty());
}

#[test]
fn the_nile_is_shared_out_to_the_last() {
    let settled = settle(
        &[open("nile-1959")],
        &Record::new(window("2023-01-01..2023-12-31")),
    );
    let (egypt, sudan) = (
        committed(&settled, "nile-egypt", "2023-01-01"),
        committed(&settled, "nile-sudan", "2023-01-01"),
    );
    same(egypt, 48_000.0 + 7_500.0);
    same(sudan, 4_000.0 + 14_500.0);
    same(egypt + sudan, 84_000.0 - 10_000.0);
}

#[test]
fn the_accord_of_1991_gives_shares_and_surplus() {
    let provinces = ["punjab", "sindh", "kp", "balochistan"];
    let year = window("2023-04-01..2024-03-31");
    let mut record = spread(Record::new(year), "indus-supplies", 120e6 * AF);
    for province in provinces {
        record = spread(record, &format!("{province}-canals"), 60e6 * AF);
    }
    let agreements = [open("pakistan-accord-1991")];
    settlement::check(
        &agreements,
        &record
            .clone()
            .with("kp-civil-canals", None, vec![0.0; year.days()]),
    )
    .unwrap();
    let settled = settle(&agreements, &record);
    let maf = |mcm: f64| mcm / (1e6 * AF);
    let sum = |day| -> f64 {
        provinces
            .map(|p| maf(committed(&settled, &format!("accord-{p}"), day)))
            .iter()
            .sum()
    };
    same(sum("2023-04-01"), 77.34);
    same(sum("2023-10-01"), 37.01);
    for (province, part) in provinces.iter().zip([0.37, 0.37, 0.14, 0.12]) {
        let row = row(
            &settled,
            &format!("accord-{province}-surplus"),
            "2023-04-01",
        );
        same(maf(row.committed.unwrap()), part * (120.0 - 114.35));
    }
    // What comes counts for the share first.
    let surplus = row(&settled, "accord-punjab-surplus", "2023-04-01");
    same(maf(surplus.delivered.unwrap()), 60.0 - 55.94);
}

#[test]
fn the_cauvery_award_and_its_revision() {
    const TMC: f64 = 28.316_846_592;
    let settled = settle(
        &[open("cauvery-2007")],
        &Record::new(window("2016-06-01..2020-05-31")),
    );
    let of_year = |year: &str| -> Vec<f64> {
        let year = window(year);
        rows(&settled, "cauvery-billigundulu")
            .into_iter()
            .filter(|row| year.covers(row.period))
            .map(|row| row.committed.unwrap() / TMC)
            .collect()
    };
    let tribunal = [
        10.0, 34.0, 50.0, 40.0, 22.0, 15.0, 8.0, 3.0, 2.5, 2.5, 2.5, 2.5,
    ];
    let court = [
        9.19, 31.24, 45.95, 36.76, 20.22, 13.78, 7.35, 2.76, 2.5, 2.5, 2.5, 2.5,
    ];
    for (year, months, total) in [
        ("2016-06-01..2017-05-31", tribunal, 192.0),
        ("2017-06-01..2018-05-31", tribunal, 192.0),
        ("2018-06-01..2019-05-31", court, 177.25),
        ("2019-06-01..2020-05-31", court, 177.25),
    ] {
        let found = of_year(year);
        assert_eq!(found.len(), 12, "{year}");
        // Written to 100 m3.
        for (found, month) in found.iter().zip(months) {
            assert!(
                (found - month).abs() < 2e-6,
                "{year}: {found} is not {month}"
            );
        }
        assert!(
            (found.iter().sum::<f64>() - total).abs() < 12.0 * 2e-6,
            "{year}"
        );
    }
}

#[test]
fn lee_ferry_is_settled_by_ten_years_at_a_time() {
    let years = window("2010-10-01..2021-09-30");
    let maf = |day: Date| {
        if day < Date::constant(2011, 10, 1) {
            12.0
        } else {
            7.4
        }
    };
    let flows = years.iter().map(|day| maf(day) * 1e12 * AF / 365.25);
    let record = Record::new(years).with("lee-ferry", None, flows.collect());
    let settled = settle(&[open("colorado-lee-ferry-1922")], &record);
    let of = |text| {
        let period = window(text);
        let mut rows = rows(&settled, "lee-ferry").into_iter();
        rows.find(|row| row.period == period).unwrap()
    };
    let first = of("2010-10-01..2020-09-30");
    same(first.committed.unwrap(), 75e6 * AF);
    assert_eq!(first.status, Status::Met);
    assert_eq!(of("2011-10-01..2021-09-30").status, Status::Short);
    assert_eq!(of("2009-10-01..2019-09-30").status, Status::Pending);
}

#[test]
fn st_mary_and_milk_change_sides_at_666() {
    let month = window("2023-06-01..2023-06-30");
    for (natural, first, second) in [
        (400.0, 300.0, 100.0),
        (666.0, 499.5, 166.5),
        (1_000.0, 666.5, 333.5),
    ] {
        let mut record = Record::new(month);
        for id in ["st-mary-boundary", "milk-eastern-crossing"] {
            record = steady(record, id, Some(Measure::NaturalFlow), cusecs(natural));
        }
        let settled = settle(&[open("st-mary-1921")], &record);
        let mean = |id| {
            let due = Volume::from_mcm(committed(&settled, id, "2023-06-01"));
            due.per_days(30.0).cusecs()
        };
        same(mean("st-mary-canada"), first);
        same(mean("st-mary-us"), second);
        same(mean("milk-us"), first);
        same(mean("milk-canada"), second);
        assert!(
            settled
                .rows
                .iter()
                .all(|row| !row.obligation.ends_with("winter"))
        );
    }
}

#[test]
fn alberta_may_keep_2_1_maf_of_the_south_saskatchewan() {
    let year = window("2023-01-01..2023-12-31");
    for (natural, due) in [(1.5, 0.0), (2.1, 0.0), (3.0, 0.9), (4.2, 2.1), (8.0, 4.0)] {
        let mut record = Record::new(year);
        for (id, part) in [
            ("south-saskatchewan-boundary", 0.75),
            ("red-deer-boundary", 0.25),
        ] {
            let a_day = part * natural * 1e12 * AF / 365.0;
            record = steady(record, id, Some(Measure::NaturalFlow), a_day);
        }
        let settled = settle(&[open("prairie-provinces-1969")], &record);
        same(
            committed(&settled, "south-saskatchewan", "2023-01-01") / (1e6 * AF),
            due,
        );
        // 1500 cubic feet per second for a month, or half: the year's flows here are all above.
        let daily = cusecs(1_500.0).min(natural * 1e12 * AF / 365.0 / 2.0);
        same(
            committed(&settled, "south-saskatchewan-minimum", "2023-01-01"),
            31.0 * daily / 1e6,
        );
    }
}

#[test]
fn the_helmand_is_owed_in_proportion_in_low_years() {
    for (dehrawud, part) in [(5661.7, 1.0), (9000.0, 1.0), (2830.85, 0.5), (0.0, 0.0)] {
        let record = spread(
            Record::new(window("2022-10-01..2023-09-30")),
            "dehrawud",
            dehrawud,
        );
        let settled = settle(&[open("helmand-1973")], &record);
        let due = committed(&settled, "helmand-iran", "2023-01-01");
        same(due, part * 26.0 * 365.0 * 0.0864);
        // 819.9 of the 820 Mm3 that are told.
        assert!((due - part * 820.0).abs() < 0.1);
    }
}

#[test]
fn half_of_the_talas() {
    let year = Record::new(window("2023-01-01..2023-12-31"));
    let natural = vec![808e6 / 365.0; 365];
    let record = year.with("talas-kirov", Some(Measure::NaturalFlow), natural);
    let settled = settle(&[open("talas-1983")], &record);
    same(committed(&settled, "talas-kazakhstan", "2023-01-01"), 404.0);
    same(committed(&settled, "talas-kyrgyzstan", "2023-01-01"), 404.0);
}

#[test]
fn albufeira_holds_at_several_scales_at_once() {
    // 2700 Mm3 in the year, none in one week: the year is met, the week is not.
    let year = window("2021-10-01..2022-09-30");
    let dry = window("2022-08-15..2022-08-21");
    let a_day = 2_700e6 / 358.0;
    let flows = year
        .iter()
        .map(|day| if dry.contains(day) { 0.0 } else { a_day });
    let record = Record::new(year).with("cedillo", None, flows.collect());
    let settled = settle(&[open("albufeira")], &record);
    assert_eq!(row(&settled, "tejo-year", "2022-01-01").status, Status::Met);
    let quarters: Vec<(f64, Status)> = rows(&settled, "tejo-quarters")
        .iter()
        .map(|row| (row.committed.unwrap(), row.status))
        .collect();
    assert_eq!(
        quarters,
        [295.0, 350.0, 220.0, 130.0].map(|due| (due, Status::Met))
    );
    let short: Vec<Window> = rows(&settled, "tejo-weeks")
        .iter()
        .filter(|row| row.status == Status::Short)
        .map(|row| row.period)
        .collect();
    assert_eq!(short, [dry]);
}

#[test]
fn formulas_of_the_library_know_nothing_before_their_index() {
    for path in files() {
        let agreement = Agreement::open(path).unwrap();
        let settled = settle(
            std::slice::from_ref(&agreement),
            &Record::new(window("2023-01-01..2024-12-31")),
        );
        for row in &settled.rows {
            let obligation = agreement
                .obligations
                .iter()
                .find(|o| o.id == row.obligation)
                .unwrap();
            assert_eq!(row.status, Status::Pending, "{}", row.obligation);
            if matches!(obligation.due, Due::Formula(_)) {
                assert_eq!(row.committed, None, "{}", row.obligation);
            }
        }
    }
}

/// A list of limits for the Amu Darya was told with a total of 15 791 Mm3; its lines add up to
/// 15 421. How they share the sum among the countries does not matter here.
#[test]
fn a_list_that_does_not_add_up_is_found_and_by_how_much() {
    let limit = |id: &str, volume: &str| {
        format!(
            "[[obligation]]\nid = \"{id}\"\ndebtor = \"A\"\npoint = \"{id}\"\nfrom = 2024-04-01\n\
             to = 2024-09-30\nform = \"limit\"\nvolume = \"{volume}\"\n"
        )
    };
    let list = |total: &str| {
        let text = format!(
            "title = \"Limits\"\nparties = [\"A\"]\n{}{}[[total]]\namount = \"{total}\"\nof = [\"one\", \"other\"]\n",
            limit("one", "8421 Mm3"),
            limit("other", "7000 Mm3"),
        );
        let agreement = Agreement::from_toml(&text).unwrap();
        let season = window("2024-04-01..2024-09-30");
        let days = || vec![0.0; season.days()];
        let record = Record::new(season)
            .with("one", None, days())
            .with("other", None, days());
        riparian::settlement::check(&[agreement], &record)
    };
    assert!(list("15421 Mm3").is_ok());
    let error = list("15791 Mm3").unwrap_err().to_string();
    assert!(error.contains("differs by 370.000 Mm3"), "{error}");
}
