//! The tables of travel time: routing in `reaches.csv`, and `seasons.csv`.

use super::basin::{Physical, each};
use super::folder::Files;
use super::format::tables::SEASONS;
use super::table::Row;
use super::text::unknown;
use crate::basin::routing::{Overflow, ReachSeason};
use crate::basin::{Reach, Routing};
use crate::calendar::{Date, Season};
use crate::error::{Diagnostic, Diagnostics, Place};
use crate::units::Flow;

/// The kinds of routing.
pub(super) const ROUTINGS: [(&str, &str); 3] = [
    ("lag", "lag"),
    ("cascade", "cascade"),
    ("muskingum", "muskingum"),
];

/// Columns of `reaches.csv` that only some kinds of routing have.
const PARAMETERS: [(&str, &[&str]); 3] = [
    ("reservoirs", &["cascade"]),
    ("k_days", &["cascade", "muskingum"]),
    ("x", &["muskingum"]),
];

/// The routing of a row of `reaches.csv`; a pure lag where it could not be read.
pub(super) fn routing(row: &Row, faults: &mut Diagnostics) -> Routing {
    let kind = match row.text("routing") {
        Some(_) => row.need_word("routing", "kind of routing", &ROUTINGS, faults),
        None => Some("lag"),
    };
    let reservoirs = row.whole("reservoirs", faults);
    let k_days = row.number("k_days", faults);
    let x = row.number("x", faults);
    let Some(kind) = kind else {
        return Routing::Lag;
    };
    for (column, kinds) in PARAMETERS {
        let (given, has) = (row.text(column).is_some(), kinds.contains(&kind));
        if given && !has {
            faults.push(
                Diagnostic::new(format!("`{column}` for a reach of routing {kind}"))
                    .at(Some(row.place(column)))
                    .expected(format!("an empty cell, or routing {}", kinds.join(" or "))),
            );
        } else if has && !given && column != "reservoirs" {
            faults.push(
                Diagnostic::new(format!("no `{column}` for a reach of routing {kind}"))
                    .at(Some(row.place("routing")))
                    .expected(format!("a number in the column `{column}`")),
            );
        }
    }
    match (kind, k_days, x) {
        ("cascade", Some(k_days), _) => Routing::Cascade {
            reservoirs: reservoirs.unwrap_or(1),
            k_days,
        },
        ("muskingum", Some(k_days), Some(x)) => Routing::Muskingum { k_days, x },
        _ => Routing::Lag,
    }
}

/// Where the water of a row of `reaches.csv` goes over the bank: both cells or none.
pub(super) fn overflow(row: &Row, faults: &mut Diagnostics) -> Option<Overflow> {
    let above = row.number("bankfull_m3s", faults);
    let (flow, to) = (row.text("bankfull_m3s"), row.text("overflow_to"));
    let missing = match (flow, to) {
        (Some(_), None) => "overflow_to",
        (None, Some(_)) => "bankfull_m3s",
        _ => {
            let (above, to) = (Flow::from_m3s(above?), to?.to_owned());
            return Some(Overflow { above, to });
        }
    };
    faults.push(
        Diagnostic::new(format!("water over the bank without `{missing}`"))
            .at(Some(row.place(missing)))
            .expected("from which flow on, and where to: both or none"),
    );
    None
}

impl Physical {
    /// Reads `seasons.csv`.
    pub(super) fn seasons(
        &mut self,
        files: &Files,
        antecedent_given: bool,
        faults: &mut Diagnostics,
    ) {
        let before = faults.len();
        let lost = each(files, &SEASONS, faults, |row, faults| {
            let days = season(row, faults);
            let lag_days = row.whole("lag_days", faults);
            let capacity = row.number("capacity_m3s", faults).map(Flow::from_m3s);
            let reach = self.reach_of(row, faults)?;
            if antecedent_given && reach.lag_days == 0 && reach.antecedent.is_none() {
                let storing = reach.routing != Routing::Lag;
                needs_antecedent(
                    row.place("reach"),
                    lag_days.unwrap_or(0) > 0 && !storing,
                    faults,
                );
            }
            let mut season = ReachSeason::new(days?);
            season.lag_days = lag_days;
            season.capacity = capacity;
            // A cell that could not be read would have said something.
            let said = ["lag_days", "capacity_m3s"].map(|column| row.text(column).is_some());
            let read = [lag_days.is_some(), capacity.is_some()];
            (said == read || lag_days.is_some() || capacity.is_some()).then_some(())?;
            reach.seasons.push(season.written_at(row.origin()));
            Some(())
        });
        self.lost.travel_times |= lost || faults.len() > before;
    }

    /// The reach that a row of another table is about.
    fn reach_of(&mut self, row: &Row, faults: &mut Diagnostics) -> Option<&mut Reach> {
        let id = row.need_text("reach", faults)?;
        let at = self.reaches.iter().position(|reach| reach.id == id);
        if at.is_none() && !self.lost.reaches {
            let known = self.reaches.iter().map(|reach| reach.id.as_str());
            faults.push(unknown("reach", id, known, row.place("reach")));
        }
        Some(&mut self.reaches[at?])
    }
}

/// A fault if the water in a channel before the run is not given.
pub(super) fn needs_antecedent(place: Place, missing: bool, faults: &mut Diagnostics) {
    if missing {
        faults.push(
            Diagnostic::new("no `antecedent_m3s` for a reach with a travel time")
                .at(Some(place))
                .expected("the flow that entered it before the run, or antecedent = \"steady\""),
        );
    }
}

/// The part of the year from one cell to another.
fn season(row: &Row, faults: &mut Diagnostics) -> Option<Season> {
    let (from, to) = (month_day(row, "from", faults), month_day(row, "to", faults));
    match Season::new(from?, to?) {
        Ok(season) => Some(season),
        Err(error) => {
            faults.push(super::text::fault_of(&error).at(Some(row.place("from"))));
            None
        }
    }
}

/// A day of the year, as in `04-01`.
fn month_day(row: &Row, column: &str, faults: &mut Diagnostics) -> Option<(i8, i8)> {
    let text = row.need_text(column, faults)?;
    let day = text.split_once('-').and_then(|(month, day)| {
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        // A leap year has all days.
        Date::new(2024, month, day).ok().map(|_| (month, day))
    });
    if day.is_none() {
        faults.push(
            Diagnostic::new(format!("`{text}` is not a day of the year"))
                .at(Some(row.place(column)))
                .expected("month and day, as in 04-01"),
        );
    }
    day
}
