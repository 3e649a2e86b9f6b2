//! The season in charts: storages against their limits, flows against their schedules, deliveries
//! summed up, demand and supply by party, shortages by reason, energy.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kuva::prelude::*;

use super::Page;
use super::verdicts::m3s;
use super::write::Esc;
use crate::agreement::Count;
use crate::calendar::{Window, date_of, day_index};
use crate::ledger::Sum;
use crate::settlement::{Record, Settlement, Unit};
use crate::units::Volume;
use jiff::civil::{Date, date};

/// A day on the date axis, which counts seconds since 1970.
const DAY: f64 = 86_400.0;
/// Dark, middle and light: told apart without colour, and by their dashes.
pub(super) const DARK: &str = "#0b3c6f";
pub(super) const MIDDLE: &str = "#b3501a";
pub(super) const LIGHT: &str = "#777777";
const FLOW: &str = "m\u{b3}/s";
pub(super) const VOLUME: &str = "Mm\u{b3}";
/// How many schedules of obligations are drawn.
const SCHEDULES: usize = 12;
/// Of a chart, in pixels; a page may draw it smaller.
const WIDTH: u32 = 620;
const HEIGHT: u32 = 290;

/// A line by steps of the run, with how it is drawn.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) color: &'static str,
    pub(super) dash: Dash,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Dash {
    None,
    Long,
    Dots,
}

impl Line {
    fn plot(self) -> Plot {
        let line = LinePlot::new()
            .with_data(self.points)
            .with_color(self.color)
            .with_stroke_width(2.2);
        match self.dash {
            Dash::None => line.into(),
            Dash::Long => line.with_dashed().into(),
            Dash::Dots => line.with_dotted().into(),
        }
    }
}

/// A chart by date.
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) unit: &'static str,
    pub(super) lines: Vec<Line>,
    pub(super) marks: Option<(String, Vec<(f64, f64)>)>,
    pub(super) levels: Vec<(f64, String)>,
}

impl Page<'_> {
    pub(super) fn charts(&self, page: &mut String) {
        let basin = self.report.plan().model().basin();
        page.push_str("<div class=\"charts\">");
        for k in 0..basin.reservoirs().len() {
            self.draw(page, self.storage(k));
            self.draw(page, self.passing(k));
        }
        for v in self.gauges() {
            let seen = self.observed.flows_of(&basin.nodes()[v].id);
            if !seen.is_empty() {
                self.draw(page, self.gauge(v, seen));
            }
        }
        let record = Record::of(self.report.plan(), self.report.ledger());
        for schedule in self.schedules().into_iter().take(SCHEDULES) {
            self.draw(page, self.against_schedule(&schedule, &record));
        }
        for party in basin.parties() {
            if let Some(chart) = self.party(&party.id) {
                self.draw(page, chart);
            }
        }
        self.shortages(page);
        for k in 0..basin.reservoirs().len() {
            if basin.reservoirs()[k].power.is_some() {
                self.draw(page, self.energy(k));
            }
        }
        page.push_str("</div>");
    }

    /// The steps of a line: days, or dekads of a long run.
    pub(super) fn steps(&self) -> Vec<Window> {
        let run = self.report.ledger().window();
        if run.days() <= super::DAILY_UP_TO {
            run.iter()
                .filter_map(|day| Window::new(day, day).ok())
                .collect()
        } else {
            let dekads = run.dekads();
            dekads
                .filter_map(|dekad| dekad.window().intersect(run))
                .collect()
        }
    }

    /// Mean flows by step, from volumes by day.
    pub(super) fn flows(&self, of_day: impl Fn(usize) -> f64) -> Vec<f64> {
        let start = self.report.ledger().window().from();
        let on = |date| of_day(day_index(start, date) as usize);
        self.steps()
            .iter()
            .map(|&step| mean_flow(step, on))
            .collect()
    }

    /// A line that stands still within each step.
    fn stairs(&self, flows: &[f64]) -> Vec<(f64, f64)> {
        let steps = self.steps();
        let both = steps.iter().zip(flows);
        both.flat_map(|(step, &flow)| [(begins(step.from()), flow), (ends(step.to()), flow)])
            .collect()
    }

    fn line(&self, key: &str, flows: &[f64], color: &'static str, dash: Dash) -> Line {
        Line {
            name: self.label(key).to_owned(),
            points: self.stairs(flows),
            color,
            dash,
        }
    }

    pub(super) fn storage(&self, k: usize) -> Chart {
        let ledger = self.report.ledger();
        let basin = self.report.plan().model().basin();
        let lake = &basin.reservoirs()[k];
        let start = ledger.window().from();
        let mcm = |m3: f64| Volume::from_m3(m3).mcm();
        let mut points = vec![(begins(start), mcm(ledger.initial_storage()[k]))];
        points.extend(self.steps().iter().map(|step| {
            let day = day_index(start, step.to()) as usize;
            (ends(step.to()), mcm(ledger.reservoirs().storage.at(day, k)))
        }));
        let seen = self.observed.volumes_of(&lake.node).iter();
        let seen: Vec<(f64, f64)> = seen.map(|&(date, mcm)| (ends(date), mcm)).collect();
        Chart {
            title: format!(
                "{}: {}",
                self.node_name(basin.reservoir_node(k)),
                self.label("storage")
            ),
            unit: VOLUME,
            lines: vec![Line {
                name: self.label("computed").to_owned(),
                points,
                color: DARK,
                dash: Dash::None,
            }],
            marks: (!seen.is_empty()).then(|| (self.label("observed").to_owned(), seen)),
            levels: vec![
                (lake.full.mcm(), self.label("full-supply").to_owned()),
                (lake.dead.mcm(), self.label("dead-storage").to_owned()),
            ],
        }
    }

    /// What came to a reservoir and what left it.
    fn passing(&self, k: usize) -> Chart {
        let ledger = self.report.ledger();
        let basin = self.report.plan().model().basin();
        let v = basin.reservoir_node(k);
        let journal = ledger.reservoirs();
        let came = self.flows(|day| ledger.flow_at_node(day, v));
        let release = self.flows(|day| journal.release.at(day, k));
        let spill = self.flows(|day| journal.spill.at(day, k));
        let mut lines = vec![
            self.line("inflow", &came, LIGHT, Dash::Dots),
            self.line("release", &release, DARK, Dash::None),
        ];
        if spill.iter().any(|&flow| flow > 0.0) {
            lines.push(self.line("spill", &spill, MIDDLE, Dash::Long));
        }
        Chart {
            title: format!(
                "{}: {}, {}",
                self.node_name(v),
                self.label("inflow"),
                self.label("release")
            ),
            unit: FLOW,
            lines,
            marks: None,
            levels: Vec::new(),
        }
    }

    fn gauge(&self, v: usize, seen: &[(Window, f64)]) -> Chart {
        let ledger = self.report.ledger();
        let flows = self.flows(|day| ledger.flow_at_node(day, v));
        let middle = |days: &Window| f64::midpoint(begins(days.from()), ends(days.to()));
        let marks = seen
            .iter()
            .map(|(days, flow)| (middle(days), *flow))
            .collect();
        Chart {
            title: format!("{}: {}", self.node_name(v), self.label("flow")),
            unit: FLOW,
            lines: vec![self.line("computed", &flows, DARK, Dash::None)],
            marks: Some((self.label("observed").to_owned(), marks)),
            levels: Vec::new(),
        }
    }

    /// The settlements of each obligation on water that comes over a period, in river order.
    fn schedules(&self) -> Vec<Vec<&Settlement>> {
        let model = self.report.plan().model();
        let mut by_obligation: Vec<Vec<&Settlement>> = Vec::new();
        for row in self.report.in_river_order() {
            let (agreement, obligation) = row.number;
            let of = &model.agreements()[agreement].obligations[obligation];
            let state = of.point.terms.iter().any(|term| {
                term.measure
                    .or(of.measures())
                    .is_some_and(crate::agreement::Measure::is_state)
            });
            if row.unit != Unit::Mcm || row.committed.is_none() || state {
                continue;
            }
            match by_obligation
                .iter_mut()
                .find(|rows| rows[0].number == row.number)
            {
                Some(rows) => rows.push(row),
                None => by_obligation.push(vec![row]),
            }
        }
        by_obligation
    }

    /// One volume over a long period is summed up; anything else is a flow beside what was due.
    fn against_schedule(&self, rows: &[&Settlement], record: &Record) -> Chart {
        let model = self.report.plan().model();
        let (agreement, number) = rows[0].number;
        let obligation = &model.agreements()[agreement].obligations[number];
        let came = |date: Date| -> Option<f64> {
            let mut sum = 0.0;
            for term in &obligation.point.terms {
                let then = crate::calendar::checked_date_of(date, -i64::from(term.lag_days))?;
                let measure = term.measure.or(obligation.measures());
                sum += term.weight * record.get(&term.id, measure, then)?;
            }
            Some(sum)
        };
        let limit = rows[0].count == Count::AtMost;
        let names = if limit {
            ["limit", "used"]
        } else {
            ["due", "delivered"]
        };
        let title = format!(
            "{}: {}",
            rows[0].obligation,
            self.place_names(&rows[0].point)
        );
        let summed = rows.len() == 1 && rows[0].period.days() > 31;
        let (mut due, mut delivered) = (Vec::new(), Vec::new());
        for row in rows {
            let (mut due_so_far, mut so_far) = (0.0, 0.0);
            if summed {
                due.push((begins(row.period.from()), 0.0));
                delivered.push((begins(row.period.from()), 0.0));
            }
            for (date, &pace) in row.period.iter().zip(&row.pace) {
                let Some(volume) = came(date) else { continue };
                if summed {
                    due_so_far += pace;
                    so_far += volume;
                    due.push((ends(date), Volume::from_m3(due_so_far).mcm()));
                    delivered.push((ends(date), Volume::from_m3(so_far).mcm()));
                } else {
                    due.extend([(begins(date), m3s(pace)), (ends(date), m3s(pace))]);
                    delivered.extend([(begins(date), m3s(volume)), (ends(date), m3s(volume))]);
                }
            }
        }
        let lines = [
            (names[0], due, MIDDLE, Dash::Long),
            (names[1], delivered, DARK, Dash::None),
        ];
        Chart {
            title: if summed {
                format!("{title}, {}", self.label("summed"))
            } else {
                title
            },
            unit: if summed { VOLUME } else { FLOW },
            lines: lines
                .into_iter()
                .map(|(key, points, color, dash)| Line {
                    name: self.label(key).to_owned(),
                    points: thinned(points),
                    color,
                    dash,
                })
                .collect(),
            marks: None,
            levels: Vec::new(),
        }
    }

    /// What a party's users asked for, were awarded and took.
    fn party(&self, party: &str) -> Option<Chart> {
        let basin = self.report.plan().model().basin();
        let users: Vec<usize> = (0..basin.offtakes().len())
            .filter(|&i| basin.offtakes()[i].party == party)
            .collect();
        if users.is_empty() {
            return None;
        }
        let journal = self.report.ledger().offtakes();
        let [demand, allocated, taken] = [&journal.demand, &journal.allocated, &journal.delivered]
            .map(|of| self.flows(|day| users.iter().map(|&i| of.at(day, i)).sum()));
        Some(Chart {
            title: format!(
                "{}: {}, {}, {}",
                self.party_name(party),
                self.label("demand"),
                self.label("allocated"),
                self.label("taken")
            ),
            unit: FLOW,
            lines: vec![
                self.line("demand", &demand, MIDDLE, Dash::Long),
                self.line("allocated", &allocated, LIGHT, Dash::Dots),
                self.line("taken", &taken, DARK, Dash::None),
            ],
            marks: None,
            levels: Vec::new(),
        })
    }

    fn energy(&self, k: usize) -> Chart {
        let ledger = self.report.ledger();
        let start = ledger.window().from();
        let energy = &ledger.reservoirs().energy;
        let of_step = |step: &Window| {
            let days = step
                .iter()
                .map(|date| energy.at(day_index(start, date) as usize, k));
            days.sum::<f64>() / 1e6 / step.days() as f64
        };
        let a_day: Vec<f64> = self.steps().iter().map(of_step).collect();
        let v = self.report.plan().model().basin().reservoir_node(k);
        Chart {
            title: format!("{}: {}", self.node_name(v), self.label("energy")),
            unit: "GWh / d",
            lines: vec![self.line("energy", &a_day, DARK, Dash::None)],
            marks: None,
            levels: Vec::new(),
        }
    }

    /// Bars of what is missing, by reason.
    fn shortages(&self, page: &mut String) {
        let mut by_reason: BTreeMap<String, f64> = BTreeMap::new();
        let rows = self.report.settlements().iter();
        for row in rows.filter(|row| row.unit == Unit::Mcm) {
            for reason in &row.reasons {
                *by_reason.entry(reason.why.to_string()).or_default() += reason.amount;
            }
        }
        let title = self.label("shortage-by-reason");
        if by_reason.is_empty() {
            let _ = write!(page, "<p>{title}: {}</p>", self.label("nothing-short"));
            return;
        }
        let mut reasons: Vec<(String, f64)> = by_reason.into_iter().collect();
        reasons.sort_by(|a, b| b.1.total_cmp(&a.1));
        let most = reasons[0].1;
        // Bars with their names as text: it can be read and searched.
        let _ = write!(
            page,
            "<figure class=\"bars\"><figcaption>{title}, {VOLUME}</figcaption><dl>"
        );
        for (reason, amount) in reasons {
            let _ = write!(
                page,
                "<dt>{}</dt><dd><span class=\"bar\" style=\"width:{:.1}%\"></span> {}</dd>",
                Esc(&reason),
                80.0 * amount / most,
                super::write::figure(amount)
            );
        }
        page.push_str("</dl></figure>");
    }

    fn draw(&self, page: &mut String, chart: Chart) {
        draw(page, self.report.ledger().window(), chart);
    }
}

/// A chart over the days of a run.
pub(super) fn draw(page: &mut String, run: Window, chart: Chart) {
    let dates = (begins(run.from()), ends(run.to()) + 2.0 * DAY);
    let lines = chart.lines.iter().flat_map(|line| &line.points);
    let marks = chart.marks.iter().flat_map(|(_, points)| points);
    let levels = chart.levels.iter().map(|(level, _)| *level);
    let highest = lines
        .chain(marks)
        .map(|&(_, y)| y)
        .chain(levels)
        .fold(0.0, f64::max);
    let legend = legend(&chart);
    let mut plots: Vec<Plot> = chart.lines.into_iter().map(Line::plot).collect();
    if let Some((_, points)) = chart.marks {
        let marks = ScatterPlot::new()
            .with_data(points)
            .with_color(MIDDLE)
            .with_size(4.0);
        plots.push(marks.into());
    }
    let axis = if run.days() > super::DAILY_UP_TO {
        DateTimeAxis::years("%Y")
    } else {
        DateTimeAxis::months("%Y-%m")
    };
    let mut layout = Layout::new(
        dates,
        (0.0, if highest > 0.0 { highest * 1.05 } else { 1.0 }),
    )
    .with_x_datetime(axis)
    .with_x_axis_min(dates.0)
    .with_x_axis_max(dates.1)
    .with_width(f64::from(WIDTH))
    .with_height(f64::from(HEIGHT))
    .with_y_label(chart.unit)
    .with_label_size(13)
    .with_tick_size(12)
    .with_body_size(12);
    for (level, name) in chart.levels {
        layout = layout.with_reference_line(
            ReferenceLine::horizontal(level)
                .with_color("black")
                .with_label(format!("{name} {level:.0}")),
        );
    }
    let svg = bare(&kuva::render_to_svg(plots, layout), page);
    let _ = write!(
        page,
        "<figure class=\"chart\"><figcaption>{0}</figcaption><div class=\"paper\">{1}<div role=\"img\" aria-label=\"{0}\">{2}</div></div></figure>",
        Esc(&chart.title),
        legend,
        svg
    );
}

/// What the lines are, where there are several: beside the drawing, so that no name narrows it.
fn legend(chart: &Chart) -> String {
    let lines = chart.lines.iter().map(|line| {
        let dash = match line.dash {
            Dash::None => "",
            Dash::Long => " stroke-dasharray=\"8 4\"",
            Dash::Dots => " stroke-dasharray=\"2 3\"",
        };
        let mark = format!(
            "<path d=\"M1 5H29\" stroke=\"{}\" stroke-width=\"2.2\"{dash}/>",
            line.color
        );
        (mark, &line.name)
    });
    let marks = chart.marks.iter().map(|(name, _)| {
        let mark = format!("<circle cx=\"15\" cy=\"5\" r=\"4\" fill=\"{MIDDLE}\"/>");
        (mark, name)
    });
    let entries: Vec<_> = lines.chain(marks).collect();
    if entries.len() < 2 {
        return String::new();
    }
    let mut text = String::from("<p class=\"legend\">");
    for (mark, name) in entries {
        let _ = write!(
            text,
            "<span><svg width=\"30\" height=\"10\" aria-hidden=\"true\">{mark}</svg> {}</span>",
            Esc(name)
        );
    }
    text + "</p>"
}

/// The drawing without what only a file of its own needs, its marks numbered after those the page has:
/// the crate that draws numbers them from the start of the process.
fn bare(svg: &str, page: &str) -> String {
    const MARK: &str = "kuva-clip-";
    let svg = svg.find("<svg").map_or(svg, |at| &svg[at..]);
    let taken = page.matches("id=\"clip-").count();
    let mut seen: Vec<&str> = Vec::new();
    let mut parts = svg.split(MARK);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        let (own, rest) = part.split_at(digits);
        let at = seen
            .iter()
            .position(|&number| number == own)
            .unwrap_or_else(|| {
                seen.push(own);
                seen.len() - 1
            });
        let _ = write!(text, "clip-{}{rest}", taken + at);
    }
    // With a view box the page may scale it.
    text.replacen(
        "<svg ",
        &format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" "),
        1,
    )
}

/// Points in between that lie on a level line say nothing.
fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::with_capacity(points.len());
    for point in points {
        if let [.., before, last] = kept[..]
            && before.1 == point.1
            && last.1 == point.1
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

/// Where a day begins on the date axis.
fn begins(day: Date) -> f64 {
    day_index(date(1970, 1, 1), day) as f64 * DAY
}

fn ends(day: Date) -> f64 {
    begins(date_of(day, 1))
}

/// The mean flow over some days, in m3/s.
fn mean_flow(window: Window, of_day: impl Fn(Date) -> f64) -> f64 {
    let sum: Sum = window.iter().map(of_day).collect();
    m3s(sum.value() / window.days() as f64)
}
