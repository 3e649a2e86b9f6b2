//! What generated inflows keep of the record: moments at n = 100,000, and the report of what is kept
//! on the record of 2001-2010 at the uncertainty of its own ten years.

use riparian::calendar::Period;
use riparian::inflow::{
    Delta, Generator, Kirsch, LagOne, Margins, Neighbours, Nowak, Preservation, QuantileMap,
    Record, ScaledTo,
};
use riparian::units::Volume;

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
            let all = |r: &Record, site| across(r, step, site, 0..r.years());
            let (was, is) = (moments(&all(record, i)), moments(&all(made, i)));
            kept.mean = kept.mean.max((is.mean - was.mean).abs() / was.deviation);
            kept.deviation = kept
                .deviation
                .max((is.deviation / was.deviation - 1.0).abs());
            for j in 0..sites {
                let zero = |r: &Record| correlation(&all(r, i), &all(r, j));
                kept.zero = kept.zero.max((zero(record) - zero(made)).abs());
                // In the record about the means of all years, as the model is fitted.
                let part = |r: &Record, step, site| across(r, step, site, 0..r.years() - wrap);
                let one = |r: &Record| {
                    let (x, y) = (part(r, step, i), part(r, step + 1, j));
                    let (a, b) = (
                        moments(&all(r, i)),
                        moments(&across(r, (step + 1) % r.steps(), j, 0..r.years())),
                    );
                    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
                    for (x, y) in x.iter().zip(&y) {
                        xy += (x - a.mean) * (y - b.mean);
                        xx += (x - a.mean).powi(2);
                        yy += (y - b.mean).powi(2);
                    }
                    xy / (xx * yy).sqrt()
                };
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

fn syr_darya(step: Period) -> Record {
    let model = riparian::scenario::read("data/syr-darya-2001-2010").unwrap();
    Record::from_model(&model, step, 1).unwrap()
}

#[test]
fn the_full_model_keeps_means_covariances_and_lag_one() {
    for (signed, margins) in [(true, Margins::Auto), (false, Margins::Log)] {
        let record = made_up(signed);
        let generator = LagOne::full().margins(margins).fit(&record).unwrap();
        let repair = generator.repair().unwrap();
        let kept = differences(&record, &long(&generator));
        // What the repair changed is told, and is not a fault of the sample.
        assert!(kept.mean < TOLERANCE, "{}", kept.mean);
        assert!(kept.deviation < TOLERANCE, "{}", kept.deviation);
        assert!(
            kept.zero < TOLERANCE + repair.lag_zero,
            "{} {repair:?}",
            kept.zero
        );
        assert!(
            kept.own < TOLERANCE + repair.lag_one,
            "{} {repair:?}",
            kept.own
        );
        assert!(
            kept.cross < TOLERANCE + repair.cross_lag_one,
            "{} {repair:?}",
            kept.cross
        );
        assert!(
            repair.lag_zero.max(repair.lag_one) < TOLERANCE,
            "{repair:?}"
        );
    }
}

#[test]
fn the_contemporaneous_model_keeps_all_but_the_cross_correlation_at_lag_one() {
    let record = made_up(true);
    let generator = LagOne::contemporaneous().fit(&record).unwrap();
    let repair = generator.repair().unwrap();
    let kept = differences(&record, &long(&generator));
    assert!(kept.mean.max(kept.deviation) < TOLERANCE);
    assert!(
        kept.zero < TOLERANCE + repair.lag_zero,
        "{} {repair:?}",
        kept.zero
    );
    assert!(
        kept.own < TOLERANCE + repair.lag_one,
        "{} {repair:?}",
        kept.own
    );
}

#[test]
fn thomas_fiering_in_logarithms_keeps_the_correlation_of_the_flows() {
    let record = made_up(false);
    let generator = LagOne::thomas_fiering()
        .margins(Margins::Log)
        .fit(&record)
        .unwrap();
    let made = long(&generator);
    let kept = differences(&record, &made);
    // 3 / sqrt(n) of a correlation near zero is 0.0095.
    assert!(kept.own < 0.0095, "{}", kept.own);
    assert!(kept.mean.max(kept.deviation) < TOLERANCE);
    // Each site on its own.
    for step in 0..12 {
        let site = |site| across(&made, step, site, 0..LONG);
        let apart = correlation(&site(0), &site(2));
        assert!(apart.abs() < 0.0126, "{apart}"); // 4 / sqrt(n)
    }
    assert!(made.values().iter().all(|&flow| flow > 0.0));
}

#[test]
fn kirsch_keeps_the_correlation_between_months() {
    let record = made_up(false);
    let made = Kirsch::new().fit(&record).unwrap().years(3, 0, 20_000);
    let logs = |r: &Record, step, site, from| -> Vec<f64> {
        let flows = across(r, step, site, from..r.years());
        flows.into_iter().map(f64::ln).collect()
    };
    let mut largest = 0.0_f64;
    for (site, a) in (0..3).flat_map(|site| (0..12).map(move |a| (site, a))) {
        // Within a half of the year: the first as it follows another year, so without the first one.
        for b in a / 6 * 6..a {
            let from = usize::from(a < 6);
            let was = correlation(&logs(&record, a, site, from), &logs(&record, b, site, from));
            let is = correlation(&logs(&made, a, site, 0), &logs(&made, b, site, 0));
            // 4 / sqrt(n)
            assert!((was - is).abs() < 0.0283, "{site} {a} {b}: {was} {is}");
            largest = largest.max(was.abs());
        }
    }
    assert!(
        largest > 0.5,
        "the record has correlations to keep: {largest}"
    );
}

#[test]
fn a_tributary_that_is_a_multiple_of_another_stays_one() {
    // To the rounding of the record, 0.005 of 16 m3/s at least.
    let dekads = syr_darya(Period::Dekad);
    let months = syr_darya(Period::Month);
    for generator in [
        LagOne::full().pooling(1).fit(&dekads),
        LagOne::contemporaneous().pooling(1).fit(&dekads),
        Neighbours::new().fit(&dekads),
        Kirsch::new().fit(&months),
    ] {
        let generator = generator.unwrap();
        let years = generator.years(4, 4, 50);
        let [naryn, below] = ["naryn", "tash-kumyr"].map(|id| years.site(id).unwrap());
        for (year, step) in (0..50).flat_map(|y| (0..years.steps()).map(move |s| (y, s))) {
            let ratio = years.at(year, step, below) / years.at(year, step, naryn);
            assert!(
                (ratio / 0.182 - 1.0).abs() < 2e-3,
                "{}: {ratio}",
                generator.method()
            );
        }
    }
}

#[test]
fn the_record_of_ten_years_could_be_the_generators() {
    let record = syr_darya(Period::Dekad);
    let generator = LagOne::full()
        .margins(Margins::Skewed)
        .pooling(1)
        .fit(&record)
        .unwrap();
    let report = Preservation::of(&record, &generator, 2026, 200).unwrap();
    let rows: Vec<usize> = report.tallies().iter().map(|tally| tally.rows).collect();
    // Seven sites that vary in 36 dekads, their pairs, and they with all together.
    assert_eq!(rows, [252, 252, 252, 252, 21, 42, 8, 8, 8, 8, 8, 8]);
    assert!(report.passes(), "{}", report.table());
}

#[test]
fn a_generator_that_keeps_less_is_found_out() {
    // Sites that vary together, each on its own; and one river a third too high.
    let record = syr_darya(Period::Dekad);
    let apart = LagOne::thomas_fiering().pooling(1).fit(&record).unwrap();
    let high = LagOne::contemporaneous().pooling(1).fit(&record).unwrap();
    let high = high
        .adjusted(Delta::new().factors("naryn", [1.3; 12]))
        .unwrap();
    for (generator, statistic) in [(apart, "cross lag-0"), (high, "mean")] {
        let report = Preservation::of(&record, &generator, 2026, 100).unwrap();
        let tally = |name| {
            report
                .tallies()
                .iter()
                .find(|t| t.statistic.name() == name)
                .unwrap()
        };
        assert!(!tally(statistic).passes(), "{statistic}");
    }
}

/// A generator of each kind.
fn each() -> Vec<Generator> {
    let dekads = syr_darya(Period::Dekad);
    let months = syr_darya(Period::Month);
    let model = riparian::scenario::read("data/syr-darya-2001-2010").unwrap();
    let doubled = {
        let values = months.values().iter().map(|flow| 2.0 * flow).collect();
        Record::new(months.sites().to_vec(), Period::Month, 1, 2001, values).unwrap()
    };
    let published = [(0.25, 14_000.0), (0.75, 11_000.0), (0.95, 9_000.0)];
    let published = published.map(|(p, mcm)| (p, Volume::from_mcm(mcm)));
    let lag_one = LagOne::contemporaneous().pooling(1).fit(&dekads).unwrap();
    vec![
        LagOne::full().pooling(1).fit(&dekads).unwrap(),
        lag_one
            .adjusted(ScaledTo::quantiles(["naryn"], &published).unwrap())
            .unwrap(),
        Neighbours::new().fit(&dekads).unwrap(),
        Kirsch::new()
            .fit(&months)
            .unwrap()
            .adjusted(QuantileMap::between(&months, &doubled).unwrap())
            .unwrap()
            .adjusted(Delta::new().shifts("chinaz", [-10.0; 12]))
            .unwrap()
            .into_days(Nowak::days_of(&model).unwrap())
            .unwrap(),
    ]
}

#[test]
fn a_member_is_the_same_in_any_order_and_after_saving() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("generator.json");
    for generator in each() {
        let bits = |record: &Record| -> Vec<u64> {
            record.values().iter().map(|flow| flow.to_bits()).collect()
        };
        let forth: Vec<_> = (0..4)
            .map(|member| bits(&generator.years(9, member, 3)))
            .collect();
        generator.save(&file).unwrap();
        let read = Generator::open(&file).unwrap();
        assert_eq!(read, generator);
        let mut buffer = read.years(0, 0, 3);
        for member in (0..4).rev() {
            read.fill(9, member, &mut buffer).unwrap();
            assert_eq!(bits(&buffer), forth[member as usize]);
            // The first year of three is that of one.
            assert_eq!(
                bits(&read.years(9, member, 1)),
                forth[member as usize][..buffer.values().len() / 3]
            );
        }
        assert_ne!(forth[0], forth[1]);
        assert_eq!(
            read.daily(9, 1, 2001, 2).unwrap(),
            generator.daily(9, 1, 2001, 2).unwrap()
        );
    }
}

#[test]
fn a_file_that_was_cut_or_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("generator.json");
    let generator = LagOne::full().fit(&made_up(false)).unwrap();
    generator.save(&file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    for (from, to) in [
        ("\"month\"", "\"dekad\""),
        ("\"upper\",", ""),
        ("\"carry\":[", "\"carry\":[0.0,"),
        ("\"month\"", "\"week\""),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        std::fs::write(&file, changed).unwrap();
        assert!(Generator::open(&file).unwrap_err().is_parse(), "{from}");
    }
    assert!(
        Generator::open(folder.path().join("none"))
            .unwrap_err()
            .is_io()
    );
}

#[test]
fn what_cannot_be_fitted_is_told() {
    let dekads = syr_darya(Period::Dekad);
    let told = |result: riparian::Result<Generator>| {
        let error = result.unwrap_err();
        assert!(error.is_invalid());
        error.to_string()
    };
    // The first loss of each of the two sites that have some.
    let log = told(LagOne::full().margins(Margins::Log).fit(&dekads));
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(
        log.contains("`chinaz` in 2001-01-2: -64.7 m3/s has no logarithm"),
        "{log}"
    );
    assert!(log.contains("`fergana-side` in 2001-"), "{log}");
    let full = told(LagOne::full().fit(&dekads));
    assert!(full.contains("10 pairs of a step and the next"), "{full}");
    let sites = || vec!["a".to_owned()];
    let same = Record::new(sites(), Period::Month, 1, 2001, vec![3.0; 60]).unwrap();
    assert!(told(Kirsch::new().fit(&same)).contains("every year is like the first"));
    let short = Record::new(sites(), Period::Month, 1, 2001, vec![3.0; 24]).unwrap();
    assert!(told(Neighbours::new().fit(&short)).contains("a record of 2 years"));
    assert!(told(Neighbours::new().k(10).fit(&dekads)).contains("10 neighbours"));
}

#[test]
fn one_neighbour_replays_the_record() {
    let record = made_up(true);
    let made = Neighbours::new().k(1).fit(&record).unwrap().years(1, 0, 8);
    for year in 0..8 {
        let all = 0..record.years();
        let same = |&of: &usize| (0..12).all(|step| record.row(of, step) == made.row(year, step));
        assert!(all.clone().any(|of| same(&of)), "{year}");
    }
}

#[test]
fn days_average_to_their_months() {
    let model = riparian::scenario::read("data/syr-darya-2001-2010").unwrap();
    let months = syr_darya(Period::Month);
    let kirsch = Kirsch::new().fit(&months).unwrap();
    for donors in [
        Nowak::days_of(&model).unwrap(),
        Nowak::dekads_of(&model).unwrap(),
    ] {
        let generator = kirsch.clone().into_days(donors).unwrap();
        let years = generator.years(5, 2, 9);
        for (site, daily) in generator.daily(5, 2, 2001, 9).unwrap().iter().enumerate() {
            assert_eq!(daily.len(), 9 * 365 + 2);
            for (i, (_, mean)) in daily.means(Period::Month).into_iter().enumerate() {
                let wanted = years.at(i / 12, i % 12, site);
                let largest = daily
                    .values()
                    .iter()
                    .fold(0.0_f64, |top, v| top.max(v.abs()));
                assert!((mean - wanted).abs() <= 1e-12 * largest);
            }
            // The days of January differ at a river that was measured.
            let january = &daily.values()[..31];
            let differ = january.iter().any(|&flow| flow != january[0]);
            assert!(differ || years.sites()[site] == "arys");
            let signed = ["fergana-side", "chinaz"].contains(&&*years.sites()[site]);
            assert!(signed || daily.values().iter().all(|&flow| flow >= 0.0));
        }
    }
}

#[test]
fn published_volumes_come_out_as_often_as_published() {
    let record = syr_darya(Period::Dekad);
    let published = [
        (0.1, 15_500.0),
        (0.5, 12_000.0),
        (0.75, 10_600.0),
        (0.9, 9_500.0),
    ];
    let volumes = published.map(|(p, mcm)| (p, Volume::from_mcm(mcm)));
    let generator = LagOne::contemporaneous()
        .pooling(1)
        .fit(&record)
        .unwrap()
        .adjusted(ScaledTo::quantiles(["naryn"], &volumes).unwrap())
        .unwrap();
    let years = generator.years(77, 1, 4_000);
    let naryn = years.site("naryn").unwrap();
    let mcm: Vec<f64> = (0..4_000)
        .map(|year| years.annual(year, naryn) * 365.2425 * 0.0864)
        .collect();
    for (p, volume) in published {
        let more = mcm.iter().filter(|&&v| v > volume).count() as f64 / 4_000.0;
        let error = (p * (1.0 - p) * (1.0 / 4_000.0 + 1.0 / 10_000.0)).sqrt();
        assert!((more - p).abs() < 4.0 * error, "{p}: {more}");
    }
    // What is scaled has no sign to change.
    let loss = ScaledTo::volume(["chinaz"], Volume::from_mcm(100.0)).unwrap();
    let error = generator.adjusted(loss).unwrap_err();
    assert!(error.to_string().contains("`chinaz`"), "{error}");
}

#[test]
fn a_map_between_records_carries_their_difference() {
    let record = made_up(false);
    let values = record.values().iter().map(|flow| 1.25 * flow).collect();
    let wetter = Record::new(record.sites().to_vec(), Period::Month, 1, 1971, values).unwrap();
    let today = LagOne::contemporaneous().fit(&record).unwrap();
    let map = QuantileMap::between(&record, &wetter).unwrap();
    let later = today.clone().adjusted(map).unwrap();
    let (a, b) = (today.years(1, 1, 50), later.years(1, 1, 50));
    for (a, b) in a.values().iter().zip(b.values()) {
        assert!((b - 1.25 * a).abs() < 1e-12 * b);
    }
}

#[test]
fn flows_that_never_were_negative_do_not_become_so_and_the_cost_is_told() {
    let record = made_up(false);
    let generator = LagOne::contemporaneous()
        .margins(Margins::Normal)
        .fit(&record)
        .unwrap();
    let years = long(&generator);
    assert!(years.values().iter().all(|&flow| flow >= 0.0));
    let flooring = generator.flooring();
    assert_eq!(flooring.len(), 3);
    for (site, told) in flooring.iter().enumerate() {
        let mean = (0..LONG).map(|year| years.annual(year, site)).sum::<f64>() / LONG as f64;
        let found = mean - told.mean_m3s;
        assert!(
            (found - told.gain_m3s).abs() < 1e-3 * told.mean_m3s,
            "{found} {told:?}"
        );
    }
    // In logarithms, or where there have been losses, nothing is cut.
    assert!(
        LagOne::contemporaneous()
            .fit(&record)
            .unwrap()
            .flooring()
            .is_empty()
    );
}

#[test]
fn a_model_gets_the_days_of_its_own_run() {
    let model = riparian::scenario::read("data/syr-darya-2001-2010").unwrap();
    let record = Record::from_model(&model, Period::Dekad, 10).unwrap();
    let generator = LagOne::contemporaneous().pooling(1).fit(&record).unwrap();
    // A leap day, and the turn of a hydrological year within the run.
    let season = model
        .over("2007-09-15..2008-03-31".parse().unwrap())
        .unwrap();
    let made = generator.apply(&season, 3, 8).unwrap();
    let years = generator.years(3, 8, 2);
    let v = made.basin().node_index("naryn").unwrap();
    let naryn = made.inflow(v).unwrap();
    assert_eq!(naryn.window(), season.window());
    let site = record.site("naryn").unwrap();
    assert_eq!(naryn.values()[0], years.at(0, 34, site)); // 15 September
    assert_eq!(naryn.values()[naryn.len() - 1], years.at(1, 17, site)); // 31 March
}

#[test]
fn what_does_not_fit_a_generator_is_told() {
    let model = riparian::scenario::read("data/syr-darya-2001-2010").unwrap();
    let dekads = syr_darya(Period::Dekad);
    let months = syr_darya(Period::Month);
    let generator = LagOne::contemporaneous().pooling(1).fit(&dekads).unwrap();
    let adjusted = |adjustment: Delta| generator.clone().adjusted(adjustment).unwrap_err();
    let unknown = adjusted(Delta::new().factors("narin", [1.0; 12])).to_string();
    assert!(unknown.contains("did you mean `naryn`"), "{unknown}");
    assert!(adjusted(Delta::new().factors("naryn", [-1.0; 12])).is_invalid());
    // Arys is the same every year: there are no volumes to be distributed.
    let volumes = [(0.2, 800.0), (0.8, 500.0)].map(|(p, mcm)| (p, Volume::from_mcm(mcm)));
    let arys = ScaledTo::quantiles(["arys"], &volumes).unwrap();
    let arys = generator.clone().adjusted(arys).unwrap_err().to_string();
    assert!(arys.contains("always the same"), "{arys}");
    let days = generator.clone().into_days(Nowak::days_of(&model).unwrap());
    let days = days.unwrap_err().to_string();
    assert!(days.contains("a generator by the dekad"), "{days}");
    assert!(generator.fill(1, 1, &mut months.clone()).is_err());
    assert!(QuantileMap::between(&dekads, &months).is_err());
    assert!(Preservation::of(&months, &generator, 1, 100).is_err());
    assert!(Preservation::of(&dekads, &generator, 1, 19).is_err());
    assert!(Kirsch::new().margins(Margins::Skewed).fit(&months).is_err());
    assert!(generator.daily(1, 1, 9998, 3).is_err());
}

#[test]
fn months_are_the_means_of_their_dekads() {
    let daily = syr_darya(Period::Month);
    let months = syr_darya(Period::Dekad).monthly();
    assert_eq!((months.years(), months.steps()), (10, 12));
    // Leap years and all; 1200 m3/s is the largest flow.
    for (a, b) in months.values().iter().zip(daily.values()) {
        assert!((a - b).abs() <= 1e-12 * 1200.0, "{a} {b}");
    }
}
