//! The basin as a schematic, with the day's flows and a slider over the days.
//!
//! The river runs down the page. What leaves the basin last is the first column; each tributary has a
//! column of its own to the left of the river it joins, each part of the network that ends elsewhere
//! one to the right.

use std::fmt::Write as _;

use super::Page;
use super::write::{Esc, whole};
use crate::basin::{Basin, NodeKind, ReachKind};
use crate::calendar::day_index;
use crate::ledger::{Daily, Sum};

/// How wide all columns together should be, and one at the least and at the most.
const WIDTH: f64 = 1100.0;
const COLUMN: (f64, f64) = (290.0, 460.0);
const LINE: f64 = 17.0;
const ROW: f64 = 46.0;
const WIDEST: f64 = 13.0;

/// Where each node stands.
struct Places {
    /// By node.
    at: Vec<(f64, f64)>,
    width: f64,
    height: f64,
    /// How many characters of a name there is room for.
    letters: usize,
}

impl Page<'_> {
    pub(super) fn map(&self, page: &mut String) {
        let basin = self.report.plan().model().basin();
        let places = lay_out(basin, &self.total_flows());
        let steps = self.steps();
        let reaches: Vec<Vec<f64>> = (0..basin.reaches().len())
            .map(|r| self.flows(|day| self.report.ledger().reaches().entered.at(day, r)))
            .collect();
        let takes: Vec<Vec<f64>> = (0..basin.offtakes().len())
            .map(|i| self.flows(|day| self.report.ledger().offtakes().delivered.at(day, i)))
            .collect();
        let stores = self.stored();
        let highest = reaches.iter().flatten().copied().fold(1.0, f64::max);
        self.controls(page, &steps);
        let _ = write!(
            page,
            "<div class=\"scroll map\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\">\
             <svg viewBox=\"0 0 {1:.0} {2:.0}\" width=\"{1:.0}\" height=\"{2:.0}\" role=\"img\" aria-label=\"{0}\">",
            self.label("basin"),
            places.width,
            places.height
        );
        for (r, flows) in reaches.iter().enumerate() {
            self.reach(page, &places, r, flows[0], highest);
        }
        for v in 0..basin.nodes().len() {
            self.node(page, &places, v, &stores);
        }
        for (i, flows) in takes.iter().enumerate() {
            self.offtake(page, &places, i, flows[0]);
        }
        page.push_str("</svg></div>");
        let days: Vec<String> = steps.iter().map(|step| step.from().to_string()).collect();
        let data = serde_json::json!({
            "days": days,
            "highest": highest,
            "widest": WIDEST,
            "reaches": rounded(&reaches),
            "takes": rounded(&takes),
            "stores": stores.iter().map(|(_, parts)| thousandths(parts)).collect::<Vec<_>>(),
            "volumes": rounded(&self.volumes()),
        });
        // `<` in a name would end the script.
        let data = data.to_string().replace('<', "\\u003c");
        let _ = write!(
            page,
            "<script type=\"application/json\" id=\"map-data\">{data}</script>"
        );
    }

    fn controls(&self, page: &mut String, steps: &[crate::calendar::Window]) {
        let _ = write!(
            page,
            "<p class=\"hint\">{0}</p><div class=\"controls screen\">\
             <button type=\"button\" id=\"map-back\" aria-label=\"{1}\">\u{25c0}</button>\
             <button type=\"button\" id=\"map-play\" data-play=\"{2}\" data-stop=\"{3}\">{2}</button>\
             <button type=\"button\" id=\"map-on\" aria-label=\"{4}\">\u{25b6}</button>",
            self.label("map-hint"),
            self.label("previous"),
            self.label("play"),
            self.label("stop"),
            self.label("next"),
        );
        let _ = write!(
            page,
            "<label>{} <input type=\"range\" id=\"map-day\" min=\"0\" max=\"{}\" value=\"0\" aria-valuetext=\"{2}\"></label>\
             </div><p><output id=\"map-date\" for=\"map-day\">{2}</output></p>",
            self.label("day"),
            steps.len() - 1,
            steps[0].from(),
        );
    }

    fn reach(&self, page: &mut String, places: &Places, r: usize, flow: f64, highest: f64) {
        let basin = self.report.plan().model().basin();
        let reach = &basin.reaches()[r];
        let (tail, head) = basin.reach_ends(r);
        let ((x1, y1), (x2, y2)) = (places.at[tail], places.at[head]);
        let class = if reach.kind == ReachKind::Canal {
            "canal"
        } else {
            "water"
        };
        let bend = (y2 - y1) * 0.5;
        let _ = write!(
            page,
            "<path class=\"{class}\" data-reach=\"{r}\" d=\"M{x1:.0} {y1:.0} C{x1:.0} {:.0} {x2:.0} {:.0} {x2:.0} {y2:.0}\" stroke-width=\"{:.1}\"><title>{}</title></path>",
            y1 + bend,
            y2 - bend,
            1.0 + WIDEST * (flow.max(0.0) / highest).sqrt(),
            Esc(&reach.id)
        );
        // Beside the middle of the line.
        let _ = write!(
            page,
            "<text class=\"q\" data-flow=\"{r}\" x=\"{:.0}\" y=\"{:.0}\">{}</text>",
            f64::midpoint(x1, x2) - 8.0,
            f64::midpoint(y1, y2) + 4.0,
            whole(flow)
        );
    }

    fn node(&self, page: &mut String, places: &Places, v: usize, stores: &[(usize, Vec<f64>)]) {
        let basin = self.report.plan().model().basin();
        let (x, y) = places.at[v];
        match basin.nodes()[v].kind {
            NodeKind::Reservoir => {
                let at = stores.iter().position(|&(node, _)| node == v).unwrap_or(0);
                let part = stores[at].1[0].clamp(0.0, 1.0);
                let _ = write!(
                    page,
                    "<rect class=\"lake\" x=\"{:.0}\" y=\"{:.0}\" width=\"44\" height=\"30\"/>\
                     <rect class=\"fill\" data-store=\"{at}\" x=\"{0:.0}\" y=\"{:.1}\" width=\"44\" height=\"{:.1}\"/>",
                    x - 22.0,
                    y - 15.0,
                    y + 15.0 - 30.0 * part,
                    30.0 * part,
                );
                let _ = write!(
                    page,
                    "<text class=\"q\" data-volume=\"{at}\" x=\"{:.0}\" y=\"{:.0}\"></text>",
                    x - 27.0,
                    y + 4.0
                );
            }
            NodeKind::Terminal => {
                let _ = write!(
                    page,
                    "<rect class=\"end\" x=\"{:.0}\" y=\"{:.0}\" width=\"44\" height=\"10\"/>",
                    x - 22.0,
                    y - 5.0
                );
            }
            kind => {
                let (class, radius) = match kind {
                    NodeKind::Gauge => ("gauge", 7.0),
                    NodeKind::Inflow => ("source", 5.0),
                    _ => ("joint", 4.0),
                };
                let _ = write!(
                    page,
                    "<circle class=\"{class}\" cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"{radius}\"/>"
                );
            }
        }
        let _ = write!(
            page,
            "<text x=\"{:.0}\" y=\"{:.0}\">{}</text>",
            x + 28.0,
            y + 4.0,
            Esc(&short(self.node_name(v), places.letters))
        );
    }

    fn offtake(&self, page: &mut String, places: &Places, i: usize, flow: f64) {
        let basin = self.report.plan().model().basin();
        let offtake = &basin.offtakes()[i];
        let v = basin.offtake_node(i);
        let before = (0..i)
            .filter(|&other| basin.offtake_node(other) == v)
            .count();
        let (x, y) = places.at[v];
        let y = y + LINE * (before + 1) as f64 + 4.0;
        let name = if offtake.name.is_empty() {
            &offtake.id
        } else {
            &offtake.name
        };
        let _ = write!(
            page,
            "<text class=\"take\" x=\"{:.0}\" y=\"{y:.0}\">\u{2192} <tspan data-take=\"{i}\">{}</tspan> {}<title>{}</title></text>",
            x + 28.0,
            whole(flow),
            Esc(&short(name, places.letters)),
            Esc(name)
        );
    }

    /// What each node passes over the run.
    fn total_flows(&self) -> Vec<f64> {
        let ledger = self.report.ledger();
        let nodes = 0..self.report.plan().model().basin().nodes().len();
        let of = |v| {
            let days = (0..ledger.days()).map(|day| ledger.flow_at_node(day, v));
            days.collect::<Sum>().value()
        };
        nodes.map(of).collect()
    }

    fn at_steps(&self, of: &Daily, k: usize) -> Vec<f64> {
        let start = self.report.ledger().window().from();
        let at = |step: &crate::calendar::Window| of.at(day_index(start, step.to()) as usize, k);
        self.steps().iter().map(at).collect()
    }

    /// By reservoir: its node, and by step what part of full supply it holds.
    fn stored(&self) -> Vec<(usize, Vec<f64>)> {
        let basin = self.report.plan().model().basin();
        let storage = &self.report.ledger().reservoirs().storage;
        let stores = basin.reservoirs().iter().enumerate();
        stores
            .map(|(k, lake)| {
                let full = lake.full.m3();
                let parts = self.at_steps(storage, k).into_iter().map(|m3| m3 / full);
                (basin.reservoir_node(k), parts.collect())
            })
            .collect()
    }

    fn volumes(&self) -> Vec<Vec<f64>> {
        let storage = &self.report.ledger().reservoirs().storage;
        let mcm = |m3: f64| crate::units::Volume::from_m3(m3).mcm();
        (0..storage.width())
            .map(|k| self.at_steps(storage, k).into_iter().map(mcm).collect())
            .collect()
    }
}

/// A tenth where that says something, else a whole.
fn rounded(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let round = |&q: &f64| {
        if q.abs() < 10.0 {
            (q * 10.0).round() / 10.0
        } else {
            q.round()
        }
    };
    rows.iter()
        .map(|row| row.iter().map(round).collect())
        .collect()
}

fn thousandths(parts: &[f64]) -> Vec<f64> {
    parts
        .iter()
        .map(|part| (part * 1000.0).round() / 1000.0)
        .collect()
}

fn short(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let mut cut: String = name.chars().take(most - 1).collect();
    cut.push('\u{2026}');
    cut
}

/// Columns by branch, rows by the longest way from a head.
fn lay_out(basin: &Basin, flows: &[f64]) -> Places {
    let n = basin.nodes().len();
    let mut row = vec![0_usize; n];
    for &v in basin.downstream_order() {
        for r in 0..basin.reaches().len() {
            let (tail, head) = basin.reach_ends(r);
            if tail == v {
                row[head] = row[head].max(row[v] + 1);
            }
        }
    }
    let column = columns(basin, flows, &row);
    let left = column.iter().copied().min().unwrap_or(0);
    let right = column.iter().copied().max().unwrap_or(0);
    // A row is as high as its fullest node needs.
    let rows = row.iter().max().map_or(0, |last| last + 1);
    let mut height = vec![ROW; rows];
    for v in 0..n {
        let users = (0..basin.offtakes().len()).filter(|&i| basin.offtake_node(i) == v);
        height[row[v]] = height[row[v]].max(ROW + LINE * users.count() as f64);
    }
    let mut top = vec![24.0; rows + 1];
    for at in 0..rows {
        top[at + 1] = top[at] + height[at];
    }
    let columns = f64::from(right - left + 1);
    let wide = (WIDTH / columns).clamp(COLUMN.0, COLUMN.1);
    let place = |v: usize| {
        let x = 80.0 + wide * f64::from(column[v] - left);
        (x, top[row[v]])
    };
    Places {
        at: (0..n).map(place).collect(),
        width: 80.0 + wide * columns,
        height: top[rows],
        // The flow of the next column's river stands before its line.
        letters: ((wide - 90.0) / 7.5) as usize,
    }
}

fn columns(basin: &Basin, flows: &[f64], row: &[usize]) -> Vec<i32> {
    let n = basin.nodes().len();
    let mut column: Vec<Option<i32>> = vec![None; n];
    // By column: the rows taken.
    let mut taken: Vec<(i32, usize, usize)> = Vec::new();
    let outlet = |v: usize| (0..basin.reaches().len()).all(|r| basin.reach_ends(r).0 != v);
    let mut ends: Vec<usize> = (0..n).filter(|&v| outlet(v)).collect();
    ends.sort_by(|&a, &b| row[b].cmp(&row[a]).then(flows[b].total_cmp(&flows[a])));
    // Of each part of the network that ends by itself: the river up, then its tributaries.
    for (order, end) in ends.into_iter().enumerate() {
        let side = if order == 0 { -1 } else { 1 };
        let mut waiting = vec![(end, row[end], 0)];
        while let Some((mouth, below, beside)) = waiting.pop() {
            if column[mouth].is_some() {
                continue;
            }
            let mut chain = vec![mouth];
            let mut joining = Vec::new();
            let mut v = mouth;
            loop {
                let into = (0..basin.reaches().len()).filter(|&r| basin.reach_ends(r).1 == v);
                let mut above: Vec<(bool, usize)> = into
                    .map(|r| {
                        (
                            basin.reaches()[r].kind == ReachKind::River,
                            basin.reach_ends(r).0,
                        )
                    })
                    .filter(|&(_, tail)| column[tail].is_none() && !chain.contains(&tail))
                    .collect();
                above.sort_by(|a, b| b.0.cmp(&a.0).then(flows[b.1].total_cmp(&flows[a.1])));
                let Some(&(_, main)) = above.first() else {
                    break;
                };
                joining.extend(above[1..].iter().map(|&(_, tail)| (tail, row[v])));
                chain.push(main);
                v = main;
            }
            let rows = (row[v], below);
            let mut at = beside;
            while taken
                .iter()
                .any(|&(c, from, to)| c == at && from <= rows.1 && rows.0 <= to)
            {
                at += side;
            }
            taken.push((at, rows.0, rows.1));
            for v in chain {
                column[v] = Some(at);
            }
            waiting.extend(
                joining
                    .into_iter()
                    .map(|(tail, joins)| (tail, joins, at + side)),
            );
        }
    }
    column
        .into_iter()
        .map(|column| column.unwrap_or(0))
        .collect()
}
