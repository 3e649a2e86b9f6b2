//! The season of 2024 ten thousand times: the odds of each obligation, and the bands between which the
//! reservoir stands.
//!
//! ```text
//! cargo run --release --example drought_ensemble [SCENARIO] [--members 10000] [--seed 2024] [--threads N] [--out FILE.svg]
//! ```

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use comfy_table::{Cell, CellAlignment, Table, presets};
use kuva::backend::svg::SvgBackend;
use kuva::prelude::*;
use riparian::calendar::day_index;
use riparian::ensemble::{Band, Keep, Spread, Summary};
use riparian::jiff::civil::{Date, date};
use riparian::settlement::Status;
use riparian::units::Volume;

#[path = "common/season_2024.rs"]
mod season_2024;

/// The odds of a season whose rivers and demands are not known.
#[derive(Parser)]
struct Arguments {
    /// A scenario folder; without it, the season of 2024 by the protocols.
    scenario: Option<PathBuf>,
    /// How many members.
    #[arg(long, default_value_t = 10_000)]
    members: u64,
    #[arg(long, default_value_t = 2024)]
    seed: u64,
    /// How many threads; as many as there are cores, unless told.
    #[arg(long)]
    threads: Option<usize>,
    /// Where the picture goes.
    #[arg(long, default_value = "out/drought-ensemble.svg")]
    out: PathBuf,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match odds(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn odds(arguments: &Arguments) -> Result<(), Failure> {
    let scenario = arguments.scenario.clone();
    let scenario = scenario.unwrap_or_else(season_2024::default_scenario);
    let model = riparian::scenario::read(scenario)?;
    println!("{}\n{}", model.title(), model.window());
    let lake = model.basin().reservoir_index(season_2024::DAM);
    let lake = lake.map(|k| model.basin().reservoirs()[k].clone());
    let node_days = model.basin().nodes().len() * model.window().days();

    let mut ensemble = season_2024::ensemble(model, arguments.seed, Keep::Days)?;
    if let Some(threads) = arguments.threads {
        ensemble = ensemble.threads(threads);
    }
    let begun = Instant::now();
    let results = ensemble.run_with(0..arguments.members, season_2024::bar(arguments.members));
    let ran = begun.elapsed().as_secs_f64();
    let summary = results.summary();
    let all = begun.elapsed().as_secs_f64();

    println!(
        "\nOdds of each obligation, by period\n{}",
        periods(&summary)
    );
    println!("\nWhat each party is short of\n{}", shortfalls(&summary));
    println!(
        "\nHow reliably each user is served, mean over members\n{}",
        users(&summary)
    );
    for (member, why) in results.failed().take(5) {
        println!("member {member} failed: {why}");
    }
    println!(
        "\n{} members in {ran:.2} s and the summary in {:.2} s: {:.2} million node-days a second; {} failed",
        results.members(),
        all - ran,
        node_days as f64 * results.members() as f64 / ran / 1e6,
        summary.failed,
    );
    println!("digest {}", results.digest());
    if let (Some(band), Some(lake)) = (summary.bands.first(), lake) {
        let start = results.frame().window().from();
        draw(band, &lake, (start, summary.members), &arguments.out)?;
        println!("The picture is in {}", arguments.out.display());
    }
    Ok(())
}

/// Every period of every obligation that is not always pending.
fn periods(summary: &Summary) -> Table {
    let mut table = table(&[
        "obligation",
        "from -> to",
        "period",
        "kept in",
        "mean short",
        "worst 5 %",
        "worst",
        "1 in 20",
        "unit",
    ]);
    for odds in &summary.periods {
        let settled = 1.0 - odds.probability(Status::Pending);
        // Limits by the dekad would fill pages.
        if settled == 0.0 || odds.period.days() < 15 {
            continue;
        }
        let broken = odds.probability(Status::Short) + odds.probability(Status::Exceeded);
        let limit = odds.count(Status::Exceeded) > 0;
        let figure = |value: Option<f64>| {
            let text = match value {
                _ if limit => "limit".to_owned(),
                Some(value) => format!("{value:.1}"),
                None => "-".to_owned(),
            };
            Cell::new(text).set_alignment(CellAlignment::Right)
        };
        table.add_row([
            Cell::new(&odds.promise.obligation),
            Cell::new(format!(
                "{} -> {}",
                odds.promise.debtor,
                odds.promise.creditor.as_deref().unwrap_or("river")
            )),
            Cell::new(odds.period),
            percent(1.0 - broken / settled),
            figure(odds.shortfall.mean()),
            figure(odds.shortfall.mean_of_highest(0.05)),
            figure(odds.shortfall.most()),
            figure(odds.shortfall.quantile(0.95)),
            Cell::new(odds.promise.unit.sign()),
        ]);
    }
    table
}

fn shortfalls(summary: &Summary) -> Table {
    let mut table = table(&["party", "side", "mean", "worst 5 %", "worst", "unit"]);
    for short in &summary.shortfalls {
        let figure = |value: Option<f64>| {
            let text = value.map_or("-".to_owned(), |value| format!("{value:.1}"));
            Cell::new(text).set_alignment(CellAlignment::Right)
        };
        table.add_row([
            Cell::new(&short.side.party),
            Cell::new(if short.side.owes { "owes" } else { "is owed" }),
            figure(short.spread.mean()),
            figure(short.spread.mean_of_highest(0.05)),
            figure(short.spread.most()),
            Cell::new(short.side.unit.sign()),
        ]);
    }
    table
}

fn users(summary: &Summary) -> Table {
    let mut table = table(&[
        "user",
        "time",
        "volume",
        "resilience",
        "vulnerability",
        "sustainability",
    ]);
    for user in summary.users.iter().filter(|user| !user.figures.is_empty()) {
        let mean = |name: &str| {
            let mean = user.figures.get(name).and_then(Spread::mean);
            let text = mean.map_or("-".to_owned(), |mean| format!("{mean:.3}"));
            Cell::new(text).set_alignment(CellAlignment::Right)
        };
        table.add_row([
            Cell::new(&user.user.id),
            mean("time"),
            mean("volume"),
            mean("resilience"),
            mean("vulnerability"),
            mean("sustainability"),
        ]);
    }
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table
}

fn percent(part: f64) -> Cell {
    Cell::new(format!("{:.1} %", 100.0 * part)).set_alignment(CellAlignment::Right)
}

const DARK: &str = "#0b3c6f";

/// The storage between which nine of ten, and half of the members stand.
fn draw(
    band: &Band,
    lake: &riparian::basin::Reservoir,
    (start, members): (Date, u64),
    file: &Path,
) -> Result<(), Failure> {
    const DAY: f64 = 86_400.0;
    let first = day_index(date(1970, 1, 1), start);
    let days = || (0..band.days.len()).map(|day| (first + 1 + day as i64) as f64 * DAY);
    let mcm = |p: f64| {
        let days = band.days.iter();
        days.map(move |spread| Volume::from_m3(spread.quantile(p).unwrap_or(f64::NAN)).mcm())
    };
    let between = |low: f64, high: f64, opacity: f64| {
        let band = BandPlot::new(days(), mcm(low), mcm(high)).with_color(DARK);
        Plot::from(band.with_opacity(opacity))
    };
    let median = LinePlot::new().with_data(days().zip(mcm(0.5)).collect::<Vec<_>>());
    let median = median.with_color(DARK).with_stroke_width(2.5);
    let plots: Vec<Plot> = vec![
        between(0.05, 0.95, 0.15),
        between(0.25, 0.75, 0.30),
        median.into(),
    ];
    let highest = lake.surcharge.mcm();
    let dates = (
        first as f64 * DAY,
        (first as f64 + 2.0 + band.days.len() as f64) * DAY,
    );
    let level = |volume: Volume, text: &str| {
        let text = format!("{text} {:.0}", volume.mcm());
        ReferenceLine::horizontal(volume.mcm())
            .with_color("black")
            .with_label(text)
    };
    let layout = Layout::new(dates, (0.0, highest))
        .with_title(format!(
            "Water stored in {}: the median of {members} members, half of them (dark), nine of ten (light)",
            band.watched.id
        ))
        .with_title_size(15)
        .with_y_label("Mm\u{b3} (million m\u{b3})")
        .with_x_datetime(DateTimeAxis::months("%-d %b"))
        .with_x_axis_min(dates.0)
        .with_x_axis_max(dates.1)
        .with_reference_line(level(lake.full, "full supply"))
        .with_reference_line(level(lake.dead, "dead storage"));
    let scene = Figure::new(1, 1)
        .with_plots(vec![plots])
        .with_layouts(vec![layout])
        .with_cell_size(1010.0, 420.0)
        .render();
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, SvgBackend::new().render_scene(&scene))?;
    Ok(())
}
