//! Two terms of a summer's protocol over many summers: how much water Kazakhstan is to have through the
//! Dostyk canal from June to August, and by which day Tajikistan is to have filled the Bakhri Tochik
//! reservoir. For each pair of terms, how likely is each party kept whole?
//!
//! ```text
//! cargo run --release --example negotiate [--members 300] [--points 12] [--out FILE.svg]
//! ```
//!
//! All pairs see the same summers, so that they differ by their terms and not by luck. A pair that
//! no other beats for all parties lies on the frontier; the picture shows it.
//!
//! What *whole* means is chosen below, and is no party's own definition. The uncertainty is assumed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use comfy_table::{Cell, CellAlignment, Table, presets};
use kuva::backend::svg::SvgBackend;
use kuva::prelude::*;
use riparian::agreement::{Agreement, Amount, Due};
use riparian::ensemble::search::{Comparison, Objective, Search, pareto};
use riparian::ensemble::{Ensemble, Frame, Keep, Outcome, design};
use riparian::jiff::civil::{Date, date};
use riparian::operation::{RuleCurve, YearCurve, Zone};
use riparian::units::Volume;
use riparian::{Model, Result};

#[path = "common/season_2024.rs"]
mod season_2024;

/// What the protocol of 2024 planned for Kazakhstan, June to August.
const PLANNED_MCM: f64 = 443.6;
/// Volumes to be tried, in Mm3.
const VOLUMES: [f64; 6] = [200.0, 300.0, 400.0, PLANNED_MCM, 500.0, 550.0];
/// Days by which the reservoir is to be filled, counted from 1 April.
const FILL_DAYS: [f64; 5] = [19.0, 29.0, 44.0, 60.0, 75.0];
/// The volume to be filled to.
const FILL_MCM: f64 = 3418.0;

/// Kazakhstan is whole with so much of what its canal asks for over the season.
const KZ_CANAL: f64 = 0.97;
/// Uzbekistan is whole with so much of what it is owed at Kyzylkishlak from June to September.
const UZ_FLOW: f64 = 0.95;
/// Tajikistan is whole with so much of what all its pumps ask for over the season.
const TJ_PUMPS: f64 = 0.75;

/// Terms of a protocol over many summers.
#[derive(Parser)]
struct Arguments {
    /// How many summers for each pair of terms.
    #[arg(long, default_value_t = 300)]
    members: u64,
    #[arg(long, default_value_t = 2024)]
    seed: u64,
    /// How many points between those of the grid are searched.
    #[arg(long, default_value_t = 12)]
    points: usize,
    /// Where the picture goes.
    #[arg(long, default_value = "out/negotiate.svg")]
    out: PathBuf,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match negotiate(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn negotiate(arguments: &Arguments) -> std::result::Result<(), Failure> {
    let base = riparian::scenario::read(season_2024::default_scenario())?;
    let terms = design::grid(&[&VOLUMES, &FILL_DAYS]);
    let mut options: Vec<(String, Ensemble)> = Vec::new();
    for pair in &terms {
        let fill = day(pair[1]);
        let model = with_terms(base.clone(), pair[0], fill)?;
        let ensemble = season_2024::ensemble(model, arguments.seed, Keep::Settlements)?;
        let name = format!("{:.0} Mm\u{b3}, {}", pair[0], fill.strftime("%-d %b"));
        options.push((name, ensemble));
    }
    let table = Comparison::run(options, 0..arguments.members, objectives())?;
    // Of the odds of the three parties alone.
    let odds = |option: usize| {
        let mean = |party| -table.spread(option, party).mean().unwrap_or(f64::NAN);
        (0..3).map(mean).collect::<Vec<f64>>()
    };
    let odds: Vec<Vec<f64>> = (0..terms.len()).map(odds).collect();
    let frontier = pareto(&odds);
    println!("{}\n{} members each\n", base.title(), table.members().len());
    println!("{}", printed(&table, &frontier));
    let (option, regret) = table.least_regret(3);
    println!(
        "\nLeast regret in what is missing of all promises: {}, at most {regret:.0} Mm3 more than the best terms of that summer",
        table.options()[option]
    );
    draw(&table, &frontier, &arguments.out)?;
    println!("The picture is in {}", arguments.out.display());
    search(&base, arguments)
}

/// Terms between those of the grid, by a function that any optimiser could drive in place of a Latin
/// hypercube.
fn search(base: &Model, arguments: &Arguments) -> std::result::Result<(), Failure> {
    let (base, seed) = (base.clone(), arguments.seed);
    let bounds = vec![(200.0, 550.0), (19.0, 75.0)];
    let costs = Search::new(bounds, 0..arguments.members, objectives(), move |terms| {
        let model = with_terms(base.clone(), terms[0], day(terms[1]))?;
        season_2024::ensemble(model, seed, Keep::Settlements)
    });
    let points = design::latin_hypercube(seed, arguments.points, costs.bounds());
    let tried = points.iter().map(|terms| costs.costs(terms));
    let tried: Vec<Vec<f64>> = tried.collect::<Result<_>>()?;
    // Costs of what is to be high are negative.
    let odds: Vec<Vec<f64>> = tried.iter().map(|costs| costs[..3].to_vec()).collect();
    println!(
        "\nThe best of {} terms drawn between those of the grid",
        points.len()
    );
    for at in pareto(&odds) {
        let whole: Vec<String> = odds[at]
            .iter()
            .map(|p| format!("{:3.0} %", -100.0 * p))
            .collect();
        let (mcm, fill) = (points[at][0], day(points[at][1]));
        println!(
            "  {mcm:.0} Mm\u{b3}, {}: {}",
            fill.strftime("%-d %b"),
            whole.join("  ")
        );
    }
    Ok(())
}

/// The day so many days after 1 April.
fn day(after: f64) -> Date {
    riparian::calendar::date_of(date(2024, 4, 1), after as i64)
}

/// The model with other terms: the promise and its months, and the promise to fill with the rule curve
/// by which the dam is run for it.
fn with_terms(model: Model, mcm: f64, fill: Date) -> Result<Model> {
    let mut agreements: Vec<Agreement> = model.agreements().to_vec();
    for agreement in &mut agreements {
        for obligation in &mut agreement.obligations {
            match &*obligation.id {
                "kz-dostyk-jja" => obligation.due = Volume::from_mcm(mcm).into(),
                "kz-dostyk-months" => {
                    obligation.stated_total = None;
                    if let Due::Schedule(months) = &mut obligation.due {
                        for (_, amount) in months {
                            let planned = Volume::from_m3(amount.base());
                            *amount = Amount::from(planned * (mcm / PLANNED_MCM));
                        }
                    }
                }
                "bt-fill" => {
                    let window = riparian::calendar::Window::new(fill, fill)?;
                    obligation.window = Some(window);
                }
                _ => {}
            }
        }
    }
    let curve = YearCurve::new(vec![
        (4, 1, Volume::from_mcm(3290.0)),
        (fill.month(), fill.day(), Volume::from_mcm(FILL_MCM)),
        (9, 30, Volume::from_mcm(1480.0)),
    ]);
    let zone = Zone {
        class: "treaty".to_owned(),
        top: curve.expect("three days that are"),
    };
    model
        .under(agreements)?
        .operated_by(season_2024::DAM, RuleCurve::new(vec![zone]))
}

/// Whether each party is whole, as 1 or 0, and what is missing of the promises.
fn objectives() -> Vec<Objective> {
    let whole = |name: &str, test: fn(&Frame, &Outcome) -> bool| {
        Objective::more(name, move |frame, member| {
            f64::from(u8::from(test(frame, member)))
        })
    };
    vec![
        whole("Kazakhstan", |frame, member| {
            served(frame, member, "dostyk-kz") >= KZ_CANAL
        }),
        whole("Uzbekistan", |frame, member| {
            kept(frame, member, "kyzylkishlak-2000") >= UZ_FLOW
        }),
        whole("Tajikistan", |frame, member| {
            served(frame, member, "TJ") >= TJ_PUMPS
        }),
        Objective::less("missing, Mm3", |frame, member| {
            let promises = ["kz-dostyk-jja", "kyzylkishlak-2000", "bt-fill"];
            member.shortfall(frame, |promise| promises.contains(&&*promise.obligation))
        }),
    ]
}

/// The part of what a party or a canal asked for over the season that it got.
fn served(frame: &Frame, member: &Outcome, user: &str) -> f64 {
    let mut users = frame.users().iter().zip(member.reliability());
    let served = users.find_map(|(known, served)| served.filter(|_| known.id == user));
    served.map_or(1.0, |served| served.volume)
}

/// The part that came of what an obligation made due in all its periods.
fn kept(frame: &Frame, member: &Outcome, obligation: &str) -> f64 {
    let verdicts = member.verdicts().iter();
    let own = verdicts.filter(|v| frame.promises()[v.promise as usize].obligation == obligation);
    let (mut due, mut missing) = (0.0, 0.0);
    for verdict in own {
        due += verdict.committed.unwrap_or(0.0);
        missing += verdict.shortfall;
    }
    1.0 - missing / due
}

fn printed(table: &Comparison, frontier: &[usize]) -> Table {
    let mut rows = Table::new();
    rows.load_style(presets::NOTHING);
    rows.set_header([
        "terms",
        "KZ whole",
        "UZ whole",
        "TJ whole",
        "all three",
        "missing, Mm3",
        "",
    ]);
    for (option, name) in table.options().iter().enumerate() {
        let mean = |objective| table.spread(option, objective).mean().unwrap_or(f64::NAN);
        let percent = |part: f64| {
            Cell::new(format!("{:.0} %", 100.0 * part)).set_alignment(CellAlignment::Right)
        };
        let all = table.satisficing(option, &[1.0, 1.0, 1.0, f64::INFINITY]);
        rows.add_row([
            Cell::new(name),
            percent(mean(0)),
            percent(mean(1)),
            percent(mean(2)),
            percent(all),
            Cell::new(format!("{:.0}", mean(3))).set_alignment(CellAlignment::Right),
            Cell::new(if frontier.contains(&option) {
                "frontier"
            } else {
                ""
            }),
        ]);
    }
    rows
}

const DARK: &str = "#0b3c6f";
const MIDDLE: &str = "#c2571a";
const LIGHT: &str = "#8a8a8a";

/// Every pair of terms by the odds of two parties; the third is in the name.
fn draw(table: &Comparison, frontier: &[usize], file: &Path) -> std::result::Result<(), Failure> {
    let percent = |option: usize, objective: usize| {
        100.0 * table.spread(option, objective).mean().unwrap_or(f64::NAN)
    };
    let at = |&option: &usize| (percent(option, 0), percent(option, 2));
    let (on, off): (Vec<usize>, Vec<usize>) =
        (0..table.options().len()).partition(|option| frontier.contains(option));
    let dots = |options: &[usize], color: &str, size: f64, text: &str| {
        let points: Vec<(f64, f64)> = options.iter().map(at).collect();
        let dots = ScatterPlot::new().with_data(points).with_color(color);
        Plot::from(dots.with_size(size).with_legend(text))
    };
    let plots = vec![
        dots(&off, LIGHT, 4.0, "beaten by other terms"),
        dots(&on, DARK, 6.0, "frontier"),
    ];
    let around = |objective: usize| {
        let odds = (0..table.options().len()).map(|option| percent(option, objective));
        let (least, most) = odds.fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)));
        ((least - 8.0).max(0.0), (most + 8.0).min(100.0))
    };
    let (x, y) = (around(0), around(2));
    let layout = Layout::new(x, y)
        .with_x_axis_min(x.0)
        .with_x_axis_max(x.1)
        .with_y_axis_min(y.0)
        .with_y_axis_max(y.1)
        .with_title("The terms of a summer: how likely is each party kept whole?")
        .with_x_label("Kazakhstan whole, % of summers")
        .with_y_label("Tajikistan whole, % of summers")
        .with_legend_entries(collect_legend_entries(&plots))
        .with_legend_box(false);
    // Names in turn above and below, so that neighbours do not cover each other.
    let names = on.iter().enumerate();
    let layout = names.fold(layout, |layout, (i, option)| {
        let (x, y) = at(option);
        let name = &table.options()[*option];
        let text = format!("{name}; UZ {:.0} %", percent(*option, 1));
        let y = y + if i % 2 == 0 { 1.8 } else { -3.0 };
        let text = TextAnnotation::new(text, x, y).with_font_size(11);
        layout.with_annotation(text.with_color(MIDDLE))
    });
    let scene = Figure::new(1, 1)
        .with_plots(vec![plots])
        .with_layouts(vec![layout])
        .with_cell_size(900.0, 640.0)
        .render();
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, SvgBackend::new().render_scene(&scene))?;
    Ok(())
}
