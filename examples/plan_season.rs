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
use std::fmt::Write as _;
use std::process::ExitCode;
use std::thread::{self, ScopedJoinHandle};

use riparian::basin::NodeKind;
use riparian::calendar::{Date, Dekad, Window};
use riparian::jiff::civil::date;
use riparian::ledger::Ledger;
use riparian::operation::Schedule;
use riparian::planner::{Planner, Wanted};
use riparian::series::DailySeries;
use riparian::settlement::Unit;
use riparian::units::{SECONDS_PER_DAY, Volume};
use riparian::{Model, Plan, Simulation};

const SCENARIO: &str = "data/syr-darya-2001-2010";
const YEARS: std::ops::RangeInclusive<i16> = 2001..=2010;
const CLASSES: [&str; 3] = ["sanitary", "treaty", "use"];

/// What part of all that is due counts as rounding.
const ROUNDING: f64 = 1e-6;

const ABOUT: &str = "\
# The planner and the protocol of 2000

Made by `cargo run --release --features planner --example plan_season -- --years`.

Summers, April to September, from the storages observed on 1 April, simulated day by day with the inflows that came. \
*Protocol*: Bakhri Tochik releases 350 m3/s in April and May (derived) and 500, 650, 600, 300 m3/s from June to \
September (published for 2000); all other dams release what they did. *Foresight*: the planner's schedules for all \
dams, made on 1 April knowing what comes. *Median*: the same with the median of the other nine years as the forecast, \
kept to the end of September whatever comes. *Anew*: planned again at the start of each dekad from where the plan so \
far has led, with the forecast as seen then: the dekad that begins by the lowest quartile of the other years, since \
nothing can be changed in it, the rest by their median; rivers that brought more or less than their median since 1 April are \
expected to go on so, the more the later it is. The planner also says what each canal may take.

Missing volumes in Mm3, by class: `sanitary` is the flow below Farkhad and the least flow to the Aral Sea; `treaty` the \
filling of Bakhri Tochik, the flow at Kyzylkishlak, the inflow to Shardara and the volume for the Aral Sea; `use` the \
withdrawals. Each day of a least flow and of a withdrawal counts for itself.
";

const WORSE: &str = "
## Where a plan misses more

Classes are strict: to meet more of a senior class a plan may miss more of a junior one. With Bakhri Tochik alone there \
is only one dam to fill, to hold the flow at Kyzylkishlak and to send water on to Shardara: what is met of `treaty` in the \
dry years is taken from `use`, and with users first it is the other way round. In the order it was asked for, each such \
plan is the better one in each year: it misses no more at the first class that differs.

With foresight the plan of all dams misses no more than the protocol in any class and year. By a forecast kept to the \
end it does not: Toktogul lets out what is missing beside the side streams expected, and no more. Made anew every dekad \
it misses more in two years, in `use`. In April 2003 the side streams of the Fergana valley brought less than their \
lowest quartile; 12 km3 lay in Toktogul, but a plan has no reason to let out more than is wanted by the forecast. In the \
last dekad of September 2002 the Karadarya brought less than was expected, and the plan had drawn Andijan down to \
dead storage to keep the water in Toktogul.

The quartile for the coming dekad is a choice made with these ten years in sight. With the median there too more of \
`treaty` was missing, and with the lowest of the other years more of `use`.

More than a millionth of what is due, in Mm3:
";

const ALONE: &str = "
## Bakhri Tochik alone

The protocol binds one dam. Here the planner moves only that dam, knowing what comes, and says what each canal may take; \
all other dams are as in the protocol's run. *Classes* serves `sanitary`, `treaty` and `use` in this order, as above. In \
the protocol's run nobody releases or withholds water for a treaty: canals take what comes by. *Users first* plans in that \
order too: `use`, then `sanitary`, then the obligations of `treaty`, electricity left out.

| year | sanitary: protocol | classes | users first | treaty: protocol | classes | users first | use: protocol | classes \
| users first |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

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
    println!("{}", median.bulletin());
    if let Some(file) = csv {
        median.bulletin().write_csv(std::fs::File::create(file)?)?;
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
const WAYS: [&str; 5] = [
    "foresight",
    "median",
    "anew",
    "Bakhri Tochik alone, classes",
    "Bakhri Tochik alone, users first",
];

/// Each summer by the planner and by the protocol of 2000.
fn all_years() -> Outcome<()> {
    let all = riparian::scenario::read(SCENARIO)?;
    // Summers have nothing to do with each other: each has a thread of its own.
    let years: Vec<Result<Compared, String>> = thread::scope(|scope| {
        let summer = |year| {
            let all = &all;
            scope.spawn(move || compared(all, year).map_err(|error| format!("{year}: {error}")))
        };
        let threads: Vec<_> = YEARS.map(summer).collect();
        let done = threads.into_iter().map(ScopedJoinHandle::join);
        done.map(|year| year.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let years = years.into_iter().collect::<Result<Vec<_>, _>>()?;
    println!("{ABOUT}");
    print!("| year | inflow to Toktogul |");
    for class in CLASSES {
        print!(" {class}: protocol | {} |", WAYS[..3].join(" | "));
    }
    println!("\n|{}", "---:|".repeat(2 + 4 * CLASSES.len()));
    for year in &years {
        println!("{}", year.for_all);
    }
    println!("{ALONE}");
    for year in &years {
        println!("{}", year.alone);
    }
    println!("{WORSE}");
    let worse: Vec<&String> = years.iter().flat_map(|year| &year.worse).collect();
    if worse.is_empty() {
        println!("- nowhere");
    }
    for line in worse {
        println!("- {line}");
    }
    Ok(())
}

/// What the page says of a summer: a row of each table, and where a plan misses more.
struct Compared {
    for_all: String,
    alone: String,
    worse: Vec<String>,
}

fn compared(all: &Model, year: i16) -> Outcome<Compared> {
    let what_came = summer(all, year)?;
    let judge = planner(&what_came)?;
    let by_protocol = Plan::compile(by_protocol(&what_came)?)?;
    let released = Simulation::new(&by_protocol).run()?;
    let others: Vec<i16> = YEARS.filter(|&other| other != year).collect();
    let median = forecast(all, &what_came, &others, 0.5)?;
    let dry = forecast(all, &what_came, &others, 0.25)?;
    let mut anew = judge.rolling(|date| as_seen(&median, &dry, &what_came, date))?;
    let for_all = [
        judge.plan()?,
        planner(&median)?.plan()?,
        anew.pop().ok_or("a season without a dekad")?,
    ];
    let for_one = [
        others_kept(planner(&what_came)?, &released)?.plan()?,
        others_kept(users_first(&what_came)?, &released)?.plan()?,
    ];
    let mut came = vec![judge.held_against(&released)];
    for plan in &for_all {
        came.push(simulated(&judge, &plan.apply(&what_came)?)?);
    }
    for plan in &for_one {
        came.push(simulated(&judge, &plan.apply(by_protocol.model())?)?);
    }
    let mut compared = Compared {
        for_all: format!("| {year} | {:.0} |", volume(&what_came, "naryn")),
        alone: format!("| {year} |"),
        worse: Vec::new(),
    };
    for class in CLASSES {
        let missing: Vec<f64> = came.iter().map(|came| short(came, class)).collect();
        for missing in &missing[..4] {
            write!(compared.for_all, " {missing:.1} |")?;
        }
        for i in [0, 4, 5] {
            write!(compared.alone, " {:.1} |", missing[i])?;
        }
        for (way, now) in WAYS.iter().zip(&missing[1..]) {
            let more = now - missing[0];
            if more > ROUNDING * due(&came[0], class) {
                let line = format!("{year}, `{class}`, {way}: {more:.1} more");
                compared.worse.push(line);
            }
        }
    }
    Ok(compared)
}

/// All dams but Bakhri Tochik as they went.
fn others_kept(mut planner: Planner, went: &Ledger) -> Outcome<Planner> {
    let model = planner.model().clone();
    for (k, dam) in model.basin().reservoirs().iter().enumerate() {
        if dam.node == "bakhri-tochik" {
            continue;
        }
        let m3s = went
            .reservoirs()
            .release
            .of(k)
            .map(|m3| m3 / SECONDS_PER_DAY);
        let series = DailySeries::new(model.window().from(), m3s.collect())?;
        planner = planner.keeping(&dam.node, &series)?;
    }
    Ok(planner)
}

/// Withdrawals before what is due.
fn users_first(model: &Model) -> Outcome<Planner> {
    let mut planner = Planner::new(model)?;
    let agreements = model.agreements().iter();
    for obligation in agreements.flat_map(|agreement| &agreement.obligations) {
        let id = obligation.id.as_str();
        planner = match class_of(id) {
            // The last class of the model: the one after `use`.
            Some("sanitary") => planner.claiming(id, "release")?,
            Some(_) => planner,
            None => planner.without(id)?,
        };
    }
    Ok(planner)
}

/// The forecast on a date: the dekad that begins by the lowest quartile of other years, the rest by
/// their median; a river that brought more than the median since the season began is expected to go on so,
/// the more the longer it has.
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

/// Whom the planner serves before whom: the scenario's obligations only observe.
fn planner(model: &Model) -> Outcome<Planner> {
    let mut planner = Planner::new(model)?;
    let agreements = model.agreements().iter();
    for obligation in agreements.flat_map(|agreement| &agreement.obligations) {
        let id = obligation.id.as_str();
        planner = match class_of(id) {
            Some(class) => planner.claiming(id, class)?,
            // The regime of 1984 is nobody's agreement any more.
            None if id.starts_with("toktogul") => planner.without(id)?,
            None => planner,
        };
    }
    Ok(planner)
}

/// The class in which an obligation is planned.
fn class_of(id: &str) -> Option<&'static str> {
    let starts = |names: &[&str]| names.iter().any(|name| id.starts_with(name));
    if starts(&["farkhad-eco", "aral-minimum"]) {
        Some("sanitary")
    } else if starts(&["bt-fill", "kyzylkishlak", "shardara-in", "aral"]) {
        Some("treaty")
    } else {
        None
    }
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
