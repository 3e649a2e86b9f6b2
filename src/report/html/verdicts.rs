//! What the page says first: each obligation with its verdict; then party by party, and place by
//! place down the river.

use std::fmt::Write as _;

use super::Page;
use super::write::{Esc, cell, figure, whole};
use crate::agreement::Count;
use crate::basin::NodeKind;
use crate::ledger::{Daily, Sum};
use crate::settlement::{Settlement, Status};
use crate::units::Volume;

/// A sign that is told by its shape, not by its colour.
pub(super) fn mark(status: Status) -> &'static str {
    match status {
        Status::Met => "\u{2714}",
        Status::Short => "\u{2716}",
        Status::Exceeded => "\u{25b2}",
        Status::Excused => "\u{25d0}",
        Status::Cancelled => "\u{2298}",
        Status::Pending => "\u{2026}",
    }
}

impl Page<'_> {
    /// The verdict as a word with its mark.
    fn verdict(&self, status: Status) -> String {
        let name = status.name();
        format!(
            "<span class=\"v {name}\"><span class=\"mark\" aria-hidden=\"true\">{}</span> {}</span>",
            mark(status),
            self.label(name)
        )
    }

    pub(super) fn verdicts(&self, page: &mut String) {
        let rows = self.report.in_river_order();
        if rows.is_empty() {
            let _ = write!(page, "<p>{}</p>", self.label("no-obligations"));
            return;
        }
        page.push_str("<ul class=\"counts\">");
        for status in Status::ALL {
            let count = rows.iter().filter(|row| row.status == status).count();
            if count > 0 {
                let _ = write!(page, "<li>{} <b>{count}</b></li>", self.verdict(status));
            }
        }
        page.push_str("</ul>");
        let _ = write!(
            page,
            "<p class=\"hint screen\">{}</p>",
            self.label("sort-hint")
        );
        let heads = [
            ("verdict", false),
            ("obligation", false),
            ("debtor", false),
            ("creditor", false),
            ("point", false),
            ("period", false),
            ("committed", true),
            ("delivered", true),
            ("balance-of", true),
            ("unit", false),
        ];
        self.open_table(page, "verdict", &heads);
        for row in rows {
            self.verdict_row(page, row);
        }
        page.push_str("</tbody></table></div>");
    }

    fn verdict_row(&self, page: &mut String, row: &Settlement) {
        let limit = row.count == Count::AtMost;
        let _ = write!(
            page,
            "<tr><td data-sort=\"{}\">{}</td>",
            Status::ALL
                .iter()
                .position(|&s| s == row.status)
                .unwrap_or(0),
            self.verdict(row.status)
        );
        let _ = write!(
            page,
            "<th scope=\"row\"><details><summary>{}</summary>",
            Esc(&row.obligation)
        );
        self.details(page, row);
        let creditor = match &row.creditor {
            Some(party) => self.party_name(party),
            None => self.label("river"),
        };
        let _ = write!(
            page,
            "</details></th><td>{}</td><td>{}</td><td>{}</td><td class=\"day\" data-sort=\"{}\">{}</td>",
            Esc(self.party_name(&row.debtor)),
            Esc(creditor),
            Esc(&self.place_names(&row.point)),
            row.period.from(),
            span(row.period.from(), row.period.to()),
        );
        page.push_str(&cell(row.committed));
        page.push_str(&cell(row.delivered));
        let balance = if limit {
            row.committed
                .zip(row.delivered)
                .map(|(most, used)| most - used)
        } else {
            row.balance()
        };
        page.push_str(&cell(balance));
        let _ = write!(page, "<td>{}</td></tr>", unit(row));
    }

    /// What stands behind a verdict.
    fn details(&self, page: &mut String, row: &Settlement) {
        let _ = write!(page, "<div class=\"why\"><p>{}", Esc(&row.agreement));
        if !row.article.is_empty() {
            let _ = write!(page, ", {} {}", self.label("article"), Esc(&row.article));
        }
        page.push_str("</p>");
        if row.account {
            let _ = write!(
                page,
                "<p>{}: {} \u{2192} {} {}</p>",
                self.label("carried"),
                figure(row.carried_in),
                figure(row.carried_out),
                unit(row)
            );
        }
        if let Some(date) = row.first_day_short {
            let _ = write!(page, "<p>{} {date}</p>", self.label("first-day-short"));
        }
        if !row.reasons.is_empty() {
            let _ = write!(page, "<p>{}:</p><ul>", self.label("why"));
            for reason in &row.reasons {
                let why = reason.why.to_string();
                let _ = write!(
                    page,
                    "<li>{} {}: {}</li>",
                    figure(reason.amount),
                    unit(row),
                    Esc(&why)
                );
            }
            page.push_str("</ul>");
        } else if row.status == Status::Met {
            let _ = write!(page, "<p>{}</p>", self.label("nothing-short"));
        }
        if !row.clauses.is_empty() {
            let _ = write!(page, "<p>{}:</p><ul>", self.label("clauses"));
            for clause in &row.clauses {
                let _ = write!(page, "<li>{}</li>", Esc(clause));
            }
            page.push_str("</ul>");
        }
        if row.rests_on_unaccounted() {
            let _ = write!(page, "<p><strong>{}</strong></p>", self.label("rests"));
        }
        page.push_str("</div>");
    }

    pub(super) fn parties(&self, page: &mut String) {
        let basin = self.report.plan().model().basin();
        for party in basin.parties() {
            let users: Vec<usize> = (0..basin.offtakes().len())
                .filter(|&i| basin.offtakes()[i].party == party.id)
                .collect();
            let rows: Vec<(bool, &Settlement)> = self.report.of_party(&party.id).collect();
            if users.is_empty() && rows.is_empty() {
                continue;
            }
            let _ = write!(page, "<h3>{}</h3>", Esc(self.party_name(&party.id)));
            if !rows.is_empty() {
                page.push_str("<ul class=\"promises\">");
                for (owes, row) in rows {
                    let role = self.label(if owes { "owes" } else { "is-owed" });
                    let _ = write!(
                        page,
                        "<li>{} {role}: {} \u{b7} {} \u{b7} {} / {} {}</li>",
                        self.verdict(row.status),
                        Esc(&row.obligation),
                        span(row.period.from(), row.period.to()),
                        super::write::known(row.delivered),
                        super::write::known(row.committed),
                        unit(row),
                    );
                }
                page.push_str("</ul>");
            }
            if !users.is_empty() {
                self.users(page, &party.id, &users);
            }
        }
    }

    fn users(&self, page: &mut String, party: &str, users: &[usize]) {
        let basin = self.report.plan().model().basin();
        let journal = self.report.ledger().offtakes();
        let heads = [
            ("offtake", false),
            ("demand", true),
            ("allocated", true),
            ("taken", true),
            ("served", true),
        ];
        self.open_table(page, &format!("users-{party}"), &heads);
        let figures = |users: &[usize]| {
            [&journal.demand, &journal.allocated, &journal.delivered].map(|of| {
                let days = users.iter().flat_map(|&i| of.of(i));
                mcm(days.collect::<Sum>())
            })
        };
        let line = |page: &mut String, name: &str, users: &[usize]| {
            let [demand, allocated, taken] = figures(users);
            let part = (demand > 0.0).then(|| 100.0 * taken / demand);
            let _ = write!(page, "<tr><th scope=\"row\">{}</th>", Esc(name));
            for value in [demand, allocated, taken] {
                page.push_str(&cell(Some(value)));
            }
            let served = part.map_or("\u{2013}".into(), |part| format!("{}&nbsp;%", whole(part)));
            let sorted = part.unwrap_or(-1.0);
            let _ = write!(
                page,
                "<td class=\"n\" data-sort=\"{sorted}\">{served}</td></tr>"
            );
        };
        for &i in users {
            line(page, &basin.offtakes()[i].name, &[i]);
        }
        page.push_str("</tbody><tfoot>");
        line(page, self.label("total"), users);
        page.push_str("</tfoot></table></div>");
    }

    pub(super) fn points(&self, page: &mut String) {
        let basin = self.report.plan().model().basin();
        let ledger = self.report.ledger();
        let heads = [
            ("place", false),
            ("kind", false),
            ("mean", true),
            ("least", true),
            ("most", true),
            ("total", true),
            ("verdict", false),
        ];
        self.open_table(page, "points", &heads);
        for &v in basin.downstream_order() {
            let node = &basin.nodes()[v];
            let flows: Vec<f64> = (0..ledger.days())
                .map(|day| m3s(ledger.flow_at_node(day, v)))
                .collect();
            let kind = match node.kind {
                NodeKind::Inflow => "inflow",
                NodeKind::Reservoir => "reservoir",
                NodeKind::Gauge => "gauge",
                NodeKind::Terminal => "terminal",
                NodeKind::Junction => "junction",
            };
            let mean = flows.iter().sum::<f64>() / flows.len() as f64;
            let least = flows.iter().copied().fold(f64::INFINITY, f64::min);
            let most = flows.iter().copied().fold(0.0, f64::max);
            let total: Sum = (0..ledger.days())
                .map(|day| ledger.flow_at_node(day, v))
                .collect();
            let _ = write!(
                page,
                "<tr><th scope=\"row\">{}</th><td>{}</td>",
                Esc(self.node_name(v)),
                self.label(kind)
            );
            for value in [mean, least, most, mcm(total)] {
                page.push_str(&cell(Some(value)));
            }
            page.push_str("<td>");
            self.verdicts_at(page, v);
            page.push_str("</td></tr>");
        }
        page.push_str("</tbody></table></div><p class=\"hint\">");
        let _ = write!(
            page,
            "{}, {}, {}: m\u{b3}/s. {}: Mm\u{b3}.</p>",
            self.label("mean"),
            self.label("least"),
            self.label("most"),
            self.label("total")
        );
    }

    /// How many verdicts of each kind there are on what is measured at a node or taken there.
    fn verdicts_at(&self, page: &mut String, v: usize) {
        let model = self.report.plan().model();
        let basin = model.basin();
        let here = |row: &&Settlement| {
            let (agreement, obligation) = row.number;
            let terms = &model.agreements()[agreement].obligations[obligation]
                .point
                .terms;
            terms.iter().any(|term| {
                let offtake = basin.offtake_index(&term.id);
                let node = offtake.map(|i| basin.offtake_node(i));
                node.or_else(|| basin.node_index(&term.id)) == Some(v)
            })
        };
        for status in Status::ALL {
            let rows = self.report.settlements().iter().filter(here);
            let count = rows.filter(|row| row.status == status).count();
            if count > 0 {
                let _ = write!(page, "{} {count} ", self.verdict(status));
            }
        }
    }

    /// The head of a table whose columns sort it.
    pub(super) fn open_table(&self, page: &mut String, id: &str, heads: &[(&str, bool)]) {
        let _ = write!(
            page,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table class=\"sorts\" id=\"table-{}\"><thead><tr>",
            Esc(heads.first().map_or("", |(key, _)| self.label(key))),
            Esc(id)
        );
        for &(key, number) in heads {
            let class = if number { " class=\"n\"" } else { "" };
            let _ = write!(page, "<th scope=\"col\"{class}>{}</th>", self.label(key));
        }
        page.push_str("</tr></thead><tbody>");
    }
}

/// The first and last day; the year once. One day by itself.
pub(super) fn span(from: crate::calendar::Date, to: crate::calendar::Date) -> String {
    if from == to {
        from.to_string()
    } else if from.year() == to.year() {
        format!(
            "{from}\u{2009}\u{2013}\u{2009}{:02}-{:02}",
            to.month(),
            to.day()
        )
    } else {
        format!("{from}\u{2009}\u{2013}\u{2009}{to}")
    }
}

fn unit(row: &Settlement) -> &'static str {
    match row.unit {
        crate::settlement::Unit::Mcm => "Mm\u{b3}",
        crate::settlement::Unit::Gwh => "GWh",
    }
}

pub(super) fn m3s(m3_a_day: f64) -> f64 {
    Volume::from_m3(m3_a_day).per_days(1.0).m3s()
}

pub(super) fn mcm(sum: Sum) -> f64 {
    Volume::from_m3(sum.value()).mcm()
}

/// The sum of a place over the run, in Mm3.
pub(super) fn over_run(journal: &Daily, place: usize) -> f64 {
    mcm(journal.of(place).collect())
}
