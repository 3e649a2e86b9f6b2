//! What generated inflows keep of the record: moments at n = 100,000, and the report of what is kept
//! on the record of 2001-2010 at the uncertainty of its own ten years.

use riparian::calendar::Period;
use riparian::inflow::{Generator, LagOne, Margins, Record};

/// Years of the long samples.
const LONG: usize = 100_000;
/// The tolerance of a correlation at that length (theory, section 7).
const TOLERANCE: f64 = 0.02;

/// Thirty years of three months' like sites that go together, the second into the red.
///
/// A sum of cosines of incommensurable frequencies stands for chance: the record is the same on any
/// platform to far below the tolerance.
fn made_up(signed: bool) -> Record {
    let years = 30_usize;
    let chance = |n: usize, k: f64| {
        let x = n as f64;
        (x * 2.399 * k + 0.3).cos() + (x * 1.618 * k + 1.7).cos() + (x * 0.577 * k).cos()
    };
    let mut values = Vec::new();
    let mut z = [0.0; 3];
    for step in 0..12 * years {
        let common = chance(step, 1.0);
        let own = [chance(step, 3.1), chance(step, 5.3), chance(step, 7.7)];
        let season = (std::f64::consts::TAU * (step % 12) as f64 / 12.0).sin();
        for site in 0..3 {
            let before = if site == 0 { z[2] } else { z[site] };
            z[site] = 0.5 * z[site] + 0.15 * before + 0.5 * common + 0.4 * own[site];
        }
        let log = |mean: f64, swing: f64, cv: f64, z: f64| mean * (swing * season + cv * z).exp();
        values.push(log(100.0, 0.6, 0.15, z[0]));
        values.push(if signed {
            10.0 + 40.0 * season + 12.0 * z[1]
        } else {
            log(40.0, 0.4, 0.3, z[1])
        });
        values.push(log(250.0, 0.2, 0.1, z[2]));
    }
    let sites = ["upper", "middle", "lower"].map(String::from).to_vec();
    Record::new(sites, Period::Month, 1, 1971, values).unwrap()
}

struct Moments {
    mean: f64,
    deviation: f64,
}

fn moments(x: &[f64]) -> Moments {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let squares: f64 = x.iter().map(|x| (x - mean).powi(2)).sum();
    Moments {
        mean,
        deviation: (squares / (n - 1.0)).sqrt(),
    }
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let (a, b) = (moments(x), moments(y));
    let products = x.iter().zip(y).map(|(x, y)| (x - a.mean) * (y - b.mean));
    products.sum::<f64>() / ((x.len() - 1) as f64 * a.deviation * b.deviation)
}

/// The flows of a site in a step, year by year; step 12 is the first of the next year.
fn across(record: &Record, step: usize, site: usize, years: std::ops::Range<usize>) -> Vec<f64> {
    let (later, step) = (step / record.steps(), step % record.steps());
    years
        .map(|year| record.at(year + later, step, site))
        .collect()
}

struct Kept {
    mean: f64,
    deviation: f64,
    zero: f64,
    own: f64,
    cross: f64,
}

/// The largest differences between a record and a generated one, in deviations or correlations.
fn differences(record: &Record, made: &Record) -> Kept {
    let mut kept = Kept {
        mean: 0.0,
        deviation: 0.0,
        zero: 0.0,
        own: 0.0,
        cross: 0.0,
    };
    let sites = record.sites().len();
    for step in 0..record.steps() {
        let wrap = usize::from(step + 1 == record.steps());
        for i in 0..sites {
            let of = |r: &Record, step, site| across(r, step, site, 0..r.years() - wrap);
            let all = |r: &Record| moments(&across(r, step, i, 0..r.years()));
            let (was, is) = (all(record), all(made));
            kept.mean = kept.mean.max((is.mean - was.mean).abs() / was.deviation);
            kept.deviation = kept
                .deviation
                .max((is.deviation / was.deviation - 1.0).abs());
            for j in 0..sites {
                let zero = |r: &Record| correlation(&of(r, step, i), &of(r, step, j));
                let one = |r: &Record| correlation(&of(r, step, i), &of(r, step + 1, j));
                kept.zero = kept.zero.max((zero(record) - zero(made)).abs());
                let lag = (one(record) - one(made)).abs();
                if i == j {
                    kept.own = kept.own.max(lag);
                } else {
                    kept.cross = kept.cross.max(lag);
                }
            }
        }
    }
    kept
}

fn long(generator: &Generator) -> Record {
    generator.years(2026, 0, LONG)
}

#[test]
fn the_full_model_keeps_means_covariances_and_lag_one() {
    for (signed, margins) in [
        (false, Margins::Normal),
        (true, Margins::Auto),
        (false, Margins::Log),
    ] {
        let record = made_up(signed);
        let generator = LagOne::full().margins(margins).fit(&record).unwrap();
        let repair = generator.repair().unwrap();
        let kept = differences(&record, &long(&generator));
        // What the repair changed is told, and is not a fault of the sample.
        let room = |repaired: f64| TOLERANCE + 1.5 * repaired;
        eprintln!(
            "{repair:?} {} {} {} {} {}",
            kept.mean, kept.deviation, kept.zero, kept.own, kept.cross
        );
        assert!(kept.mean < TOLERANCE, "{}", kept.mean);
        assert!(kept.deviation < TOLERANCE, "{}", kept.deviation);
        assert!(kept.zero < room(repair.lag_zero), "{}", kept.zero);
        assert!(kept.own < room(repair.lag_one), "{}", kept.own);
        assert!(kept.cross < room(repair.cross_lag_one), "{}", kept.cross);
    }
}
