//! Settlement by hand: every form of obligation from its parts, held against a record.

use riparian::agreement::{
    Account, Agreement, Amount, Brackets, Caps, Clause, Condition, Due, Each, Effect, Entry,
    EntryKind, Formula, Measure, MonthDay, Obligation, Opening, Point, Sign, Slope, Step, Term,
    Threshold,
};
use riparian::calendar::{Date, Period, Season, Window};
use riparian::jiff::civil::date;
use riparian::settlement::Status::{Met, Short};
use riparian::settlement::{Journal, Record, Settled, Settlement, Status, check, settle};
use riparian::units::{Energy, Flow, SECONDS_PER_DAY, Volume};

fn window(text: &str) -> Window {
    text.parse().unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn season(text: &str) -> Season {
    text.parse().unwrap()
}

/// A record of flows at one gauge, in m3/s by date.
fn gauged(days: &str, flow: impl Fn(Date) -> f64) -> Record {
    Record::new(window(days)).with("gauge", None, flows(window(days), flow))
}

fn flows(days: Window, flow: impl Fn(Date) -> f64) -> Vec<f64> {
    days.iter().map(|day| flow(day) * SECONDS_PER_DAY).collect()
}

fn owed(due: impl Into<Due>) -> Obligation {
    Obligation::new("owed", "UP", "gauge", due).to("LO")
}

fn settled(obligation: Obligation, record: &Record) -> Settled {
    let treaty = Agreement::new("Treaty", ["UP", "LO"]).obligation(obligation);
    check(std::slice::from_ref(&treaty), record).unwrap();
    settle(&[treaty], record)
}

fn rows(obligation: Obligation, record: &Record) -> Vec<Settlement> {
    settled(obligation, record).rows
}

/// Equal to within rounding.
#[track_caller]
fn near(a: f64, b: f64) {
    assert!(
        (a - b).abs() <= 1e-12 * a.abs().max(b.abs()),
        "{a} is not {b}"
    );
}

fn mcm(flow: f64, days: usize) -> f64 {
    flow * SECONDS_PER_DAY * days as f64 / 1e6
}

mod periods {
    use super::*;

    #[test]
    fn the_volumes_of_the_flows_of_2000_are_those_of_the_protocol() {
        let dues = [("06", 500.0), ("07", 650.0), ("08", 600.0), ("09", 300.0)];
        let months = dues.map(|(month, flow)| {
            let window = Period::Month.parse_key(&format!("2000-{month}")).unwrap();
            (window, Flow::from_m3s(flow))
        });
        let record = gauged("2000-06-01..2000-09-30", |_| 600.0);
        let mut schedule = owed(Due::schedule(months));
        schedule.stated_total = Some(amount("5421.60 Mm3"));
        let rows = rows(schedule, &record);
        let committed: Vec<f64> = rows.iter().map(|row| row.committed.unwrap()).collect();
        for (found, published) in committed.iter().zip([1296.00, 1740.96, 1607.04, 777.60]) {
            near(*found, published);
        }
        near(committed.iter().sum(), 5421.60);
        let verdicts: Vec<Status> = rows.iter().map(|row| row.status).collect();
        assert_eq!(verdicts, [Met, Short, Met, Met]);
        near(rows[1].shortfall(), mcm(50.0, 31));
        assert_eq!(rows[1].first_day_short, Some(date(2000, 7, 1)));
    }

    #[test]
    fn a_dekad_has_eight_to_eleven_days() {
        let record = gauged("2023-02-01..2024-03-31", |_| 10.0);
        let dekads = owed(Flow::from_m3s(10.0)).each(Each::Part(Period::Dekad));
        let rows = rows(dekads, &record);
        let days = |key: &str| {
            let dekad: riparian::calendar::Dekad = key.parse().unwrap();
            let row = rows
                .iter()
                .find(|row| row.period == dekad.window())
                .unwrap();
            row.committed.unwrap() / mcm(10.0, 1)
        };
        near(days("2023-02-3"), 8.0);
        near(days("2024-02-3"), 9.0);
        near(days("2023-03-3"), 11.0);
        near(days("2023-04-3"), 10.0);
        assert!(rows.iter().all(|row| row.status == Status::Met));
    }

    #[test]
    fn a_season_across_the_year_comes_every_year_and_is_pending_where_it_is_cut() {
        let record = gauged("2021-01-01..2023-12-31", |_| 1.0);
        let winter = owed(Volume::from_mcm(10.0)).every(Season::non_vegetation());
        let rows = rows(winter, &record);
        let found: Vec<(String, Status)> = rows
            .iter()
            .map(|row| (row.period.to_string(), row.status))
            .collect();
        let expected = [
            ("2020-10-01..2021-03-31", Status::Pending),
            ("2021-10-01..2022-03-31", Status::Met),
            ("2022-10-01..2023-03-31", Status::Met),
            ("2023-10-01..2024-03-31", Status::Pending),
        ];
        assert_eq!(
            found,
            expected.map(|(period, status)| (period.into(), status))
        );
        near(rows[0].delivered.unwrap(), mcm(1.0, 90));
        near(rows[3].delivered.unwrap(), mcm(1.0, 92));
    }

    #[test]
    fn a_volume_is_owed_by_days_where_the_window_cuts_its_period() {
        let record = gauged("2024-01-01..2024-12-31", |_| 1.0);
        let monthly = owed(Volume::from_mcm(30.0))
            .each(Each::Part(Period::Month))
            .within(window("2024-02-15..2024-04-10"));
        let committed: Vec<f64> = rows(monthly, &record)
            .iter()
            .map(|row| row.committed.unwrap())
            .collect();
        near(committed[0], 30.0 * 15.0 / 29.0);
        near(committed[1], 30.0);
        near(committed[2], 10.0);
        assert_eq!(committed.len(), 3);
    }

    #[test]
    fn weeks_and_quarters_are_steps_too() {
        let record = gauged("2024-01-01..2024-12-31", |_| 1.0);
        let quarters = owed(Flow::from_m3s(1.0)).each(Each::Part(Period::Quarter));
        let found = rows(quarters, &record);
        let days = found.iter().map(|row| row.period.days());
        assert_eq!(days.collect::<Vec<_>>(), [91, 91, 92, 92]);
        let weeks = owed(Flow::from_m3s(1.0)).each(Each::Part(Period::Week));
        let found = rows(weeks, &record);
        assert_eq!(found.len(), 53);
        assert_eq!(found[0].period.days(), 7);
        // 30 and 31 December 2024, a Monday and a Tuesday, are cut from their week.
        assert_eq!(found[52].period, window("2024-12-30..2024-12-31"));
    }

    #[test]
    fn an_agreement_is_settled_while_it_is_in_force() {
        let record = gauged("2024-01-01..2024-12-31", |_| 1.0);
        let months = owed(Flow::from_m3s(1.0)).each(Each::Part(Period::Month));
        let treaty = Agreement::new("Treaty", ["UP", "LO"])
            .in_force(window("2024-03-10..2024-05-20"))
            .obligation(months);
        let rows = settle(&[treaty], &record).rows;
        let periods: Vec<String> = rows.iter().map(|row| row.period.to_string()).collect();
        assert_eq!(
            periods,
            [
                "2024-03-10..2024-03-31",
                "2024-04-01..2024-04-30",
                "2024-05-01..2024-05-20"
            ]
        );
    }

    #[test]
    fn a_later_agreement_takes_the_place_of_an_obligation() {
        let record = gauged("2024-01-01..2024-12-31", |_| 2.0);
        let old = Agreement::new("Old", ["UP", "LO"])
            .obligation(owed(Flow::from_m3s(3.0)).each(Each::Part(Period::Month)));
        let mut new = Agreement::new("New", ["UP", "LO"])
            .supersedes("owed")
            .obligation(
                Obligation::new("new", "UP", "gauge", Flow::from_m3s(1.0))
                    .each(Each::Part(Period::Month)),
            );
        new.from = Some(date(2024, 11, 16));
        let rows = settle(&[old, new], &record).rows;
        let of = |id: &str| {
            rows.iter()
                .filter(|row| row.obligation == id)
                .collect::<Vec<_>>()
        };
        assert_eq!(of("owed").len(), 11);
        assert_eq!(of("owed")[10].period, window("2024-11-01..2024-11-15"));
        assert_eq!(of("new")[0].period, window("2024-11-16..2024-11-30"));
        assert!(of("owed").iter().all(|row| row.status == Status::Short));
        assert!(of("new").iter().all(|row| row.status == Status::Met));
    }
}

mod counts {
    use super::*;

    #[test]
    fn a_minimum_flow_is_due_on_every_day_at_each_scale() {
        // 20 on odd days, 40 on even ones: the mean of 30 holds over the month, not on odd days.
        let june = "2024-06-01..2024-06-30";
        let record = gauged(june, |day| if day.day() % 2 == 0 { 40.0 } else { 20.0 });
        let daily = Obligation::minimum_flow("owed", "UP", "gauge", Flow::from_m3s(30.0));
        let row = &rows(daily, &record)[0];
        assert_eq!(row.status, Status::Short);
        near(row.shortfall(), mcm(10.0, 15));
        assert_eq!(row.first_day_short, Some(date(2024, 6, 1)));
        near(row.worst_day.unwrap().1, mcm(10.0, 1));
        let monthly = owed(Flow::from_m3s(30.0)).each(Each::Part(Period::Month));
        assert_eq!(rows(monthly, &record)[0].status, Status::Met);
    }

    #[test]
    fn storage_is_read_on_its_day() {
        let june = window("2024-05-01..2024-06-30");
        let levels = june.iter().map(|day| {
            if day <= date(2024, 5, 31) {
                3.4e9
            } else {
                3.5e9
            }
        });
        let record = Record::new(june).with("dam", Some(Measure::Storage), levels.collect());
        for (volume, status, missing) in [(3400.0, Status::Met, 0.0), (3418.0, Status::Short, 18.0)]
        {
            let by = date(2024, 5, 31);
            let fill = Obligation::storage_by("owed", "UP", "dam", Volume::from_mcm(volume), by);
            let row = &rows(fill, &record)[0];
            assert_eq!(row.status, status);
            near(row.missing, missing);
        }
        // Every year on 31 May.
        let mut yearly =
            Obligation::storage_by("owed", "UP", "dam", Volume::from_mcm(3418.0), june.to());
        yearly.window = None;
        yearly.season = Some(season("05-31..05-31"));
        assert_eq!(rows(yearly, &record)[0].status, Status::Short);
    }

    #[test]
    fn a_limit_holds_used_against_allowed() {
        let record = gauged("2024-04-01..2024-09-30", |_| 10.0);
        let used = mcm(10.0, 183);
        for (limit, status) in [(used * 1.01, Status::Met), (used * 0.99, Status::Exceeded)] {
            let limit = Obligation::limit("owed", "UP", "gauge", Volume::from_mcm(limit));
            let row = &rows(limit, &record)[0];
            assert_eq!(row.status, status);
            near(row.delivered.unwrap(), used);
            assert_eq!(row.shortfall(), 0.0);
        }
    }

    #[test]
    fn the_tolerance_is_the_agreements_own() {
        let record = gauged("2024-06-01..2024-06-10", |_| 99.0);
        let owed = |tolerance| owed(Flow::from_m3s(100.0)).tolerance(tolerance);
        assert_eq!(rows(owed(0.011), &record)[0].status, Status::Met);
        assert_eq!(rows(owed(0.009), &record)[0].status, Status::Short);
    }

    #[test]
    fn a_point_is_a_weighted_sum_each_with_its_lag() {
        let days = window("2024-06-01..2024-06-10");
        let record = Record::new(days)
            .with("a", None, (0..10).map(f64::from).collect())
            .with("b", None, vec![100.0; 10]);
        let point = Point {
            terms: vec![
                Term::new("a").weight(2.0).lag_days(1),
                Term::new("b").weight(-1.0),
            ],
        };
        let sum = Obligation::new("owed", "UP", point, Volume::from_m3(1.0))
            .within(window("2024-06-02..2024-06-10"));
        let row = &rows(sum, &record)[0];
        near(row.delivered.unwrap(), (2.0 * 36.0 - 900.0) / 1e6);
    }

    #[test]
    fn what_comes_on_top_counts_after_what_was_owed_before() {
        // The first protocol asks 443.6 Mm3; 315 Mm3 more come on top of it.
        let record = gauged("2021-06-01..2021-08-31", |_| 80.0);
        let came = mcm(80.0, 92);
        let first = Obligation::new("plan", "UP", "gauge", Volume::from_mcm(443.6));
        let mut extra = Obligation::new("extra", "UP", "gauge", Volume::from_mcm(315.0));
        extra.on_top_of = vec!["plan".into()];
        let treaty = Agreement::new("Protocol", ["UP"])
            .obligation(first)
            .obligation(extra);
        let rows = settle(&[treaty], &record).rows;
        near(rows[0].delivered.unwrap(), came);
        near(rows[1].delivered.unwrap(), came - 443.6);
        near(rows[1].shortfall(), 315.0 - (came - 443.6));
    }

    #[test]
    fn days_that_were_not_measured_settle_nothing() {
        let june = "2024-06-01..2024-06-30";
        let record = gauged(june, |day| if day.day() == 9 { f64::NAN } else { 5.0 });
        let dekads = owed(Flow::from_m3s(5.0)).each(Each::Part(Period::Dekad));
        let found: Vec<Status> = rows(dekads, &record).iter().map(|row| row.status).collect();
        assert_eq!(found, [Status::Pending, Status::Met, Status::Met]);
    }

    #[test]
    fn energy_is_due_for_water() {
        let june = window("2024-06-01..2024-06-30");
        let record = Record::new(june)
            .with("gauge", None, flows(june, |_| 100.0))
            .with("dam", Some(Measure::Energy), vec![285_120.0; 30]);
        let formula = Formula::of("gauge", Brackets::share(Slope::kwh_per_m3(0.033)));
        let swap = Obligation::new("owed", "UP", "dam", formula);
        let row = &rows(swap, &record)[0];
        near(row.committed.unwrap(), 0.033 * mcm(100.0, 30));
        assert_eq!(row.unit.sign(), "GWh");
        assert_eq!(row.status, Status::Met);
    }
}

mod formulas {
    use super::*;

    #[test]
    fn half_the_flow_of_the_day_before_up_to_a_ceiling() {
        // La Plata: half of yesterday's flow, at most 100 cusecs, nothing in the closed season.
        let brackets = Brackets::new([
            (amount("0 cusecs"), amount("0 cusecs")),
            (amount("200 cusecs"), amount("100 cusecs")),
        ]);
        let yesterday = Point::from(Term::new("index").lag_days(1));
        let open = owed(Formula::of(yesterday, brackets))
            .each(Each::Part(Period::Day))
            .clause(
                Clause::new("closed season", Effect::Suspend)
                    .when(Condition::during([season("12-01..02-14")])),
            );
        let days = window("2024-02-10..2024-02-20");
        let cusecs = |date: Date| f64::from(date.day()) * 20.0;
        let day = |cusecs: f64| Flow::from_cusecs(cusecs).over_days(1.0).m3();
        let record = Record::new(days)
            .with("index", None, days.iter().map(|d| day(cusecs(d))).collect())
            .with("gauge", None, vec![day(100.0); 11]);
        let rows = rows(open, &record);
        for row in &rows {
            let date = row.period.from();
            let expected = match date.day() {
                10 => None, // The day before is not in the record.
                11..=14 => Some(0.0),
                d => Some((f64::from(d - 1) * 10.0).min(100.0)),
            };
            let found = row.committed.map(|mcm| mcm * 1e6 / day(1.0));
            match (found, expected) {
                (Some(a), Some(b)) => near(a, b),
                (found, expected) => assert_eq!(found, expected, "{date}"),
            }
        }
        assert_eq!(rows[1].clauses, ["closed season"]);
    }

    #[test]
    fn a_table_of_the_years_inflow_less_a_constant() {
        // Conejos, in thousand acre-feet.
        let kaf = |n: f64| amount(&format!("{n} kaf"));
        let table = [(100.0, 0.0), (150.0, 20.0), (200.0, 45.0), (250.0, 75.0)];
        let brackets = Brackets::new(table.map(|(x, y)| (kaf(x), kaf(y))));
        let year = window("2021-01-01..2021-12-31");
        let acre_feet = |kaf: f64| vec![Volume::from_acre_feet(kaf * 1e3).m3() / 365.0; 365];
        for (index, due) in [(90.0, 0.0), (175.0, 22.5), (225.0, 50.0), (400.0, 65.0)] {
            let formula = Formula::of("index", brackets.clone())
                .plus(Sign::Minus, kaf(10.0))
                .on(Step::Whole);
            let record = Record::new(year)
                .with("index", None, acre_feet(index))
                .with("gauge", None, acre_feet(50.0));
            let yearly = owed(formula).each(Each::Years {
                starting: MonthDay::NEW_YEAR,
                count: 1,
            });
            let row = &rows(yearly, &record)[0];
            let found = Volume::from_mcm(row.committed.unwrap()).acre_feet() / 1e3;
            assert!((found - due).abs() < 1e-9, "{index}: {found}, not {due}");
        }
    }

    #[test]
    fn a_surplus_is_shared_above_its_threshold() {
        // Shardara: what comes beyond 12 km3 from October to April is shared 50:50.
        let surplus =
            Brackets::new([(amount("12 km3"), amount("0 km3"))]).then(Slope::percent(50.0));
        let season = season("10-01..04-30");
        let days = window("2025-10-01..2026-04-30");
        let flow = 12.76e9 / (days.days() as f64 * SECONDS_PER_DAY);
        let record = Record::new(days)
            .with("shardara", None, flows(days, |_| flow))
            .with("arnasay", None, flows(days, |_| 0.0));
        let share = Obligation::new(
            "arnasay-share",
            "KZ",
            "arnasay",
            Formula::of("shardara", surplus).on(Step::Whole),
        )
        .every(season);
        let treaty = Agreement::new("Shardara", ["KZ"]).obligation(share);
        let row = &settle(&[treaty], &record).rows[0];
        assert!((row.committed.unwrap() - 380.0).abs() < 1e-9);
    }

    #[test]
    fn a_rotating_guarantee_and_a_call_for_consultation() {
        let days = window("1997-03-11..1997-03-31");
        let share = |last: &str, then: f64| {
            Brackets::new([
                (amount("0 cusecs"), amount("0 cusecs")),
                (amount("70000 cusecs"), amount("35000 cusecs")),
                (amount("75000 cusecs"), amount(last)),
            ])
            .then(Slope::percent(then))
        };
        let own = [season("03-11..03-20")];
        let other = [season("03-21..03-31")];
        let guarantee = |turn: [Season; 1], rest: [Season; 1], bands: Brackets| {
            let dekad = Step::Part(Period::Dekad);
            let of = || Point::from("farakka");
            let amount = || amount("35000 cusecs");
            owed(Formula::of("farakka", bands).on(dekad))
                .each(Each::Part(Period::Dekad))
                .clause(
                    Clause::new(
                        "own turn",
                        Effect::Guarantee {
                            amount: amount(),
                            of: of(),
                        },
                    )
                    .when(Condition::during(turn)),
                )
                .clause(
                    Clause::new(
                        "other's turn",
                        Effect::Yield {
                            amount: amount(),
                            of: of(),
                        },
                    )
                    .when(Condition::during(rest)),
                )
                .clause(
                    Clause::new("consultation", Effect::Consult).when(Condition::reading(
                        Threshold::of("farakka", dekad).below(self::amount("50000 cusecs")),
                    )),
                )
        };
        let cusecs = |date: Date| if date.day() <= 20 { 60_000.0 } else { 45_000.0 };
        let flow = |date: Date| Flow::from_cusecs(cusecs(date)).m3s();
        let record = Record::new(days)
            .with("farakka", None, flows(days, flow))
            .with("gauge", None, flows(days, |_| 1e4));
        let of_row = |row: &Settlement| {
            let mean = Volume::from_mcm(row.committed.unwrap()).per_days(row.period.days() as f64);
            mean.cusecs()
        };
        let bangladesh = settled(guarantee(own, other, share("35000 cusecs", 100.0)), &record);
        let india = settled(guarantee(other, own, share("40000 cusecs", 0.0)), &record);
        near(of_row(&bangladesh.rows[0]), 35_000.0);
        near(of_row(&india.rows[0]), 25_000.0);
        near(of_row(&bangladesh.rows[1]), 10_000.0);
        near(of_row(&india.rows[1]), 35_000.0);
        assert_eq!(bangladesh.events.len(), 1);
        let event = &bangladesh.events[0];
        assert_eq!(event.window, window("1997-03-21..1997-03-31"));
        near(Flow::from_m3s(event.reading.unwrap()).cusecs(), 45_000.0);
    }

    #[test]
    fn a_form_of_the_users_own_is_settled_like_any_other() {
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        struct TenthOfYesterday {
            of: String,
        }
        impl riparian::agreement::DueFunction for TenthOfYesterday {
            fn points(&self) -> Vec<Point> {
                vec![Point::from(self.of.as_str())]
            }
            fn due(
                &self,
                period: Window,
                read: &dyn Fn(usize, Date) -> Option<f64>,
            ) -> Option<Vec<f64>> {
                let due = |day: Date| Some(0.1 * read(0, day.yesterday().ok()?)?);
                period.iter().map(due).collect()
            }
        }
        let due = Due::own("tenth", TenthOfYesterday { of: "gauge".into() }).unwrap();
        let record = gauged("2024-06-01..2024-06-03", |day| f64::from(day.day()) * 10.0);
        let rows = rows(owed(due).each(Each::Part(Period::Day)), &record);
        assert_eq!(rows[0].committed, None);
        near(rows[1].committed.unwrap(), mcm(1.0, 1));
        near(rows[2].committed.unwrap(), mcm(2.0, 1));
        assert_eq!(rows[2].form, "tenth");
    }
}

mod clauses {
    use super::*;

    fn drought(effect: Effect) -> Obligation {
        owed(Flow::from_m3s(10.0)).clause(
            Clause::new("drought", effect)
                .when(Condition::declared([window("2024-06-11..2024-06-20")])),
        )
    }

    #[test]
    fn a_drought_suspends_scales_replaces_or_excuses() {
        let record = gauged("2024-06-01..2024-06-30", |_| 8.0);
        let due = |effect: Effect| {
            let row = rows(drought(effect), &record).remove(0);
            (row.committed.unwrap() / mcm(1.0, 1), row.status)
        };
        let (suspended, _) = due(Effect::Suspend);
        near(suspended, 200.0);
        near(due(Effect::Scale(0.25)).0, 225.0);
        near(due(Effect::Replace(amount("4 m3/s"))).0, 240.0);
        near(due(Effect::Reduce(amount("4 m3/s"))).0, 260.0);
        near(due(Effect::AtMost(amount("7 m3/s"))).0, 270.0);
        near(due(Effect::AtLeast(amount("12 m3/s"))).0, 320.0);
        // 240 came of 300; without the ten days 200 were due.
        let (due, status) = due(Effect::Excuse);
        near(due, 300.0);
        assert_eq!(status, Status::Excused);
        let less = gauged("2024-06-01..2024-06-30", |_| 6.0);
        assert_eq!(
            rows(drought(Effect::Excuse), &less)[0].status,
            Status::Short
        );
    }

    #[test]
    fn a_delivery_falls_by_the_level_of_a_reservoir_at_the_new_year() {
        // Lake Mead: 333, 417 and 500 thousand acre-feet less below 1075, 1050 and 1025 feet.
        let tiers = [
            (Some("1050 ft"), "1075 ft", "333 kaf"),
            (Some("1025 ft"), "1050 ft", "417 kaf"),
            (None, "1025 ft", "500 kaf"),
        ];
        let year = window("2020-12-31..2021-12-31");
        for (feet, reduced) in [
            (1080.0, 0.0),
            (1060.0, 333.0),
            (1050.0, 333.0),
            (1049.9, 417.0),
            (1000.0, 500.0),
        ] {
            let mut delivery = owed(amount("7500 kaf")).each(Each::Years {
                starting: MonthDay::NEW_YEAR,
                count: 1,
            });
            delivery.window = Some(window("2021-01-01..2021-12-31"));
            for (least, below, less) in tiers {
                let mut level = Threshold::of("mead", Step::Whole).measured(Measure::Level);
                level.at_least = least.map(amount);
                let level = level.below(amount(below));
                delivery = delivery.clause(
                    Clause::new(below, Effect::Reduce(amount(less)))
                        .when(Condition::reading(level)),
                );
            }
            let record = Record::new(year)
                .with("gauge", None, vec![0.0; year.days()])
                .with(
                    "mead",
                    Some(Measure::Level),
                    vec![feet * 0.3048; year.days()],
                );
            let row = &rows(delivery, &record)[0];
            let found = Volume::from_mcm(row.committed.unwrap()).acre_feet() / 1e3;
            assert!((found - (7500.0 - reduced)).abs() < 1e-6, "{feet}: {found}");
        }
    }

    #[test]
    fn no_more_is_due_than_is_needed() {
        let days = window("2024-06-01..2024-06-10");
        let record = Record::new(days)
            .with("gauge", None, flows(days, |_| 5.0))
            .with(
                "canal",
                Some(Measure::Demand),
                flows(days, |day| f64::from(day.day())),
            );
        let need = Clause::new("need", Effect::Need("canal".into()));
        let row = rows(owed(Flow::from_m3s(5.0)).clause(need), &record).remove(0);
        near(
            row.committed.unwrap(),
            mcm(1.0 + 2.0 + 3.0 + 4.0 + 6.0 * 5.0, 1),
        );
    }

    #[test]
    fn a_revision_changes_what_is_to_come_and_leaves_what_is_past() {
        let record = gauged("2024-06-01..2024-08-31", |_| 40.0);
        let months = |flows: &[(&str, f64)]| {
            Due::schedule(flows.iter().map(|(month, flow)| {
                let window = Period::Month.parse_key(month).unwrap();
                (window, Flow::from_m3s(*flow))
            }))
        };
        let first = months(&[("2024-06", 38.0), ("2024-07", 66.0), ("2024-08", 62.0)]);
        let later = months(&[("2024-07", 116.0), ("2024-08", 50.0)]);
        let revised = owed(first).revised(date(2024, 7, 24), "protocol of 24 July", later);
        let rows = rows(revised, &record);
        let found: Vec<(String, f64, f64)> = rows
            .iter()
            .map(|row| {
                let a_day = |mcm: f64| mcm / self::mcm(1.0, row.period.days());
                let first = row.first_committed.map_or(f64::NAN, a_day);
                (row.period.to_string(), a_day(row.committed.unwrap()), first)
            })
            .collect();
        let expected = [
            ("2024-06-01..2024-06-30", 38.0, f64::NAN),
            ("2024-07-01..2024-07-23", 66.0, f64::NAN),
            ("2024-07-24..2024-07-31", 116.0, 66.0),
            ("2024-08-01..2024-08-31", 50.0, 62.0),
        ];
        assert_eq!(found.len(), expected.len());
        for ((period, now, first), (e_period, e_now, e_first)) in found.iter().zip(expected) {
            assert_eq!(period, e_period);
            near(*now, e_now);
            assert_eq!(first.is_nan(), e_first.is_nan(), "{period}");
            if !first.is_nan() {
                near(*first, e_first);
            }
        }
    }
}

mod accounts {
    use super::*;

    const YEAR: Each = Each::Years {
        starting: MonthDay::NEW_YEAR,
        count: 1,
    };

    /// A record of yearly volumes in Mm3, evenly over the days of each year from 2001 on.
    fn years(volumes: &[f64]) -> Record {
        let last = 2000 + volumes.len() as i16;
        let days = Window::new(date(2001, 1, 1), date(last, 12, 31)).unwrap();
        let values = days.iter().map(|day| {
            let year = usize::try_from(day.year() - 2001).unwrap();
            volumes[year] * 1e6 / f64::from(day.days_in_year())
        });
        Record::new(days).with("gauge", None, values.collect())
    }

    fn yearly(account: Account) -> Obligation {
        owed(Volume::from_mcm(100.0)).each(YEAR).account(account)
    }

    fn caps(yearly: Option<&str>, accrued: Option<&str>) -> Caps {
        Caps {
            yearly: yearly.map(amount),
            accrued: accrued.map(amount),
        }
    }

    fn closing(rows: &[Settlement]) -> Vec<f64> {
        rows.iter()
            .map(|row| (row.carried_out * 1e6).round() / 1e6)
            .collect()
    }

    fn balances_to_zero(journal: &Journal) {
        let totals = journal.totals();
        let sum: f64 = totals.iter().map(|(_, total)| total).sum();
        let moved: f64 = journal.lines.iter().map(|line| line.amount.abs()).sum();
        assert!(sum.abs() <= 1e-12 * moved, "{totals:?}");
        assert!((totals[0].1 - journal.balance()).abs() <= 1e-12 * moved);
    }

    #[test]
    fn a_debt_is_made_up_in_the_next_year_and_a_credit_counts_up_to_its_caps() {
        let account = Account {
            credit: Some(caps(Some("30 Mm3"), Some("50 Mm3"))),
            debit: Some(caps(None, Some("40 Mm3"))),
            ..Account::default()
        };
        let settled = settled(
            yearly(account),
            &years(&[80.0, 70.0, 150.0, 160.0, 140.0, 60.0]),
        );
        let verdicts: Vec<Status> = settled.rows.iter().map(|row| row.status).collect();
        // 20 owed; 50 owed, 10 beyond the cap; even; 30 of a gain of 60; 20 more up to 50; 10 left.
        assert_eq!(verdicts, [Met, Short, Met, Met, Met, Met]);
        assert_eq!(
            closing(&settled.rows),
            [-20.0, -50.0, 0.0, 30.0, 50.0, 10.0]
        );
        near(settled.rows[1].missing, 10.0);
        near(settled.rows[2].carried_in, -50.0);
        balances_to_zero(&settled.journals[0]);
    }

    #[test]
    fn without_a_debit_a_shortfall_is_short_and_over() {
        let account = Account {
            credit: Some(caps(None, None)),
            ..Account::default()
        };
        let settled = settled(yearly(account), &years(&[130.0, 80.0, 85.0, 100.0]));
        let verdicts: Vec<Status> = settled.rows.iter().map(|row| row.status).collect();
        assert_eq!(verdicts, [Met, Met, Short, Met]);
        assert_eq!(closing(&settled.rows), [30.0, 10.0, 0.0, 0.0]);
        near(settled.rows[2].missing, 5.0);
        balances_to_zero(&settled.journals[0]);
    }

    #[test]
    fn a_credit_evaporates_into_the_river() {
        let account = Account {
            opening: Some(Opening::Credit(amount("50 Mm3"))),
            credit: Some(caps(None, None)),
            evaporation: 0.1,
            ..Account::default()
        };
        let settled = settled(yearly(account), &years(&[100.0, 100.0]));
        assert_eq!(closing(&settled.rows), [45.0, 40.5]);
        let journal = &settled.journals[0];
        balances_to_zero(journal);
        let river = journal
            .totals()
            .into_iter()
            .find(|(holder, _)| *holder == "the river");
        near(river.unwrap().1, 9.5);
    }

    #[test]
    fn a_spill_cancels_what_was_owed_before() {
        let spill = Threshold::of("dam", Step::Part(Period::Day))
            .measured(Measure::Spill)
            .at_least(amount("1 m3/s"));
        let account = Account {
            debit: Some(caps(None, None)),
            ..Account::default()
        };
        let cancel =
            Clause::new("actual spill", Effect::CancelDebits).when(Condition::reading(spill));
        let record = years(&[90.0, 80.0, 95.0]);
        let spilled = record.window().iter().map(|day| {
            if day == date(2003, 5, 1) {
                2.0 * SECONDS_PER_DAY
            } else {
                0.0
            }
        });
        let spilled: Vec<f64> = spilled.collect();
        let record = record.with("dam", Some(Measure::Spill), spilled);
        let settled = settled(yearly(account).clause(cancel), &record);
        assert_eq!(closing(&settled.rows), [-10.0, -30.0, -5.0]);
        assert_eq!(settled.rows[2].status, Status::Cancelled);
        balances_to_zero(&settled.journals[0]);
    }

    #[test]
    fn a_cycle_of_five_years_carries_its_debt_and_an_early_end_pays_it() {
        let cycle = |full: Option<Date>| {
            let days = window("2002-10-25..2012-10-24");
            let a_day = |day: Date| if day < date(2007, 10, 25) { 0.9 } else { 1.1 };
            let due = 2158.605e6 / window("2002-10-25..2007-10-24").days() as f64;
            let record = Record::new(days)
                .with(
                    "gauge",
                    None,
                    days.iter().map(|day| a_day(day) * due).collect(),
                )
                .with(
                    "amistad",
                    Some(Measure::Storage),
                    days.iter()
                        .map(|day| if Some(day) == full { 4e9 } else { 1e9 })
                        .collect(),
                );
            let account = Account {
                debit: Some(caps(None, Some("0 Mm3"))),
                ..Account::default()
            };
            let full = Threshold::of("amistad", Step::Part(Period::Day))
                .measured(Measure::Storage)
                .at_least(amount("3.8 km3"));
            let mut obligation = owed(amount("1750 kaf"))
                .each(Each::Years {
                    starting: MonthDay::new(10, 25).unwrap(),
                    count: 5,
                })
                .account(account)
                .clause(
                    Clause::new("conservation capacity filled", Effect::EndCycle)
                        .when(Condition::reading(full)),
                );
            obligation.window = Some(days);
            settled(obligation, &record)
        };
        let plain = cycle(None);
        assert_eq!(plain.rows.len(), 2);
        // 1 750 000 acre-feet; published as 2 158 605 000 m3.
        let first = &plain.rows[0];
        assert!((first.committed.unwrap() - 2158.605).abs() < 0.02);
        assert_eq!(first.status, Status::Short);
        near(first.carried_out, plain.rows[1].carried_in);
        assert_eq!(plain.rows[1].status, Status::Met);

        // On 30 June 2004 the level of the day before shows the capacity filled.
        let early = cycle(Some(date(2004, 6, 29)));
        let periods: Vec<String> = early
            .rows
            .iter()
            .map(|row| row.period.to_string())
            .collect();
        assert_eq!(
            periods,
            [
                "2002-10-25..2004-06-30",
                "2004-07-01..2009-10-24",
                "2009-10-25..2012-10-24"
            ]
        );
        assert_eq!(early.rows[0].status, Status::Cancelled);
        near(early.rows[0].carried_out + 1.0, 1.0);
        near(early.rows[1].carried_in + 1.0, 1.0);
        balances_to_zero(&early.journals[0]);
    }

    #[test]
    fn a_set_off_pays_two_debts_at_once() {
        // 1999: of 172 GWh in March, 22 are set off against what the other side owes.
        let march = window("1999-03-01..1999-03-31");
        let record = Record::new(march)
            .with("to-tj", Some(Measure::Energy), vec![150e6 / 31.0; 31])
            .with("to-uz", Some(Measure::Energy), vec![0.0; 31]);
        let debit = || Account {
            debit: Some(caps(None, Some("0 GWh"))),
            ..Account::default()
        };
        let entry = Entry {
            date: march.to(),
            kind: EntryKind::SetOff,
            amount: amount("22 GWh"),
            reason: "debt of 1998".into(),
            against: Some("old-debt".into()),
        };
        let supply = Obligation::new("supply", "UZ", "to-tj", Energy::from_gwh(172.0))
            .to("TJ")
            .account(Account {
                entries: vec![entry],
                ..debit()
            });
        let old = Obligation::new("old-debt", "TJ", "to-uz", Energy::ZERO)
            .to("UZ")
            .account(Account {
                opening: Some(Opening::Debit(amount("22 GWh"))),
                ..debit()
            });
        let treaty = Agreement::new("1999", ["UZ", "TJ"])
            .obligation(supply)
            .obligation(old);
        check(std::slice::from_ref(&treaty), &record).unwrap();
        let settled = settle(&[treaty], &record);
        assert_eq!(settled.rows[0].status, Status::Met);
        assert_eq!(settled.rows[1].status, Status::Met);
        assert_eq!(closing(&settled.rows), [0.0, 0.0]);
        settled.journals.iter().for_each(balances_to_zero);
    }

    #[test]
    fn seventy_five_in_any_ten_years() {
        let mut volumes = vec![7.5; 20];
        volumes[12] = 7.0;
        let lee_ferry = owed(Volume::from_mcm(75.0)).each(Each::Moving {
            starting: MonthDay::NEW_YEAR,
            years: 10,
        });
        let record = years(&volumes);
        let rows = rows(lee_ferry, &record);
        let whole: Vec<&Settlement> = rows
            .iter()
            .filter(|row| row.status != Status::Pending)
            .collect();
        assert_eq!(whole.len(), 11);
        let short = whole.iter().filter(|row| row.status == Status::Short);
        let short: Vec<i16> = short.map(|row| row.period.to().year()).collect();
        assert_eq!(short, (2013..=2020).collect::<Vec<i16>>());
    }

    #[test]
    fn what_is_carried_out_is_carried_in_when_an_account_is_settled_in_two_parts() {
        let volumes = [80.0, 170.0, 90.0, 60.0, 130.0, 101.0];
        let account = |opening: f64| Account {
            opening: match opening {
                0.0 => None,
                credit if credit > 0.0 => Some(Opening::Credit(Volume::from_mcm(credit).into())),
                debit => Some(Opening::Debit(Volume::from_mcm(-debit).into())),
            },
            credit: Some(caps(Some("50 Mm3"), Some("60 Mm3"))),
            debit: Some(caps(None, Some("30 Mm3"))),
            evaporation: 0.05,
            entries: Vec::new(),
        };
        let record = years(&volumes);
        let whole = rows(yearly(account(0.0)), &record);
        for cut in 1..volumes.len() {
            let mut first = yearly(account(0.0));
            let to = date(2000 + cut as i16, 12, 31);
            first.window = Some(Window::new(date(2001, 1, 1), to).unwrap());
            let mut parts = rows(first, &record);
            let opening = parts.last().unwrap().carried_out;
            let mut second = yearly(account(opening));
            let from = to.tomorrow().unwrap();
            second.window = Some(Window::new(from, date(2006, 12, 31)).unwrap());
            parts.extend(rows(second, &record));
            for (a, b) in parts.iter().zip(&whole) {
                assert_eq!((a.period, a.status), (b.period, b.status));
                assert!((a.carried_in - b.carried_in).abs() <= 1e-9, "{a:?} {b:?}");
                assert!((a.carried_out - b.carried_out).abs() <= 1e-9, "{a:?} {b:?}");
            }
        }
    }
}
