//! Draws a season in one picture: a reservoir, the river below its dam and a canal, each against
//! what was measured there or what was promised.
//!
//! ```text
//! cargo run --release --example picture [SCENARIO] [FILE]
//! ```
//!
//! Without arguments: the Bakhri Tochik season of 2024, into `docs/bakhri-tochik-2024.svg`.
//!
//! The constants below choose what is shown. Every number comes from the report, but for the
//! measured volumes, which stand in the scenario's `observed/storage.csv`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kuva::backend::svg::SvgBackend;
use kuva::prelude::*;
use riparian::Report;
use riparian::agreement::Point;
use riparian::calendar::{Period, Window, day_index};
use riparian::jiff::civil::{Date, date};
use riparian::report::{Settlement, Status};
use riparian::units::{Flow, Volume};

/// The reservoir of the first panel; its release is in the second.
const RESERVOIR: &str = "bakhri-tochik";
/// The obligation of the second panel: flows by month at a gauge.
const SCHEDULE: &str = "kyzylkishlak-2000";
/// The obligation of the third panel: a volume into a canal.
const VOLUME: &str = "kz-dostyk-jja";

/// Kuva's date axis counts seconds since 1970.
const DAY: f64 = 86_400.0;

// Dark, middle and light: the lines stay apart in black and white, where dashes help too.
const DARK: &str = "#0b3c6f";
const MIDDLE: &str = "#c2571a";
const LIGHT: &str = "#8a8a8a";
const SHORT: &str = "#d9a441";

type Failure = Box<dyn Error>;
type Panel = (Vec<Plot>, Layout);

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = args
        .next()
        .unwrap_or_else(|| root.join("data/bakhri-tochik-2024"));
    let file = args
        .next()
        .unwrap_or_else(|| root.join("docs/bakhri-tochik-2024.svg"));
    match draw(&scenario, &file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn draw(scenario: &Path, file: &Path) -> Result<(), Failure> {
    let report = riparian::run(scenario)?;
    let panels = [
        storage(&report, &observed(scenario)?)?,
        river(&report)?,
        canal(&report)?,
    ];
    let window = report.ledger().window();
    let (plots, layouts): (Vec<_>, Vec<_>) = panels
        .into_iter()
        .map(|(plots, layout)| (plots, common(layout, window)))
        .unzip();
    let scene = Figure::new(plots.len(), 1)
        .with_title(report.plan().model().title())
        .with_title_size(19)
        .with_plots(plots)
        .with_layouts(layouts)
        .with_shared_x_all()
        .with_cell_size(1000.0, 330.0)
        .with_spacing(4.0)
        .render();
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, SvgBackend::new().render_scene(&scene))?;
    println!("The picture is in {}", file.display());
    Ok(())
}

/// What all panels have in common: the dates, the sizes and a legend beside the drawing.
fn common(layout: Layout, window: Window) -> Layout {
    layout
        .with_x_datetime(DateTimeAxis::months("%-d %b %Y"))
        .with_x_axis_min(start(window.from()))
        .with_x_axis_max(end(window.to()))
        .with_y_axis_min(0.0)
        .with_force_margins(80.0, 250.0)
        .with_title_size(17)
        .with_label_size(15)
        .with_tick_size(14)
        .with_body_size(14)
        .with_legend_box(false)
}

/// Storage at the end of each day, beside what was read at the dam.
fn storage(report: &Report, observed: &[(f64, f64)]) -> Result<Panel, Failure> {
    let ledger = report.ledger();
    let (store, name) = reservoir(report)?;
    let basin = report.plan().model().basin();
    let Volumes { dead, full } = Volumes::of(&basin.reservoirs()[store]);
    let mut days = vec![(
        start(ledger.window().from()),
        ledger.initial_storage()[store] / 1e6,
    )];
    days.extend(
        ledger
            .reservoirs()
            .storage
            .of(store)
            .enumerate()
            .map(|(day, m3)| (end(ledger.date(day)), m3 / 1e6)),
    );
    let computed = line(DARK, "computed").with_data(days);
    let mut plots: Vec<Plot> = vec![computed.into()];
    if !observed.is_empty() {
        let readings = ScatterPlot::new()
            .with_data(observed.to_vec())
            .with_color(MIDDLE)
            .with_size(5.0)
            .with_marker_opacity(0.0)
            .with_marker_stroke_width(2.0)
            .with_legend("observed, end of dekad");
        plots.push(readings.into());
    }
    let layout = Layout::auto_from_plots(&plots)
        .with_title(format!("{name}: water in store"))
        .with_y_label("million m\u{b3}")
        .with_reference_line(level(full, "full supply"))
        .with_reference_line(level(dead, "dead storage"));
    Ok((plots, layout))
}
