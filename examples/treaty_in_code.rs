//! A treaty written in Rust and settled against measured flows, without simulation: a schedule
//! that is revised in July, a drought clause, and an account of what is still owed.
//!
//! ```text
//! cargo run --release --example treaty_in_code
//! ```

use riparian::Result;
use riparian::agreement::{
    Account, Agreement, Caps, Clause, Condition, Due, Each, Effect, MonthDay, Obligation, Step,
    Threshold,
};
use riparian::calendar::{Month, Season, Window};
use riparian::jiff::civil::date;
use riparian::settlement::{Record, check, settle};
use riparian::units::{Flow, SECONDS_PER_DAY, Volume};

fn main() -> Result<()> {
    let treaty = treaty()?;
    let record = measured()?;
    check(std::slice::from_ref(&treaty), &record)?;
    let settled = settle(&[treaty], &record);
    for row in &settled.rows {
        println!(
            "{:<8} {}  due {:>6.1}  came {:>6.1}  carried out {:>6.1} {}  {}",
            row.obligation,
            row.period,
            row.committed.unwrap_or(f64::NAN),
            row.delivered.unwrap_or(f64::NAN),
            row.carried_out,
            row.unit.sign(),
            row.status.name(),
        );
        if let Some(first) = row.first_committed {
            println!("         before the revision {first:.1} were due");
        }
        for clause in &row.clauses {
            println!("         {clause}");
        }
    }
    for journal in &settled.journals {
        println!("\nAccount of `{}`", journal.obligation);
        for line in &journal.lines {
            println!(
                "  {}  {:>8.1}  {:>8.1}  {} ({})",
                line.date, line.amount, line.balance, line.reason, line.counterpart
            );
        }
    }
    for event in &settled.events {
        println!("\n{}: {}", event.window, event.text);
    }
    Ok(())
}

fn treaty() -> Result<Agreement> {
    let summer = |year| -> Result<[(Window, Flow); 3]> {
        Ok([
            (Month::new(year, 6)?.window(), Flow::from_m3s(38.0)),
            (Month::new(year, 7)?.window(), Flow::from_m3s(66.6)),
            (Month::new(year, 8)?.window(), Flow::from_m3s(62.3)),
        ])
    };
    let more = [(
        Window::new(date(2024, 7, 24), date(2024, 8, 31))?,
        Flow::from_m3s(90.0),
    )];
    let schedule = Obligation::new("summer", "UP", "canal", Due::schedule(summer(2024)?))
        .to("LO")
        .revised(
            date(2024, 7, 24),
            "protocol of 24 July",
            Due::schedule(more),
        );

    // 480 Mm3 a year from October on; what is missing is made up later, up to 60 Mm3 of debt.
    let dry = Threshold::of("river", Step::Whole).below(Volume::from_km3(5.5));
    let yearly = Obligation::new("year", "UP", "canal", Volume::from_mcm(480.0))
        .to("LO")
        .each(Each::Years {
            starting: MonthDay::new(10, 1)?,
            count: 1,
        })
        .account(Account {
            debit: Some(Caps {
                yearly: None,
                accrued: Some(Volume::from_mcm(60.0).into()),
            }),
            credit: Some(Caps::default()),
            ..Account::default()
        })
        .clause(
            Clause::new("a dry year: three quarters are due", Effect::Scale(0.75))
                .when(Condition::reading(dry)),
        );

    let low = Threshold::of("river", Step::Part(riparian::calendar::Period::Month))
        .below(Flow::from_m3s(130.0));
    let gauge = Obligation::minimum_flow("flow", "UP", "river", Flow::from_m3s(100.0))
        .to("LO")
        .every(Season::vegetation())
        .clause(Clause::new("the parties consult", Effect::Consult).when(Condition::reading(low)));

    Ok(
        Agreement::new("Treaty between Upland and Lowland", ["UP", "LO"])
            .obligation(schedule)
            .obligation(yearly)
            .obligation(gauge),
    )
}

/// Two years of made-up gauges: a river that falls through the summer, and what a canal took of it.
fn measured() -> Result<Record> {
    let days = Window::new(date(2022, 10, 1), date(2024, 9, 30))?;
    let wet = |day: riparian::calendar::Date| if day < date(2023, 10, 1) { 1.0 } else { 0.8 };
    let river = days.iter().map(|day| {
        let summer = f64::from((day.month() - 6).abs());
        wet(day) * (300.0 - 30.0 * (6.0 - summer)) * SECONDS_PER_DAY
    });
    let canal = days.iter().map(|day| {
        let grows = (6..=8).contains(&day.month());
        wet(day) * if grows { 58.0 } else { 0.0 } * SECONDS_PER_DAY
    });
    Ok(Record::new(days)
        .with("river", None, river.collect())
        .with("canal", None, canal.collect()))
}
