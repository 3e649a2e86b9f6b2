//! The odds of an ensemble as tables and as JSON.

use std::fmt::Write as _;

use riparian::agreement::Measure;
use riparian::calendar::{Date, Month, day_index};
use riparian::ensemble::{Band, PeriodOdds, Promise, Results, Spread, Summary, Watched};
use riparian::settlement::Status;
use serde_json::{Value, json};

use crate::table::{Cell, Table};
use crate::terminal::colours;
use crate::verdicts;

/// The quantiles that are shown.
const SHOWN: [(f64, &str); 5] = [
    (0.05, "5 %"),
    (0.25, "25 %"),
    (0.5, "50 %"),
    (0.75, "75 %"),
    (0.95, "95 %"),
];
/// How many members that failed are named.
const FAILED: usize = 5;
/// The most periods of an obligation that are shown one by one.
const PERIODS: usize = 12;

pub(crate) fn text(results: &Results, summary: &Summary) -> String {
    let frame = results.frame();
    let mut text = format!("{}\n{}\n", frame.title(), frame.window());
    let _ = writeln!(
        text,
        "{} members, seed {}; {} failed\n",
        results.members(),
        frame.seed(),
        summary.failed
    );
    for (member, why) in results.failed().take(FAILED) {
        let _ = writeln!(text, "member {member} failed: {why}");
    }
    if summary.failed > 0 {
        text.push('\n');
    }
    if summary.obligations.is_empty() {
        text += "There is nothing to settle.\n\n";
    }
    for (title, table) in [
        ("Odds of each obligation over the run", obligations(summary)),
        ("By period", periods(summary)),
        (
            "What each party is short of, all its obligations together",
            parties(summary),
        ),
        (
            "How reliably each user is served, mean over the members",
            users(summary),
        ),
    ] {
        if !table.is_empty() {
            let _ = writeln!(text, "{title}\n{}", table.draw(colours()));
        }
    }
    for band in &summary.bands {
        let (unit, size) = unit(&band.watched);
        let _ = writeln!(
            text,
            "{}, {unit}: what so many of the members do not exceed\n{}",
            band.watched.name(),
            bands(band, frame.window().from(), size).draw(colours())
        );
    }
    text
}

fn percent(part: f64) -> Cell {
    Cell::right(format!("{:.1} %", 100.0 * part))
}

fn between(promise: &Promise) -> Cell {
    let creditor = promise.creditor.as_deref().unwrap_or("river");
    Cell::text(format!("{} -> {creditor}", promise.debtor))
}

fn obligations(summary: &Summary) -> Table {
    let mut table = Table::new(["obligation", "from -> to", "kept in", "members"]);
    for odds in &summary.obligations {
        table.row([
            Cell::text(&odds.promise.obligation),
            between(&odds.promise),
            percent(odds.probability_kept()),
            Cell::right(odds.members.to_string()),
        ]);
    }
    table
}

/// Each period that is settled in some member; of obligations with many periods only those that are
/// broken most often.
fn periods(summary: &Summary) -> Table {
    let mut table = Table::new([
        "obligation",
        "period",
        "kept in",
        "excused in",
        "delivered, mean",
        "short, mean",
        "worst 5 %",
        "worst",
        "unit",
    ]);
    for odds in &summary.obligations {
        let id = &odds.promise.obligation;
        let mut own: Vec<&PeriodOdds> = (summary.periods_of(id))
            .filter(|period| period.probability(Status::Pending) < 1.0)
            .collect();
        if own.len() > PERIODS {
            own.sort_by(|a, b| broken(b).total_cmp(&broken(a)));
            own.truncate(PERIODS);
            own.sort_by_key(|period| period.period.from());
        }
        for period in own {
            let settled = 1.0 - period.probability(Status::Pending);
            let excused =
                period.probability(Status::Excused) + period.probability(Status::Cancelled);
            table.row([
                Cell::text(id),
                Cell::text(verdicts::period(period.period)),
                percent(1.0 - broken(period) / settled),
                percent(excused / settled),
                Cell::figure(period.delivered.mean()),
                Cell::figure(period.shortfall.mean()),
                Cell::figure(period.shortfall.mean_of_highest(0.05)),
                Cell::figure(period.shortfall.most()),
                Cell::text(period.promise.unit.sign()),
            ]);
        }
    }
    table
}

/// In what part of the members a period is broken.
fn broken(period: &PeriodOdds) -> f64 {
    period.probability(Status::Short) + period.probability(Status::Exceeded)
}

fn parties(summary: &Summary) -> Table {
    let mut table = Table::new(["party", "side", "mean", "worst 5 %", "worst", "unit"]);
    for short in &summary.shortfalls {
        table.row([
            Cell::text(&short.side.party),
            Cell::text(if short.side.owes { "owes" } else { "is owed" }),
            Cell::figure(short.spread.mean()),
            Cell::figure(short.spread.mean_of_highest(0.05)),
            Cell::figure(short.spread.most()),
            Cell::text(short.side.unit.sign()),
        ]);
    }
    table
}

fn users(summary: &Summary) -> Table {
    let names = [
        "time",
        "volume",
        "resilience",
        "vulnerability",
        "sustainability",
    ];
    let mut table = Table::new(["user"].into_iter().chain(names));
    for user in summary.users.iter().filter(|user| !user.figures.is_empty()) {
        let figures = names.map(|name| {
            let mean = user.figures.get(name).and_then(Spread::mean);
            Cell::right(mean.map_or_else(|| "-".to_owned(), |mean| format!("{mean:.3}")))
        });
        table.row([Cell::text(&user.user.id)].into_iter().chain(figures));
    }
    table
}

/// What a watched place is shown in, and how many of its units that is.
fn unit(watched: &Watched) -> (&'static str, f64) {
    match (watched.measure, watched.unit.as_str()) {
        (Some(Measure::Storage), _) => ("Mm3", 1e6),
        (_, "m") => ("m", 1.0),
        (_, "kWh") => ("MWh", 1e3),
        _ => ("m3/s", 86_400.0),
    }
}

/// A place at the ends of months; of long runs at the ends of years.
fn bands(band: &Band, start: Date, size: f64) -> Table {
    let heads = SHOWN.map(|(_, head)| head);
    let mut table = Table::new(
        ["at the end of", "least"]
            .into_iter()
            .chain(heads)
            .chain(["most"]),
    );
    let end = start.saturating_add(riparian::jiff::Span::new().days(band.days.len() as i64 - 1));
    let mut months: Vec<Month> = Vec::new();
    let mut month = Month::containing(start);
    while month.first_day() <= end {
        months.push(month);
        month = month.next();
    }
    let long = months.len() > 24;
    let last = months.len() - 1;
    for (at, month) in months.into_iter().enumerate() {
        if long && month.month() != 12 && at != last {
            continue;
        }
        let day = month.last_day().min(end);
        let spread = &band.days[day_index(start, day) as usize];
        let figure = |value: Option<f64>| Cell::figure(value.map(|value| value / size));
        let quantiles = SHOWN.map(|(p, _)| figure(spread.quantile(p)));
        let ends = [figure(spread.least()), figure(spread.most())];
        let [least, most] = ends;
        let row = [Cell::text(day.to_string()), least];
        table.row(row.into_iter().chain(quantiles).chain([most]));
    }
    table
}

fn spread(of: &Spread, size: f64) -> Value {
    let figure = |value: Option<f64>| value.map(|value| value / size);
    let mut all = json!({
        "members": of.count(),
        "mean": figure(of.mean()),
        "least": figure(of.least()),
        "most": figure(of.most()),
    });
    for (p, _) in SHOWN {
        all[format!("p{:02.0}", 100.0 * p)] = json!(figure(of.quantile(p)));
    }
    all
}

pub(crate) fn json(results: &Results, summary: &Summary) -> Value {
    let frame = results.frame();
    let start = frame.window().from();
    let promise = |promise: &Promise| {
        json!({
            "obligation": promise.obligation,
            "debtor": promise.debtor,
            "creditor": promise.creditor,
            "unit": promise.unit.sign(),
        })
    };
    let obligations = summary.obligations.iter().map(|odds| {
        let mut row = promise(&odds.promise);
        row["members"] = json!(odds.members);
        row["kept"] = json!(odds.kept);
        row["probability_kept"] = json!(odds.probability_kept());
        row
    });
    let periods = summary.periods.iter().map(|odds| {
        let mut row = promise(&odds.promise);
        row["from"] = json!(odds.period.from().to_string());
        row["to"] = json!(odds.period.to().to_string());
        for status in Status::ALL {
            row["members"][status.name()] = json!(odds.count(status));
        }
        row["delivered"] = spread(&odds.delivered, 1.0);
        row["shortfall"] = spread(&odds.shortfall, 1.0);
        row
    });
    let parties = summary.shortfalls.iter().map(|short| {
        json!({
            "party": short.side.party,
            "side": if short.side.owes { "owes" } else { "is owed" },
            "unit": short.side.unit.sign(),
            "shortfall": spread(&short.spread, 1.0),
        })
    });
    let users = summary.users.iter().map(|user| {
        let figures = user.figures.iter();
        let figures = figures.map(|(name, of)| ((*name).to_owned(), spread(of, 1.0)));
        json!({
            "user": user.user.id,
            "is_party": user.user.is_party,
            "figures": figures.collect::<serde_json::Map<_, _>>(),
        })
    });
    let bands = summary.bands.iter().map(|band| {
        let (unit, size) = unit(&band.watched);
        let days = band.days.iter().enumerate().map(|(day, of)| {
            let date = start.saturating_add(riparian::jiff::Span::new().days(day as i64));
            let mut row = spread(of, size);
            row["date"] = json!(date.to_string());
            row
        });
        json!({
            "place": band.watched.id,
            "measure": band.watched.measure.map(Measure::name),
            "unit": unit,
            "days": days.collect::<Vec<_>>(),
        })
    });
    let failed = results.failed();
    let failed = failed.map(|(member, why)| json!({ "member": member, "error": why }));
    json!({
        "title": frame.title(),
        "from": start.to_string(),
        "to": frame.window().to().to_string(),
        "seed": frame.seed(),
        "members": results.members(),
        "failed": failed.collect::<Vec<_>>(),
        "identity": frame.identity(),
        "digest": results.digest(),
        "obligations": obligations.collect::<Vec<_>>(),
        "periods": periods.collect::<Vec<_>>(),
        "parties": parties.collect::<Vec<_>>(),
        "users": users.collect::<Vec<_>>(),
        "bands": bands.collect::<Vec<_>>(),
    })
}
