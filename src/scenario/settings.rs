//! `scenario.toml`: title, run, priority classes, and how series and reservoirs are treated.

use std::sync::Arc;

use jiff::civil::Date;

use super::folder::{Files, SETTINGS};
use super::format;
use super::format::settings::{CLASSES, FORECAST, OPERATIONS, RESERVOIR, SERIES, TREATMENT};
use super::format::tables::STEMS;
use super::keys::{self, Keys, Value};
use super::operation::saving;
use super::text::{unknown, whole};
use crate::allocation::{Objective, ParametricRule, Proportional, RULE_NAMES, rule_by_name};
use crate::calendar::Window;
use crate::error::{Diagnostic, Diagnostics, Origin, Place};
use crate::model::PriorityClass;
use crate::operation::Saving;
use crate::series::{Gap, Interpolation};

/// Whether the water in the channels at the start must be given.
pub(super) const ANTECEDENTS: [(&str, bool); 2] = [("steady", false), ("given", true)];
/// Whether a run is operational.
pub(super) const FORESIGHTS: [(&str, bool); 2] = [("perfect", false), ("operational", true)];
pub(super) const METHODS: [(&str, Method); 3] = [
    ("persistence", Method::Persistence),
    ("climatology", Method::Climatology),
    ("given", Method::Given),
];
pub(super) const DAYS: [(&str, Interpolation); 2] = [
    ("step", Interpolation::Step),
    ("linear", Interpolation::Linear),
];
pub(super) const GAPS: [(&str, Gap); 4] = [
    ("error", Gap::Error),
    ("hold", Gap::Hold),
    ("linear", Gap::Linear),
    ("zero", Gap::Zero),
];

/// What `scenario.toml` says.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) title: String,
    pub(super) note: String,
    /// The run; none if it could not be read.
    pub(super) window: Option<Window>,
    /// Whether the water in the channels at the start must be given.
    pub(super) antecedent_given: bool,
    pub(super) objective: Objective,
    /// How an operational run forecasts inflows; none for a run with perfect foresight.
    pub(super) forecast: Option<(Method, Origin)>,
    pub(super) classes: Vec<(PriorityClass, Origin)>,
    pub(super) savings: Vec<Saving>,
    /// Whether classes were written that could not be read.
    pub(super) lost_classes: bool,
    /// How the days of a series are made, by its place in [`STEMS`].
    pub(super) series: [Treatment; STEMS.len()],
}

impl Settings {
    /// Whether a forecast goes by inflows that were expected or are normal.
    pub(super) fn expects_inflows(&self) -> bool {
        let method = self.forecast.as_ref().map(|(method, _)| *method);
        method.is_some_and(|method| method != Method::Persistence)
    }
}

/// How inflows are forecast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Method {
    Persistence,
    /// With a memory of so many days.
    Fading(f64),
    Climatology,
    Given,
}

/// How the days of a series are made of its rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Treatment {
    pub(super) days: Interpolation,
    pub(super) gaps: Gap,
}

/// The operation of one reservoir, as yet unread.
pub(super) struct Operation<'a> {
    pub(super) reservoir: &'a str,
    pub(super) place: Place,
    pub(super) keys: Keys<'a>,
}

/// The settings of a scenario, and the operation of its reservoirs.
///
/// `keys` are those of [`merged`].
pub(super) fn read<'a>(
    mut keys: Keys<'a>,
    faults: &mut Diagnostics,
) -> (Settings, Vec<Operation<'a>>) {
    let title = keys.need_text("title", faults).unwrap_or_default();
    let note = keys.text("note", faults).unwrap_or_default().trim();
    let mut settings = Settings {
        title: title.to_owned(),
        note: note.to_owned(),
        ..Settings::default()
    };
    keys.get("extends");
    let start = keys
        .need("start", faults)
        .and_then(|value| value.date(faults));
    let end = keys.need("end", faults);
    let end = end.and_then(|value| Some((value.date(faults)?, value)));
    settings.window = start
        .zip(end)
        .and_then(|(start, end)| window(start, end, faults));
    settings.forecast = foresight(&mut keys, faults);
    if let Some(value) = keys.get("objective") {
        settings.objective = value
            .word("objective", &Objective::NAMES, faults)
            .unwrap_or_default();
    }
    if let Some(value) = keys.get("antecedent") {
        let given = value.word("antecedent", &ANTECEDENTS, faults);
        settings.antecedent_given = given.unwrap_or(false);
    }
    if let Some(value) = keys.get("class") {
        let list = value.list("tables `[[class]]`", faults);
        settings.lost_classes = list.is_none();
        for value in list.into_iter().flatten() {
            let class = class(value, faults);
            settings.lost_classes |= class.is_none();
            settings.classes.extend(class);
        }
    }
    if let Some(value) = keys.get("saving") {
        let list = value.list("tables `[[saving]]`", faults);
        for value in list.into_iter().flatten() {
            settings.savings.extend(saving(value, faults));
        }
    }
    if let Some(table) = keys.tables("series", &SERIES, faults) {
        for (name, place, value) in table.named() {
            let Some(i) = STEMS.iter().position(|stem| *stem == name) else {
                faults.push(unknown("series", name, STEMS, place));
                continue;
            };
            settings.series[i] = treatment(value, faults).unwrap_or_default();
        }
    }
    let mut operations = Vec::new();
    if let Some(table) = keys.tables("reservoir", &OPERATIONS, faults) {
        for (reservoir, place, value) in table.named() {
            if let Some(keys) = value.keys(&RESERVOIR, faults) {
                operations.push(Operation {
                    reservoir,
                    place,
                    keys,
                });
            }
        }
    }
    keys.finish(faults);
    (settings, operations)
}

/// How inflows are forecast, if the run is operational.
fn foresight(keys: &mut Keys, faults: &mut Diagnostics) -> Option<(Method, Origin)> {
    let value = keys.get("foresight");
    let operational = value.and_then(|value| value.word("foresight", &FORESIGHTS, faults));
    let table = keys.tables("forecast", &FORECAST, faults);
    let Some(mut keys) = table else {
        if let Some(value) = value.filter(|_| operational == Some(true)) {
            let fault = "an operational run without a forecast".to_owned();
            faults.push(value.fault(fault, "a table `[forecast]` with its `method`"));
        }
        return None;
    };
    let value = keys.need("method", faults);
    let Place { file, line, column } = value.map_or_else(|| keys.place(), Value::place);
    let mut method = value.and_then(|value| value.word("method", &METHODS, faults));
    if let Some(value) = keys.get("memory_days") {
        match value.number(faults) {
            Some(days) if days <= 0.0 => {
                let fault = format!("a forecast with a memory of {days} days");
                faults.push(value.fault(fault, "more than 0"));
            }
            Some(_) if method.is_some_and(|method| method != Method::Persistence) => {
                let fault = "a memory of a forecast that has none".to_owned();
                faults.push(value.fault(fault, "the method `persistence`"));
            }
            Some(days) => method = method.map(|_| Method::Fading(days)),
            None => method = None,
        }
    }
    keys.finish(faults);
    let origin = Origin::new(&file, line, column, Vec::new());
    Some((method?, origin)).filter(|_| operational == Some(true))
}

/// The days from a date to another that stands in a file.
pub(super) fn window(
    from: Date,
    (to, at): (Date, Value),
    faults: &mut Diagnostics,
) -> Option<Window> {
    let window = Window::new(from, to).ok();
    if window.is_none() {
        faults.push(at.fault(
            format!("the end, {to}, lies before the start"),
            format!("{from} or a later day"),
        ));
    }
    window
}

fn class(value: Value, faults: &mut Diagnostics) -> Option<(PriorityClass, Origin)> {
    let mut keys = value.keys(&CLASSES, faults)?;
    let origin = keys.origin();
    let name = keys.need_text("name", faults);
    let rule = keys.get("rule").and_then(|value| rule(value, faults));
    keys.finish(faults);
    let class = PriorityClass {
        name: name?.to_owned(),
        rule: rule.unwrap_or_else(|| Arc::new(Proportional)),
    };
    Some((class, origin))
}

fn rule(value: Value, faults: &mut Diagnostics) -> Option<Arc<dyn ParametricRule>> {
    let name = value.text(faults)?;
    let rule = rule_by_name(name);
    if rule.is_none() {
        faults.push(unknown("sharing rule", name, RULE_NAMES, value.place()));
    }
    rule
}

fn treatment(value: Value, faults: &mut Diagnostics) -> Option<Treatment> {
    let mut keys = value.keys(&TREATMENT, faults)?;
    let mut treatment = Treatment::default();
    if let Some(value) = keys.get("days") {
        treatment.days = value
            .word("way to make days", &DAYS, faults)
            .unwrap_or_default();
    }
    if let Some(value) = keys.get("gaps") {
        treatment.gaps = value
            .word("way to fill gaps", &GAPS, faults)
            .unwrap_or_default();
    }
    keys.finish(faults);
    Some(treatment)
}

/// A document of settings.
pub(super) type Document<'a> = toml::Spanned<toml::de::DeTable<'a>>;

/// The settings of the scenario and of the one it extends, parsed. None if the scenario has none,
/// or they are no TOML.
pub(super) fn documents<'a>(
    files: &'a Files,
    faults: &mut Diagnostics,
) -> Option<(Document<'a>, Option<Document<'a>>)> {
    let Some(source) = files.sources.get(SETTINGS) else {
        if !files.has(SETTINGS) {
            faults.push(
                Diagnostic::new("no such file")
                    .at(Some(whole(SETTINGS)))
                    .expected("the settings of the scenario"),
            );
        }
        return None;
    };
    let own = keys::parse(source, faults);
    let base = files
        .base_settings
        .as_ref()
        .map(|source| keys::parse(source, faults));
    match base {
        None => Some((own?, None)),
        Some(base) => Some((own?, Some(base?))),
    }
}

/// The keys of a scenario over those of the one it extends.
pub(super) fn merged<'a>(
    files: &'a Files,
    (own, base): &'a (Document<'a>, Option<Document<'a>>),
) -> Option<Keys<'a>> {
    let known = &format::settings::SETTINGS;
    let keys = Keys::new(files.sources.get(SETTINGS)?, 0, own.get_ref(), known);
    Some(match (&files.base_settings, base) {
        (Some(source), Some(base)) => keys.over(Keys::new(source, 0, base.get_ref(), known)),
        _ => keys,
    })
}
