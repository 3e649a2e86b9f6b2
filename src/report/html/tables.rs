//! The sober part of the page: balances, the bulletin, settings and sources.

use std::fmt::Write as _;

use super::Page;
use super::verdicts::{over_run, span};
use super::write::{Esc, cell, figure, whole};
use crate::basin::NodeKind;
use crate::ledger::{BalanceLine, Sum};
use crate::report::BulletinRow;
use crate::report::bulletin::Column;
use crate::units::Volume;

impl Page<'_> {
    pub(super) fn balances(&self, page: &mut String) {
        let heads = [
            ("place", false),
            ("came-in", true),
            ("went-out", true),
            ("change", true),
            ("unaccounted", true),
            ("residual", true),
        ];
        let basin = self.report.plan().model().basin();
        let balance = self.report.balance();
        self.open_table(page, "balance", &heads);
        let line = |page: &mut String, name: &str, line: &BalanceLine| {
            let mcm = |m3: f64| Volume::from_m3(m3).mcm();
            let _ = write!(page, "<tr><th scope=\"row\">{}</th>", Esc(name));
            for m3 in [line.inflow, line.outflow, line.change, line.unaccounted] {
                page.push_str(&cell(Some(mcm(m3))));
            }
            // Rounding and nothing else: shown as it is.
            let _ = write!(
                page,
                "<td class=\"n\" data-sort=\"{0}\">{0:.1e}</td></tr>",
                mcm(line.residual) + 0.0
            );
        };
        for (v, of_node) in balance.nodes.iter().enumerate() {
            line(page, self.node_name(v), of_node);
        }
        for (r, of_reach) in balance.reaches.iter().enumerate() {
            line(page, &basin.reaches()[r].id, of_reach);
        }
        page.push_str("</tbody><tfoot>");
        line(page, self.label("basin"), &balance.basin);
        page.push_str("</tfoot></table></div><p class=\"hint\">Mm\u{b3}</p>");
        self.stores(page);
    }

    /// What came of each reservoir.
    fn stores(&self, page: &mut String) {
        let (basin, ledger) = (self.report.plan().model().basin(), self.report.ledger());
        if basin.reservoirs().is_empty() {
            return;
        }
        let heads = [
            ("reservoir", false),
            ("start", true),
            ("inflow", true),
            ("release", true),
            ("spill", true),
            ("unaccounted", true),
            ("end", true),
        ];
        self.open_table(page, "stores", &heads);
        for k in 0..basin.reservoirs().len() {
            let v = basin.reservoir_node(k);
            let journal = ledger.reservoirs();
            let came: Sum = (0..ledger.days())
                .map(|day| ledger.flow_at_node(day, v))
                .collect();
            let last = ledger.days() - 1;
            let mcm = |m3: f64| Volume::from_m3(m3).mcm();
            let _ = write!(
                page,
                "<tr><th scope=\"row\">{}</th>",
                Esc(self.node_name(v))
            );
            for value in [
                mcm(ledger.initial_storage()[k]),
                mcm(came.value()),
                over_run(&journal.release, k),
                over_run(&journal.spill, k),
                over_run(&journal.unaccounted, k),
                mcm(journal.storage.at(last, k)),
            ] {
                page.push_str(&cell(Some(value)));
            }
            page.push_str("</tr>");
        }
        page.push_str("</tbody></table></div><p class=\"hint\">Mm\u{b3}</p>");
    }

    /// The bulletin of a river organisation: canals with their countries, posts and reservoirs, by
    /// dekad; under it each month as its form, with the days.
    pub(super) fn bulletin(&self, page: &mut String) {
        let bulletin = self.report.bulletin();
        self.open_bulletin(page, self.label("bulletin"), 2);
        let mut dekads = String::new();
        for sheet in bulletin.months().filter_map(|m| bulletin.sheet_of(m)) {
            let own: Vec<_> = sheet.columns.iter().filter(|c| c.is_dekad()).collect();
            let _ = write!(
                page,
                "<th scope=\"colgroup\" colspan=\"{}\">{}</th>",
                own.len(),
                sheet.month
            );
            for column in own {
                let name = column.name();
                let _ = write!(dekads, "<th scope=\"col\" class=\"n\">{name}</th>");
            }
        }
        let total = self.label("total");
        let _ = write!(
            page,
            "<th scope=\"col\" class=\"n\" rowspan=\"2\">{total}, Mm\u{b3}</th></tr><tr>{dekads}</tr></thead><tbody>"
        );
        for row in bulletin.rows() {
            self.open_row(page, row);
            for &value in &row.dekads {
                let _ = write!(page, "<td class=\"n\">{}</td>", whole(value));
            }
            let total = row.total().map_or(String::new(), figure);
            let _ = write!(page, "<td class=\"n\">{total}</td></tr>");
        }
        page.push_str("</tbody></table></div>");
        if self.report.ledger().days() > super::DAILY_UP_TO {
            return;
        }
        for month in bulletin.months() {
            let Some(sheet) = bulletin.sheet_of(month) else {
                continue;
            };
            let _ = write!(page, "<details class=\"month\"><summary>{month}</summary>");
            let name = format!("{}, {month}", self.label("bulletin"));
            self.open_bulletin(page, &name, 1);
            for head in sheet.columns.iter().map(Column::name) {
                let _ = write!(page, "<th scope=\"col\" class=\"n\">{head}</th>");
            }
            for key in ["total", "summed"] {
                let head = self.label(key);
                let _ = write!(page, "<th scope=\"col\" class=\"n\">{head}, Mm\u{b3}</th>");
            }
            page.push_str("</tr></thead><tbody>");
            for row in bulletin.rows() {
                self.open_row(page, row);
                for column in &sheet.columns {
                    let dekad = if column.is_dekad() { " d" } else { "" };
                    let value = whole(column.of(row));
                    let _ = write!(page, "<td class=\"n{dekad}\">{value}</td>");
                }
                for volume in [sheet.volume(row), sheet.so_far(row)] {
                    let volume = volume.map_or(String::new(), figure);
                    let _ = write!(page, "<td class=\"n\">{volume}</td>");
                }
                page.push_str("</tr>");
            }
            page.push_str("</tbody></table></div></details>");
        }
    }

    /// A table of the bulletin, up to the heads of its figures, which take so many rows.
    fn open_bulletin(&self, page: &mut String, name: &str, rows: usize) {
        let _ = write!(
            page,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\
             <table class=\"bulletin\"><thead><tr>",
            Esc(name)
        );
        for key in ["number", "object", "unit", "limit"] {
            let head = self.label(key);
            let _ = write!(page, "<th scope=\"col\" rowspan=\"{rows}\">{head}</th>");
        }
    }

    /// A row of the bulletin, up to its figures.
    fn open_row(&self, page: &mut String, row: &BulletinRow) {
        let class = if row.number.is_some() {
            ""
        } else {
            " class=\"sub\""
        };
        let _ = write!(
            page,
            "<tr{class}><td>{}</td><th scope=\"row\">{}</th><td>{}, {}</td><td class=\"n\">{}</td>",
            row.number.map_or(String::new(), |n| n.to_string()),
            Esc(&row.object),
            self.label(row.reading.name()),
            row.reading.unit().replace('3', "\u{b3}"),
            row.limit.map_or(String::new(), whole),
        );
    }

    pub(super) fn settings(&self, page: &mut String) {
        let model = self.report.plan().model();
        let basin = model.basin();
        let window = model.window();
        let _ = write!(
            page,
            "<dl><dt>{}</dt><dd>{}</dd>",
            self.label("period"),
            span(window.from(), window.to())
        );
        let _ = write!(page, "<dt>{}</dt><dd><ol>", self.label("classes"));
        for class in model.classes() {
            let _ = write!(
                page,
                "<li>{} ({}: {})</li>",
                Esc(&class.name),
                self.label("rule"),
                Esc(&format!("{:?}", class.rule))
            );
        }
        let _ = write!(
            page,
            "</ol></dd><dt>{}</dt><dd><ul>",
            self.label("policies")
        );
        for k in 0..basin.reservoirs().len() {
            let _ = write!(
                page,
                "<li>{}: {}</li>",
                Esc(self.node_name(basin.reservoir_node(k))),
                Esc(model.policy(k).name())
            );
        }
        let _ = write!(
            page,
            "</ul></dd><dt>{}</dt><dd><ul>",
            self.label("agreements")
        );
        for agreement in model.agreements() {
            let _ = write!(page, "<li>{}", Esc(&agreement.title));
            for (text, key) in [
                (&agreement.source, Some("source")),
                (&agreement.status, None),
            ] {
                if !text.is_empty() {
                    let before = key.map_or(String::new(), |key| format!("{}: ", self.label(key)));
                    let _ = write!(page, "<br><small>{before}{}</small>", Esc(text));
                }
            }
            page.push_str("</li>");
        }
        let _ = write!(
            page,
            "</ul></dd><dt>{}</dt><dd>riparian {}</dd><dt>{}</dt><dd><code>{:016x}</code></dd></dl>",
            self.label("made-by"),
            env!("CARGO_PKG_VERSION"),
            self.label("inputs"),
            model.inputs_hash()
        );
        if let Some(sources) = &self.sources {
            let _ = write!(
                page,
                "<pre class=\"sources\" tabindex=\"0\">{}</pre>",
                Esc(sources)
            );
        }
    }

    /// The gauges, in the order of the river.
    pub(super) fn gauges(&self) -> Vec<usize> {
        let basin = self.report.plan().model().basin();
        let order = basin.downstream_order().iter().copied();
        order
            .filter(|&v| basin.nodes()[v].kind == NodeKind::Gauge)
            .collect()
    }
}
