//! The days an obligation holds, and the periods it is settled by.

use jiff::civil::Date;

use super::due::Kind;
use crate::agreement::{Due, Each, MonthDay, Step, When};
use crate::calendar::{Period, Season, Window};
use crate::error::{Diagnostic, Diagnostics};
use crate::scenario::keys::{Keys, Value};
use crate::scenario::operation::period;
use crate::scenario::settings::window;
use crate::scenario::text::unknown;

/// The days as they are written.
pub(super) struct Given<'a> {
    from: Option<(Date, Value<'a>)>,
    to: Option<(Date, Value<'a>)>,
    season: Option<(Season, Value<'a>)>,
    each: Option<(Each, Value<'a>)>,
}

/// The days of an obligation.
pub(super) struct Days {
    pub(super) window: Option<Window>,
    pub(super) season: Option<Season>,
    pub(super) each: Each,
}

impl<'a> Given<'a> {
    pub(super) fn read(keys: &mut Keys<'a>, faults: &mut Diagnostics) -> Self {
        let mut date = |key| {
            let value = keys.get(key)?;
            Some((value.date(faults)?, value))
        };
        let (from, to) = (date("from"), date("to"));
        let season = keys.get("season");
        let season = season.and_then(|value| Some((season_of(value, faults)?, value)));
        let each = each(keys, faults);
        Self {
            from,
            to,
            season,
            each,
        }
    }

    /// The days, if they can be told and nothing contradicts them; `bounded` if the agreement
    /// itself has a first and a last one.
    pub(super) fn days(
        &self,
        kind: Kind,
        due: Option<&Due>,
        bounded: bool,
        keys: &mut Keys,
        faults: &mut Diagnostics,
    ) -> Option<Days> {
        let before = faults.len();
        let schedule = match due {
            Some(Due::Schedule(dues)) => Some(dues.as_slice()),
            _ => None,
        };
        let by = match kind {
            Kind::StorageBy => keys.get("by"),
            _ => None,
        };
        if let (Some(_), Some((_, each))) = (schedule, self.each) {
            faults.push(each.fault(
                "a way to settle beside `due`",
                "one of them: the entries of `due` are the periods",
            ));
        }
        let mut season = self.season.map(|(season, _)| season);
        let window = match by {
            Some(value) if value.as_text().is_some() => {
                season = self.yearly(value, faults);
                self.window(None, keys, faults)
            }
            Some(value) => self.by(value, faults),
            None => self.window(schedule, keys, faults),
        };
        let told = keys.has("season") || keys.has("each") || keys.has("due") || by.is_some();
        let dated = keys.has("from") || keys.has("to");
        if due.is_some() && !(told || dated || bounded) {
            faults.push(match kind {
                Kind::StorageBy => Diagnostic::new("no `by`")
                    .at(Some(keys.place()))
                    .expected("a line `by = ...`"),
                _ => Diagnostic::new("no period")
                    .at(Some(keys.place()))
                    .expected("from and to, season or each"),
            });
        }
        (faults.len() == before).then_some(Days {
            window,
            season,
            each: self.each.map(|(each, _)| each).unwrap_or_default(),
        })
    }

    /// The window, if there is one: as written, or as far as a schedule goes where one end is
    /// missing.
    fn window(
        &self,
        schedule: Option<&[(When, crate::agreement::Amount)]>,
        keys: &Keys,
        faults: &mut Diagnostics,
    ) -> Option<Window> {
        if !keys.has("from") && !keys.has("to") {
            return None;
        }
        if let Some(whole) = schedule.and_then(span) {
            return self.or(whole.from(), whole.to(), faults);
        }
        for key in ["from", "to"] {
            if !keys.has(key) {
                faults.push(
                    Diagnostic::new(format!("no `{key}`"))
                        .at(Some(keys.place()))
                        .expected(format!("a line `{key} = 2024-04-01`")),
                );
            }
        }
        window(self.from?.0, self.to?, faults)
    }

    /// The window, from and to the given days where they are missing.
    fn or(&self, from: Date, to: Date, faults: &mut Diagnostics) -> Option<Window> {
        let start = self.from.map_or(from, |(date, _)| date);
        match self.to {
            Some(end) => window(start, end, faults),
            None => match (Window::new(start, to), self.from) {
                (Ok(window), _) => Some(window),
                (Err(_), Some((_, value))) => {
                    faults.push(value.fault(
                        format!("the start, {start}, lies after all that is due"),
                        format!("{to} or an earlier day"),
                    ));
                    None
                }
                (Err(_), None) => None,
            },
        }
    }

    /// The window of what is there by a date.
    fn by(&self, value: Value, faults: &mut Diagnostics) -> Option<Window> {
        let by = value.date(faults)?;
        let window = self.or(by, by, faults)?;
        if window.to() != by {
            faults.push(value.fault(
                format!("{by} is not the last day, {}", window.to()),
                "the last day, or no `to`",
            ));
        }
        let each = self.each.map(|(_, value)| ("a way to settle", value));
        let season = self.season.map(|(_, value)| ("a season", value));
        for (what, at) in each.into_iter().chain(season) {
            faults.push(at.fault(
                format!("{what} beside a date"),
                "a month and a day, as in by = \"05-31\", or no `by`",
            ));
        }
        Some(window)
    }

    /// The season of what is there by a day of every year.
    fn yearly(&self, value: Value, faults: &mut Diagnostics) -> Option<Season> {
        let by: MonthDay = value.parsed("a date, or a month and a day as in \"05-31\"", faults)?;
        let day = (by.month(), by.day());
        let Some((season, _)) = self.season else {
            return Season::new(day, day).ok();
        };
        if !season.to_string().ends_with(&by.to_string()) {
            faults.push(value.fault(
                format!("{by} is not the last day of {season}"),
                "the season's last day, or no `by`",
            ));
        }
        Some(season)
    }
}

/// From the first to the last day of the entries of one year.
fn span(dues: &[(When, crate::agreement::Amount)]) -> Option<Window> {
    let once = || {
        dues.iter().filter_map(|(when, _)| match when {
            When::Once(window) => Some(*window),
            When::Yearly(_) => None,
        })
    };
    if once().count() < dues.len() {
        return None;
    }
    let from = once().map(Window::from).min()?;
    let to = once().map(Window::to).max()?;
    Window::new(from, to).ok()
}

pub(super) fn season_of(value: Value, faults: &mut Diagnostics) -> Option<Season> {
    value.parsed("a season, as in \"04-01..09-30\"", faults)
}

/// The stretch of days of an entry, of one year or of every year.
pub(super) fn when(entry: &mut Keys, faults: &mut Diagnostics) -> Option<When> {
    let value = entry.get("season");
    let named = ["day", "dekad", "month", "from", "to"];
    match value {
        Some(value) if !named.iter().any(|key| entry.has(key)) => {
            season_of(value, faults).map(When::Yearly)
        }
        None if named.iter().any(|key| entry.has(key)) => period(entry, faults).map(When::Once),
        _ => {
            faults.push(
                Diagnostic::new("not one period")
                    .at(Some(entry.place()))
                    .expected("day, dekad, month, season, or from and to"),
            );
            None
        }
    }
}

pub(in crate::scenario) const STEPS: [(&str, Step); 6] = [
    ("day", Step::Part(Period::Day)),
    ("week", Step::Part(Period::Week)),
    ("dekad", Step::Part(Period::Dekad)),
    ("month", Step::Part(Period::Month)),
    ("quarter", Step::Part(Period::Quarter)),
    ("period", Step::Whole),
];

/// The step under `on`, a day if there is none.
pub(super) fn step(keys: &mut Keys, faults: &mut Diagnostics) -> Step {
    let value = keys.get("on");
    let step = value.and_then(|value| value.word("step", &STEPS, faults));
    step.unwrap_or(Step::Part(Period::Day))
}

const EACH: [(&str, Each); 7] = [
    ("season", Each::Season),
    ("day", Each::Part(Period::Day)),
    ("week", Each::Part(Period::Week)),
    ("dekad", Each::Part(Period::Dekad)),
    ("month", Each::Part(Period::Month)),
    ("quarter", Each::Part(Period::Quarter)),
    (
        "year",
        Each::Years {
            starting: MonthDay::NEW_YEAR,
            count: 1,
        },
    ),
];

/// The way to settle, with the first day of its years.
fn each<'a>(keys: &mut Keys<'a>, faults: &mut Diagnostics) -> Option<(Each, Value<'a>)> {
    let value = keys.get("each");
    let each = value.and_then(|value| Some((way(value, faults)?, value)));
    let starting = keys.get("starting");
    let Some(start) = starting else { return each };
    let day: Option<MonthDay> = start.parsed("a month and a day, as in \"10-01\"", faults);
    match each {
        Some((Each::Years { count, .. }, value)) => {
            let starting = day?;
            Some((Each::Years { starting, count }, value))
        }
        Some((Each::Moving { years, .. }, value)) => {
            let starting = day?;
            Some((Each::Moving { starting, years }, value))
        }
        // What could not be read may have been years.
        None if value.is_some() => None,
        _ => {
            faults.push(start.fault(
                "a first day of years where none are settled",
                "`each` in years beside it",
            ));
            each
        }
    }
}

fn way(value: Value, faults: &mut Diagnostics) -> Option<Each> {
    let text = value.text(faults)?;
    let known = EACH.iter().find(|(name, _)| *name == text);
    let each = known.map(|(_, each)| *each).or_else(|| years(text));
    if each.is_none() {
        let names = EACH
            .iter()
            .map(|(name, _)| *name)
            .chain(["5 years", "10 years moving"]);
        faults.push(unknown("way to settle", text, names, value.place()));
    }
    each
}

/// Years as in `5 years` or `10 years moving`.
fn years(text: &str) -> Option<Each> {
    let (number, rest) = text.split_once(' ')?;
    let number = number.parse().ok().filter(|&number| number > 0)?;
    let starting = MonthDay::NEW_YEAR;
    match rest {
        "year" | "years" => Some(Each::Years {
            starting,
            count: number,
        }),
        "year moving" | "years moving" => Some(Each::Moving {
            starting,
            years: number,
        }),
        _ => None,
    }
}

/// How a way to settle is written, and the first day of its years.
pub(super) fn text_of(each: Each) -> (String, Option<MonthDay>) {
    let known = EACH.iter().find(|(_, known)| *known == each);
    let (text, starting) = match each {
        Each::Years { starting, count: 1 } => ("year".to_owned(), Some(starting)),
        Each::Years { starting, count } => (format!("{count} years"), Some(starting)),
        Each::Moving { starting, years: 1 } => ("1 year moving".to_owned(), Some(starting)),
        Each::Moving { starting, years } => (format!("{years} years moving"), Some(starting)),
        Each::Season | Each::Part(_) => (known.map_or("", |(name, _)| name).to_owned(), None),
    };
    (text, starting.filter(|&day| day != MonthDay::NEW_YEAR))
}
