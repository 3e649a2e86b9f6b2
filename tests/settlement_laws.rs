//! Laws of settlement on random treaties, rivers and runs.

mod common;

use common::basins::{scenarios, waves};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use riparian::agreement::{
    Account, Agreement, Amount, Brackets, Caps, Clause, Condition, Due, Each, Effect, Formula,
    MonthDay, Obligation, Opening, Slope, Step, Threshold,
};
use riparian::calendar::{Period, Window, date_of};
use riparian::jiff::civil::date;
use riparian::settlement::{Record, Settled, Status, settle};
use riparian::units::{Flow, Volume};
use riparian::{Ledger, Plan, Simulation};

/// Counterexamples are kept beside this file.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

const YEAR: Each = Each::Years {
    starting: MonthDay::NEW_YEAR,
    count: 1,
};

fn mcm(volume: f64) -> Amount {
    Volume::from_mcm(volume).into()
}

/// A record of volumes in Mm3 by year from 2001 on, and of a spill in some of them.
fn years(volumes: &[f64], spills: &[bool]) -> Record {
    let last = date(2000 + volumes.len() as i16, 12, 31);
    let days = Window::new(date(2001, 1, 1), last).unwrap();
    let year = |day: riparian::calendar::Date| usize::try_from(day.year() - 2001).unwrap();
    let came = days
        .iter()
        .map(|day| volumes[year(day)] * 1e6 / f64::from(day.days_in_year()));
    let spilt = days.iter().map(|day| {
        if spills[year(day)] && day.day_of_year() == 150 {
            1e6
        } else {
            0.0
        }
    });
    Record::new(days)
        .with("gauge", None, came.collect())
        .with("spill", None, spilt.collect())
}

fn caps() -> impl Strategy<Value = Option<Caps>> {
    let cap = || prop::option::of((0.0..80.0_f64).prop_map(mcm));
    prop::option::of((cap(), cap()).prop_map(|(yearly, accrued)| Caps { yearly, accrued }))
}

fn accounts() -> impl Strategy<Value = Account> {
    let opening = prop::option::of(
        (any::<bool>(), 0.0..100.0_f64).prop_map(|(credit, volume)| {
            if credit {
                Opening::Credit(mcm(volume))
            } else {
                Opening::Debit(mcm(volume))
            }
        }),
    );
    (opening, caps(), caps(), 0.0..0.5_f64).prop_map(|(opening, credit, debit, evaporation)| {
        Account {
            opening,
            credit,
            debit,
            evaporation,
            entries: Vec::new(),
        }
    })
}

/// A yearly promise of 100 Mm3 with an account, and a spill that cancels debts or credits.
fn yearly(account: Account, cancel: Option<Effect>) -> Agreement {
    let mut owed = Obligation::new("owed", "UP", "gauge", Volume::from_mcm(100.0))
        .to("LO")
        .each(YEAR)
        .account(account);
    if let Some(effect) = cancel {
        let spill = Threshold::of("spill", Step::Part(Period::Day)).at_least(mcm(0.5));
        owed = owed.clause(Clause::new("spill", effect).when(Condition::reading(spill)));
    }
    Agreement::new("Treaty", ["UP", "LO"]).obligation(owed)
}

fn close(a: f64, b: f64, size: f64) -> bool {
    (a - b).abs() <= 1e-12 * size.abs().max(a.abs()).max(b.abs())
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn accounts_carry_on_keep_their_caps_and_add_up_to_nothing(
        account in accounts(),
        cancel in prop::option::of(prop_oneof![
            Just(Effect::CancelDebits),
            Just(Effect::CancelCredits),
        ]),
        volumes in prop::collection::vec((0.0..250.0_f64, prop::bool::weighted(0.2)), 1..12),
    ) {
        let (came, spills): (Vec<f64>, Vec<bool>) = volumes.into_iter().unzip();
        let record = years(&came, &spills);
        let Settled { rows, journals, .. } = settle(&[yearly(account.clone(), cancel.clone())], &record);
        let moved: f64 = journals[0].lines.iter().map(|line| line.amount.abs()).sum();
        // What is carried out is carried in next.
        for pair in rows.windows(2) {
            prop_assert!(close(pair[0].carried_out, pair[1].carried_in, moved), "{pair:?}");
        }
        // Over the parties and the river all lines add up to nothing.
        let totals: f64 = journals[0].totals().iter().map(|(_, total)| total).sum();
        prop_assert!(close(totals, 0.0, moved), "{:?}", journals[0].totals());
        prop_assert!(close(rows.last().unwrap().carried_out, journals[0].balance(), moved));
        for (row, &spilt) in rows.iter().zip(&spills) {
            // Credits keep to their caps, and without `credit` a year earns none.
            let earned = row.carried_out - row.carried_in.max(0.0);
            match &account.credit {
                Some(caps) => {
                    if let Some(cap) = &caps.accrued {
                        prop_assert!(row.carried_out <= cap.base() / 1e6 + 1e-9);
                    }
                    if let Some(cap) = &caps.yearly {
                        prop_assert!(earned <= cap.base() / 1e6 + 1e-9, "{row:?}");
                    }
                }
                None => prop_assert!(earned <= 1e-9, "{row:?}"),
            }
            // Without `debit` no debt is carried but what was there at the start.
            if account.debit.is_none() {
                prop_assert!(row.carried_out >= -1e-9, "{row:?}");
            }
            if let Some(Caps { accrued: Some(cap), .. }) = &account.debit {
                let breach = -row.carried_out - cap.base() / 1e6;
                if row.status == Status::Met {
                    prop_assert!(breach <= 1e-6, "{row:?}");
                }
            }
            if spilt && cancel == Some(Effect::CancelDebits) {
                let own = 100.0 - row.delivered.unwrap();
                prop_assert!(-row.carried_out <= own.max(0.0) + 1e-9, "{row:?}");
            }
        }
    }

    #[test]
    fn an_early_end_of_a_cycle_leaves_no_debt(
        volumes in prop::collection::vec(0.0..120.0_f64, 3..10),
        full in any::<prop::sample::Index>(),
    ) {
        let spills: Vec<bool> = (0..volumes.len()).map(|year| year == full.index(volumes.len())).collect();
        let record = years(&volumes, &spills);
        let spill = Threshold::of("spill", Step::Part(Period::Day)).at_least(mcm(0.5));
        let account = Account { debit: Some(Caps::default()), ..Account::default() };
        let owed = Obligation::new("owed", "UP", "gauge", Volume::from_mcm(300.0))
            .to("LO")
            .each(Each::Years { starting: MonthDay::NEW_YEAR, count: 3 })
            .within(record.window())
            .account(account)
            .clause(Clause::new("full", Effect::EndCycle).when(Condition::reading(spill)));
        let rows = settle(&[Agreement::new("Treaty", ["UP", "LO"]).obligation(owed)], &record).rows;
        let day = date_of(date(2001 + full.index(volumes.len()) as i16, 1, 1), 149);
        let ended = rows.iter().find(|row| row.period.contains(day)).unwrap();
        prop_assert_eq!(ended.period.to(), day);
        prop_assert!(ended.carried_out.abs() <= 1e-9, "{ended:?}");
        // Periods follow one another without a gap.
        for pair in rows.windows(2) {
            prop_assert_eq!(pair[0].period.to().tomorrow().unwrap(), pair[1].period.from());
        }
    }

    #[test]
    fn brackets_are_continuous_and_shares_of_a_flow_add_up_to_it(
        thresholds in prop::collection::vec(1.0..100.0_f64, 1..6),
        parts in prop::collection::vec(0.0..=1.0_f64, 6),
        last in 0.0..=1.0_f64,
        flow in 0.0..900.0_f64,
        days in 1_usize..40,
    ) {
        // Each stretch of the flow goes in part to one side and for the rest to the other.
        let (mut at, mut one, mut other) = (0.0, 0.0, 0.0);
        let flow_of = |m3s: f64| Amount::from(Flow::from_m3s(m3s));
        let mut points = (vec![(flow_of(0.0), flow_of(0.0))], vec![(flow_of(0.0), flow_of(0.0))]);
        for (width, part) in thresholds.iter().zip(&parts) {
            at += width;
            one += part * width;
            other += (1.0 - part) * width;
            points.0.push((flow_of(at), flow_of(one)));
            points.1.push((flow_of(at), flow_of(other)));
        }
        let one = Brackets::new(points.0.clone()).then(Slope::percent(100.0 * last));
        let other = Brackets::new(points.1).then(Slope::percent(100.0 * (1.0 - last)));
        let sum = Flow::from_m3s(flow).over_days(days as f64).m3();
        let total = one.due(sum, days) + other.due(sum, days);
        prop_assert!((total - sum).abs() <= 1e-9 * sum, "{total} of {sum}");
        prop_assert!(one.due(sum, days) <= one.due(sum * 1.01, days) * (1.0 + 1e-12));
        for (index, due) in points.0 {
            let (x, y) = (index.over(days), due.over(days));
            for step in [-1e-9, 1e-9] {
                let beside = one.due(x * (1.0 + step), days);
                prop_assert!((beside - y).abs() <= 2e-9 * x.max(y), "{beside} beside {y}");
            }
        }
    }

    #[test]
    fn the_periods_of_a_flow_add_up_to_it_however_it_is_cut(
        from in 0_i64..800,
        length in 1_i64..900,
        flow in 0.0..50.0_f64,
    ) {
        let start = date_of(date(2019, 12, 1), from);
        let window = Window::new(start, date_of(start, length)).unwrap();
        let record = Record::new(window).with("gauge", None, vec![0.0; window.days()]);
        let total = Flow::from_m3s(flow).over_days(window.days() as f64).mcm();
        for each in [
            Each::Season,
            Each::Part(Period::Day),
            Each::Part(Period::Week),
            Each::Part(Period::Dekad),
            Each::Part(Period::Month),
            Each::Part(Period::Quarter),
            YEAR,
            Each::Years { starting: MonthDay::new(10, 25).unwrap(), count: 1 },
        ] {
            let owed = Obligation::new("owed", "UP", "gauge", Flow::from_m3s(flow))
                .each(each)
                .within(window);
            let rows = settle(&[Agreement::new("Treaty", ["UP"]).obligation(owed)], &record).rows;
            let sum: f64 = rows.iter().map(|row| row.committed.unwrap()).sum();
            prop_assert!((sum - total).abs() <= 1e-9 * total, "{each:?}: {sum} of {total}");
            prop_assert_eq!(rows[0].period.from(), window.from());
            prop_assert_eq!(rows.last().unwrap().period.to(), window.to());
            for pair in rows.windows(2) {
                prop_assert_eq!(pair[0].period.to().tomorrow().unwrap(), pair[1].period.from());
            }
        }
    }

    #[test]
    fn a_revision_leaves_what_is_past(
        first in 0.0..100.0_f64,
        later in 0.0..100.0_f64,
        on in 1_i64..366,
    ) {
        let year = Window::new(date(2024, 1, 1), date(2024, 12, 31)).unwrap();
        let record = Record::new(year).with("gauge", None, vec![0.0; 366]);
        let on = date_of(year.from(), on);
        let owed = |due: f64| Obligation::new("owed", "UP", "gauge", Flow::from_m3s(due))
            .each(Each::Part(Period::Day));
        let due: Due = Flow::from_m3s(later).into();
        let revised = owed(first).revised(on, "later", due);
        let of = |obligation| settle(&[Agreement::new("T", ["UP"]).obligation(obligation)], &record).rows;
        let (was, is, will) = (of(owed(first)), of(revised), of(owed(later)));
        for ((was, is), will) in was.iter().zip(&is).zip(&will) {
            let expected = if is.period.from() < on { was } else { will };
            prop_assert_eq!(is.committed, expected.committed);
            prop_assert_eq!(is.first_committed.is_some(), is.period.from() >= on);
        }
    }

    #[test]
    fn an_index_in_percent_is_the_same_by_day_and_by_dekad(
        flows in prop::collection::vec(0.0..1e7_f64, 91),
        percent in 0.0..100.0_f64,
    ) {
        let days = Window::new(date(2024, 4, 1), date(2024, 6, 30)).unwrap();
        let record = Record::new(days).with("gauge", None, flows);
        let due = |on: Step| {
            let share = Brackets::share(Slope::percent(percent));
            let owed = Obligation::new("owed", "UP", "gauge", Formula::of("gauge", share).on(on));
            settle(&[Agreement::new("T", ["UP"]).obligation(owed)], &record).rows[0].committed.unwrap()
        };
        let by_day = due(Step::Part(Period::Day));
        for on in [Step::Part(Period::Dekad), Step::Part(Period::Month), Step::Whole] {
            prop_assert!((due(on) - by_day).abs() <= 1e-12 * by_day, "{on:?}");
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn settlement_does_not_depend_on_how_the_run_is_cut(
        sketch in scenarios(60),
        stop in any::<prop::sample::Index>(),
    ) {
        let plan = Plan::compile(sketch.model())?;
        let whole = Simulation::new(&plan).run()?;
        let mut first = Simulation::new(&plan);
        for _ in 0..stop.index(waves(&plan) + 1) {
            first.step()?;
        }
        let second = Simulation::resume(&plan, first.state().clone())?;
        // The second part alone cannot close over the run; its days do.
        let second = {
            let mut second = second;
            while second.step()? {}
            second.into_ledger()
        };
        let joined = first.into_ledger().join(&second)?;
        // Shortest decimal forms differ exactly where the bits do.
        let journals = |ledger: &Ledger| {
            format!(
                "{:?} {:?} {:?} {:?}",
                ledger.nodes(),
                ledger.reaches(),
                ledger.offtakes(),
                ledger.reservoirs()
            )
        };
        prop_assert!(journals(&joined) == journals(&whole), "the joined ledger differs");
        joined.balance(plan.model().basin()).check(joined.window().to())?;
        let (mut joined, mut whole) = (Settled::of(&plan, &joined), Settled::of(&plan, &whole));
        for (a, b) in joined.rows.iter_mut().zip(&mut whole.rows) {
            // What several offtakes claim is added up in another order.
            for (a, b) in a.reasons.iter().zip(&b.reasons) {
                prop_assert_eq!(&a.why, &b.why);
                prop_assert!((a.amount - b.amount).abs() <= 1e-9 * b.amount, "{a:?} {b:?}");
            }
            a.reasons.clear();
            b.reasons.clear();
        }
        prop_assert!(format!("{joined:?}") == format!("{whole:?}"), "settled differently");
    }
}
