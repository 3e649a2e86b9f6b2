//! Virtual storages: how much an output may take in a year, a season or any so many days.
//!
//! Pywr draws a volume down by the flows of its nodes and allows no more than is left. Here that is
//! a licence. Where several outputs share one, Pywr's costs say who goes without, and a licence
//! shares by a rule, so only those of one output are the same.

use super::json::Json;
use super::node::{Kind, Node, Reader};
use crate::licence::Licence as Limit;

/// The types that are understood, in the words of the mapping table.
pub(super) const TYPES: [&str; 3] = [
    "virtualstorage",
    "annualvirtualstorage",
    "rollingvirtualstorage",
];

/// What one output may take.
pub(super) struct Licence {
    pub(super) name: String,
    pub(super) at: usize,
    /// The output, by its name.
    pub(super) output: String,
    output_at: usize,
    pub(super) volume: f64,
    pub(super) period: Period,
}

/// When there is as much of it again.
#[derive(Clone, Copy)]
pub(super) enum Period {
    /// Each year on that month and day.
    Year((i8, i8)),
    /// In any so many days.
    Days(u32),
}

/// The days of the month in which Pywr counts a year anew, February without its 29th.
const DAYS: [f64; 12] = [31., 28., 31., 30., 31., 30., 31., 31., 30., 31., 30., 31.];

impl Reader<'_, '_> {
    /// The keys of a virtual storage, and what it is.
    pub(super) fn licence(
        &mut self,
        json: &Json,
        kind: &str,
        name: &str,
    ) -> (&'static [&'static str], Option<Licence>) {
        let what = format!("node `{name}`");
        let output = self.only_output(json, &what);
        let volume = self.allowance(json, &what);
        let (keys, period): (&[&str], _) = match kind {
            "annualvirtualstorage" => (
                &[
                    "nodes",
                    "factors",
                    "min_volume",
                    "max_volume",
                    "initial_volume",
                    "initial_volume_pc",
                    "cost",
                    "reset_day",
                    "reset_month",
                    "reset_to_initial_volume",
                ],
                self.year(json, &what),
            ),
            "rollingvirtualstorage" => (
                &[
                    "nodes",
                    "factors",
                    "min_volume",
                    "max_volume",
                    "initial_volume",
                    "initial_volume_pc",
                    "cost",
                    "days",
                    "timesteps",
                ],
                self.window(json, &what),
            ),
            // Never filled again: a window as long as the run.
            _ => (
                &[
                    "nodes",
                    "factors",
                    "min_volume",
                    "max_volume",
                    "initial_volume",
                    "initial_volume_pc",
                    "cost",
                ],
                self.days(json, &what, self.parameters.run.days() as f64),
            ),
        };
        let read = || {
            let (output, output_at, factor) = output?;
            Some(Licence {
                name: name.to_owned(),
                at: json.at,
                output,
                output_at,
                volume: volume? / factor,
                period: period?,
            })
        };
        (keys, read())
    }

    /// The one output of a virtual storage, where it is named, and what a unit taken there counts.
    fn only_output(&mut self, json: &Json, what: &str) -> Option<(String, usize, f64)> {
        let list = json.given("nodes").and_then(Json::as_list);
        let factors = json.given("factors");
        let name = match list {
            Some([only]) => only.as_text().map(|text| (text.to_owned(), only.at)),
            _ => None,
        };
        if name.is_none() {
            let found = match list {
                Some(all) => format!("{what} is drawn down by {} nodes", all.len()),
                None => format!("{what} has no `nodes`"),
            };
            let at = json.get("nodes").map_or(json.at, |nodes| nodes.at);
            let fault = self.source.fault(at, found);
            let expected =
                "the name of one output: who of several goes without, Pywr decides by costs";
            self.findings.fault(fault.expected(expected));
        }
        let factor = match factors.map(|json| (json.as_list(), json)) {
            None => Some(1.0),
            Some((Some([only]), _)) => only.as_number().filter(|factor| *factor > 0.0),
            Some(_) => None,
        };
        if let (None, Some(json)) = (factor, factors) {
            let message = format!("`factors` of {what} is {}", json.found());
            let fault = self.source.fault(json.at, message);
            self.findings
                .fault(fault.expected("a list of one number above 0"));
        }
        let (name, at) = name?;
        Some((name, at, factor?))
    }

    /// What may be taken until it is filled again; it must begin full.
    fn allowance(&mut self, json: &Json, what: &str) -> Option<f64> {
        let least = self.number(json, "min_volume", what, 0.0);
        let most = self.number(json, "max_volume", what, 0.0);
        let cost = self.number(json, "cost", what, 0.0);
        let initial = self.number(json, "initial_volume", what, f64::NAN);
        let part = self.number(json, "initial_volume_pc", what, f64::NAN);
        let (least, most) = (least?, most?);
        let (initial, part) = (initial?, part?);
        let mut sound = true;
        let mut wrong = |message: String, expected: &str| {
            let fault = self.source.fault(json.at, message);
            self.findings.fault(fault.expected(expected));
            sound = false;
        };
        if cost? != 0.0 {
            wrong(
                format!("{what} has a cost"),
                "none: Pywr takes none there either",
            );
        }
        if !(0.0 <= least && least < most && most.is_finite()) {
            wrong(
                format!("{what} holds between {least} and {most}"),
                "0 <= `min_volume` < `max_volume`",
            );
        }
        let initial = if initial.is_nan() {
            part * most
        } else {
            initial
        };
        if initial.is_nan() {
            wrong(
                format!("{what} has no initial volume"),
                "`initial_volume` or `initial_volume_pc`",
            );
        } else if (initial - most).abs() > 1e-9 * most {
            wrong(
                format!("{what} begins with {initial} of {most}"),
                "a full one: what was taken before the run is not known here",
            );
        }
        sound.then_some(most - least)
    }

    fn year(&mut self, json: &Json, what: &str) -> Option<Period> {
        // It begins full, so that to fill it and to bring it back to its beginning are the same.
        json.get("reset_to_initial_volume");
        let day = self.number(json, "reset_day", what, 1.0);
        let month = self.number(json, "reset_month", what, 1.0);
        let (day, month) = (day?, month?);
        let days = (1..=12)
            .zip(DAYS)
            .find(|(number, _)| f64::from(*number) == month);
        let sound = days.is_some_and(|(_, days)| day.fract() == 0.0 && (1.0..=days).contains(&day));
        if !sound {
            let message = format!("{what} is filled on day {day} of month {month}");
            let fault = self.source.fault(json.at, message);
            self.findings.fault(fault.expected("a day of every year"));
        }
        sound.then_some(Period::Year((month as i8, day as i8)))
    }

    fn window(&mut self, json: &Json, what: &str) -> Option<Period> {
        let days = self.number(json, "days", what, f64::NAN);
        let steps = self.number(json, "timesteps", what, f64::NAN);
        let (days, steps) = (days?, steps?);
        let length = if days.is_nan() || days == 0.0 {
            steps
        } else {
            days
        };
        self.days(json, what, length)
    }

    fn days(&mut self, json: &Json, what: &str, length: f64) -> Option<Period> {
        let most = f64::from(Limit::MOST_DAYS);
        if !(1.0..=most).contains(&length) || length.fract() != 0.0 {
            let message = format!("{what} looks back over {length} days");
            let fault = self.source.fault(json.at, message);
            let expected = format!("a whole number, 1 to {most}");
            self.findings.fault(fault.expected(expected));
            return None;
        }
        Some(Period::Days(length as u32))
    }

    /// Licences are of outputs that ask for a limited flow.
    pub(super) fn licensed(&mut self, licences: &[Licence], nodes: &[Node], lost: &[String]) {
        let demands = |node: &&Node| matches!(node.kind, Kind::Demand { .. });
        for licence in licences {
            let found = nodes.iter().find(|node| node.name == licence.output);
            if found.is_some_and(|node| demands(&node)) || lost.contains(&licence.output) {
                continue;
            }
            let name = &licence.output;
            let message = match found {
                Some(_) => format!("`{name}` is no output with a `max_flow`"),
                None => format!("unknown node `{name}`"),
            };
            let known = nodes.iter().filter(demands).map(|node| node.name.as_str());
            let fault = self.source.fault(licence.output_at, message);
            let fault = fault.expected("the name of an output with a `max_flow`");
            self.findings.fault(fault.nearest(name, known));
        }
    }
}
