//! What stands at a dam: the power station with its tailwater and outages, and limits by season.

use std::collections::HashSet;

use super::basin::{Physical, at_least_zero, each, group, once};
use super::folder::Files;
use super::format::tables::{LIMITS, OUTAGES, POWER, TAILWATER};
use super::table::Row;
use super::text::fault_of;
use crate::basin::{Outage, PowerPlant, SeasonalLimit, Tailwater};
use crate::calendar::{Date, Period, Season, Window};
use crate::error::{Diagnostic, Diagnostics, Place};
use crate::units::{Flow, Level, Power};

/// The ratings of `tailwater.csv`, by reservoir; those that are not sound are none.
#[derive(Default)]
struct Ratings {
    /// With the place of the first row.
    read: Vec<(String, Option<Tailwater>, Place)>,
    /// Whether rows were lost.
    lost: bool,
}

impl Physical {
    /// Reads power stations, their tailwaters and their outages.
    pub(super) fn power(&mut self, files: &Files, faults: &mut Diagnostics) {
        let ratings = self.ratings(files, faults);
        let mut seen = HashSet::new();
        self.lost.power = each(files, &POWER, faults, |row, faults| {
            let before = faults.len();
            let plant = plant(row, &ratings, faults);
            let reservoir = self.reservoir_of(row, faults)?;
            once(&mut seen, &reservoir.node, row, faults);
            reservoir.power = plant.filter(|_| faults.len() == before);
            reservoir.power.as_ref().map(|_| ())
        });
        for (id, _, place) in ratings.read {
            self.needs_station(&id, "a tailwater", place, faults);
        }
        each(files, &OUTAGES, faults, |row, faults| {
            let unit = row.need_text("unit", faults);
            let unit = unit.and_then(|_| row.whole("unit", faults));
            let window = days(row, faults);
            let reservoir = self.reservoir_of(row, faults)?;
            let Some(plant) = &mut reservoir.power else {
                let (id, place) = (reservoir.node.clone(), row.place("reservoir"));
                self.needs_station(&id, "an outage", place, faults);
                return None;
            };
            let outage = Outage {
                unit: unit?,
                window: window?,
            };
            if !(1..=plant.units).contains(&outage.unit) {
                faults.push(
                    Diagnostic::new(format!("an outage of unit {}", outage.unit))
                        .at(Some(row.place("unit")))
                        .expected(format!("the number of a unit, 1 to {}", plant.units)),
                );
                return None;
            }
            plant.outages.push(outage);
            Some(())
        });
    }

    /// A fault for what only a power station can have.
    fn needs_station(&self, id: &str, what: &str, place: Place, faults: &mut Diagnostics) {
        let has_one = |r: &crate::basin::Reservoir| r.node == id && r.power.is_some();
        if !self.lost.power && !self.reservoirs.iter().any(has_one) {
            faults.push(
                Diagnostic::new(format!("{what} of `{id}`, which has no power station"))
                    .at(Some(place))
                    .expected("a row in power.csv"),
            );
        }
    }

    fn ratings(&mut self, files: &Files, faults: &mut Diagnostics) -> Ratings {
        /// With the places of what is wrong if anything is, and of the row.
        type Point = ((Flow, Level), Place, Place);
        let mut points: Vec<(String, Vec<Point>)> = Vec::new();
        let lost = each(files, &TAILWATER, faults, |row, faults| {
            let id = self.reservoir_of(row, faults)?.node.clone();
            let flow = row.need_number("discharge_m3s", faults);
            let level = row.need_number("level_m", faults);
            let point = (Flow::from_m3s(flow?), Level::from_m(level?));
            let before = points.iter().find(|(of, _)| *of == id);
            let before = before.and_then(|(_, points)| points.last());
            let rises = before.is_none_or(|((flow, _), ..)| point.0 > *flow);
            let column = if rises && point.0 >= Flow::ZERO {
                "level_m"
            } else {
                "discharge_m3s"
            };
            let places = (row.place(column), row.place("reservoir"));
            group(&mut points, &id, (point, places.0, places.1));
            Some(())
        });
        let mut ratings = Ratings {
            read: Vec::new(),
            lost,
        };
        for (id, rows) in points {
            let points = rows.iter().map(|&(point, ..)| point).collect();
            let rating = match Tailwater::rating(points) {
                Ok(rating) => Some(rating),
                Err((i, message)) => {
                    faults.push(
                        Diagnostic::new(format!("tailwater of `{id}`: {message}"))
                            .at(rows.get(i).map(|(_, place, _)| place.clone()))
                            .expected("discharges from 0 that rise, levels that do not fall"),
                    );
                    None
                }
            };
            ratings.read.push((id, rating, rows[0].2.clone()));
        }
        ratings
    }

    /// Reads limits of releases by season.
    pub(super) fn limits(&mut self, files: &Files, faults: &mut Diagnostics) {
        each(files, &LIMITS, faults, |row, faults| {
            let season = season(row, faults);
            let mut flow = |column| {
                let flow = row.number(column, faults);
                let sound = flow.map(|flow| at_least_zero(flow, column, row, faults));
                (row.text(column).is_some(), sound.flatten())
            };
            let (has_least, least) = flow("min_release_m3s");
            let (has_most, most) = flow("max_release_m3s");
            let reservoir = self.reservoir_of(row, faults)?;
            if !(has_least || has_most) {
                faults.push(
                    Diagnostic::new("a season without a limit")
                        .at(Some(row.place("reservoir")))
                        .expected("min_release_m3s, max_release_m3s or both"),
                );
                return None;
            }
            if has_least && least.is_none() || has_most && most.is_none() {
                return None;
            }
            let lowest = least.unwrap_or(reservoir.min_release.m3s());
            if let Some(most) = most.filter(|most| *most < lowest) {
                faults.push(
                    Diagnostic::new(format!("`max_release_m3s` is {most}"))
                        .at(Some(row.place("max_release_m3s")))
                        .expected(format!("at least the least release, {lowest}")),
                );
                return None;
            }
            reservoir.seasonal.push(SeasonalLimit {
                season: season?,
                min: least.map(Flow::from_m3s),
                max: most.map(Flow::from_m3s),
            });
            Some(())
        });
    }
}

/// A power station; none where something of it could not be read.
fn plant(row: &Row, ratings: &Ratings, faults: &mut Diagnostics) -> Option<PowerPlant> {
    let efficiency = row.need_number("efficiency", faults);
    let efficiency = efficiency.filter(|&found| {
        let sound = found > 0.0 && found <= 1.0;
        if !sound {
            faults.push(
                Diagnostic::new(format!("an efficiency of {found}"))
                    .at(Some(row.place("efficiency")))
                    .expected("a fraction above 0 and at most 1"),
            );
        }
        sound
    });
    let capacity = row.need_number("capacity_mw", faults);
    let capacity = capacity.and_then(|mw| at_least_zero(mw, "capacity_mw", row, faults));
    let units = row.whole("units", faults).unwrap_or(1);
    if !(1..=PowerPlant::MOST_UNITS).contains(&units) {
        faults.push(
            Diagnostic::new(format!("{units} units"))
                .at(Some(row.place("units")))
                .expected(format!("1 to {} units", PowerPlant::MOST_UNITS)),
        );
    }
    let mut at_least = |column| {
        let number = row.number(column, faults)?;
        at_least_zero(number, column, row, faults)
    };
    let max_discharge = at_least("max_discharge_m3s");
    let head_loss = at_least("head_loss_m").unwrap_or(0.0);
    let min_head = at_least("min_head_m").unwrap_or(0.0);
    let tailwater = tailwater(row, ratings, faults);
    let mut plant = PowerPlant::new(efficiency?, Power::from_mw(capacity?), tailwater?)
        .units(units)
        .head_loss(Level::from_m(head_loss))
        .min_head(Level::from_m(min_head));
    plant.max_discharge = max_discharge.map(Flow::from_m3s);
    Some(plant)
}

/// The constant level of a row, or the rating of its reservoir: one of them.
fn tailwater(row: &Row, ratings: &Ratings, faults: &mut Diagnostics) -> Option<Tailwater> {
    let level = row.number("tailwater_m", faults);
    let id = row.text("reservoir")?;
    let rating = ratings.read.iter().find(|(of, ..)| of == id);
    let fault = |message: &str| {
        Diagnostic::new(message)
            .at(Some(row.place("tailwater_m")))
            .expected("tailwater_m, or rows in tailwater.csv")
    };
    match (row.text("tailwater_m"), rating) {
        (Some(_), None) => level.map(Level::from_m).map(Tailwater::constant),
        (None, Some((_, rating, _))) => rating.clone(),
        (Some(_), Some(_)) => {
            faults.push(fault("a tailwater level beside a rating"));
            None
        }
        (None, None) => {
            if !ratings.lost {
                faults.push(fault("no tailwater level"));
            }
            None
        }
    }
}

/// A day, as in `2010-01-01`.
pub(super) fn date(row: &Row, column: &str, faults: &mut Diagnostics) -> Option<Date> {
    match Period::Day.parse_key(row.need_text(column, faults)?) {
        Ok(day) => Some(day.from()),
        Err(error) => {
            faults.push(fault_of(&error).at(Some(row.place(column))));
            None
        }
    }
}

/// The days from one cell to another.
fn days(row: &Row, faults: &mut Diagnostics) -> Option<Window> {
    let (from, to) = (date(row, "from", faults), date(row, "to", faults));
    let (from, to) = (from?, to?);
    let window = Window::new(from, to).ok();
    if window.is_none() {
        faults.push(
            Diagnostic::new(format!("the end, {to}, lies before the start"))
                .at(Some(row.place("to")))
                .expected(format!("{from} or a later day")),
        );
    }
    window
}

/// The part of the year from one cell to another.
pub(super) fn season(row: &Row, faults: &mut Diagnostics) -> Option<Season> {
    let (from, to) = (row.need_text("from", faults), row.need_text("to", faults));
    let text = format!("{}..{}", from?, to?);
    match text.parse() {
        Ok(season) => Some(season),
        Err(error) => {
            faults.push(fault_of(&error).at(Some(row.place("from"))));
            None
        }
    }
}
