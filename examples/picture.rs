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
use kuva::render::render::{Primitive, Scene, TextAnchor};
use kuva::render::render_utils::wrap_text;
use riparian::Report;
use riparian::agreement::Point;
use riparian::calendar::{Period, Window, day_index};
use riparian::jiff::civil::{Date, date};
use riparian::settlement::{Settlement, Status};
use riparian::units::Volume;

/// The reservoir of the first panel; its release is in the second.
const RESERVOIR: &str = "bakhri-tochik";
/// The obligation of the second panel: flows by month at a gauge.
const SCHEDULE: &str = "kyzylkishlak-2000";
/// The obligation of the third panel: a volume into a canal.
const VOLUME: &str = "kz-dostyk-jja";

/// A day on the date axis, which counts seconds since 1970.
const DAY: f64 = 86_400.0;

// Dark, middle and light: the lines stay apart in black and white, where dashes help too.
const DARK: &str = "#0b3c6f";
const MIDDLE: &str = "#c2571a";
const LIGHT: &str = "#8a8a8a";

const MILLION_M3: &str = "Mm\u{b3} (million m\u{b3})";

/// The height of a panel, and of the dates below the last, in pixels.
const PANEL: f64 = 290.0;
const DATES: f64 = 30.0;

type Failure = Box<dyn Error>;
type Panel = (Vec<Plot>, Layout);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.len() > 2 || args.iter().any(|arg| arg.starts_with('-')) {
        eprintln!("usage: picture [SCENARIO] [FILE]");
        return ExitCode::from(2);
    }
    let scenario = args.first().map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bakhri-tochik-2024"),
        PathBuf::from,
    );
    let file = args.get(1).map_or_else(
        || {
            let name = scenario.file_name().unwrap_or("picture".as_ref());
            Path::new("docs").join(name).with_extension("svg")
        },
        PathBuf::from,
    );
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
    let model = report.plan().model();
    let panels = [
        storage(&report, &observed(scenario)?)?,
        river(&report)?,
        canal(&report)?,
    ];
    let last = panels.len() - 1;
    let (plots, layouts): (Vec<_>, Vec<_>) = panels
        .into_iter()
        .enumerate()
        .map(|(i, (plots, layout))| {
            // Only the last has the dates written below it.
            let below = if i == last { DATES } else { 8.0 };
            (plots, layout.with_force_margins_y(42.0, below))
        })
        .unzip();
    let scene = Figure::new(plots.len(), 1)
        .with_title(model.title())
        .with_title_size(19)
        .with_plots(plots)
        .with_layouts(layouts)
        .with_shared_x_all()
        .with_cell_size(1010.0, PANEL)
        .with_row_height(last, PANEL + DATES)
        .with_spacing(6.0)
        .render();
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let svg = SvgBackend::new().render_scene(&noted(scene, model.note()));
    std::fs::write(file, svg)?;
    println!("The picture is in {}", file.display());
    Ok(())
}

/// The picture with the scenario's own caution below it.
fn noted(mut scene: Scene, note: &str) -> Scene {
    for content in wrap_text(note, 150) {
        scene.elements.push(Primitive::Text {
            x: 20.0,
            y: scene.height + 8.0,
            content,
            size: 12,
            anchor: TextAnchor::Start,
            rotate: None,
            bold: false,
            color: None,
        });
        scene.height += 17.0;
    }
    scene.height += 6.0;
    scene
}

/// Storage at the end of each day, beside what was read at the dam.
fn storage(report: &Report, observed: &[(f64, f64)]) -> Result<Panel, Failure> {
    let ledger = report.ledger();
    let store = reservoir(report)?;
    let lake = &report.plan().model().basin().reservoirs()[store];
    let first = (
        start(ledger.window().from()),
        ledger.initial_storage()[store],
    );
    let days = ledger.reservoirs().storage.of(store).enumerate();
    let computed: Vec<(f64, f64)> = std::iter::once(first)
        .chain(days.map(|(day, m3)| (end(ledger.date(day)), m3)))
        .map(|(x, m3)| (x, Volume::from_m3(m3).mcm()))
        .collect();
    let highest = highest(computed.iter().chain(observed)).max(lake.full.mcm());
    let mut plots: Vec<Plot> = vec![line(DARK, computed).with_legend("computed").into()];
    if !observed.is_empty() {
        let readings = ScatterPlot::new()
            .with_data(observed.to_vec())
            .with_color(MIDDLE)
            .with_size(4.5)
            .with_legend("observed, end of dekad");
        plots.push(readings.into());
    }
    let layout = layout(report, highest, &plots)
        .with_title(format!("Water stored in {}", name(report, RESERVOIR)))
        .with_y_label(MILLION_M3)
        .with_reference_line(level(lake.full, "full supply"))
        .with_reference_line(level(lake.dead, "dead storage"));
    Ok((plots, layout))
}

/// Release and flow day by day, and the flow that was due.
fn river(report: &Report) -> Result<Panel, Failure> {
    let (point, periods) = obligation(report, SCHEDULE)?;
    let run = report.ledger().window();
    let m3s = |m3: f64| Volume::from_m3(m3).per_days(1.0).m3s();
    let flow: Vec<f64> = readings(report, point)?.into_iter().map(m3s).collect();
    let releases = &report.ledger().reservoirs().release;
    let release: Vec<f64> = releases.of(reservoir(report)?).map(m3s).collect();

    let (mut missing, mut dues, mut verdicts) = (Vec::new(), Vec::new(), Vec::new());
    let mut highest = flow.iter().chain(&release).copied().fold(0.0, f64::max);
    for row in periods {
        let (from, to) = (start(row.period.from()), end(row.period.to()));
        let due = Volume::from_mcm(row.committed.unwrap_or_default())
            .per_days(row.period.days() as f64)
            .m3s();
        highest = highest.max(due);
        let (x, came): (Vec<f64>, Vec<f64>) = steps(run, row.period, &flow).into_iter().unzip();
        let below: Vec<f64> = came.iter().map(|flow| flow.min(due)).collect();
        let top = came.iter().copied().fold(due, f64::max);
        missing.push(
            BandPlot::new(x, below, vec![due; came.len()])
                .with_color(LIGHT)
                .with_opacity(0.35),
        );
        dues.push(line(LIGHT, vec![(from, due), (to, due)]).with_stroke_width(4.0));
        verdicts.push(
            TextAnnotation::new(verdict(row), f64::midpoint(from, to), top).with_font_size(14),
        );
    }
    // One entry of the legend for all the periods; the shading is labelled where it is.
    if let Some(due) = dues.first_mut() {
        due.legend_label = Some("due, by month".into());
    }
    let flow = line(DARK, steps(run, run, &flow)).with_legend("flow at the gauge");
    let release = line(MIDDLE, steps(run, run, &release))
        .with_stroke_width(1.8)
        .with_dashed()
        .with_legend("release of the dam");
    let mut plots: Vec<Plot> = missing.into_iter().map(Plot::from).collect();
    plots.extend(dues.into_iter().chain([flow, release]).map(Plot::from));
    let layout = layout(report, highest * 1.1, &plots)
        .with_title(format!(
            "Flow at {}, and what was due there",
            name(report, &point.name())
        ))
        .with_y_label("m\u{b3}/s");
    Ok((
        plots,
        verdicts.into_iter().fold(layout, Layout::with_annotation),
    ))
}

/// What a canal took since the first day of the obligation, against an even pace.
fn canal(report: &Report) -> Result<Panel, Failure> {
    let (point, periods) = obligation(report, VOLUME)?;
    let [row] = periods[..] else {
        return Err(format!("`{VOLUME}` is not one volume over one period").into());
    };
    let ledger = report.ledger();
    let (from, to) = (row.period.from(), row.period.to());
    let committed = row.committed.unwrap_or_default();
    let mut so_far = Volume::ZERO;
    let mut delivered = vec![(start(from), 0.0)];
    for (day, m3) in readings(report, point)?.into_iter().enumerate() {
        if row.period.contains(ledger.date(day)) {
            so_far += Volume::from_m3(m3);
            delivered.push((end(ledger.date(day)), so_far.mcm()));
        }
    }
    let due = vec![(start(from), 0.0), (end(to), committed)];
    let highest = highest(delivered.iter().chain(&due));
    let plots: Vec<Plot> = vec![
        line(LIGHT, due)
            .with_stroke_width(4.0)
            .with_legend(format!("due: {committed:.1}, evenly paced"))
            .into(),
        line(DARK, delivered)
            .with_legend(format!("delivered: {:.1}", so_far.mcm()))
            .into(),
    ];
    let layout = layout(report, highest, &plots)
        .with_title(format!(
            "{}, summed from {} to {}",
            name(report, &point.name()),
            from.strftime("%-d %b"),
            to.strftime("%-d %b")
        ))
        .with_y_label(MILLION_M3);
    Ok((plots, layout))
}

/// What all panels have in common: the dates, the sizes, and a legend beside the drawing.
fn layout(report: &Report, highest: f64, plots: &[Plot]) -> Layout {
    let window = report.ledger().window();
    // A little room, so that the reading of the last day is drawn whole.
    let dates = (start(window.from()), end(window.to()) + 2.0 * DAY);
    Layout::new(dates, (0.0, highest))
        .with_x_datetime(DateTimeAxis::months("%-d %b %Y"))
        .with_x_axis_min(dates.0)
        .with_x_axis_max(dates.1)
        .with_force_margins(80.0, 230.0)
        .with_title_size(17)
        .with_label_size(15)
        .with_tick_size(14)
        .with_body_size(14)
        .with_legend_entries(collect_legend_entries(plots))
        .with_legend_box(false)
}

fn line(color: &str, points: Vec<(f64, f64)>) -> LinePlot {
    LinePlot::new()
        .with_data(points)
        .with_color(color)
        .with_stroke_width(2.5)
}

fn level(volume: Volume, text: &str) -> ReferenceLine {
    ReferenceLine::horizontal(volume.mcm())
        .with_color("black")
        .with_label(format!("{text} {:.0}", volume.mcm()))
}

fn highest<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> f64 {
    points.map(|&(_, y)| y).fold(0.0, f64::max)
}

/// The values of the days of `part`, each drawn from the day's start to its end.
fn steps(run: Window, part: Window, days: &[f64]) -> Vec<(f64, f64)> {
    run.iter()
        .zip(days)
        .filter(|(day, _)| part.contains(*day))
        .flat_map(|(day, &value)| [(start(day), value), (end(day), value)])
        .collect()
}

fn verdict(row: &Settlement) -> String {
    match row.status {
        Status::Short => format!("{:.0} Mm\u{b3} short", row.shortfall()),
        status => status.name().into(),
    }
}

/// The point of an obligation and its settlements.
fn obligation<'r>(
    report: &'r Report,
    id: &str,
) -> Result<(&'r Point, Vec<&'r Settlement>), Failure> {
    let agreements = report.plan().model().agreements().iter();
    let found = agreements
        .flat_map(|agreement| &agreement.obligations)
        .find(|obligation| obligation.id == id)
        .ok_or_else(|| format!("the scenario has no obligation `{id}`"))?;
    let rows = report.settlements().iter();
    Ok((
        &found.point,
        rows.filter(|row| row.obligation == id).collect(),
    ))
}

/// What passed a point on each day of the run, in m3: a canal's delivery or the flow at a gauge.
fn readings(report: &Report, point: &Point) -> Result<Vec<f64>, Failure> {
    let ledger = report.ledger();
    let basin = report.plan().model().basin();
    let mut days = vec![0.0; ledger.days()];
    for term in &point.terms {
        let id = &term.id;
        let (canal, node) = (basin.offtake_index(id), basin.node_index(id));
        for (day, sum) in days.iter_mut().enumerate() {
            *sum += term.weight
                * match (canal, node) {
                    (Some(canal), _) => ledger.offtakes().delivered.at(day, canal),
                    (None, Some(node)) => ledger.flow_at_node(day, node),
                    (None, None) => return Err(format!("`{id}` is no canal and no node").into()),
                };
        }
    }
    Ok(days)
}

fn reservoir(report: &Report) -> Result<usize, Failure> {
    let basin = report.plan().model().basin();
    let store = basin.reservoir_index(RESERVOIR);
    Ok(store.ok_or_else(|| format!("the scenario has no reservoir `{RESERVOIR}`"))?)
}

/// The name of a canal or node, or its id.
fn name(report: &Report, id: &str) -> String {
    let basin = report.plan().model().basin();
    let canal = basin.offtake_index(id).map(|i| &basin.offtakes()[i].name);
    let node = basin.node_index(id).map(|v| &basin.nodes()[v].name);
    canal
        .or(node)
        .filter(|name| !name.is_empty())
        .map_or(id.into(), Clone::clone)
}

/// The volumes read at the reservoir, in Mm3, each at the end of its dekad; none if the scenario has
/// no such readings.
fn observed(scenario: &Path) -> Result<Vec<(f64, f64)>, Failure> {
    let file = scenario.join("observed/storage.csv");
    if !file.exists() {
        return Ok(Vec::new());
    }
    let mut table = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_path(file)?;
    let column = format!("{RESERVOIR}_mcm");
    let Some(column) = table.headers()?.iter().position(|name| name == column) else {
        return Ok(Vec::new());
    };
    let mut readings = Vec::new();
    for row in table.records() {
        let row = row?;
        if !row[column].is_empty() {
            let dekad = Period::Dekad.parse_key(&row[0])?;
            readings.push((end(dekad.to()), row[column].parse()?));
        }
    }
    Ok(readings)
}

/// Where a day begins on the date axis.
fn start(day: Date) -> f64 {
    day_index(date(1970, 1, 1), day) as f64 * DAY
}

fn end(day: Date) -> f64 {
    start(day) + DAY
}
