//! The operation of reservoirs: `[reservoir.<id>]` in `scenario.toml`.

use std::sync::Arc;

use jiff::civil::Date;

use super::basin::Physical;
use super::format::settings::{
    CURVE_ZONE, FLOW_ENTRY, HEDGING_ZONE, KEEP_LEVEL, POINT_OF_YEAR, SAVING, SAVING_LEVEL,
};
use super::keys::{Keys, Value};
use super::series::{AllSeries, SeriesFile};
use super::settings::Operation;
use super::text::unknown;
use crate::calendar::{Period, Window};
use crate::error::{Diagnostic, Diagnostics, Origin};
use crate::operation::{
    EnergyDemand, Expects, KeepByLevel, KeepLevel, LinearHedging, PreRelease, ReleasePolicy,
    RuleCurve, Saving, SavingLevel, Schedule, StandardOperating, StorageTarget, YearCurve, Zone,
    ZoneHedging,
};
use crate::series::DailySeries;
use crate::units::{Flow, Volume};

/// The policy of a reservoir, and where it was written.
pub(super) type PolicyRow = (String, Arc<dyn ReleasePolicy>, Origin);

/// Reads the operation of all reservoirs.
pub(super) fn read(
    operations: Vec<Operation>,
    series: &AllSeries,
    window: Option<Window>,
    physical: &mut Physical,
    faults: &mut Diagnostics,
) -> Vec<PolicyRow> {
    check_columns(&series.releases, "release", physical, faults);
    check_columns(&series.energy_demand, "energy demand", physical, faults);
    let mut rows = Vec::new();
    for Operation {
        reservoir: id,
        place,
        mut keys,
    } in operations
    {
        let at = physical.reservoirs.iter().position(|r| r.node == id);
        if at.is_none() && !physical.lost.reservoirs {
            let known = physical.reservoirs.iter().map(|r| r.node.as_str());
            faults.push(unknown("reservoir", id, known, place));
        }
        let rank = keys.get("keep_rank").and_then(|value| value.whole(faults));
        let origin = keys.origin();
        let policy = policy(keys, id, series, window, faults);
        if let Some(at) = at {
            physical.reservoirs[at].keep_rank = rank;
            rows.extend(policy.map(|policy| (id.to_owned(), policy, origin)));
        }
    }
    rows
}

/// Columns are of reservoirs, each of another, and no value is negative.
fn check_columns(file: &SeriesFile, what: &str, physical: &Physical, faults: &mut Diagnostics) {
    let known = || physical.reservoirs.iter().map(|r| r.node.as_str());
    for (i, (id, series, origin)) in file.columns.iter().enumerate() {
        if known().all(|reservoir| reservoir != id) && !physical.lost.reservoirs {
            faults.push(
                Diagnostic::new(format!("a column for the unknown reservoir `{id}`"))
                    .at(origin.place(id))
                    .expected("the id of a reservoir")
                    .nearest(id, known()),
            );
        }
        if file.columns[..i].iter().any(|(before, ..)| before == id) {
            faults.push(
                Diagnostic::new(format!("two columns for the reservoir `{id}`"))
                    .at(origin.place(id)),
            );
        }
        if let Some((day, value)) = series.iter().find(|&(_, value)| value < 0.0) {
            faults.push(
                Diagnostic::new(format!("the {what} of `{id}` is {value} on {day}"))
                    .at(origin.place(id))
                    .expected("at least 0"),
            );
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Standard,
    Replay,
    Schedule,
    RuleCurve,
    KeepByLevel,
    LinearHedging,
    ZoneHedging,
    EnergyDemand,
    StorageTarget,
}

/// How a saving changes with storage: whether on a line.
pub(super) const CHANGES: [(&str, bool); 2] = [("in-steps", false), ("on-a-line", true)];

pub(super) const POLICIES: [(&str, Kind); 9] = [
    ("standard", Kind::Standard),
    ("replay", Kind::Replay),
    ("schedule", Kind::Schedule),
    ("rule-curve", Kind::RuleCurve),
    ("keep-by-level", Kind::KeepByLevel),
    ("linear-hedging", Kind::LinearHedging),
    ("zone-hedging", Kind::ZoneHedging),
    ("energy-demand", Kind::EnergyDemand),
    ("storage-target", Kind::StorageTarget),
];

fn policy(
    mut keys: Keys,
    id: &str,
    series: &AllSeries,
    window: Option<Window>,
    faults: &mut Diagnostics,
) -> Option<Arc<dyn ReleasePolicy>> {
    let kind = match keys.get("policy") {
        Some(value) => value.word("release policy", &POLICIES, faults)?,
        None => Kind::Standard,
    };
    let policy: Option<Arc<dyn ReleasePolicy>> = match kind {
        Kind::Standard => Some(Arc::new(StandardOperating)),
        Kind::Replay => {
            let releases = replay(&mut keys, id, series, faults);
            claimed(&mut keys, releases, faults)
        }
        Kind::Schedule => {
            let releases = schedule(&mut keys, window, faults);
            claimed(&mut keys, releases, faults)
        }
        Kind::RuleCurve => rule_curve(&mut keys, faults).map(|p| Arc::new(p) as _),
        Kind::KeepByLevel => keep_by_level(&mut keys, faults).map(|p| Arc::new(p) as _),
        Kind::LinearHedging => linear_hedging(&mut keys, faults).map(|p| Arc::new(p) as _),
        Kind::ZoneHedging => zone_hedging(&mut keys, faults).map(|p| Arc::new(p) as _),
        Kind::EnergyDemand => {
            energy_demand(&mut keys, id, series, faults).map(|p| Arc::new(p) as _)
        }
        Kind::StorageTarget => storage_target(&mut keys, faults).map(|p| Arc::new(p) as _),
    };
    let ahead = keys.get("pre_release_days");
    let days = ahead.and_then(|value| days(value, faults));
    keys.finish(faults);
    match (ahead, days) {
        (None, _) => policy,
        (Some(_), days) => Some(Arc::new(PreRelease::new(policy?, days?))),
    }
}

/// A number of days, of at least one and at most a year's.
fn days(value: Value, faults: &mut Diagnostics) -> Option<usize> {
    let days = value.whole(faults)?;
    if !(1..=366).contains(&days) {
        faults.push(value.fault(format!("{days} days"), "1 to 366 days"));
        return None;
    }
    Some(days as usize)
}

/// The column of a reservoir that its policy needs.
fn column<'s>(
    keys: &mut Keys,
    file: &'s SeriesFile,
    id: &str,
    (what, name): (&str, &str),
    faults: &mut Diagnostics,
) -> Option<&'s DailySeries> {
    let column = file.columns.iter().find(|(of, ..)| of == id);
    if column.is_none() && !file.lost {
        let place = keys.get("policy").map(Value::place);
        faults.push(
            Diagnostic::new(format!("no {what}"))
                .at(place)
                .expected(format!("a column {name}")),
        );
    }
    column.map(|(_, series, _)| series)
}

fn expects(keys: &mut Keys, faults: &mut Diagnostics) -> Expects {
    let word = keys
        .get("expects")
        .and_then(|value| value.word("expectation", &Expects::NAMES, faults));
    word.unwrap_or_default()
}

fn energy_demand(
    keys: &mut Keys,
    id: &str,
    series: &AllSeries,
    faults: &mut Diagnostics,
) -> Option<EnergyDemand> {
    let what = format!("energy demand of `{id}`");
    let name = format!("`{id}_mwh` in series/energy_demand.csv");
    let column = column(keys, &series.energy_demand, id, (&what, &name), faults);
    let expects = expects(keys, faults);
    Some(EnergyDemand::new(column?.clone()).expecting(expects))
}

fn storage_target(keys: &mut Keys, faults: &mut Diagnostics) -> Option<StorageTarget> {
    let target = keys.need("target", faults);
    let target = target.and_then(|value| curve(value, faults));
    let over = keys.need("over_days", faults);
    let over = over.and_then(|value| days(value, faults));
    let expects = expects(keys, faults);
    let policy = StorageTarget::new(target?, over?).ok()?;
    Some(policy.expecting(expects))
}

fn replay(
    keys: &mut Keys,
    id: &str,
    series: &AllSeries,
    faults: &mut Diagnostics,
) -> Option<Schedule> {
    let what = format!("releases of `{id}` to replay");
    let name = format!("`{id}_m3s` in series/releases.csv");
    let column = column(keys, &series.releases, id, (&what, &name), faults);
    column.map(|series| Schedule::observed(series.clone()))
}

fn schedule(keys: &mut Keys, window: Option<Window>, faults: &mut Diagnostics) -> Option<Schedule> {
    let before = faults.len();
    let otherwise = keys.get("otherwise");
    let otherwise = otherwise.and_then(|value| flow(value, faults));
    let list = keys.need("flow", faults);
    let items = list.and_then(|value| value.list("a list of periods with a flow", faults));
    let mut flows: Vec<(Window, Flow)> = Vec::new();
    for item in items? {
        let Some(mut entry) = item.keys(&FLOW_ENTRY, faults) else {
            continue;
        };
        let period = period(&mut entry, faults);
        let flow = entry
            .need("flow", faults)
            .and_then(|value| flow(value, faults));
        entry.finish(faults);
        let Some((period, flow)) = period.zip(flow) else {
            continue;
        };
        if let Some((other, _)) = flows.iter().find(|(w, _)| w.intersect(period).is_some()) {
            faults.push(item.fault(
                format!("{period} has days of {other} in it"),
                "periods without overlap",
            ));
        }
        flows.push((period, flow));
    }
    let window = window.filter(|_| faults.len() == before)?;
    let on = |day: Date| {
        let planned = flows.iter().find(|(period, _)| period.contains(day));
        planned.map(|&(_, flow)| flow).or(otherwise)
    };
    let values: Option<Vec<f64>> = window.iter().map(|day| Some(on(day)?.m3s())).collect();
    let Some(values) = values else {
        let day = window.iter().find(|&day| on(day).is_none());
        let day = day.map(|day| day.to_string()).unwrap_or_default();
        faults.push(list?.fault(
            format!("no flow for {day}"),
            "a flow for every day of the run, or `otherwise`",
        ));
        return None;
    };
    Some(Schedule::planned(
        DailySeries::new(window.from(), values).ok()?,
    ))
}

/// A flow of at least 0.
fn flow(value: Value, faults: &mut Diagnostics) -> Option<Flow> {
    let flow: Flow = value.quantity("350 m3/s", faults)?;
    if flow < Flow::ZERO {
        faults.push(value.fault(format!("a flow of {flow}"), "a flow of at least 0"));
        return None;
    }
    Some(flow)
}

/// A volume of at least 0.
fn volume(value: Value, faults: &mut Diagnostics) -> Option<Volume> {
    let volume: Volume = value.quantity("1500 Mm3", faults)?;
    if volume < Volume::ZERO {
        faults.push(value.fault(format!("a volume of {volume}"), "a volume of at least 0"));
        return None;
    }
    Some(volume)
}

/// The period of an entry: `day`, `dekad`, `month`, or `from` and `to`.
pub(super) fn period(entry: &mut Keys, faults: &mut Diagnostics) -> Option<Window> {
    let day = entry.get("day");
    let dekad = entry.get("dekad");
    let month = entry.get("month");
    let (from, to) = (entry.get("from"), entry.get("to"));
    match (day, dekad, month, from, to) {
        (Some(day), None, None, None, None) => {
            day.date(faults).map(|day| Period::Day.containing(day))
        }
        (None, Some(dekad), None, None, None) => key(Period::Dekad, dekad, faults),
        (None, None, Some(month), None, None) => key(Period::Month, month, faults),
        (None, None, None, Some(from), Some(to)) => {
            let (start, end) = (from.date(faults), to.date(faults));
            super::settings::window(start?, (end?, to), faults)
        }
        _ => {
            faults.push(
                Diagnostic::new("not one period")
                    .at(Some(entry.place()))
                    .expected("day, dekad, month, or from and to"),
            );
            None
        }
    }
}

fn key(step: Period, value: Value, faults: &mut Diagnostics) -> Option<Window> {
    match step.parse_key(value.text(faults)?) {
        Ok(period) => Some(period),
        Err(error) => {
            faults.push(super::text::fault_of(&error).at(Some(value.place())));
            None
        }
    }
}

/// Releases written down beforehand, and the class in which they are claimed.
fn claimed(
    keys: &mut Keys,
    releases: Option<Schedule>,
    faults: &mut Diagnostics,
) -> Option<Arc<dyn ReleasePolicy>> {
    let class = keys.text("class", faults);
    let releases = releases?;
    Some(match class {
        Some(class) => Arc::new(releases.claimed_in(class)),
        None => Arc::new(releases),
    })
}

fn rule_curve(keys: &mut Keys, faults: &mut Diagnostics) -> Option<RuleCurve> {
    let before = faults.len();
    let list = keys
        .need("zones", faults)?
        .list("a list of zones", faults)?;
    let zones: Vec<Zone> = list
        .into_iter()
        .filter_map(|zone| curve_zone(zone, faults))
        .collect();
    (faults.len() == before).then(|| RuleCurve::new(zones))
}

fn curve_zone(value: Value, faults: &mut Diagnostics) -> Option<Zone> {
    let mut keys = value.keys(&CURVE_ZONE, faults)?;
    // A name helps whoever reads the file; nothing here needs it.
    keys.text("name", faults);
    let class = keys.need_text("class", faults);
    let top = keys.need("top", faults);
    keys.finish(faults);
    let top = curve(top?, faults);
    Some(Zone {
        class: class?.to_owned(),
        top: top?,
    })
}

fn keep_by_level(keys: &mut Keys, faults: &mut Diagnostics) -> Option<KeepByLevel> {
    let before = faults.len();
    let above = keys.text("above", faults);
    let list = keys.need("levels", faults);
    let list = list.and_then(|value| value.list("a list of levels", faults));
    let levels: Vec<KeepLevel> = list
        .into_iter()
        .flatten()
        .filter_map(|value| {
            let mut keys = value.keys(&KEEP_LEVEL, faults)?;
            let class = keys.text("class", faults);
            let storage = keys.need("storage", faults);
            keys.finish(faults);
            let storage = storage.and_then(|value| curve(value, faults));
            Some(KeepLevel::new(storage?, class))
        })
        .collect();
    (faults.len() == before).then(|| KeepByLevel::new(above, levels))
}

/// A volume all year, or a list of points of the year.
fn curve(value: Value, faults: &mut Diagnostics) -> Option<YearCurve> {
    if value.is_list() {
        year_curve(value, faults)
    } else {
        volume(value, faults).map(YearCurve::constant)
    }
}

fn year_curve(value: Value, faults: &mut Diagnostics) -> Option<YearCurve> {
    let mut points = Vec::new();
    let before = faults.len();
    for point in value.list("a volume, or a list of days with volumes", faults)? {
        let Some(mut keys) = point.keys(&POINT_OF_YEAR, faults) else {
            continue;
        };
        let day = keys
            .need("day", faults)
            .and_then(|value| month_day(value, faults));
        let volume = keys
            .need("volume", faults)
            .and_then(|value| volume(value, faults));
        keys.finish(faults);
        points.extend(
            day.zip(volume)
                .map(|((month, day), volume)| (month, day, volume)),
        );
    }
    if faults.len() > before {
        return None;
    }
    match YearCurve::new(points) {
        Ok(curve) => Some(curve),
        Err(message) => {
            faults.push(value.fault(message, "one volume a day, on days that exist"));
            None
        }
    }
}

/// A day of the year, as in `04-01`.
fn month_day(value: Value, faults: &mut Diagnostics) -> Option<(i8, i8)> {
    let text = value.text(faults)?;
    let day = text.split_once('-').and_then(|(month, day)| {
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        // A leap year has all days.
        Date::new(2024, month, day).ok().map(|_| (month, day))
    });
    if day.is_none() {
        faults.push(value.fault(
            format!("`{text}` is not a day of the year"),
            "month and day, as in \"04-01\"",
        ));
    }
    day
}

fn linear_hedging(keys: &mut Keys, faults: &mut Diagnostics) -> Option<LinearHedging> {
    let trigger = volume(keys.need("trigger", faults)?, faults)?;
    Some(LinearHedging::new(trigger))
}

fn zone_hedging(keys: &mut Keys, faults: &mut Diagnostics) -> Option<ZoneHedging> {
    let before = faults.len();
    let zones = keys.need("zones", faults)?;
    let mut read = Vec::new();
    for zone in zones.list("a list of zones", faults)? {
        let Some(mut keys) = zone.keys(&HEDGING_ZONE, faults) else {
            continue;
        };
        let above = keys
            .need("above", faults)
            .and_then(|value| volume(value, faults));
        let fraction = keys
            .need("fraction", faults)
            .and_then(|value| value.number(faults));
        keys.finish(faults);
        read.extend(above.zip(fraction));
    }
    if faults.len() > before {
        return None;
    }
    match ZoneHedging::new(read) {
        Ok(hedging) => Some(hedging),
        Err(message) => {
            faults.push(zones.fault(message, "fractions from 0 to 1"));
            None
        }
    }
}

/// A saving of demand: a table `[[saving]]`.
pub(super) fn saving(value: Value, faults: &mut Diagnostics) -> Option<Saving> {
    let before = faults.len();
    let mut keys = value.keys(&SAVING, faults)?;
    let origin = keys.origin();
    let id = keys.need_text("id", faults);
    let reservoir = keys.need_text("reservoir", faults);
    let offtakes = keys.need("offtakes", faults);
    let offtakes = offtakes.and_then(|value| value.list("a list of offtakes", faults));
    let offtakes: Vec<&str> = offtakes
        .into_iter()
        .flatten()
        .filter_map(|value| value.text(faults))
        .collect();
    let way = keys.get("changes");
    let linear = way.and_then(|value| value.word("way to change", &CHANGES, faults));
    let linear = linear.unwrap_or(false);
    let above = keys.get("above");
    if let Some(value) = above.filter(|_| linear) {
        let fault = "a part above levels that lie on a line".to_owned();
        faults.push(value.fault(fault, "the part at the highest level, or steps"));
    }
    let above = above.and_then(|value| parts(value, faults));
    let levels = keys.need("levels", faults);
    let levels = levels.and_then(|value| value.list("a list of levels", faults));
    let levels: Vec<SavingLevel> = levels
        .into_iter()
        .flatten()
        .filter_map(|value| {
            let mut keys = value.keys(&SAVING_LEVEL, faults)?;
            let storage = keys.need("storage", faults);
            let part = keys.need("part", faults);
            keys.finish(faults);
            let storage = storage.and_then(|value| curve(value, faults));
            let part = part.and_then(|value| parts(value, faults));
            Some(SavingLevel::new(storage?, part?))
        })
        .collect();
    keys.finish(faults);
    if faults.len() > before {
        return None;
    }
    let saving = if linear {
        Saving::on_a_line(id?, reservoir?, offtakes, levels)
    } else {
        Saving::in_steps(id?, reservoir?, offtakes, levels)
    };
    let saving = saving.written_at(origin);
    Some(match above {
        Some(above) => saving.otherwise(above),
        None => saving,
    })
}

/// A part all year, or one for each month.
fn parts(value: Value, faults: &mut Diagnostics) -> Option<[f64; 12]> {
    const EXPECTED: &str = "a part from 0 to 1, or twelve from January on";
    if !value.is_list() {
        return value.number(faults).map(|part| [part; 12]);
    }
    let items = value.list(EXPECTED, faults)?;
    let count = items.len();
    let numbers: Option<Vec<f64>> = items.iter().map(|item| item.number(faults)).collect();
    let parts = numbers?.try_into().ok();
    if parts.is_none() {
        faults.push(value.fault(format!("{count} parts"), EXPECTED));
    }
    parts
}
