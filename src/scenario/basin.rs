//! The tables of the physical model, row by row.

use std::collections::HashSet;

use super::equipment::date;
use super::folder::Files;
use super::format::Table;
use super::format::tables::{
    CURVES, EVAPORATION, NODES, OFFTAKES, OUTLETS, PARTIES, REACHES, RESERVOIRS,
};
use super::routing::{needs_antecedent, overflow, routing};
use super::table::{Row, Table as Sheets};
use super::text::{unknown, whole};
use crate::basin::{
    Curve, CurvePoint, Node, NodeKind, Offtake, Outlet, OutletKind, Party, Pump, Reach, ReachKind,
    Reservoir, Routing,
};
use crate::error::{Diagnostic, Diagnostics, Place};
use crate::licence::Licence;
use crate::units::{Area, Flow, Level, Volume};

/// The physical model as far as it could be read.
#[derive(Default)]
pub(super) struct Physical {
    pub(super) parties: Vec<Party>,
    pub(super) nodes: Vec<Node>,
    /// Nodes whose kind could not be read.
    pub(super) kindless: HashSet<String>,
    pub(super) reaches: Vec<Reach>,
    pub(super) reservoirs: Vec<Reservoir>,
    pub(super) offtakes: Vec<Offtake>,
    pub(super) pumps: Vec<Pump>,
    pub(super) licences: Vec<Licence>,
    pub(super) lost: Lost,
}

/// Of which tables rows were written that could not be read, so that what seems missing may not be.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "one answer a table")]
pub(super) struct Lost {
    pub(super) parties: bool,
    pub(super) nodes: bool,
    pub(super) reaches: bool,
    /// Whether a travel time may be wrong, so that no lead is sure.
    pub(super) travel_times: bool,
    pub(super) reservoirs: bool,
    pub(super) curves: bool,
    pub(super) power: bool,
    pub(super) offtakes: bool,
}

/// Reads all tables of the physical model.
pub(super) fn read(files: &Files, antecedent_given: bool, faults: &mut Diagnostics) -> Physical {
    let mut physical = Physical::default();
    physical.lost.parties = each(files, &PARTIES, faults, |row, faults| {
        let party = row.need_text("party", faults)?;
        let name = row.text("name").unwrap_or(party);
        physical
            .parties
            .push(Party::new(party, name).written_at(row.origin()));
        Some(())
    });
    required(files, &NODES, faults);
    physical.lost.nodes = each(files, &NODES, faults, |row, faults| {
        let id = row.need_id("node", faults)?;
        let kind = row.need_word("kind", "kind of node", &NODE_KINDS, faults);
        if kind.is_none() {
            physical.kindless.insert(id.to_owned());
        }
        let node = Node::new(id, kind.unwrap_or(NodeKind::Junction));
        let node = node.named(row.text("name").unwrap_or(id));
        physical.nodes.push(node.written_at(row.origin()));
        Some(())
    });
    required(files, &REACHES, faults);
    let before = faults.len();
    physical.lost.reaches = each(files, &REACHES, faults, |row, faults| {
        let reach = reach(row, antecedent_given, faults)?;
        physical.reaches.push(reach);
        Some(())
    });
    physical.lost.travel_times = physical.lost.reaches || faults.len() > before;
    physical.seasons(files, antecedent_given, faults);
    physical.lost.reservoirs = each(files, &RESERVOIRS, faults, |row, faults| {
        physical.reservoirs.push(reservoir(row, faults)?);
        Some(())
    });
    if physical.lost.reaches {
        // The canals may be among what was lost.
        for reservoir in &mut physical.reservoirs {
            reservoir.relief = None;
        }
    }
    physical.offtakes(files, faults);
    physical.pumps(files, faults);
    physical.licences(files, faults);
    physical.curves(files, faults);
    physical.outlets(files, faults);
    physical.evaporation(files, faults);
    physical.limits(files, faults);
    physical.power(files, faults);
    physical
}

pub(super) const NODE_KINDS: [(&str, NodeKind); 5] = [
    ("inflow", NodeKind::Inflow),
    ("reservoir", NodeKind::Reservoir),
    ("junction", NodeKind::Junction),
    ("gauge", NodeKind::Gauge),
    ("terminal", NodeKind::Terminal),
];
pub(super) const REACH_KINDS: [(&str, ReachKind); 2] =
    [("river", ReachKind::River), ("canal", ReachKind::Canal)];
pub(super) const OUTLET_KINDS: [(&str, OutletKind); 3] = [
    ("turbine", OutletKind::Turbine),
    ("gate", OutletKind::Gate),
    ("spillway", OutletKind::Spillway),
];

/// Reads the rows of a table, if there is one; whether any were lost.
pub(super) fn each(
    files: &Files,
    table: &Table,
    faults: &mut Diagnostics,
    mut read: impl FnMut(&Row, &mut Diagnostics) -> Option<()>,
) -> bool {
    let Some(source) = files.sources.get(table.file) else {
        return files.has(table.file) || table.required;
    };
    let Some(written) = Sheets::read(source, faults) else {
        return true;
    };
    let sheet = written.sheet(table.columns, faults);
    let mut lost = written.lost_rows;
    for row in sheet.rows() {
        lost |= read(&row, faults).is_none();
    }
    lost
}

/// A fault if a file is missing that every scenario has.
fn required(files: &Files, table: &Table, faults: &mut Diagnostics) {
    if table.required && !files.has(table.file) {
        faults.push(
            Diagnostic::new("no such file")
                .at(Some(whole(table.file)))
                .expected("a table that every scenario has"),
        );
    }
}

fn reach(row: &Row, antecedent_given: bool, faults: &mut Diagnostics) -> Option<Reach> {
    let id = row.need_id("reach", faults);
    let from = row.need_text("from", faults);
    let to = row.need_text("to", faults);
    let kind = row.need_word("kind", "kind of reach", &REACH_KINDS, faults);
    let lag_days = row.whole("lag_days", faults).unwrap_or(0);
    let loss = row.number("loss_fraction", faults).unwrap_or(0.0);
    let capacity = row.number("capacity_m3s", faults).map(Flow::from_m3s);
    let in_service_from = row
        .text("in_service_from")
        .map(|_| date(row, "in_service_from", faults));
    let antecedent = row.number("antecedent_m3s", faults).map(Flow::from_m3s);
    let routing = routing(row, faults);
    let overflow = overflow(row, faults);
    let delays = lag_days > 0 || routing != Routing::Lag;
    let place = row.place("antecedent_m3s");
    let missing = row.text("antecedent_m3s").is_none();
    needs_antecedent(place, antecedent_given && delays && missing, faults);
    let mut reach = Reach::river(id?, from?, to?).lag_days(lag_days).loss(loss);
    reach = reach.routing(routing);
    reach.overflow = overflow;
    reach.kind = kind?;
    reach.capacity = capacity;
    reach.in_service_from = in_service_from.flatten();
    reach.antecedent = antecedent;
    Some(reach.written_at(row.origin()))
}

/// A volume that could not be read stands at the nearest bound, so that no other seems wrong.
fn reservoir(row: &Row, faults: &mut Diagnostics) -> Option<Reservoir> {
    let mut volume = |column| row.need_number(column, faults).map(Volume::from_mcm);
    let (initial, dead, full) = (
        volume("initial_mcm"),
        volume("dead_mcm"),
        volume("full_mcm"),
    );
    let surcharge = row.number("surcharge_mcm", faults).map(Volume::from_mcm);
    let highest = initial
        .unwrap_or(Volume::ZERO)
        .max(dead.unwrap_or(Volume::ZERO));
    let full = full.or(surcharge).unwrap_or(highest);
    let surcharge = if surcharge.is_none() && row.text("surcharge_mcm").is_some() {
        full.max(highest)
    } else {
        surcharge.unwrap_or(full)
    };
    let min_release = row.number("min_release_m3s", faults).unwrap_or(0.0);
    let ramp = row.number("ramp_m3s_per_day", faults);
    let ramp_up = row.number("ramp_up_m3s_per_day", faults).or(ramp);
    let ramp_down = row.number("ramp_down_m3s_per_day", faults).or(ramp);
    let seepage = row.number("seepage_mm_per_day", faults).unwrap_or(0.0);
    let mut reservoir = Reservoir::new(row.need_text("reservoir", faults)?, full)
        .party(row.text("party").unwrap_or_default())
        .initial(initial.unwrap_or(Volume::ZERO))
        .dead(dead.unwrap_or(Volume::ZERO))
        .surcharge(surcharge)
        .min_release(Flow::from_m3s(min_release))
        .seepage_mm_per_day(seepage);
    reservoir.ramp_up = ramp_up.map(Flow::from_m3s);
    reservoir.ramp_down = ramp_down.map(Flow::from_m3s);
    reservoir.relief = row.text("relief").map(str::to_owned);
    Some(reservoir.written_at(row.origin()))
}

impl Physical {
    fn offtakes(&mut self, files: &Files, faults: &mut Diagnostics) {
        self.lost.offtakes = each(files, &OFFTAKES, faults, |row, faults| {
            let id = row.need_id("offtake", faults);
            let at = row.need_text("at", faults);
            let party = row.need_text("party", faults);
            let class = row.need_text("class", faults);
            let weight = row.number("weight", faults);
            let capacity = row.number("capacity_m3s", faults);
            let back = return_flow(row, faults);
            let mut offtake = Offtake::new(id?, at?, party?, class?)
                .named(row.text("name").or(id)?)
                .weight(weight.unwrap_or(1.0));
            offtake.capacity = capacity.map(Flow::from_m3s);
            if let Some((to, fraction, lag)) = back {
                offtake = offtake.returning(to, fraction, lag);
            }
            self.offtakes.push(offtake.written_at(row.origin()));
            Some(())
        });
    }

    /// The reservoir that a row of another table is about.
    pub(super) fn reservoir_of(
        &mut self,
        row: &Row,
        faults: &mut Diagnostics,
    ) -> Option<&mut Reservoir> {
        let id = row.need_text("reservoir", faults)?;
        let at = self
            .reservoirs
            .iter()
            .position(|reservoir| reservoir.node == id);
        if at.is_none() && !self.lost.reservoirs {
            let known = self
                .reservoirs
                .iter()
                .map(|reservoir| reservoir.node.as_str());
            faults.push(unknown("reservoir", id, known, row.place("reservoir")));
        }
        Some(&mut self.reservoirs[at?])
    }

    fn curves(&mut self, files: &Files, faults: &mut Diagnostics) {
        let mut curves: Vec<(String, Vec<(CurvePoint, Place)>)> = Vec::new();
        let before = faults.len();
        self.lost.curves = each(files, &CURVES, faults, |row, faults| {
            let id = self.reservoir_of(row, faults)?.node.clone();
            let level = row.need_number("level_m", faults);
            let volume = row.need_number("volume_mcm", faults);
            let area = row.need_number("area_km2", faults);
            let point = CurvePoint {
                level: Level::from_m(level?),
                volume: Volume::from_mcm(volume?),
                area: Area::from_km2(area?),
            };
            let place = row.place(match curves.iter().find(|(of, _)| *of == id) {
                Some((_, points)) => falling_column(points.last().map(|(p, _)| p), &point),
                None => "level_m",
            });
            group(&mut curves, &id, (point, place));
            Some(())
        });
        for (id, points) in curves {
            let (points, places): (Vec<_>, Vec<_>) = points.into_iter().unzip();
            match Curve::new(points) {
                Ok(curve) => {
                    let of = self.reservoirs.iter_mut().find(|r| r.node == id);
                    if let Some(reservoir) = of {
                        reservoir.curve = Some(curve);
                    }
                }
                Err((i, message)) => faults.push(
                    Diagnostic::new(format!("curve of `{id}`: {message}"))
                        .at(places.get(i).cloned())
                        .expected("levels and volumes that rise, areas that do not fall"),
                ),
            }
        }
        self.lost.curves |= faults.len() > before;
    }

    fn outlets(&mut self, files: &Files, faults: &mut Diagnostics) {
        let mut outlets: Vec<((String, String), Vec<OutletRow>)> = Vec::new();
        each(files, &OUTLETS, faults, |row, faults| {
            let id = self.reservoir_of(row, faults)?.node.clone();
            let outlet = row.need_text("outlet", faults);
            let kind = row.need_word("kind", "kind of outlet", &OUTLET_KINDS, faults);
            let level = row.number("level_m", faults);
            let capacity = row.need_number("capacity_m3s", faults);
            let given = row.text("level_m").is_none() || level.is_some();
            let read = OutletRow {
                kind: kind?,
                level: level.map(Level::from_m),
                capacity: Flow::from_m3s(capacity.filter(|_| given)?),
                kind_place: row.place("kind"),
                level_place: row.place("level_m"),
                capacity_place: row.place("capacity_m3s"),
            };
            group(&mut outlets, &(id, outlet?.to_owned()), read);
            Some(())
        });
        for ((id, name), rows) in outlets {
            let outlet = outlet(&name, &rows, faults);
            let of = self.reservoirs.iter_mut().find(|r| r.node == id);
            if let (Some(reservoir), Some(outlet)) = (of, outlet) {
                reservoir.outlets.push(outlet);
            }
        }
    }

    fn evaporation(&mut self, files: &Files, faults: &mut Diagnostics) {
        let mut seen = HashSet::new();
        each(files, &EVAPORATION, faults, |row, faults| {
            // The columns of the months follow that of the reservoir.
            let depths = std::array::from_fn(|month| {
                let month = EVAPORATION.columns[month + 1].name;
                let depth = row.need_number(month, faults)?;
                at_least_zero(depth, month, row, faults)
            });
            let reservoir = self.reservoir_of(row, faults)?;
            once(&mut seen, &reservoir.node, row, faults);
            reservoir.evaporation_mm = depths.map(|depth: Option<f64>| depth.unwrap_or(0.0));
            Some(())
        });
    }
}

/// Adds an item to those of its key, keys in the order they first came.
pub(super) fn group<K: PartialEq + Clone, T>(groups: &mut Vec<(K, Vec<T>)>, key: &K, item: T) {
    match groups.iter_mut().find(|(known, _)| known == key) {
        Some((_, items)) => items.push(item),
        None => groups.push((key.clone(), vec![item])),
    }
}

/// A fault for a second row about the same reservoir.
pub(super) fn once(seen: &mut HashSet<String>, id: &str, row: &Row, faults: &mut Diagnostics) {
    if !seen.insert(id.to_owned()) {
        faults.push(
            Diagnostic::new(format!("a second row for `{id}`"))
                .at(Some(row.place("reservoir")))
                .expected("one row a reservoir"),
        );
    }
}

pub(super) fn at_least_zero(
    found: f64,
    column: &str,
    row: &Row,
    faults: &mut Diagnostics,
) -> Option<f64> {
    if found < 0.0 {
        faults.push(
            Diagnostic::new(format!("`{column}` is {found}"))
                .at(Some(row.place(column)))
                .expected("at least 0"),
        );
        return None;
    }
    Some(found)
}

/// Which column of a curve point is the first that does not go on from the point before.
fn falling_column(before: Option<&CurvePoint>, point: &CurvePoint) -> &'static str {
    match before {
        Some(before) if point.level > before.level && point.volume <= before.volume => "volume_mcm",
        Some(before) if point.level > before.level && point.area < before.area => "area_km2",
        _ => "level_m",
    }
}

struct OutletRow {
    kind: OutletKind,
    level: Option<Level>,
    capacity: Flow,
    kind_place: Place,
    level_place: Place,
    capacity_place: Place,
}

/// One row makes a constant capacity, several a capacity by level.
fn outlet(name: &str, rows: &[OutletRow], faults: &mut Diagnostics) -> Option<Outlet> {
    let kind = rows[0].kind;
    let before = faults.len();
    for row in rows {
        if row.kind != kind {
            faults.push(
                Diagnostic::new(format!("outlet `{name}` changes its kind"))
                    .at(Some(row.kind_place.clone()))
                    .expected("the same kind in all its rows"),
            );
        }
        if row.capacity < Flow::ZERO {
            faults.push(
                Diagnostic::new(format!(
                    "the capacity of outlet `{name}` is {}",
                    row.capacity
                ))
                .at(Some(row.capacity_place.clone()))
                .expected("a flow of at least 0"),
            );
        }
    }
    let points = match rows {
        [only] => return Some(Outlet::constant(name, kind, only.capacity)),
        _ => rows.iter().map(|row| Some((row.level?, row.capacity))),
    };
    let Some(points) = points.collect::<Option<Vec<_>>>() else {
        let empty = rows.iter().find(|row| row.level.is_none());
        faults.push(
            Diagnostic::new(format!("no `level_m` for outlet `{name}`"))
                .at(empty.map(|row| row.level_place.clone()))
                .expected("a level in each row of an outlet that has several"),
        );
        return None;
    };
    if let Some(i) = (1..points.len()).find(|&i| points[i].0 <= points[i - 1].0) {
        faults.push(
            Diagnostic::new(format!("the level of outlet `{name}` does not rise"))
                .at(Some(rows[i].level_place.clone()))
                .expected(format!("a level above {}", points[i - 1].0)),
        );
    }
    (faults.len() == before).then(|| Outlet::by_level(name, kind, points))
}

/// What comes back of an offtake: all three cells or none.
fn return_flow<'t>(row: &Row<'_, 't>, faults: &mut Diagnostics) -> Option<(&'t str, f64, u32)> {
    let columns = ["return_to", "return_fraction", "return_lag_days"];
    let given = columns.map(|column| row.text(column).is_some());
    if given == [false; 3] {
        return None;
    }
    if let Some(i) = given.iter().position(|given| !given) {
        faults.push(
            Diagnostic::new(format!("a return flow without `{}`", columns[i]))
                .at(Some(row.place(columns[i])))
                .expected("where to, which fraction and after how many days: all three or none"),
        );
        return None;
    }
    let fraction = row.number("return_fraction", faults);
    let lag = row.whole("return_lag_days", faults);
    Some((row.text("return_to")?, fraction?, lag?))
}
