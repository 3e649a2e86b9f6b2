//! The cascade of 2001-2010 against what was measured; `docs/hindcast.md` is the page about it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

#[path = "../examples/hindcast/study.rs"]
mod study;

use riparian::calendar::Dekad;
use study::{RESERVOIRS, Record, Run, Site, Test, fit};

struct Hindcast {
    record: Record,
    years: Vec<Run>,
    tests: Vec<Test>,
}

fn hindcast() -> &'static Hindcast {
    static HINDCAST: OnceLock<Hindcast> = OnceLock::new();
    HINDCAST.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/syr-darya-2001-2010");
        let record = Record::open(&folder).expect("the scenario and its record");
        Hindcast {
            years: record.years().expect("ten runs"),
            tests: record.test().expect("estimates and runs"),
            record,
        }
    })
}

fn each_year(mut check: impl FnMut(Site, &study::Year)) {
    let hindcast = hindcast();
    for site in RESERVOIRS {
        for run in &hindcast.years {
            check(site, &hindcast.record.year(run, site).unwrap());
        }
    }
}

#[test]
fn every_error_is_accounted_for() {
    // What is unaccounted for, and inflow and release that differ in the run: nothing is left over.
    each_year(|site, year| {
        let parts = year.unaccounted() + year.inflow + year.release;
        let left = (parts - year.error).abs() / year.throughput;
        assert!(left < 1e-12, "{} {}: {left}", site.id, year.year);
    });
}

#[test]
fn with_observed_releases_storages_follow_within_the_closure_error_of_the_record() {
    // At no dekad's end is a storage further from the record than the record from itself and than
    // what evaporates, is pumped or goes to Arnasay; the margin, for travel times and dams that run
    // empty, is one percent of the year's inflow.
    each_year(|site, year| {
        let bound = year.worst_closure + year.worst_known + 0.01 * year.throughput;
        assert!(
            year.worst <= bound,
            "{} {}: {} m3 of {bound}",
            site.id,
            year.year,
            year.worst
        );
    });
}

#[test]
fn the_record_does_not_close_and_the_page_says_by_how_much() {
    let mut sums = [0.0; 5];
    let mut widest = [0.0_f64; 5];
    each_year(|site, year| {
        let k = RESERVOIRS.iter().position(|s| s.id == site.id).unwrap();
        sums[k] += year.closure / 1e6;
        widest[k] = widest[k].max(year.closure.abs() / 1e6);
    });
    // Mm3 in ten years, and in the worst of them: the table's own numbers.
    let close = |found: [f64; 5], expected: [f64; 5]| {
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1.0, "{found} for {expected}");
        }
    };
    close(sums, SUMS);
    close(widest, WIDEST);
}

const SUMS: [f64; 5] = [481.0, -154.0, -5214.0, -815.0, 15301.0];
const WIDEST: [f64; 5] = [251.0, 157.0, 3001.0, 2334.0, 7895.0];

#[test]
fn fits_with_observed_releases() {
    let hindcast = hindcast();
    // RMSE in Mm3, NSE and KGE, as measured; to half a unit of the last digit.
    let expected = [
        (556.0, 0.98, 0.97),
        (102.0, 0.94, 0.96),
        (952.0, -0.24, 0.57),
        (369.0, 0.40, 0.71),
        (530.0, 0.91, 0.90),
    ];
    for (site, (rmse, nse, kge)) in RESERVOIRS.into_iter().zip(expected) {
        let years = hindcast.years.iter();
        let pairs = years.map(|run| hindcast.record.pairs(run, site).unwrap());
        let fit = fit(&pairs.collect::<Vec<_>>().concat()).unwrap();
        assert_eq!(fit.pairs, 359);
        assert!((fit.rmse / 1e6 - rmse).abs() <= 0.5, "{}: {fit:?}", site.id);
        assert!(
            (fit.nse.unwrap() - nse).abs() <= 0.005,
            "{}: {fit:?}",
            site.id
        );
        let value = fit.kge.unwrap().value();
        assert!((value - kge).abs() <= 0.005, "{}: {fit:?}", site.id);
    }
}

#[test]
fn the_gauges_between_the_dams_follow() {
    let hindcast = hindcast();
    for (site, nse) in [(RESERVOIRS[2], 0.98), (RESERVOIRS[4], 0.97)] {
        let years = hindcast.years.iter();
        let pairs = years.map(|run| hindcast.record.gauged(run, site).unwrap());
        let fit = fit(&pairs.collect::<Vec<_>>().concat()).unwrap();
        assert!(fit.nse.unwrap() > nse, "{}: {fit:?}", site.id);
    }
    for site in RESERVOIRS {
        let years = hindcast.years.iter();
        let pairs = years.map(|run| hindcast.record.released(run, site).unwrap());
        let fit = fit(&pairs.collect::<Vec<_>>().concat()).unwrap();
        assert!(fit.nse.unwrap() > 0.93, "{}: {fit:?}", site.id);
    }
}

#[test]
fn policies_estimated_on_2001_to_2005_against_the_naive_guess() {
    // Days, RMSE of the policy and of the guess on 2006-2010 in Mm3.
    let expected = [
        ("toktogul", 1460.0, 1680.0, 4009.0),
        ("andijan", 60.0, 219.0, 503.0),
        ("bakhri-tochik", 10.0, 536.0, 591.0),
        ("charvak", 90.0, 399.0, 303.0),
        ("shardara", 45.0, 727.0, 633.0),
    ];
    for (test, (id, days, policy, naive)) in hindcast().tests.iter().zip(expected) {
        assert_eq!((test.site.id, test.days), (id, days));
        assert!((test.policy.rmse / 1e6 - policy).abs() <= 0.5, "{id}");
        assert!((test.naive.rmse / 1e6 - naive).abs() <= 0.5, "{id}");
    }
    let beats = |test: &&Test| test.policy.skill_over(&test.naive) > 0.0;
    assert_eq!(hindcast().tests.iter().filter(beats).count(), 3);
}

#[test]
fn why_two_policies_do_not_beat_the_guess() {
    let [.., charvak, shardara] = &hindcast().tests[..] else {
        panic!("five reservoirs");
    };
    // Charvak: the record of 2007 alone.
    for (year, policy, naive) in &charvak.years {
        assert_eq!(policy.rmse < naive.rmse, *year != 2007, "{year}");
    }
    assert!(charvak.closed.rmse < charvak.naive.rmse);
    // Shardara: the policy itself, which has the lake empty in autumn. It also does better than the observed releases.
    assert!(shardara.closed.rmse > shardara.naive.rmse);
    assert!(shardara.policy.rmse < shardara.replay.rmse);
    let record = &hindcast().record;
    let k = record.model.basin().reservoir_index("shardara").unwrap();
    let dead = record.model.basin().reservoirs()[k].dead.m3();
    let observed: HashMap<Dekad, f64> = record.storage(shardara.site).iter().copied().collect();
    for (dekad, computed) in &shardara.computed {
        if dekad.year() < 2010 && (9..=10).contains(&dekad.month()) && dekad.of_year() > 24 {
            assert!(*computed < dead * (1.0 + 1e-6), "{dekad}: {computed}");
            assert!(observed[dekad] > 2.0 * dead, "{dekad}: {}", observed[dekad]);
        }
    }
}
