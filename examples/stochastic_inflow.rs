//! Inflows that never were: generators fitted to a scenario's record, and what they keep of it.
//!
//! ```text
//! cargo run --release --example stochastic_inflow [SCENARIO] [--method METHOD] [--margins MARGINS]
//!     [--csv FILE] [--svg FILE]
//! ```
//!
//! Without arguments: the ten years of the Syr Darya, the full model of lag one and a summary of other
//! methods. `METHOD` is one of `full`, `contemporaneous`, `thomas-fiering`, `kirsch` and `neighbours`; all
//! but `kirsch`, which takes months, work on dekads. `MARGINS`, for models of lag one, is `skewed` (the
//! default), `auto`, `log` or `normal`. Every row of the first report goes to the CSV file, and means, deviations
//! and lag-1 correlations at a few sites, with their bands, to the picture.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kuva::backend::svg::SvgBackend;
use kuva::prelude::*;
use riparian::Model;
use riparian::calendar::{Period, day_index};
use riparian::inflow::{
    Generator, Kirsch, LagOne, Margins, Neighbours, Preservation, Record, Row, Statistic,
};
use riparian::jiff::civil::date;

/// Of all random numbers, those of this seed.
const SEED: u64 = 2026;
/// Replicates of the report.
const REPLICATES: usize = 500;
const METHODS: [&str; 4] = ["full", "contemporaneous", "kirsch", "neighbours"];
/// Sites of the picture, as far as the scenario has them; else its first ones.
const SITES: [&str; 3] = ["naryn", "chirchik", "fergana-side"];

/// Days and years on the date axis, which counts seconds since 1970.
const DAY: f64 = 86_400.0;
const YEAR: f64 = 365.0 * DAY;

const DARK: &str = "#0b3c6f";
const LIGHT: &str = "#8a8a8a";

type Failure = Box<dyn Error>;

struct Arguments {
    scenario: PathBuf,
    method: Option<String>,
    margins: Margins,
    csv: Option<PathBuf>,
    svg: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Some(arguments) = arguments(std::env::args().skip(1)) else {
        eprintln!(
            "usage: stochastic_inflow [SCENARIO] [--method METHOD] [--csv FILE] [--svg FILE]"
        );
        return ExitCode::from(2);
    };
    match report(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut args: impl Iterator<Item = String>) -> Option<Arguments> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/syr-darya-2001-2010");
    let mut arguments = Arguments {
        scenario: default,
        method: None,
        margins: Margins::Skewed,
        csv: None,
        svg: None,
    };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--method" => arguments.method = Some(args.next()?),
            "--margins" => {
                arguments.margins = match args.next()?.as_str() {
                    "auto" => Margins::Auto,
                    "log" => Margins::Log,
                    "normal" => Margins::Normal,
                    "skewed" => Margins::Skewed,
                    _ => return None,
                }
            }
            "--csv" => arguments.csv = Some(args.next()?.into()),
            "--svg" => arguments.svg = Some(args.next()?.into()),
            option if option.starts_with('-') => return None,
            scenario => arguments.scenario = scenario.into(),
        }
    }
    Some(arguments)
}

fn report(arguments: &Arguments) -> Result<(), Failure> {
    let model = riparian::scenario::read(&arguments.scenario)?;
    println!("{}\n", model.title());
    let one;
    let methods: &[&str] = match &arguments.method {
        Some(method) => {
            one = [method.as_str()];
            &one
        }
        None => &METHODS,
    };
    for (i, method) in methods.iter().enumerate() {
        let (record, generator) = fit(&model, method, arguments.margins)?;
        if let Some(repair) = generator.repair().filter(|r| r.smallest_eigenvalue < -1e-9) {
            println!(
                "Covariances repaired: an eigenvalue of {:.3}; correlations changed by up to {:.3} (lag 0), {:.3} (own lag 1), {:.3} (cross lag 1)",
                repair.smallest_eigenvalue, repair.lag_zero, repair.lag_one, repair.cross_lag_one
            );
        }
        for site in generator.flooring() {
            println!(
                "Never below zero: `{}` gains {:.2} m3/s on {:.1}",
                site.site, site.gain_m3s, site.mean_m3s
            );
        }
        let kept = Preservation::of(&record, &generator, SEED, REPLICATES)?;
        let first = i == 0;
        println!("{}", if first { kept.table() } else { kept.summary() });
        if first {
            if let Some(file) = &arguments.csv {
                write(file, &kept.csv())?;
            }
            if let Some(file) = &arguments.svg {
                let title = format!("{}: {}", model.title(), generator.method());
                write(file, &picture(&title, &record, &kept))?;
                println!("The picture is in {}\n", file.display());
            }
        }
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, text)
}

/// The record of a model and a generator fitted to it.
fn fit(model: &Model, method: &str, margins: Margins) -> Result<(Record, Generator), Failure> {
    // Kirsch's halves of the year meet in April, before the snow melts.
    let record = match method {
        "kirsch" => Record::from_model(model, Period::Month, 10)?,
        _ => Record::from_model(model, Period::Dekad, 1)?,
    };
    let lag_one = |model: LagOne| model.margins(margins).pooling(1).fit(&record);
    let generator = match method {
        "full" => lag_one(LagOne::full())?,
        "contemporaneous" => lag_one(LagOne::contemporaneous())?,
        "thomas-fiering" => lag_one(LagOne::thomas_fiering())?,
        "neighbours" => Neighbours::new().fit(&record)?,
        "kirsch" => Kirsch::new().fit(&record)?,
        other => return Err(format!("no method `{other}`").into()),
    };
    Ok((record, generator))
}

/// By step of the year, the record against the generator's band: a column a site.
fn picture(title: &str, record: &Record, kept: &Preservation) -> String {
    let statistics = [Statistic::Mean, Statistic::Deviation, Statistic::LagOne];
    let mut sites: Vec<&str> = SITES
        .into_iter()
        .filter(|id| record.site(id).is_some())
        .collect();
    if sites.is_empty() {
        sites = record.sites().iter().map(String::as_str).take(3).collect();
    }
    let panels = statistics.iter().flat_map(|&statistic| {
        let sites = sites.iter();
        sites.map(move |&site| panel(kept, statistic, site))
    });
    let (plots, layouts): (Vec<_>, Vec<_>) = panels.unzip();
    let scene = Figure::new(statistics.len(), sites.len())
        .with_title(title)
        .with_title_size(19)
        .with_plots(plots)
        .with_layouts(layouts)
        .with_cell_size(430.0, 270.0)
        .with_spacing(6.0)
        .with_shared_legend_bottom()
        .render();
    SvgBackend::new().render_scene(&scene)
}

fn panel(kept: &Preservation, statistic: Statistic, site: &str) -> (Vec<Plot>, Layout) {
    // The middle of a step, in a year whose dates nobody sees.
    let first = kept
        .steps()
        .first()
        .map_or(1, |key| key[..2].parse().unwrap_or(1));
    let start = day_index(date(1970, 1, 1), date(2001, first, 1)) as f64 * DAY;
    let month = |row: &Row| {
        let part = (row.step.unwrap_or_default() as f64 + 0.5) / kept.steps().len() as f64;
        start + part * YEAR
    };
    let rows: Vec<&Row> = kept
        .rows()
        .iter()
        .filter(|row| row.statistic == statistic && row.site == site)
        .collect();
    let x: Vec<f64> = rows.iter().map(|row| month(row)).collect();
    let (low, high): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (row.low, row.high)).unzip();
    let bottom = rows
        .iter()
        .map(|row| row.low.min(row.record))
        .fold(0.0, f64::min);
    let top = rows
        .iter()
        .map(|row| row.high.max(row.record))
        .fold(0.0, f64::max);
    let values: Vec<(f64, f64)> = rows.iter().map(|row| (month(row), row.record)).collect();
    let median: Vec<(f64, f64)> = rows.iter().map(|row| (month(row), row.median)).collect();
    let plots: Vec<Plot> = vec![
        BandPlot::new(x, low, high)
            .with_color(LIGHT)
            .with_opacity(0.35)
            .into(),
        LinePlot::new()
            .with_data(median)
            .with_color(LIGHT)
            .with_stroke_width(1.5)
            .with_legend("generator: median, and band of 5 to 95 %")
            .into(),
        ScatterPlot::new()
            .with_data(values)
            .with_color(DARK)
            .with_size(3.0)
            .with_legend("record")
            .into(),
    ];
    let unit = match statistic.unit() {
        "m3/s" => ", m\u{b3}/s",
        _ => "",
    };
    let layout = Layout::new((start, start + YEAR), (bottom, top))
        .with_x_datetime(DateTimeAxis::months("%b"))
        .with_x_axis_min(start)
        .with_x_axis_max(start + YEAR)
        .with_title(format!("{site}: {}{unit}", statistic.name()))
        .with_title_size(15)
        .with_label_size(12)
        .with_tick_size(11);
    (plots, layout)
}
