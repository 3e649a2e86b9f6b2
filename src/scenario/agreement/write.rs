//! Agreements as they are written: one order of keys, one way to write each value.

use std::fmt::{Display, Write};

use super::{PACES, due, ownership, period};
use crate::agreement::{
    Account, Agreement, Amount, Caps, Clause, Condition, Count, Due, Each, Effect, Formula, Held,
    Index, Obligation, Opening, Ownership, Pace, Point, Rest, Revision, Sign, Spilling, Step, Term,
    Threshold, When,
};
use crate::calendar::{Period, Season, Window};
use crate::units::percent;

pub(super) fn agreement(agreement: &Agreement) -> String {
    let mut file = File::default();
    file.key("title", text(&agreement.title));
    file.key("parties", texts(&agreement.parties));
    file.words("source", &agreement.source);
    file.words("status", &agreement.status);
    file.words("note", &agreement.note);
    if !agreement.open.is_empty() {
        file.lines("open", agreement.open.iter().map(|words| text(words)));
    }
    file.any("from", agreement.from);
    file.any("until", agreement.until);
    file.names("supersedes", &agreement.supersedes);
    let bounded = agreement.from.is_some() && agreement.until.is_some();
    for obligation in &agreement.obligations {
        file.obligation(obligation, bounded);
    }
    for ownership in &agreement.ownership {
        file.ownership(ownership);
    }
    for total in &agreement.totals {
        file.table("[[total]]");
        file.key("amount", amount(&total.amount));
        file.key("of", texts(&total.of));
        file.any("from", total.within.map(Window::from));
        file.any("to", total.within.map(Window::to));
        file.words("note", &total.note);
    }
    file.text
}

/// A file as far as it is written.
#[derive(Default)]
struct File {
    text: String,
}

impl File {
    /// A line `key = value`.
    fn key(&mut self, key: &str, value: impl Display) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.text, "{key} = {value}");
    }

    /// A line with a value, if there is one.
    fn any(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.key(key, value);
        }
    }

    /// A line with a text, if it is not empty.
    fn words(&mut self, key: &str, words: &str) {
        if !words.is_empty() {
            self.key(key, text(words));
        }
    }

    /// A line with a list of texts, if it is not empty.
    fn names(&mut self, key: &str, names: &[String]) {
        if !names.is_empty() {
            self.key(key, texts(names));
        }
    }

    /// A list with one entry a line.
    fn lines(&mut self, key: &str, entries: impl Iterator<Item = String>) {
        let _ = writeln!(self.text, "{key} = [");
        for entry in entries {
            let _ = writeln!(self.text, "  {entry},");
        }
        self.text.push_str("]\n");
    }

    /// A line with a point, or an entry a line if there is more to say than names.
    fn point(&mut self, key: &str, point: &Point) {
        let terms: Vec<String> = point.terms.iter().map(place).collect();
        match terms.as_slice() {
            [only] if only.starts_with('"') => self.key(key, only),
            terms if terms.iter().any(|term| term.starts_with('{')) => {
                self.lines(key, terms.iter().cloned());
            }
            _ => self.key(key, listed(terms.into_iter())),
        }
    }

    fn any_point(&mut self, key: &str, point: Option<&Point>) {
        if let Some(point) = point {
            self.point(key, point);
        }
    }

    /// The head of a table, behind an empty line.
    fn table(&mut self, head: &str) {
        let _ = writeln!(self.text, "\n{head}");
    }

    fn obligation(&mut self, o: &Obligation, bounded: bool) {
        self.table("[[obligation]]");
        self.key("id", text(&o.id));
        self.words("article", &o.article);
        self.words("note", &o.note);
        self.key("debtor", text(&o.debtor));
        self.any("creditor", o.creditor.as_deref().map(text));
        self.point("point", &o.point);
        self.any("measure", o.measure.map(|measure| text(measure.name())));
        self.any_point("second_point", o.second_point.as_ref());
        if let Some(reading) = &o.second_reading {
            self.key("second_reading", amount(&reading.amount));
            self.words("second_source", &reading.source);
        }
        if o.tolerance != 0.0 {
            self.key("tolerance", text(&percent(o.tolerance)));
        }
        self.any("stated_total", o.stated_total.as_ref().map(amount));
        let by = self.days(o, bounded);
        self.names("on_top_of", &o.on_top_of);
        if let Some(claim) = &o.claim {
            self.key("claim", text(&claim.class));
            if claim.pace != Pace::usual(o.count) {
                let pace = PACES.iter().find(|(_, pace)| *pace == claim.pace);
                self.any("pace", pace.map(|(name, _)| text(name)));
            }
        }
        self.key("form", text(o.form()));
        if matches!(o.due, Due::Formula(_) | Due::Own(_)) && o.count != Count::Sum {
            self.key("count", text(due::count_name(o.count)));
        }
        self.due(&o.due, o.count);
        self.any("by", by);
        for clause in &o.clauses {
            self.clause(clause);
        }
        if let Some(account) = &o.account {
            self.account(account);
        }
        for revision in &o.revisions {
            self.revision(revision, o);
        }
    }

    /// The days of an obligation, and the day by which something is in store.
    fn days(&mut self, o: &Obligation, bounded: bool) -> Option<String> {
        let schedule = matches!(o.due, Due::Schedule(_));
        let at_end = o.count == Count::AtEnd && !schedule && o.each == Each::Season;
        let by = match (o.season, o.window) {
            (None, Some(window)) if at_end => {
                if window.days() > 1 {
                    self.key("from", window.from());
                }
                return Some(window.to().to_string());
            }
            (Some(season), _) if at_end => one_day(season).map(|day| text(&day)),
            _ => None,
        };
        self.any("from", o.window.map(Window::from));
        self.any("to", o.window.map(Window::to));
        if by.is_none() {
            self.any("season", o.season.map(|season| text(&season.to_string())));
        }
        let told = schedule || bounded || o.window.is_some() || o.season.is_some();
        if o.each != Each::Season || !told {
            let (each, starting) = period::text_of(o.each);
            self.key("each", text(&each));
            self.any("starting", starting.map(|day| text(&day.to_string())));
        }
        by
    }

    fn due(&mut self, due: &Due, count: Count) {
        match due {
            Due::Amount(value) => {
                let key = if count == Count::AtEnd && value.kind() == "volume" {
                    "storage"
                } else {
                    value.kind()
                };
                self.key(key, amount(value));
            }
            Due::Schedule(dues) => self.lines(
                "due",
                dues.iter().map(|(days, value)| {
                    format!(
                        "{{ {}, {} = {} }}",
                        when(*days),
                        value.kind(),
                        amount(value)
                    )
                }),
            ),
            Due::Formula(formula) => self.formula(formula),
            Due::Own(own) => {
                // It was a table when it became the keys.
                let keys: toml::Table = own.keys.parse().unwrap_or_default();
                for (name, value) in keys {
                    self.key(&key(&name), plain(&value));
                }
            }
        }
    }

    fn formula(&mut self, formula: &Formula) {
        if let [term] = formula.terms.as_slice() {
            self.point("of", &term.of);
            if !term.brackets.points.is_empty() {
                self.lines("points", pairs(term));
            }
            let then = term.brackets.then.as_ref();
            self.any("then", then.map(|slope| text(&slope.to_string())));
        } else {
            self.lines("terms", formula.terms.iter().map(term));
        }
        if let Some((sign, value)) = &formula.plus {
            let key = match sign {
                Sign::Plus => "plus",
                Sign::Minus => "minus",
            };
            self.key(key, amount(value));
        }
        if formula.on != Step::Part(Period::Day) {
            self.key("on", text(step(formula.on)));
        }
    }

    fn clause(&mut self, clause: &Clause) {
        self.table("[[obligation.clause]]");
        self.key("text", text(&clause.text));
        self.condition(&clause.when);
        match &clause.effect {
            Effect::Suspend => self.key("suspend", true),
            Effect::Excuse => self.key("excuse", true),
            Effect::Scale(part) => self.key("scale", text(&percent(*part))),
            Effect::Replace(value) => self.key("replace", amount(value)),
            Effect::Reduce(value) => self.key("reduce", amount(value)),
            Effect::AtLeast(value) => self.key("at_least", amount(value)),
            Effect::AtMost(value) => self.key("at_most", amount(value)),
            Effect::Need(of) => self.point("need", of),
            Effect::Guarantee { amount, of } => self.key("guarantee", guaranteed(amount, of)),
            Effect::Yield { amount, of } => self.key("yield", guaranteed(amount, of)),
            Effect::Consult => self.key("consult", true),
            Effect::EndCycle => self.key("end_cycle", true),
            Effect::CancelDebits => self.key("cancel", text("debits")),
            Effect::CancelCredits => self.key("cancel", text("credits")),
        }
    }

    fn condition(&mut self, when: &Condition) {
        if !when.during.is_empty() {
            let during = when.during.iter().map(|season| text(&season.to_string()));
            self.key("during", listed(during));
        }
        if !when.declared.is_empty() {
            let declared = when.declared.iter();
            self.lines(
                "declared",
                declared.map(|&window| format!("{{ {} }}", days(window))),
            );
        }
        self.any("when", when.reading.as_ref().map(threshold));
    }

    fn account(&mut self, account: &Account) {
        self.table("[obligation.account]");
        match &account.opening {
            Some(Opening::Credit(value)) => self.key("opening_credit", amount(value)),
            Some(Opening::Debit(value)) => self.key("opening_debit", amount(value)),
            None => {}
        }
        self.any("credit", account.credit.as_ref().map(caps));
        self.any("debit", account.debit.as_ref().map(caps));
        if account.evaporation != 0.0 {
            self.key("evaporation", text(&percent(account.evaporation)));
        }
        for entry in &account.entries {
            self.table("[[obligation.account.entry]]");
            self.key("date", entry.date);
            self.key("kind", text(entry.kind.name()));
            self.key("amount", amount(&entry.amount));
            self.words("reason", &entry.reason);
            self.any("against", entry.against.as_deref().map(text));
        }
    }

    fn revision(&mut self, revision: &Revision, o: &Obligation) {
        self.table("[[obligation.revision]]");
        self.key("from", revision.on);
        self.words("source", &revision.source);
        let alike = match (&o.due, &revision.due) {
            (Due::Amount(_) | Due::Schedule(_), Due::Amount(_) | Due::Schedule(_))
            | (Due::Formula(_), Due::Formula(_)) => true,
            (Due::Own(first), Due::Own(later)) => first.name == later.name,
            _ => false,
        };
        if !alike {
            self.key("form", text(revision.due.form(o.count)));
        }
        self.due(&revision.due, o.count);
    }
}

impl File {
    fn ownership(&mut self, o: &Ownership) {
        self.table("[[ownership]]");
        self.key("reservoir", text(&o.reservoir));
        self.words("article", &o.article);
        self.any("from", o.from);
        self.any("capacity", o.capacity.as_ref().map(amount));
        self.any_point("inflow", o.inflow.as_ref());
        self.any_point("release", o.release.as_ref());
        match &o.rest {
            Rest::Share => {}
            Rest::Holding => self.key("rest", text(ownership::BY_HOLDING)),
            Rest::Party(party) => self.key("rest", text(party)),
        }
        match &o.spill {
            Spilling::Holding => {}
            Spilling::Inflow => self.key("spill", text(ownership::BY_INFLOW)),
            Spilling::Share => self.key("spill", text(ownership::BY_SHARE)),
            Spilling::Order(order) => self.key("spill", texts(order)),
        }
        if o.internal_spill {
            self.key("internal_spill", true);
        }
        if o.payback != 1.0 {
            self.key("payback", text(&percent(o.payback)));
        }
        if o.lines != Period::Month {
            self.key("lines", text(&o.lines.to_string()));
        }
        for owner in &o.owners {
            self.table("[[ownership.owner]]");
            self.key("party", text(&owner.party));
            self.key("share", text(&percent(owner.share)));
            self.any_point("own", owner.own.as_ref());
            self.any("opening", owner.opening.as_ref().map(held));
            self.any("space", owner.space.as_ref().map(held));
            self.any_point("calls", owner.calls.as_ref());
        }
        for debt in &o.debts {
            self.table("[[ownership.debt]]");
            self.key("debtor", text(&debt.debtor));
            self.key("creditor", text(&debt.creditor));
            self.key("amount", amount(&debt.amount));
        }
        for transfer in &o.transfers {
            self.table("[[ownership.transfer]]");
            self.key("date", transfer.date);
            self.key("from", text(&transfer.from));
            self.key("to", text(&transfer.to));
            self.key("amount", amount(&transfer.amount));
            self.words("reason", &transfer.reason);
        }
    }
}

fn held(held: &Held) -> String {
    match held {
        Held::Volume(volume) => amount(volume),
        Held::Part(part) => text(&percent(*part)),
    }
}

/// A text in quotation marks.
fn text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A key, in quotation marks if it needs them.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        text(name)
    }
}

/// Any value, on one line.
fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(words) => text(words),
        toml::Value::Array(items) => listed(items.iter().map(plain)),
        toml::Value::Table(keys) if keys.is_empty() => "{}".to_owned(),
        toml::Value::Table(keys) => {
            let keys = keys
                .iter()
                .map(|(name, value)| format!("{} = {}", key(name), plain(value)));
            format!("{{ {} }}", keys.collect::<Vec<_>>().join(", "))
        }
        number => number.to_string(),
    }
}

fn amount(amount: &Amount) -> String {
    text(&amount.to_string())
}

/// A list on one line.
fn listed(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn texts(names: &[String]) -> String {
    listed(names.iter().map(|name| text(name)))
}

/// A point within a line.
fn point(point: &Point) -> String {
    let terms: Vec<String> = point.terms.iter().map(place).collect();
    match terms.as_slice() {
        [only] if only.starts_with('"') => only.clone(),
        _ => listed(terms.into_iter()),
    }
}

/// One place of a point: a name, or a table.
fn place(term: &Term) -> String {
    let mut keys = vec![format!("point = {}", text(&term.id))];
    keys.extend(
        term.measure
            .map(|measure| format!("measure = {}", text(measure.name()))),
    );
    if term.weight != 1.0 {
        // As Rust writes it for debugging, it has a point or an exponent, and is a TOML float.
        keys.push(format!("weight = {:?}", term.weight));
    }
    if term.lag_days > 0 {
        keys.push(format!("lag_days = {}", term.lag_days));
    }
    match keys.as_slice() {
        [_] => text(&term.id),
        _ => format!("{{ {} }}", keys.join(", ")),
    }
}

/// The days of an entry.
fn when(when: When) -> String {
    match when {
        When::Once(window) => days(window),
        When::Yearly(season) => format!("season = {}", text(&season.to_string())),
    }
}

/// A stretch of days by the shortest name it has.
fn days(window: Window) -> String {
    let from = window.from();
    for period in [Period::Day, Period::Dekad, Period::Month] {
        if period.containing(from) == window {
            let key = period.key(from);
            return match period {
                Period::Day => format!("day = {key}"),
                _ => format!("{period} = {}", text(&key)),
            };
        }
    }
    format!("from = {from}, to = {}", window.to())
}

/// The day of a season that has one only.
fn one_day(season: Season) -> Option<String> {
    let text = season.to_string();
    let (first, last) = text.split_once("..")?;
    (first == last).then(|| first.to_owned())
}

fn step(step: Step) -> &'static str {
    let known = period::STEPS.iter().find(|(_, known)| *known == step);
    known.map_or("period", |(name, _)| name)
}

/// The pairs of a function, one by one.
fn pairs(index: &Index) -> impl Iterator<Item = String> + '_ {
    let points = index.brackets.points.iter();
    points.map(|(x, y)| format!("[{}, {}]", amount(x), amount(y)))
}

/// One of several functions of a formula.
fn term(index: &Index) -> String {
    let mut keys = vec![format!("of = {}", point(&index.of))];
    if !index.brackets.points.is_empty() {
        keys.push(format!("points = {}", listed(pairs(index))));
    }
    if let Some(slope) = &index.brackets.then {
        keys.push(format!("then = {}", text(&slope.to_string())));
    }
    format!("{{ {} }}", keys.join(", "))
}

fn threshold(threshold: &Threshold) -> String {
    let mut keys = vec![format!("point = {}", point(&threshold.point))];
    keys.extend(
        threshold
            .measure
            .map(|measure| format!("measure = {}", text(measure.name()))),
    );
    if threshold.on != Step::Part(Period::Day) {
        keys.push(format!("on = {}", text(step(threshold.on))));
    }
    for (key, bound) in [
        ("at_least", &threshold.at_least),
        ("below", &threshold.below),
    ] {
        keys.extend(
            bound
                .as_ref()
                .map(|bound| format!("{key} = {}", amount(bound))),
        );
    }
    format!("{{ {} }}", keys.join(", "))
}

fn guaranteed(flow: &Amount, of: &Point) -> String {
    format!("{{ amount = {}, of = {} }}", amount(flow), point(of))
}

fn caps(caps: &Caps) -> String {
    let mut keys = Vec::new();
    for (key, cap) in [("yearly", &caps.yearly), ("accrued", &caps.accrued)] {
        keys.extend(cap.as_ref().map(|cap| format!("{key} = {}", amount(cap))));
    }
    if keys.is_empty() {
        "true".to_owned()
    } else {
        format!("{{ {} }}", keys.join(", "))
    }
}
