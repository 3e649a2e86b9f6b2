//! Checks of agreements against the basin they speak of.

use std::collections::HashMap;

use super::{Agreement, Form, Measure, Obligation, Point};
use crate::basin::{Basin, NodeKind};
use crate::calendar::Window;
use crate::error::{Diagnostic, Diagnostics};
use crate::units::{Energy, Flow, Volume};

/// Checks all agreements of a model.
pub(crate) fn check(
    agreements: &[Agreement],
    basin: &Basin,
    classes: &[&str],
    run: Window,
    faults: &mut Diagnostics,
) {
    let mut seen: HashMap<&str, &Obligation> = HashMap::new();
    for agreement in agreements {
        for id in &agreement.parties {
            unknown_party(id, basin, &agreement.origin, "parties", faults);
        }
        for obligation in &agreement.obligations {
            if seen.insert(&obligation.id, obligation).is_some() {
                faults.push(
                    Diagnostic::new(format!("obligation `{}` is declared twice", obligation.id))
                        .at(obligation.origin.place("id"))
                        .expected("an id no other obligation has"),
                );
            }
            Check {
                obligation,
                basin,
                faults,
            }
            .all(agreement, classes, run);
        }
    }
}

fn unknown_party(
    id: &str,
    basin: &Basin,
    origin: &crate::error::Origin,
    field: &str,
    faults: &mut Diagnostics,
) -> bool {
    let known = basin.parties().iter().any(|party| party.id == id);
    if !known {
        faults.push(
            Diagnostic::new(format!("unknown party `{id}`"))
                .at(origin.place(field))
                .expected("the id of a declared party")
                .nearest(id, basin.parties().iter().map(|party| party.id.as_str())),
        );
    }
    !known
}

struct Check<'a> {
    obligation: &'a Obligation,
    basin: &'a Basin,
    faults: &'a mut Diagnostics,
}

impl Check<'_> {
    fn fault(&mut self, message: &str, field: &str, expected: &str) {
        let id = &self.obligation.id;
        self.faults.push(
            Diagnostic::new(format!("obligation `{id}`: {message}"))
                .at(self.obligation.origin.place(field))
                .expected(expected),
        );
    }

    fn all(&mut self, agreement: &Agreement, classes: &[&str], run: Window) {
        let o = self.obligation;
        let parties = [
            (Some(&o.debtor), "debtor"),
            (o.creditor.as_ref(), "creditor"),
        ];
        for (id, field) in parties {
            let Some(id) = id else { continue };
            let unknown = unknown_party(id, self.basin, &o.origin, field, self.faults);
            if !unknown && !agreement.parties.contains(id) {
                self.fault(
                    &format!("`{id}` is no party of the agreement"),
                    field,
                    &format!("one of {}", agreement.parties.join(", ")),
                );
            }
        }
        if !(0.0..1.0).contains(&o.tolerance) {
            self.fault(
                &format!("a tolerance of {}", o.tolerance),
                "tolerance",
                "a fraction of at least 0 and below 1",
            );
        }
        self.points();
        self.amounts();
        self.stated_total();
        if let Some(class) = &o.claim {
            if !classes.contains(&class.as_str()) {
                self.faults.push(
                    Diagnostic::new(format!("unknown priority class `{class}`"))
                        .at(o.origin.place("claim"))
                        .expected("a class of scenario.toml")
                        .nearest(class, classes.iter().copied()),
                );
            }
            self.claimable(run);
        }
    }

    fn points(&mut self) {
        let o = self.obligation;
        let measure = o.measure;
        if measure == Some(Measure::Nothing) {
            return;
        }
        self.point(&o.point, measure, "point");
        if let Some(second) = &o.second_point {
            self.point(second, None, "second_point");
        }
        if let Form::EnergyCoupled { coupled_to, .. } = &o.form {
            self.point(coupled_to, None, "coupled_to");
        }
        let needed = match &o.form {
            Form::StorageBy { .. } => Some(Measure::Storage),
            form if form.is_energy() => Some(Measure::Energy),
            _ => None,
        };
        match (measure, needed) {
            (Some(found), Some(needed)) if found != needed => self.fault(
                &format!("form {} measured as {}", o.form.name(), found.name()),
                "measure",
                needed.name(),
            ),
            (Some(found @ (Measure::Storage | Measure::Energy)), None) => self.fault(
                &format!("form {} measured as {}", o.form.name(), found.name()),
                "measure",
                "a measure of water that passes",
            ),
            _ => {}
        }
    }

    fn point(&mut self, point: &Point, measure: Option<Measure>, field: &str) {
        if point.terms.is_empty() {
            self.fault("no point", field, "the id of a node, reach or offtake");
        }
        for (id, weight) in &point.terms {
            if !weight.is_finite() {
                self.fault(
                    &format!("a weight of {weight} for `{id}`"),
                    field,
                    "a number",
                );
            }
            let basin = self.basin;
            let node = basin.node_index(id);
            let known = node.is_some()
                || basin.reach_index(id).is_some()
                || basin.offtake_index(id).is_some();
            if !known {
                let names = basin
                    .nodes()
                    .iter()
                    .map(|n| n.id.as_str())
                    .chain(basin.reaches().iter().map(|r| r.id.as_str()))
                    .chain(basin.offtakes().iter().map(|o| o.id.as_str()));
                self.faults.push(
                    Diagnostic::new(format!("unknown point `{id}`"))
                        .at(self.obligation.origin.place(field))
                        .expected("the id of a node, reach or offtake")
                        .nearest(id, names),
                );
                continue;
            }
            let at_reservoir = node.is_some_and(|n| basin.nodes()[n].kind == NodeKind::Reservoir);
            let fits = match measure {
                None | Some(Measure::Nothing) => true,
                Some(Measure::Delivered) => basin.offtake_index(id).is_some(),
                Some(Measure::Flow) => basin.offtake_index(id).is_none(),
                Some(Measure::Inflow | Measure::Release | Measure::Storage) => at_reservoir,
                Some(Measure::Energy) => basin
                    .reservoir_index(id)
                    .is_some_and(|r| basin.reservoirs()[r].power.is_some()),
            };
            let needs_power = self.obligation.form.is_energy()
                && field == "point"
                && basin
                    .reservoir_index(id)
                    .is_none_or(|r| basin.reservoirs()[r].power.is_none());
            let needs_store = matches!(self.obligation.form, Form::StorageBy { .. })
                && field == "point"
                && !at_reservoir;
            if needs_power {
                self.fault(
                    &format!("`{id}` makes no energy"),
                    field,
                    "a reservoir with a power station",
                );
            } else if needs_store {
                self.fault(&format!("`{id}` stores no water"), field, "a reservoir");
            } else if !fits {
                let measure = measure.map_or("", Measure::name);
                self.fault(
                    &format!("`{id}` has no measure `{measure}`"),
                    "measure",
                    "a measure that the point has",
                );
            }
        }
    }

    fn amounts(&mut self) {
        let o = self.obligation;
        let bad_volume = |v: &Volume| !v.is_finite() || *v < Volume::ZERO;
        match &o.form {
            Form::Volume(volume) | Form::Limit(volume) => {
                if bad_volume(volume) {
                    self.fault(
                        &format!("a volume of {volume}"),
                        "volume",
                        "a volume of at least 0",
                    );
                }
            }
            Form::Schedule(dues) => {
                if let Some((_, volume)) = dues.iter().find(|(_, v)| bad_volume(v)) {
                    self.fault(
                        &format!("a volume of {volume}"),
                        "due",
                        "a volume of at least 0",
                    );
                }
                self.periods(dues.iter().map(|&(window, _)| window));
            }
            Form::MinimumFlow { flow, .. } => {
                if !flow.is_finite() || *flow < Flow::ZERO {
                    self.fault(&format!("a flow of {flow}"), "flow", "a flow of at least 0");
                }
            }
            Form::StorageBy { volume, by } => {
                if bad_volume(volume) {
                    self.fault(
                        &format!("a storage of {volume}"),
                        "storage",
                        "a volume of at least 0",
                    );
                }
                if !o.window.contains(*by) {
                    self.fault(
                        &format!("{by} lies outside {}", o.window),
                        "by",
                        "a day of the obligation's window",
                    );
                }
            }
            Form::Energy(dues) => {
                if let Some((_, energy)) = dues
                    .iter()
                    .find(|(_, e)| !e.is_finite() || *e < Energy::ZERO)
                {
                    self.fault(
                        &format!("an energy of {energy}"),
                        "due",
                        "an energy of at least 0",
                    );
                }
                self.periods(dues.iter().map(|&(window, _)| window));
            }
            Form::EnergyCoupled { kwh_per_m3, .. } => {
                if !kwh_per_m3.is_finite() || *kwh_per_m3 < 0.0 {
                    self.fault(
                        &format!("a rate of {kwh_per_m3} kWh/m3"),
                        "rate",
                        "a rate of at least 0",
                    );
                }
            }
        }
    }

    fn periods(&mut self, windows: impl Iterator<Item = Window>) {
        let windows: Vec<Window> = windows.collect();
        if windows.is_empty() {
            self.fault("an empty schedule", "due", "at least one period");
        }
        for pair in windows.windows(2) {
            if pair[1].from() <= pair[0].to() {
                self.fault(
                    &format!("{} does not follow {}", pair[1], pair[0]),
                    "due",
                    "periods in order, without overlap",
                );
            }
        }
    }

    fn stated_total(&mut self) {
        let o = self.obligation;
        let Some(stated) = o.stated_total else { return };
        let (sum, unit, scale) = match &o.form {
            Form::Volume(v) | Form::Limit(v) => (v.m3(), "Mm3", 1e6),
            Form::Schedule(dues) => (dues.iter().map(|(_, v)| v.m3()).sum(), "Mm3", 1e6),
            Form::Energy(dues) => (dues.iter().map(|(_, e)| e.kwh()).sum(), "GWh", 1e6),
            Form::MinimumFlow { .. } | Form::StorageBy { .. } | Form::EnergyCoupled { .. } => {
                return self.fault(
                    &format!("a stated total for the form {}", o.form.name()),
                    "stated_total",
                    "none: this form adds up to nothing",
                );
            }
        };
        // The periods' own rounding: one part in 1e12 of the sum.
        if (sum - stated.total).abs() > stated.precision + 1e-12 * sum.abs() {
            let (sum, total) = (sum / scale, stated.total / scale);
            self.fault(
                &format!(
                    "the stated total {total} {unit} differs by {:.3} {unit} from the sum of the periods, {sum:.3} {unit}",
                    (sum - total).abs()
                ),
                "stated_total",
                "the sum of the periods",
            );
        }
    }

    /// What can be claimed on the river: water at one place, or in one store.
    fn claimable(&mut self, run: Window) {
        let o = self.obligation;
        let basin = self.basin;
        let offtakes_only = o
            .point
            .terms
            .iter()
            .all(|(id, w)| basin.offtake_index(id).is_some() && *w == 1.0);
        let one_place = o.point.terms.len() == 1 && o.point.terms[0].1 == 1.0;
        match &o.form {
            Form::Limit(_) | Form::Energy(_) | Form::EnergyCoupled { .. } => self.fault(
                &format!("the form {} cannot be claimed on the river", o.form.name()),
                "claim",
                "a form that asks for water: volume, schedule, minimum-flow, storage-by",
            ),
            _ if o.measure == Some(Measure::Nothing) => {
                self.fault("a claim without a measure", "claim", "a measured point");
            }
            _ if !one_place && !offtakes_only => self.fault(
                "a claim at a sum of points",
                "claim",
                "one point, or offtakes",
            ),
            _ => {}
        }
        if run.intersect(o.window).is_none() {
            self.fault(
                &format!("a claim for {}, outside the run", o.window),
                "claim",
                "a window within the run",
            );
        }
    }
}
