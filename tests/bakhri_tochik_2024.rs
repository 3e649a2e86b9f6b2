//! The season of 2024: against what was observed, and whole results kept as snapshots.

use jiff::civil::Date;
use riparian::settlement::Status;
use riparian::{Plan, Report, Simulation};

fn report(variant: &str) -> Report {
    let folder = format!("{}/data/{variant}", env!("CARGO_MANIFEST_DIR"));
    riparian::run(folder).expect("the scenario is sound")
}

/// Observed storage at dekad ends: (last day of the dekad, Mm3).
fn observed(column: &str) -> Vec<(Date, f64)> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/data/bakhri-tochik-2024/observed/storage.csv"
    );
    let mut table = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_path(path)
        .unwrap();
    let at = table
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == column)
        .unwrap();
    table
        .records()
        .map(|row| {
            let row = row.unwrap();
            let dekad: riparian::calendar::Dekad = row[0].parse().unwrap();
            (dekad.last_day(), row[at].parse().unwrap())
        })
        .collect()
}

fn simulated(report: &Report, reservoir: &str, date: Date) -> f64 {
    let basin = report.plan().model().basin();
    let k = basin.reservoir_index(reservoir).unwrap();
    let day = riparian::calendar::day_index(report.ledger().window().from(), date) as usize;
    report.ledger().reservoirs().storage.at(day, k) / 1e6
}

#[test]
fn observed_releases_reproduce_every_dekad_end_volume_of_bakhri_tochik() {
    let report = report("bakhri-tochik-2024");
    let observed = observed("bakhri-tochik_mcm");
    assert_eq!(observed.len(), 18);
    for (date, volume) in observed {
        let found = simulated(&report, "bakhri-tochik", date);
        assert!(
            (found - volume).abs() < 1.0,
            "{date}: {found} Mm3, observed {volume}"
        );
    }
}

#[test]
fn balances_close_and_show_the_unaccounted_term() {
    for variant in ["bakhri-tochik-2024", "bakhri-tochik-2024-protocol"] {
        let report = report(variant);
        let balance = report.balance();
        for line in balance
            .nodes
            .iter()
            .chain(&balance.reaches)
            .chain([&balance.basin])
        {
            assert!(line.closes(), "{variant}: {line:?}");
        }
        assert!(
            balance.basin.unaccounted < -1e9,
            "the term is large and must be seen"
        );
    }
}

#[test]
fn the_dostyk_delivery_stands_beside_the_official_figure() {
    let report = report("bakhri-tochik-2024");
    let row = report
        .settlements()
        .iter()
        .find(|row| row.obligation == "kz-dostyk-jja")
        .unwrap();
    assert_eq!(row.status, Status::Met);
    assert_eq!(row.committed, Some(443.6));
    assert_eq!(row.second.as_ref().unwrap().1, 488.6);
    assert!((row.delivered.unwrap() - 541.0).abs() < 2.0);
}

#[test]
fn the_energy_swap_of_2000_cannot_be_met_from_bakhri_tochik_alone() {
    let report = report("bakhri-tochik-2024");
    let rows = report
        .settlements()
        .iter()
        .filter(|row| row.obligation == "energy-summer");
    let (mut committed, mut delivered) = (0.0, 0.0);
    for row in rows {
        assert_eq!(row.status, Status::Short);
        committed += row.committed.unwrap();
        delivered += row.delivered.unwrap();
    }
    assert!((committed - 350.0_f64).abs() < 1e-9);
    assert!(
        delivered < 0.5 * committed,
        "{delivered} of {committed} GWh"
    );
}

#[test]
fn reasons_add_up_to_the_shortfall() {
    for variant in ["bakhri-tochik-2024", "bakhri-tochik-2024-protocol"] {
        for row in report(variant).settlements() {
            if row.shortfall() > 0.0 {
                let sum: f64 = row.reasons.iter().map(|reason| reason.amount).sum();
                assert!(
                    (sum - row.shortfall()).abs() <= 1e-9 * row.shortfall(),
                    "{row:?}"
                );
            }
        }
    }
}

#[test]
fn whole_settlements() {
    for variant in ["bakhri-tochik-2024", "bakhri-tochik-2024-protocol"] {
        let report = report(variant);
        let mut text = String::new();
        for row in report.settlements() {
            use std::fmt::Write as _;
            let delivered = row.delivered.map_or("-".into(), |d| format!("{d:.2}"));
            let since = row
                .first_day_short
                .map_or(String::new(), |day| format!(" since {day}"));
            writeln!(
                text,
                "{:<18} {} {:>8.2} {:>8} {} {}{since}",
                row.obligation,
                row.period,
                row.committed.unwrap(),
                delivered,
                row.unit.sign(),
                row.status.name(),
            )
            .unwrap();
            for reason in &row.reasons {
                writeln!(text, "    {:>8.2} {}", reason.amount, reason.why).unwrap();
            }
        }
        insta::assert_snapshot!(variant, text);
    }
}

#[test]
fn a_restored_state_goes_on_to_the_same_bits() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/data/bakhri-tochik-2024-protocol"
    );
    let plan = Plan::compile(riparian::scenario::read(folder).unwrap()).unwrap();
    let mut run = Simulation::new(&plan);
    for _ in 0..60 {
        run.step().unwrap();
    }
    let text = serde_json::to_string(run.state()).unwrap();
    let mut again = Simulation::resume(&plan, serde_json::from_str(&text).unwrap()).unwrap();
    while run.step().unwrap() {
        assert!(again.step().unwrap());
        assert_eq!(run.state(), again.state());
    }
}
