//! Claims on the river: what an obligation still owes becomes the claims of the day, by hand and as
//! laws.

mod common;

use common::basins::{check_restored, waves};
use common::{assert_row, daily, days, flow, run};
use proptest::prelude::*;
use riparian::agreement::{
    Account, Agreement, Amount, Brackets, Caps, Clause, Condition, Count, Due, Each, Effect,
    Formula, Measure, Obligation, Pace, Point, Slope, Step, Term, Threshold,
};
use riparian::basin::{Node, Offtake, Party, Reach, Reservoir, Routing};
use riparian::calendar::{Period, Window};
use riparian::jiff::civil::date;
use riparian::ledger::Ledger;
use riparian::settlement::{Settled, Status, Why};
use riparian::units::Volume;
use riparian::{Model, ModelBuilder, Plan, Simulation};

fn m3(volume: f64) -> Volume {
    Volume::from_m3(volume)
}

fn amount(m3_a_day: f64) -> Amount {
    flow(m3_a_day).into()
}

fn ten_days() -> Window {
    days(date(2024, 6, 1), 10)
}

/// A spring, upland fields that take all they can, the reach `border` to the lowland, where an
/// offtake lies, and the sea.
fn river(window: Window, spring: impl Fn(usize) -> f64) -> ModelBuilder {
    Model::builder("by hand", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("senior")
        .class("junior")
        .class("last")
        .node(Node::inflow("spring"))
        .node(Node::junction("upland"))
        .node(Node::junction("lowland"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("head", "spring", "upland"))
        .reach(Reach::river("border", "upland", "lowland").antecedent(flow(0.0)))
        .reach(Reach::river("tail", "lowland", "sea"))
        .inflow("spring", daily(window, spring))
        .offtake(Offtake::new("fields", "upland", "UP", "junior"))
        .demand("fields", daily(window, |_| 1e4))
}

/// The same with an offtake in the lowland, and no fields to speak of in the upland.
fn town(window: Window, demand: impl Fn(usize) -> f64) -> ModelBuilder {
    river(window, |_| 1e3)
        .offtake(Offtake::new("town", "lowland", "LO", "last"))
        .demand("town", daily(window, demand))
}

fn treaty(obligations: impl IntoIterator<Item = Obligation>) -> Agreement {
    let treaty = Agreement::new("a treaty", ["UP", "LO"]);
    obligations
        .into_iter()
        .fold(treaty, |treaty, o| treaty.obligation(o.to("LO")))
}

fn runs(builder: ModelBuilder, obligations: impl IntoIterator<Item = Obligation>) -> Ledger {
    run(builder.agreement(treaty(obligations)).build().unwrap())
}

fn claimed(ledger: &Ledger, k: usize) -> impl Iterator<Item = f64> + '_ {
    ledger.claims().claimed.of(k)
}

fn delivered(ledger: &Ledger, offtake: usize) -> impl Iterator<Item = f64> + '_ {
    ledger.offtakes().delivered.of(offtake)
}

fn passed(ledger: &Ledger) -> impl Iterator<Item = f64> + '_ {
    ledger.reaches().entered.of(1)
}

fn border(due: impl Into<Due>) -> Obligation {
    Obligation::new("border", "UP", "border", due)
        .within(ten_days())
        .claimed_in("senior")
}

/// An amount instead, on some days of June.
fn instead(from: i8, to: i8, m3_a_day: f64) -> Clause {
    let window = Window::new(date(2024, 6, from), date(2024, 6, to)).unwrap();
    Clause::new("on some days", Effect::Replace(amount(m3_a_day)))
        .when(Condition::declared([window]))
}

/// A function of the spring, read a day late.
fn of_spring(brackets: Brackets) -> Formula {
    Formula::of(Term::new("head").lag_days(1), brackets)
}

fn half() -> Brackets {
    Brackets::share(Slope::percent(50.0))
}

mod pace {
    use super::*;

    #[test]
    fn what_is_missing_follows_the_schedule() {
        // 5 days of 10, 3 of 20, 2 of 30; the first two days are dry.
        let obligation = border(amount(10.0))
            .clause(instead(6, 8, 20.0))
            .clause(instead(9, 10, 30.0));
        let spring = |day: usize| if day < 2 { 0.0 } else { 1e3 };
        let ledger = runs(river(ten_days(), spring), [obligation]);
        // 170 are missing after two days, of which 150 were for the days left.
        let up = 170.0 / 150.0;
        let row = [10.0, 10.0 * 170.0 / 160.0, 10.0 * up, 10.0 * up, 10.0 * up];
        assert_row(claimed(&ledger, 0).take(5), &row);
        let row = [20.0 * up, 20.0 * up, 20.0 * up, 30.0 * up, 30.0 * up];
        assert_row(claimed(&ledger, 0).skip(5), &row);
        assert_row(std::iter::once(passed(&ledger).sum()), &[170.0]);
    }

    #[test]
    fn a_revision_changes_what_is_still_to_come() {
        let obligation = border(m3(100.0)).revised(date(2024, 6, 6), "minutes", m3(200.0));
        let ledger = runs(river(ten_days(), |_| 1e3), [obligation]);
        let row = [10.0, 10.0, 10.0, 10.0, 10.0, 20.0, 20.0, 20.0, 20.0, 20.0];
        assert_row(passed(&ledger), &row);
    }

    #[test]
    fn nothing_is_claimed_on_suspended_days() {
        let pause = Window::new(date(2024, 6, 4), date(2024, 6, 6)).unwrap();
        let clause = Clause::new("a pause", Effect::Suspend).when(Condition::declared([pause]));
        let spring = |day: usize| if day == 0 { 4.0 } else { 1e3 };
        let ledger = runs(
            river(ten_days(), spring),
            [border(m3(100.0)).clause(clause)],
        );
        // 70 are due on 7 days; 66 are left for 6 after the first.
        let row = [10.0, 11.0, 11.0, 0.0, 0.0, 0.0, 11.0, 11.0, 11.0, 11.0];
        assert_row(claimed(&ledger, 0), &row);
    }

    #[test]
    fn a_minimum_flow_is_that_of_the_day() {
        let obligation = border(amount(8.0))
            .counted(Count::EachDay)
            .clause(instead(4, 5, 20.0));
        let ledger = runs(river(ten_days(), |_| 1e3), [obligation]);
        let row = [8.0, 8.0, 8.0, 20.0, 20.0, 8.0, 8.0, 8.0, 8.0, 8.0];
        assert_row(passed(&ledger), &row);
    }

    #[test]
    fn users_take_what_they_are_owed_as_they_ask() {
        let quota = Obligation::new("quota", "UP", "town", m3(60.0))
            .within(ten_days())
            .claimed("senior", Pace::Demand);
        let demand = |day: usize| [5.0, 30.0, 0.0, 30.0][day % 4];
        let ledger = runs(town(ten_days(), demand), [quota]);
        // Then the fields, which are senior to the town, take all.
        let row = [5.0, 30.0, 0.0, 25.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_row(claimed(&ledger, 0), &row);
        assert_row(delivered(&ledger, 1), &row);
    }

    #[test]
    fn a_moving_sum_asks_for_the_window_that_needs_most() {
        let years = Window::new(date(2020, 1, 1), date(2023, 12, 31)).unwrap();
        let moving = Each::Moving {
            starting: riparian::agreement::MonthDay::NEW_YEAR,
            years: 2,
        };
        let obligation = Obligation::new("moving", "UP", "border", m3(731.0))
            .within(years)
            .each(moving)
            .claimed_in("senior");
        // Two years of water, the second a flood; then what is due falls to what is still missing.
        let spring = |day: usize| if (366..731).contains(&day) { 1.5 } else { 1e3 };
        let ledger = runs(river(years, spring), [obligation]);
        let of = |days: std::ops::Range<usize>| -> f64 {
            passed(&ledger).skip(days.start).take(days.len()).sum()
        };
        assert!(of(0..731) >= 731.0 * (1.0 - 1e-12));
        // 730 days of 2021 and 2022, of 2022 and 2023.
        assert!(of(366..1096) >= 731.0 * (1.0 - 1e-12));
        assert!(of(731..1461) >= 731.0 * (1.0 - 1e-12));
    }
}

mod by_readings {
    use super::*;

    #[test]
    fn half_of_yesterdays_flow_but_no_more_than_a_cap() {
        // La Plata River Compact, article II: half of the flow of the day before at Hesperus, at
        // most 100 cfs, none from 1 December to 14 February.
        let capped = Clause::new("at most 8", Effect::AtMost(amount(8.0)));
        let pause = Window::new(date(2024, 6, 6), date(2024, 6, 7)).unwrap();
        let winter = Clause::new("winter", Effect::Suspend).when(Condition::declared([pause]));
        let obligation = border(of_spring(half()))
            .counted(Count::EachDay)
            .clause(capped)
            .clause(winter);
        let spring = |day: usize| [4.0, 10.0, 40.0, 6.0, 2.0][day % 5];
        let ledger = runs(river(ten_days(), spring), [obligation]);
        let row = [0.0, 2.0, 5.0, 8.0, 3.0, 0.0, 0.0, 5.0, 8.0, 3.0];
        assert_row(claimed(&ledger, 0), &row);
    }

    #[test]
    fn what_was_taken_too_low_is_made_good_the_next_day() {
        // Read on the day itself: today's flow is not known when it is claimed.
        let formula = Formula::of(Term::new("head"), half());
        let spring = |day: usize| [4.0, 10.0, 10.0, 20.0][day.min(3)];
        let ledger = runs(river(ten_days(), spring), [border(formula)]);
        // Due: 2, 5, 5, 10, ...; taken as yesterday's: 0, 2, 5, 5, 10, ...
        let row = [0.0, 4.0, 8.0, 5.0, 15.0, 10.0, 10.0, 10.0, 10.0, 10.0];
        assert_row(claimed(&ledger, 0), &row);
    }

    #[test]
    fn a_share_in_brackets_with_a_rotating_guarantee() {
        // As under the Ganges treaty of 1996 at Farakka, in thousands of cusecs.
        let share = Brackets::new([
            (amount(0.0), amount(0.0)),
            (amount(70.0), amount(35.0)),
            (amount(75.0), amount(35.0)),
        ])
        .then(Slope::percent(100.0));
        let turn = |from, to| {
            let window = Window::new(date(2024, 6, from), date(2024, 6, to)).unwrap();
            Condition::declared([window])
        };
        let ours = Effect::Guarantee {
            amount: amount(35.0),
            of: Term::new("head").lag_days(1).into(),
        };
        let theirs = Effect::Yield {
            amount: amount(35.0),
            of: Term::new("head").lag_days(1).into(),
        };
        let obligation = border(of_spring(share))
            .counted(Count::EachDay)
            .clause(Clause::new("our turn", ours).when(turn(6, 7)))
            .clause(Clause::new("their turn", theirs).when(turn(8, 10)));
        let spring = |day: usize| [60.0, 72.0, 90.0, 75.0, 50.0, 30.0, 60.0, 72.0, 20.0, 0.0][day];
        let ledger = runs(river(ten_days(), spring), [obligation]);
        let row = [0.0, 30.0, 35.0, 50.0, 35.0, 35.0, 30.0, 25.0, 35.0, 0.0];
        assert_row(claimed(&ledger, 0), &row);
    }

    #[test]
    fn a_step_is_read_as_the_mean_of_its_days_so_far() {
        let june = days(date(2024, 6, 9), 5);
        let formula = Formula::of("head", half()).on(Step::Part(Period::Dekad));
        let obligation = Obligation::new("border", "UP", "border", formula)
            .counted(Count::EachDay)
            .within(june)
            .claimed_in("senior");
        let ledger = runs(
            river(june, |day| [8.0, 16.0, 40.0, 20.0, 4.0][day]),
            [obligation],
        );
        // Nothing is known on the first day; the dekad from the 11th starts with the last day
        // known, and then has a mean of its own.
        assert_row(claimed(&ledger, 0), &[0.0, 4.0, 8.0, 20.0, 15.0]);
    }

    #[test]
    fn a_function_of_the_season_claims_what_it_gives_for_the_index_so_far() {
        let index = Brackets::new([
            (m3(20.0).into(), m3(0.0).into()),
            (m3(60.0).into(), m3(20.0).into()),
        ])
        .then(Slope::percent(100.0));
        let obligation = border(of_spring(index).on(Step::Whole));
        let ledger = runs(river(ten_days(), |_| 10.0), [obligation]);
        // The index so far: 0, 10, 20, ..., 90; due so far: 0, 0, 0, 5, 10, 15, 20, 30, 40, 50.
        let row = [0.0, 0.0, 0.0, 5.0, 5.0, 5.0, 5.0, 10.0, 10.0, 10.0];
        assert_row(claimed(&ledger, 0), &row);
    }

    #[test]
    fn a_drought_clause_follows_the_last_day_known() {
        let drought = Threshold::of("head", Step::Part(Period::Day)).below(amount(50.0));
        let clause = Clause::new("drought", Effect::Scale(0.5)).when(Condition::reading(drought));
        let obligation = border(amount(20.0)).counted(Count::EachDay).clause(clause);
        let spring = |day: usize| if day < 5 { 100.0 } else { 30.0 };
        let ledger = runs(river(ten_days(), spring), [obligation]);
        let row = [20.0, 20.0, 20.0, 20.0, 20.0, 20.0, 10.0, 10.0, 10.0, 10.0];
        assert_row(claimed(&ledger, 0), &row);
    }

    #[test]
    fn no_more_than_the_need_which_is_known() {
        let need = Clause::new("need", Effect::Need("town".into()));
        let obligation = border(amount(20.0)).counted(Count::EachDay).clause(need);
        let ledger = runs(town(ten_days(), |day| 3.0 * day as f64), [obligation]);
        let row = [0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 20.0, 20.0, 20.0];
        assert_row(claimed(&ledger, 0), &row);
    }

    #[test]
    fn a_gauge_upstream_is_known_later_by_the_travel_time() {
        let june = ten_days();
        let formula = Formula::of(Term::new("head").lag_days(1), half());
        let obligation = Obligation::new("sea", "UP", "sea", formula)
            .counted(Count::EachDay)
            .within(june)
            .claimed_in("senior");
        let builder = Model::builder("by hand", june)
            .party(Party::new("UP", "Upland"))
            .party(Party::new("LO", "Lowland"))
            .class("senior")
            .node(Node::inflow("spring"))
            .node(Node::junction("upland"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("head", "spring", "upland"))
            .reach(
                Reach::river("long", "upland", "sea")
                    .lag_days(2)
                    .antecedent(flow(0.0)),
            )
            .inflow("spring", daily(june, |day| 2.0 * (day + 1) as f64));
        let ledger = runs(builder, [obligation]);
        // A wave reaches the sea two days after the spring, whose day before it is then known.
        let row = [0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        assert_row(claimed(&ledger, 0), &row);
    }
}

mod accounts {
    use super::*;

    fn twenty_days() -> Window {
        days(date(2024, 6, 1), 20)
    }

    fn by_dekads(account: Account) -> Obligation {
        Obligation::new("border", "UP", "border", amount(10.0))
            .within(twenty_days())
            .each(Each::Part(Period::Dekad))
            .account(account)
            .claimed_in("senior")
    }

    #[test]
    fn a_debt_is_made_up_in_the_next_period() {
        let account = Account {
            debit: Some(Caps::default()),
            ..Account::default()
        };
        let spring = |day: usize| if day < 10 { 4.0 } else { 1e3 };
        let ledger = runs(river(twenty_days(), spring), [by_dekads(account)]);
        // 60 of 100 are missing after the first dekad.
        assert_row(passed(&ledger).skip(10), &[16.0; 10]);
    }

    #[test]
    fn without_a_carried_debt_each_period_stands_alone() {
        let spring = |day: usize| if day < 10 { 4.0 } else { 1e3 };
        let ledger = runs(
            river(twenty_days(), spring),
            [by_dekads(Account::default())],
        );
        assert_row(passed(&ledger).skip(10), &[10.0; 10]);
    }

    #[test]
    fn the_run_knows_the_balances_that_the_journal_shows() {
        let account = Account {
            opening: Some(riparian::agreement::Opening::Debit(m3(20.0).into())),
            credit: Some(Caps {
                yearly: Some(m3(30.0).into()),
                accrued: Some(m3(45.0).into()),
            }),
            debit: Some(Caps::default()),
            evaporation: 0.9,
            entries: vec![riparian::agreement::Entry {
                date: date(2024, 6, 15),
                kind: riparian::agreement::EntryKind::Transfer,
                amount: m3(7.0).into(),
                reason: "stored water".into(),
                against: None,
            }],
        };
        let window = days(date(2024, 6, 1), 50);
        let obligation = Obligation::new("border", "UP", "border", amount(10.0))
            .within(window)
            .each(Each::Part(Period::Dekad))
            .account(account)
            .claimed_in("senior");
        // Drought, plenty, flood, drought, plenty.
        let spring = |day: usize| [5.0, 1e3, 1e5, 2.0, 1e3][day / 10];
        let model = river(window, spring).agreement(treaty([obligation]));
        let plan = Plan::compile(model.build().unwrap()).unwrap();
        let ledger = Simulation::new(&plan).run().unwrap();
        let settled = Settled::of(&plan, &ledger);
        let row = |at: usize| &settled.rows[at];
        assert_eq!(settled.rows.len(), 5);
        assert!(row(0).carried_in < 0.0 && row(3).carried_in > 0.0);
        let mut day = 0;
        for (period, row) in settled.rows.iter().enumerate() {
            // The first claim of a period is its even part of due less what is brought in; a
            // credit has evaporated by a part of the days by then.
            let n = row.period.days();
            let mut owed = row.committed.unwrap() - row.carried_in;
            if row.carried_in > 0.0 {
                owed += row.carried_in * 0.9 * n as f64 / 365.0;
            }
            let claim = ledger.claims().claimed.at(day, 0) / 1e6;
            let expected = owed / n as f64;
            assert!(
                (claim - expected).abs() <= 1e-12 * expected,
                "period {period}: {claim}, expected {expected}"
            );
            day += n;
        }
    }

    #[test]
    fn on_top_of_another_comes_only_what_is_beyond_it() {
        let first = border(m3(40.0));
        let mut second = border(m3(60.0));
        second.id = "second".into();
        second.on_top_of = vec!["border".into()];
        let ledger = runs(river(ten_days(), |_| 1e3), [first, second]);
        assert_row(passed(&ledger), &[10.0; 10]);
        // At offtakes the claims stand side by side.
        let quota = |id: &str, volume: f64| {
            Obligation::new(id, "UP", "town", m3(volume))
                .within(ten_days())
                .claimed_in("senior")
        };
        let mut second = quota("second", 60.0);
        second.on_top_of = vec!["first".into()];
        let both = [quota("first", 40.0), second];
        let ledger = runs(town(ten_days(), |_| 50.0), both);
        assert_row(delivered(&ledger, 1), &[10.0; 10]);
        // All that comes counts for the first, until it has got its own.
        let first = |day: usize| (40.0 - 10.0 * day as f64).max(0.0) / (10 - day) as f64;
        let row: Vec<f64> = (0..10).map(first).collect();
        assert_row(claimed(&ledger, 0), &row);
        let row: Vec<f64> = (0..10).map(|day| 10.0 - first(day)).collect();
        assert_row(claimed(&ledger, 1), &row);
    }
}

mod ceilings {
    use super::*;

    fn limit(point: impl Into<Point>, volume: f64) -> Obligation {
        Obligation::limit("limit", "UP", point, m3(volume)).within(ten_days())
    }

    /// Two fields on one river, and water for both.
    fn two(window: Window) -> ModelBuilder {
        Model::builder("by hand", window)
            .party(Party::new("UP", "Upland"))
            .party(Party::new("LO", "Lowland"))
            .class("senior")
            .class("junior")
            .node(Node::inflow("spring"))
            .node(Node::junction("near"))
            .node(Node::junction("far"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("a", "spring", "near"))
            .reach(Reach::river("b", "near", "far"))
            .reach(Reach::river("c", "far", "sea"))
            .inflow("spring", daily(window, |_| 1e3))
            .offtake(Offtake::new("first", "near", "LO", "junior"))
            .offtake(Offtake::new("second", "far", "LO", "junior"))
            .demand("first", daily(window, |_| 30.0))
            .demand("second", daily(window, |_| 10.0))
    }

    #[test]
    fn a_limit_is_used_up_as_users_ask() {
        let limit = limit("first", 70.0).claimed_in("senior");
        let ledger = runs(two(ten_days()), [limit]);
        let row = [30.0, 30.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_row(delivered(&ledger, 0), &row);
        assert_row(delivered(&ledger, 1), &[10.0; 10]);
        let held = row.map(|got| 30.0 - got);
        assert_row(ledger.limits().held_back.of(0), &held);
    }

    #[test]
    fn at_an_even_pace_what_is_left_is_spread_over_the_days_left() {
        let limit = limit("first", 70.0).claimed("senior", Pace::Even);
        let ledger = runs(two(ten_days()), [limit]);
        assert_row(delivered(&ledger, 0), &[7.0; 10]);
    }

    #[test]
    fn a_group_shares_a_limit_in_proportion_and_another_holds_one_of_it() {
        let group = limit(Point::sum(["first", "second"]), 100.0).claimed("senior", Pace::Even);
        let mut own = limit("first", 30.0).claimed_in("senior");
        own.id = "own".into();
        let ledger = runs(two(ten_days()), [group.clone()]);
        assert_row(delivered(&ledger, 0), &[7.5; 10]);
        assert_row(delivered(&ledger, 1), &[2.5; 10]);
        let ledger = runs(two(ten_days()), [group, own]);
        let row: f64 = delivered(&ledger, 0).sum();
        assert_row(std::iter::once(row), &[30.0]);
        // What the first may not take is left to the second.
        let row: f64 = delivered(&ledger, 1).sum();
        assert!(row > 25.0 && row <= 70.0);
    }

    #[test]
    fn a_limit_of_a_canal_and_of_a_release_is_its_capacity() {
        let june = ten_days();
        let builder = Model::builder("by hand", june)
            .party(Party::new("UP", "Upland"))
            .party(Party::new("LO", "Lowland"))
            .class("senior")
            .reservoir(Reservoir::new("dam", m3(1e4)).initial(m3(5e3)))
            .node(Node::junction("weir"))
            .node(Node::junction("end"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("upper", "dam", "weir"))
            .reach(Reach::canal("canal", "weir", "end"))
            .reach(Reach::river("lower", "weir", "sea"))
            .offtake(Offtake::new("fields", "end", "LO", "senior"))
            .demand("fields", daily(june, |_| 30.0));
        let canal = limit("canal", 100.0).claimed_in("senior");
        let ledger = runs(builder.clone(), [canal]);
        let row = [30.0, 30.0, 30.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_row(delivered(&ledger, 0), &row);
        let release = limit("dam", 50.0)
            .measured(Measure::Release)
            .claimed("senior", Pace::Even);
        let ledger = runs(builder, [release]);
        assert_row(ledger.reservoirs().release.of(0), &[5.0; 10]);
    }

    #[test]
    fn a_claim_at_the_same_offtake_stays_within_the_limit_and_names_it() {
        let limit = limit("town", 60.0).claimed_in("senior");
        let quota = Obligation::new("quota", "UP", "town", m3(100.0))
            .within(ten_days())
            .claimed("senior", Pace::Demand);
        let model = town(ten_days(), |_| 20.0).agreement(treaty([limit, quota]));
        let plan = Plan::compile(model.build().unwrap()).unwrap();
        let ledger = Simulation::new(&plan).run().unwrap();
        let row = [20.0, 20.0, 20.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_row(delivered(&ledger, 1), &row);
        let settled = Settled::of(&plan, &ledger);
        assert_eq!(settled.rows[0].status, Status::Met);
        assert_eq!(settled.rows[1].status, Status::Short);
        let [reason] = &settled.rows[1].reasons[..] else {
            panic!("{:?}", settled.rows[1].reasons);
        };
        let why = Why::Limit {
            limit: "limit".into(),
        };
        assert_eq!(reason.why, why);
        assert_eq!(reason.why.to_string(), "the limit `limit`");
    }

    #[test]
    fn a_reach_that_a_limit_closed_names_it() {
        let closed = limit("border", 10.0).claimed("senior", Pace::Even);
        let observed = Obligation::new("town", "UP", "town", m3(200.0)).within(ten_days());
        let model = river(ten_days(), |_| 2e4)
            .offtake(Offtake::new("town", "lowland", "LO", "senior"))
            .demand("town", daily(ten_days(), |_| 20.0));
        let model = model.agreement(treaty([closed, observed])).build().unwrap();
        let plan = Plan::compile(model).unwrap();
        let ledger = Simulation::new(&plan).run().unwrap();
        let settled = Settled::of(&plan, &ledger);
        let why = &settled.rows[1].reasons[0].why;
        assert!(matches!(why, Why::Limit { .. }), "{why}");
    }
}

mod refusals {
    use super::*;

    fn refused(obligation: Obligation, part: &str) {
        let model = river(ten_days(), |_| 1e3).agreement(treaty([obligation]));
        let error = Plan::compile(model.build().unwrap()).unwrap_err();
        assert!(error.is_invalid());
        let message = error.to_string();
        assert!(message.contains(part), "{message}");
        assert!(message.contains("border"), "{message}");
    }

    #[test]
    fn what_is_known_only_at_the_end_cannot_be_claimed() {
        let whole = Threshold::of("head", Step::Whole).below(amount(50.0));
        let natural = Term::new("spring").measured(Measure::NaturalFlow);
        let falling = Brackets::new([
            (m3(0.0).into(), m3(9.0).into()),
            (m3(9.0).into(), m3(0.0).into()),
        ]);
        let scale = Clause::new("drought", Effect::Scale(0.5)).when(Condition::reading(whole));
        refused(border(m3(1.0)).clause(scale), "whole period");
        refused(border(Formula::of(natural, half())), "natural-flow");
        refused(border(of_spring(falling).on(Step::Whole)), "may fall");
        let capped = Clause::new("cap", Effect::AtMost(m3(5.0).into()));
        refused(
            border(of_spring(half())).clause(capped),
            "over a whole period",
        );
        let storm = Threshold::of("head", Step::Part(Period::Day)).at_least(amount(50.0));
        let ends = Clause::new("spill", Effect::EndCycle).when(Condition::reading(storm));
        let cycle = border(m3(1.0)).each(Each::Years {
            starting: riparian::agreement::MonthDay::NEW_YEAR,
            count: 1,
        });
        refused(cycle.clause(ends), "a reading ends");
    }

    #[test]
    fn demand_sets_no_pace_and_no_ceiling_holds_where_nobody_takes() {
        refused(
            border(m3(1.0)).claimed("senior", Pace::Demand),
            "nobody asks",
        );
        let ceiling = Obligation::limit("border", "UP", "upland", m3(5.0))
            .within(ten_days())
            .claimed_in("senior");
        refused(ceiling, "where water enters or is taken");
    }
}

mod at_a_node {
    use super::*;

    fn promise(point: &str, m3_a_day: f64) -> Obligation {
        Obligation::new("border", "UP", point, amount(m3_a_day))
            .within(ten_days())
            .claimed_in("junior")
    }

    /// Fields that take all they can, junior to the promise.
    fn thirsty() -> ModelBuilder {
        river(ten_days(), |_| 1e3).class("very last")
    }

    fn arrived(ledger: &Ledger, node: usize) -> impl Iterator<Item = f64> + '_ {
        ledger.nodes().arrived.of(node)
    }

    /// Whoever is promised so much at a place counts all that comes there, so that no more is asked for
    /// than is due, whatever becomes of it there.
    #[test]
    fn what_users_there_take_has_passed() {
        let town = thirsty()
            .offtake(Offtake::new("town", "lowland", "LO", "senior"))
            .demand("town", daily(ten_days(), |_| 4.0));
        let promise = promise("lowland", 10.0).claimed_in("senior");
        let model = town.agreement(treaty([promise])).build().unwrap();
        let plan = Plan::compile(model).unwrap();
        let ledger = Simulation::new(&plan).run().unwrap();
        assert_row(arrived(&ledger, 2), &[10.0; 10]);
        assert_row(delivered(&ledger, 1), &[4.0; 10]);
        assert_row(ledger.reaches().entered.of(2), &[6.0; 10]);
        let row = &Settled::of(&plan, &ledger).rows[0];
        assert_eq!(row.status, Status::Met);
        assert_row(row.delivered.into_iter(), &[100e-6]);
    }

    #[test]
    fn users_there_share_what_was_brought_for_the_promise_and_ask_for_the_rest() {
        let town = thirsty()
            .offtake(Offtake::new("town", "lowland", "LO", "senior"))
            .demand("town", daily(ten_days(), |day| 3.0 * day as f64));
        let ledger = runs(town, [promise("lowland", 10.0).claimed_in("senior")]);
        // What the town took beyond its part has come to the lowland too, and is not owed any more.
        let mut owed = 100.0;
        let came = (0..10).map(|day| {
            let came = f64::max(owed / f64::from(10 - day), 3.0 * f64::from(day));
            owed = f64::max(owed - came, 0.0);
            came
        });
        assert_row(arrived(&ledger, 2), &came.collect::<Vec<f64>>());
    }

    #[test]
    fn what_a_canal_leads_away_has_passed() {
        let canal = thirsty()
            .node(Node::junction("oasis"))
            .node(Node::terminal("salt flat"))
            .reach(Reach::canal("canal", "lowland", "oasis").antecedent(flow(0.0)))
            .reach(Reach::river("ditch", "oasis", "salt flat"))
            .offtake(Offtake::new("palms", "oasis", "LO", "senior"))
            .demand("palms", daily(ten_days(), |_| 4.0));
        let ledger = runs(canal, [promise("lowland", 10.0).claimed_in("senior")]);
        assert_row(arrived(&ledger, 2), &[10.0; 10]);
        assert_row(delivered(&ledger, 1), &[4.0; 10]);
    }

    #[test]
    fn what_enters_there_or_comes_by_another_river_counts() {
        let brook = thirsty()
            .node(Node::inflow("brook"))
            .reach(Reach::river("side", "brook", "lowland").antecedent(flow(0.0)))
            .inflow("brook", daily(ten_days(), |_| 2.0))
            .inflow("lowland", daily(ten_days(), |_| 1.0));
        let ledger = runs(brook, [promise("lowland", 10.0).claimed_in("senior")]);
        assert_row(passed(&ledger), &[7.0; 10]);
    }

    #[test]
    fn what_is_lost_there_has_passed() {
        let sand = thirsty().inflow("lowland", daily(ten_days(), |_| -4.0));
        let ledger = runs(sand, [promise("lowland", 10.0).claimed_in("senior")]);
        assert_row(passed(&ledger), &[10.0; 10]);
        assert_row(ledger.reaches().entered.of(2), &[6.0; 10]);
    }

    #[test]
    fn several_rivers_may_end_at_a_mouth() {
        let delta = thirsty()
            .node(Node::inflow("brook"))
            .reach(Reach::river("side", "brook", "sea").antecedent(flow(0.0)))
            .inflow("brook", daily(ten_days(), |_| 3.0));
        let ledger = runs(delta, [promise("sea", 10.0).claimed_in("senior")]);
        assert_row(passed(&ledger), &[7.0; 10]);
        assert_row(ledger.nodes().left.of(3), &[10.0; 10]);
    }

    #[test]
    fn who_goes_short_of_it_is_told_so() {
        let town = river(ten_days(), |_| 15.0)
            .offtake(Offtake::new("town", "lowland", "LO", "senior"))
            .demand("town", daily(ten_days(), |_| 4.0));
        let quota = Obligation::new("quota", "LO", "fields", amount(8.0))
            .within(ten_days())
            .claimed_in("junior");
        let promises = [promise("lowland", 10.0).claimed_in("senior"), quota];
        let model = town.agreement(treaty(promises)).build().unwrap();
        let plan = Plan::compile(model).unwrap();
        let ledger = Simulation::new(&plan).run().unwrap();
        let row = &Settled::of(&plan, &ledger).rows[1];
        assert_row(row.delivered.into_iter(), &[50e-6]);
        let reach = "tail".to_owned();
        assert_eq!(row.reasons.len(), 1, "{:?}", row.reasons);
        assert_eq!(row.reasons[0].why, Why::MinimumFlow { reach });
    }

    /// For what must flow on below the users, the point is the reach.
    #[test]
    fn below_the_users_the_reach_is_the_point() {
        let town = thirsty()
            .offtake(Offtake::new("town", "lowland", "LO", "senior"))
            .demand("town", daily(ten_days(), |_| 4.0));
        let ledger = runs(town, [promise("tail", 10.0).claimed_in("senior")]);
        assert_row(arrived(&ledger, 2), &[14.0; 10]);
    }

    #[test]
    fn a_reservoir_does_not_let_all_pass() {
        let lake = Reservoir::new("lake", m3(1.0));
        let dammed = river(ten_days(), |_| 1e3)
            .reservoir(lake)
            .node(Node::terminal("delta"))
            .reach(Reach::river("out", "lake", "delta"))
            .agreement(treaty([promise("lake", 10.0).measured(Measure::Flow)]));
        let error = Plan::compile(dammed.build().unwrap()).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("no single reach carries"), "{message}");
    }
}

/// Everything at once: a formula with clauses, an account, quotas, limits.
fn everything(window: Window, numbers: &[f64], shift: u32) -> Vec<Obligation> {
    let n = |i: usize| numbers[i % numbers.len()];
    let drought = Threshold::of("head", Step::Part(Period::Dekad)).below(amount(40.0));
    let drought = Clause::new("drought", Effect::Scale(0.5)).when(Condition::reading(drought));
    let account = Account {
        credit: Some(Caps::default()),
        debit: Some(Caps::default()),
        evaporation: 0.1,
        ..Account::default()
    };
    let share =
        Formula::of(Term::new("head").lag_days(shift), half()).on(Step::Part(Period::Dekad));
    let quota = Obligation::new("quota", "UP", Point::sum(["town", "fields"]), amount(n(0)))
        .each(Each::Part(Period::Dekad))
        .account(account);
    let limit = Obligation::limit("limit", "UP", "fields", m3(20.0 * n(1)));
    let group = Obligation::limit(
        "group",
        "UP",
        Point::sum(["town", "fields"]),
        m3(30.0 * n(2)),
    )
    .each(Each::Part(Period::Month));
    let reach = Obligation::limit("reach", "UP", "tail", m3(10.0 * n(3)));
    [
        Obligation::new("share", "UP", "border", share).clause(drought),
        quota,
        limit,
        group,
        reach,
        Obligation::minimum_flow("least", "UP", "tail", flow(n(4))),
        Obligation::minimum_flow("at the town", "UP", "lowland", flow(n(5))),
    ]
    .map(|o| o.within(window))
    .into()
}

fn claim(obligation: Obligation, even: bool) -> Obligation {
    if even {
        obligation.claimed("senior", Pace::Even)
    } else {
        obligation.claimed_in("senior")
    }
}

/// With the lag of the border reach, and its storage.
fn basin(window: Window, numbers: &[f64], border: (u32, Routing)) -> ModelBuilder {
    let n = numbers.to_vec();
    let demand = n.clone();
    Model::builder("any", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("senior")
        .class("junior")
        .node(Node::inflow("spring"))
        .reservoir(Reservoir::new("dam", m3(500.0)).initial(m3(n[0])))
        .node(Node::junction("upland"))
        .node(Node::junction("lowland"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("head", "spring", "dam"))
        .reach(Reach::river("below", "dam", "upland"))
        .reach(
            Reach::river("border", "upland", "lowland")
                .lag_days(border.0)
                .routing(border.1)
                .loss(0.1)
                .antecedent(flow(10.0)),
        )
        .reach(Reach::river("tail", "lowland", "sea"))
        .inflow(
            "spring",
            daily(window, move |day| n[(day / 5) % n.len()] * 1.5),
        )
        .offtake(Offtake::new("fields", "upland", "UP", "junior"))
        .offtake(Offtake::new("town", "lowland", "LO", "junior"))
        .demand("fields", daily(window, |_| 40.0))
        .demand("town", daily(window, move |day| demand[day % demand.len()]))
}

fn any_case() -> impl Strategy<Value = (Vec<f64>, (u32, Routing), u32, bool)> {
    let number = prop_oneof![1 => Just(0.0), 8 => 0.0..100.0_f64];
    let routing = prop_oneof![
        2 => Just(Routing::Lag),
        1 => (1..4_u32, 0.1..5.0).prop_map(|(reservoirs, k_days)| Routing::Cascade {
            reservoirs,
            k_days,
        }),
    ];
    (
        proptest::collection::vec(number, 6..12),
        (0..4_u32, routing),
        0..3_u32,
        any::<bool>(),
    )
}

fn plan(builder: ModelBuilder, obligations: Vec<Obligation>) -> Plan {
    let model = builder.agreement(treaty(obligations)).build().unwrap();
    Plan::compile(model).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn balances_close_and_no_limit_is_exceeded((numbers, border, shift, even) in any_case()) {
        let window = days(date(2024, 5, 17), 70);
        let all = everything(window, &numbers, shift);
        let all = all.into_iter().map(|o| claim(o, even)).collect();
        let plan = plan(basin(window, &numbers, border), all);
        let ledger = Simulation::new(&plan).run().unwrap();
        ledger.balance(plan.model().basin()).check(window.to()).unwrap();
        for row in &Settled::of(&plan, &ledger).rows {
            if matches!(row.obligation.as_str(), "limit" | "group") {
                prop_assert_eq!(row.status, Status::Met, "{:?}", row);
                let (used, most) = (row.delivered.unwrap(), row.committed.unwrap());
                prop_assert!(used <= most * (1.0 + 1e-12), "{} of {}", used, most);
            }
        }
    }

    #[test]
    fn an_agreement_without_claims_only_observes((numbers, border, shift, _) in any_case()) {
        let window = days(date(2024, 5, 17), 70);
        let observed = plan(basin(window, &numbers, border), everything(window, &numbers, shift));
        let alone = plan(basin(window, &numbers, border), Vec::new());
        let observed = Simulation::new(&observed).run().unwrap();
        let alone = Simulation::new(&alone).run().unwrap();
        // Shortest decimal forms differ exactly where the bits do.
        prop_assert_eq!(format!("{observed:?}"), format!("{alone:?}"));
    }

    #[test]
    fn a_restored_run_claims_the_same_bits(
        (numbers, border, shift, even) in any_case(),
        stop in any::<prop::sample::Index>(),
    ) {
        let window = days(date(2024, 5, 17), 70);
        let all = everything(window, &numbers, shift);
        let all = all.into_iter().map(|o| claim(o, even)).collect();
        let plan = plan(basin(window, &numbers, border), all);
        check_restored(&plan, &plan, stop.index(waves(&plan) + 1))?;
    }

    #[test]
    fn with_water_enough_every_senior_promise_is_met(
        volumes in proptest::collection::vec(0.0..50.0_f64, 6),
        lag in 0..4_u32,
    ) {
        let window = days(date(2024, 5, 1), 61);
        let from = days(date(2024, 5, 6), 50);
        let pause = Window::new(date(2024, 5, 20), date(2024, 5, 25)).unwrap();
        let pause = Clause::new("a pause", Effect::Suspend).when(Condition::declared([pause]));
        let formula = Formula::of(Term::new("head").lag_days(lag + 1), half())
            .on(Step::Part(Period::Day));
        let all = [
            Obligation::new("paused", "UP", "border", m3(50.0 * volumes[0])).clause(pause),
            Obligation::new("dekads", "UP", "tail", amount(volumes[1]))
                .each(Each::Part(Period::Dekad)),
            Obligation::new("revised", "UP", "border", m3(volumes[2]))
                .revised(date(2024, 5, 30), "minutes", m3(50.0 * volumes[3])),
            Obligation::new("share", "UP", "border", formula),
            Obligation::new("at the town", "UP", "lowland", m3(50.0 * volumes[4])),
            Obligation::new("at the sea", "UP", "sea", m3(50.0 * volumes[5])),
        ]
        .map(|o| o.within(from).claimed_in("senior"));
        let plan = plan(basin(window, &[100.0], (lag, Routing::Lag)), all.into());
        let ledger = Simulation::new(&plan).run().unwrap();
        for row in &Settled::of(&plan, &ledger).rows {
            prop_assert_eq!(row.status, Status::Met, "{:?}", row);
        }
    }
}
