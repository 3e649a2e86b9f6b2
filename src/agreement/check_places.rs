//! Checks of agreements against the basin or record they speak of.

use super::check::{check_terms, fault, unknown};
use super::ownership_check::{check_ownership_at, check_ownership_in};
use super::{Agreement, Bounds, Count, Measure, Obligation, Point};
use crate::basin::{Basin, NodeKind};
use crate::calendar::Window;
use crate::error::{Diagnostic, Diagnostics};
use crate::settlement::{Record, readings};

/// Checks all agreements of a model.
pub(crate) fn check(
    agreements: &[Agreement],
    basin: &Basin,
    classes: &[&str],
    run: Window,
    faults: &mut Diagnostics,
) {
    check_terms(agreements, faults);
    for agreement in agreements {
        let parties = || basin.parties().iter().map(|party| party.id.as_str());
        for id in &agreement.parties {
            unknown("party", id, parties(), &agreement.origin, "parties", faults);
        }
        for ownership in &agreement.ownership {
            check_ownership_at(ownership, basin, faults);
        }
        for obligation in &agreement.obligations {
            check_points(obligation, basin, faults);
            check_claim(
                agreements, agreement, obligation, basin, classes, run, faults,
            );
        }
    }
}

/// Checks agreements against a record they are settled with.
pub(crate) fn check_record(agreements: &[Agreement], record: &Record, faults: &mut Diagnostics) {
    check_terms(agreements, faults);
    for agreement in agreements {
        for obligation in &agreement.obligations {
            check_points(obligation, record, faults);
        }
        for ownership in &agreement.ownership {
            check_ownership_in(ownership, record, faults);
        }
    }
}

/// What an agreement's points are looked up in.
pub(super) trait Places {
    /// The names of all places.
    fn names(&self) -> Vec<&str>;

    /// Whether a place has a measure.
    fn has(&self, id: &str, measure: Option<Measure>) -> bool;

    /// What a place should be.
    const EXPECTED: &'static str;
}

impl Places for Basin {
    const EXPECTED: &'static str = "the id of a node, reach or offtake";

    fn names(&self) -> Vec<&str> {
        let nodes = self.nodes().iter().map(|node| node.id.as_str());
        let reaches = self.reaches().iter().map(|reach| reach.id.as_str());
        let offtakes = self.offtakes().iter().map(|offtake| offtake.id.as_str());
        nodes.chain(reaches).chain(offtakes).collect()
    }

    fn has(&self, id: &str, measure: Option<Measure>) -> bool {
        let reservoir = self.reservoir_index(id).map(|k| &self.reservoirs()[k]);
        let node = self.node_index(id);
        let at_reservoir = node.is_some_and(|v| self.nodes()[v].kind == NodeKind::Reservoir);
        match measure {
            None | Some(Measure::Nothing) => true,
            Some(Measure::Delivered | Measure::Demand) => self.offtake_index(id).is_some(),
            Some(Measure::Flow) => self.offtake_index(id).is_none(),
            Some(Measure::NaturalFlow) => node.is_some(),
            Some(
                Measure::Inflow
                | Measure::Release
                | Measure::Spill
                | Measure::Storage
                | Measure::StorageChange
                | Measure::Evaporation
                | Measure::Seepage
                | Measure::Rain,
            ) => at_reservoir,
            Some(Measure::Level) => reservoir.is_some_and(|reservoir| reservoir.curve.is_some()),
            Some(Measure::Energy) => reservoir.is_some_and(|reservoir| reservoir.power.is_some()),
        }
    }
}

impl Places for Record {
    const EXPECTED: &'static str = "a column of the record";

    fn names(&self) -> Vec<&str> {
        self.columns().map(|(id, _)| id).collect()
    }

    fn has(&self, id: &str, measure: Option<Measure>) -> bool {
        measure == Some(Measure::Nothing) || self.column(id, measure).is_some()
    }
}

fn check_points<P: Places>(o: &Obligation, places: &P, faults: &mut Diagnostics) {
    if o.measure == Some(Measure::Nothing) {
        return;
    }
    let names = places.names();
    let field = |at: usize| if at == 0 { "point" } else { "second_point" };
    for (at, (point, measure)) in readings(o).into_iter().enumerate() {
        let field = if at == 0 || (at == 1 && o.second_point.is_some()) {
            field(at)
        } else if o.due.points().contains(&point) {
            "of"
        } else {
            "clause"
        };
        for term in &point.terms {
            if !names.contains(&term.id.as_str()) {
                faults.push(
                    Diagnostic::new(format!("unknown point `{}`", term.id))
                        .at(o.origin.place(field))
                        .expected(P::EXPECTED)
                        .nearest(&term.id, names.iter().copied()),
                );
            } else if !places.has(&term.id, term.measure.or(measure)) {
                let measure = term.measure.or(measure);
                let (message, expected) = match measure {
                    Some(Measure::Energy) => (
                        format!("`{}` makes no energy", term.id),
                        "a reservoir with a power station",
                    ),
                    Some(Measure::Storage) => {
                        (format!("`{}` stores no water", term.id), "a reservoir")
                    }
                    measure => (
                        format!(
                            "`{}` has no measure `{}`",
                            term.id,
                            measure.map_or("flow", Measure::name)
                        ),
                        "a measure that the point has",
                    ),
                };
                let field = if field == "point"
                    && o.measure.is_some()
                    && measure != Some(Measure::Energy)
                    && measure != Some(Measure::Storage)
                {
                    "measure"
                } else {
                    field
                };
                fault(o, &message, field, expected, faults);
            }
        }
    }
}

/// What can be claimed on the river: water at one place, at offtakes, or in one store.
pub(crate) fn check_claim(
    agreements: &[Agreement],
    agreement: &Agreement,
    o: &Obligation,
    basin: &Basin,
    classes: &[&str],
    run: Window,
    faults: &mut Diagnostics,
) {
    let Some(claim) = &o.claim else { return };
    // A ceiling is a capacity, and stands before all classes.
    if o.count != Count::AtMost && !classes.contains(&claim.class.as_str()) {
        faults.push(
            Diagnostic::new(format!("unknown priority class `{}`", claim.class))
                .at(o.origin.place("claim"))
                .expected("a class of scenario.toml")
                .nearest(&claim.class, classes.iter().copied()),
        );
    }
    let plain = |point: &Point| {
        point
            .terms
            .iter()
            .all(|term| term.weight == 1.0 && term.lag_days == 0 && term.measure.is_none())
    };
    let offtakes_only = plain(&o.point)
        && o.point
            .terms
            .iter()
            .all(|term| basin.offtake_index(&term.id).is_some());
    let one_place = plain(&o.point) && o.point.terms.len() == 1;
    let not_water = matches!(
        o.measure,
        Some(
            Measure::Nothing
                | Measure::Demand
                | Measure::Spill
                | Measure::StorageChange
                | Measure::Evaporation
                | Measure::Level
                | Measure::Seepage
                | Measure::Rain
                | Measure::NaturalFlow
        )
    );
    if o.is_energy() {
        fault(
            o,
            &format!("the form {} cannot be claimed on the river", o.form()),
            "claim",
            "a form that asks for water",
            faults,
        );
    } else if not_water {
        fault(
            o,
            "a claim without a measure of water",
            "claim",
            "a measured point",
            faults,
        );
    } else if !one_place && !offtakes_only {
        fault(
            o,
            "a claim at a sum of points",
            "claim",
            "one point, or offtakes",
            faults,
        );
    }
    // An agreement that is not in force in the run claims nothing; days of its own that lie outside
    // are a slip.
    let in_force = Bounds {
        from: agreement.from,
        to: agreement.until,
    };
    if in_force.cut(run).is_some() && Bounds::of(agreements, agreement, o).cut(run).is_none() {
        fault(
            o,
            "a claim outside the run",
            "claim",
            "days within the run",
            faults,
        );
    }
}
