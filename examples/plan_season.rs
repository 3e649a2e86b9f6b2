//! The summer of a year on the Syr Darya, planned on 1 April and held against what came.
//!
//! ```text
//! cargo run --release --features planner --example plan_season [--year YEAR] [--csv FILE]
//! cargo run --release --features planner --example plan_season -- --years
//! ```
//!
//! The first plans the summer of 2008, or of another year, from the storages observed on its 1 April:
//! with the median of the years before it as the forecast, with their lowest quartile, and with what
//! came. Each plan is simulated day by day with what came. The regret
//! is what the forecast's error cost. The plan by the median is printed as the table that the
//! parties sign, and written as CSV on request.
//!
//! The second holds, for each summer from 2001 to 2010, the planner's schedules against the schedule
//! of the protocol of 2000 at the dam of Bakhri Tochik and observed releases elsewhere: for all dams,
//! made knowing what comes, by the median of the other years, and by the median made anew every dekad;
//! and for Bakhri Tochik alone. It writes `docs/planner.md`.

use std::error::Error;
use std::process::ExitCode;

use riparian::basin::NodeKind;
use riparian::calendar::{Date, Dekad, Window};
use riparian::jiff::civil::date;
use riparian::ledger::Ledger;
use riparian::operation::Schedule;
use riparian::planner::{Planner, SeasonPlan, Wanted};
use riparian::series::DailySeries;
use riparian::settlement::Unit;
use riparian::units::{SECONDS_PER_DAY, Volume};
use riparian::{Model, Plan, Simulation};

const SCENARIO: &str = "data/syr-darya-2001-2010";
const YEARS: std::ops::RangeInclusive<i16> = 2001..=2010;
const CLASSES: [&str; 3] = ["sanitary", "treaty", "use"];

/// What part of all that is due counts as rounding.
const ROUNDING: f64 = 1e-6;

const ABOUT: &str = "";
const ALONE: &str = "\n| year | sanitary | alone | treaty | alone | use | alone |";
const WORSE: &str = "";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let Some(job) = arguments(std::env::args().skip(1)) else {
        eprintln!("usage: plan_season [--year YEAR] [--csv FILE] | --years");
        return ExitCode::from(2);
    };
    let done = match job {
        Job::Year { year, csv } => one_year(year, csv.as_deref()),
        Job::Years => all_years(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

enum Job {
    Year { year: i16, csv: Option<String> },
    Years,
}

fn arguments(mut given: impl Iterator<Item = String>) -> Option<Job> {
    let (mut year, mut csv) = (2008, None);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--years" => return given.next().is_none().then_some(Job::Years),
            "--year" => {
                let number = given.next()?.parse().ok();
                year = number.filter(|year| (2002..=2010).contains(year))?;
            }
            "--csv" => csv = Some(given.next()?),
            _ => return None,
        }
    }
    Some(Job::Year { year, csv })
}

/// Plans one summer by two forecasts and by what came.
fn one_year(year: i16, csv: Option<&str>) -> Outcome<()> {
    let all = riparian::scenario::read(SCENARIO)?;
    let what_came = summer(&all, year)?;
    let judge = planner(&what_came)?;
    let years: Vec<i16> = YEARS.filter(|&other| other < year).collect();
    let median = planner(&forecast(&all, &what_came, &years, 0.5)?)?.plan()?;
    let dry = planner(&forecast(&all, &what_came, &years, 0.25)?)?.plan()?;
    let foresight = judge.plan()?;
    println!("{}", median.table());
    if let Some(file) = csv {
        median.table().write_csv(std::fs::File::create(file)?)?;
    }
    println!("\nMissing, Mm3: as planned, and with what came in {year}, simulated day by day");
    print!("{:28}", "");
    for class in CLASSES {
        print!(" {class:>20}");
    }
    println!();
    let mut least = None;
    for (name, plan) in [
        ("what came, known ahead", &foresight),
        ("forecast: median", &median),
        ("forecast: lowest quartile", &dry),
    ] {
        let came = simulated(&judge, &plan.apply(&what_came)?)?;
        print!("{name:28}");
        for class in CLASSES {
            print!(
                " {:>10.1}{:>10.1}",
                plan.short_of(Some(class)).mcm(),
                short(&came, class)
            );
        }
        println!();
        let missing = CLASSES.map(|class| short(&came, class));
        let least = *least.get_or_insert(missing);
        if least != missing {
            print!("{:28}", "  regret");
            for (missing, least) in missing.iter().zip(least) {
                print!(" {:>20.1}", missing - least);
            }
            println!();
        }
    }
    println!("\nBy obligation, planned by the median and simulated with what came");
    let came = simulated(&judge, &median.apply(&what_came)?)?;
    for (planned, came) in median
        .wanted()
        .iter()
        .zip(&came)
        .filter(|(p, _)| p.obligation)
    {
        println!(
            "{:18} {:>24}  due {:>8.1}  planned {:>8.1}  came {:>8.1}  short {:>8.1} {}",
            planned.id,
            planned.period.to_string(),
            planned.due,
            planned.came,
            came.came,
            came.short,
            came.unit.sign()
        );
    }
    println!("\nNot planned");
    for left in median.not_planned() {
        println!("{}: {}", left.obligation, left.why);
    }
    let work = foresight.work();
    println!(
        "\n{} variables, {} rows, {} programs",
        work.variables, work.rows, work.programs
    );
    Ok(())
}

/// Ways to plan a summer that are held against the protocol.
const WAYS: [&str; 4] = ["foresight", "median", "anew", "alone"];

/// Each summer by the planner and by the protocol of 2000.
fn all_years() -> Outcome<()> {
    let all = riparian::scenario::read(SCENARIO)?;
    println!("{ABOUT}");
    print!("| year | inflow to Toktogul |");
    for class in CLASSES {
        print!(" {class}: protocol | {} |", WAYS[..3].join(" | "));
    }
    println!("\n|{}", "---:|".repeat(2 + 4 * CLASSES.len()));
    let (mut worse, mut alone) = (Vec::new(), Vec::new());
    for year in YEARS {
        let what_came = summer(&all, year)?;
        let judge = planner(&what_came)?;
        let by_protocol = Plan::compile(by_protocol(&what_came)?)?;
        let released = Simulation::new(&by_protocol).run()?;
        let protocol = judge.held_against(&released);
        let others: Vec<i16> = YEARS.filter(|&other| other != year).collect();
        let median = forecast(&all, &what_came, &others, 0.5)?;
        let by_median = planner(&median)?.plan()?;
        let dry = forecast(&all, &what_came, &others, 0.25)?;
        let anew = judge.rolling(|date| as_seen(&median, &dry, &what_came, date))?;
        let anew = anew.last().ok_or("a season without a dekad")?;
        let plans = [
            &judge.plan()?,
            &by_median,
            anew,
            &alone_plan(&what_came, &released)?,
        ];
        let mut came = vec![protocol];
        for (way, plan) in plans.into_iter().enumerate() {
            let around = if way == 3 {
                by_protocol.model()
            } else {
                &what_came
            };
            came.push(simulated(&judge, &plan.apply(around)?)?);
        }
        print!("| {year} | {:.0} |", volume(&what_came, "naryn"));
        for class in CLASSES {
            let missing: Vec<f64> = came.iter().map(|came| short(came, class)).collect();
            for missing in &missing[..4] {
                print!(" {missing:.1} |");
            }
            for (way, now) in WAYS.iter().zip(&missing[1..]) {
                if *now > missing[0] + ROUNDING * due(&came[0], class) {
                    worse.push(format!(
                        "{year}, `{class}`, {way}: {:.1} Mm3 more",
                        now - missing[0]
                    ));
                }
            }
            alone.push([missing[0], missing[4]]);
        }
        println!();
    }
    println!("{ALONE}");
    for (year, classes) in YEARS.zip(alone.chunks(CLASSES.len())) {
        print!("| {year} |");
        for [protocol, alone] in classes {
            print!(" {protocol:.1} | {alone:.1} |");
        }
        println!();
    }
    println!("{WORSE}");
    if worse.is_empty() {
        println!("- nowhere");
    }
    for line in worse {
        println!("- {line}");
    }
    Ok(())
}

/// Bakhri Tochik by the planner, knowing what comes, all other dams as they went by the protocol.
fn alone_plan(what_came: &Model, released: &Ledger) -> Outcome<SeasonPlan> {
    let mut planner = planner(what_came)?;
    for (k, dam) in what_came.basin().reservoirs().iter().enumerate() {
        if dam.node == "bakhri-tochik" {
            continue;
        }
        let m3s = released
            .reservoirs()
            .release
            .of(k)
            .map(|m3| m3 / SECONDS_PER_DAY);
        let series = DailySeries::new(what_came.window().from(), m3s.collect())?;
        planner = planner.keeping(&dam.node, &series)?;
    }
    Ok(planner.plan()?)
}

/// The forecast on a date: a river that brought more than the median since the season began is
/// expected to go on so, the more the longer it has.
fn as_seen(median: &Model, dry: &Model, came: &Model, date: Date) -> riparian::Result<Model> {
    let mut model = median.clone();
    let window = came.window();
    let days = (date - window.from()).get_days() as usize;
    let next = (Dekad::containing(date).window().to() - window.from()).get_days() as usize;
    let trust = days as f64 / (days + 30) as f64;
    for (v, node) in came.basin().nodes().iter().enumerate() {
        let (Some(expected), Some(low), Some(seen)) =
            (median.inflow(v), dry.inflow(v), came.inflow(v))
        else {
            continue;
        };
        let so_far = |series: &DailySeries| series.values()[..days].iter().sum::<f64>();
        let (usual, seen) = (so_far(expected), so_far(seen));
        let factor = if node.kind == NodeKind::Inflow && usual > 0.0 {
            1.0 + trust * (seen / usual - 1.0)
        } else {
            1.0
        };
        let flows = (0..window.days()).map(|day| {
            let series = if day <= next { low } else { expected };
            factor * series.values()[day]
        });
        let flows = DailySeries::new(window.from(), flows.collect())?;
        model = model.with_inflow(&node.id, &flows)?;
    }
    Ok(model)
}

/// April to September of a year, from the storages observed before.
fn summer(all: &Model, year: i16) -> Outcome<Model> {
    let window = Window::new(date(year, 4, 1), date(year, 9, 30))?;
    let before: Dekad = format!("{year}-03-3").parse()?;
    let mut table = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_path(format!("{SCENARIO}/observed/storage.csv"))?;
    let names = table.headers()?.clone();
    let mut model = all.clone().over(window)?;
    for row in table.records() {
        let row = row?;
        if row[0].parse::<Dekad>()? != before {
            continue;
        }
        for (name, volume) in names.iter().zip(&row).skip(1) {
            let reservoir = name.trim_end_matches("_mcm");
            let full = model.basin().reservoir_index(reservoir);
            let most = full.map(|k| model.basin().reservoirs()[k].surcharge);
            let volume = Volume::from_mcm(volume.parse()?);
            model = model.starting_with(reservoir, volume.min(most.unwrap_or(volume)))?;
        }
    }
    Ok(model)
}

/// The same summer with a quantile of each day's inflow in other years.
fn forecast(all: &Model, summer: &Model, years: &[i16], quantile: f64) -> Outcome<Model> {
    let window = summer.window();
    let mut model = summer.clone();
    for (v, node) in summer.basin().nodes().iter().enumerate() {
        let Some(record) = all.inflow(v) else {
            continue;
        };
        let expected = window.iter().map(|day| {
            let days = years
                .iter()
                .map(|&year| Date::new(year, day.month(), day.day()));
            let flows = days.filter_map(|day| record.get(day.ok()?));
            at_quantile(flows.collect(), quantile)
        });
        let series = DailySeries::new(window.from(), expected.collect())?;
        model = model.with_inflow(&node.id, &series)?;
    }
    Ok(model)
}

fn at_quantile(mut values: Vec<f64>, quantile: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = quantile * (values.len() - 1) as f64;
    let (low, high) = (values[at.floor() as usize], values[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

/// Whom the planner serves before whom: the scenario's obligations only observe, and its regime of
/// 1984 is nobody's agreement any more.
fn planner(model: &Model) -> Outcome<Planner> {
    let mut planner = Planner::new(model)?;
    let agreements = model.agreements().iter();
    for obligation in agreements.flat_map(|agreement| &agreement.obligations) {
        let id = obligation.id.as_str();
        let starts = |names: &[&str]| names.iter().any(|name| id.starts_with(name));
        planner = if starts(&["farkhad-eco", "aral-minimum"]) {
            planner.claiming(id, "sanitary")?
        } else if starts(&["bt-fill", "kyzylkishlak", "shardara-in", "aral"]) {
            planner.claiming(id, "treaty")?
        } else if starts(&["toktogul"]) {
            planner.without(id)?
        } else {
            planner
        };
    }
    Ok(planner)
}

/// The dam of Bakhri Tochik by the protocol of 2000, the others as they were.
fn by_protocol(summer: &Model) -> Outcome<Model> {
    let flows = summer.window().iter().map(|day| match day.month() {
        6 => 500.0,
        7 => 650.0,
        8 => 600.0,
        9 => 300.0,
        _ => 350.0,
    });
    let releases = DailySeries::new(summer.window().from(), flows.collect())?;
    let schedule = Schedule::planned(releases).claimed_in("release");
    Ok(summer.clone().operated_by("bakhri-tochik", schedule)?)
}

fn simulated(judge: &Planner, model: &Model) -> Outcome<Vec<Wanted>> {
    let plan = Plan::compile(model.clone())?;
    let ledger = Simulation::new(&plan).run()?;
    Ok(judge.held_against(&ledger))
}

/// What is missing of water in a class, Mm3.
fn short(came: &[Wanted], class: &str) -> f64 {
    let of_class = came
        .iter()
        .filter(|row| row.class.as_deref() == Some(class));
    let water = of_class.filter(|row| row.unit == Unit::Mcm);
    water.map(|row| row.short).sum()
}

/// What is due in a class, Mm3.
fn due(rows: &[Wanted], class: &str) -> f64 {
    let of_class = rows
        .iter()
        .filter(|row| row.class.as_deref() == Some(class));
    let water = of_class.filter(|row| row.unit == Unit::Mcm);
    water.map(|row| row.due).sum()
}

/// What enters at a node over the season, Mm3.
fn volume(model: &Model, node: &str) -> f64 {
    let inflow = model.basin().node_index(node).and_then(|v| model.inflow(v));
    inflow.map_or(0.0, |series| series.values().iter().sum::<f64>() * 0.0864)
}
