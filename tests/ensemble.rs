//! Ensembles give the same bits however they are run, and what single runs give.

use std::ops::ControlFlow;
use std::sync::Arc;

use riparian::agreement::Measure;
use riparian::calendar::Window;
use riparian::ensemble::{
    DemandFactor, Draws, Ensemble, InflowFactor, InitialStorage, Keep, ObservedYears, Quantiles,
    Results, Variation,
};
use riparian::jiff::civil::date;
use riparian::series::DailySeries;
use riparian::settlement::Status;
use riparian::simulation::Inputs;
use riparian::units::Volume;
use riparian::{Error, Ledger, Model, Plan, Simulation};

#[path = "../benches/common/season.rs"]
mod season;

fn scenario(name: &str) -> Model {
    let folder = format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
    riparian::scenario::read(folder).expect("a sound scenario")
}

fn compiled(model: Model) -> Plan {
    Plan::compile(model).expect("a plan")
}

fn quantiles(points: &[(f64, f64)]) -> Quantiles {
    Quantiles::new(points.iter().copied()).expect("rising")
}

/// The season of 2024 by rule, with all that can vary.
fn uncertain(keep: Keep) -> Ensemble {
    Ensemble::new(compiled(scenario("bakhri-tochik-2024-protocol")), 2024)
        .vary(InflowFactor::new(quantiles(&[
            (0.0, 0.5),
            (0.5, 1.0),
            (1.0, 1.4),
        ])))
        .and_then(|e| e.vary(DemandFactor::new(quantiles(&[(0.0, 0.9), (1.0, 1.2)]))))
        .and_then(|e| {
            let mcm = quantiles(&[(0.0, 2000.0), (1.0, 3400.0)]);
            e.vary(InitialStorage::new("bakhri-tochik", mcm))
        })
        .and_then(|e| e.watch("bakhri-tochik", Some(Measure::Storage)))
        .and_then(|e| e.watch("dostyk-kz", None))
        .expect("what the scenario has")
        .keep(keep)
}

/// All that a ledger holds, to the last bit.
fn told(ledger: &Ledger) -> String {
    format!("{ledger:?}")
}

#[test]
fn poured_inputs_are_those_of_a_model_built_with_them() {
    let window = Window::new(date(2023, 10, 1), date(2024, 9, 30)).expect("days");
    // Claims and ceilings; routed reaches and policies that look ahead; everything else.
    let models = [
        scenario("bakhri-tochik-2024-protocol"),
        scenario("syr-darya-dry-2008"),
        season::model(window),
    ];
    for model in models {
        let plan = compiled(model.clone());
        let basin = model.basin();
        let mut inputs = plan.inputs();
        let mut built = model.clone().scaling_inflow(0.8);
        for v in 0..basin.nodes().len() {
            inputs.scale_inflow(v, 0.8);
        }
        for (k, reservoir) in basin.reservoirs().iter().enumerate() {
            let volume = Volume::from_m3(0.5 * (reservoir.dead + reservoir.full).m3());
            inputs.set_storage(k, volume);
            built = built
                .starting_with(&reservoir.node, volume)
                .expect("a volume that fits");
        }
        let poured = plan.with_inputs(&inputs).expect("inputs that can be");
        assert_eq!(poured.inputs(), inputs, "{}", model.title());
        let poured = Simulation::new(&poured).run().expect("a run");
        let usual = Simulation::new(&plan).run().expect("a run");
        let built = Simulation::new(&compiled(built)).run().expect("a run");
        assert!(told(&poured) == told(&built), "{}", model.title());
        assert!(told(&poured) != told(&usual), "{}", model.title());
    }
}

#[test]
fn a_member_is_the_same_in_company_and_alone() {
    let ensemble = uncertain(Keep::Days).threads(1);
    let all = ensemble.run(0..12);
    assert_eq!(all.outcomes().len(), 12);
    for (number, outcome) in all.outcomes().iter().enumerate() {
        let number = number as u64;
        // Alone a member has new memory, in company that of the one before.
        let alone = ensemble.run(number..number + 1);
        assert!(alone.outcomes()[0] == *outcome, "member {number}");
        // And a single run settles it alike.
        let report = ensemble.report(number).expect("a run");
        let rows = report.settlements();
        assert_eq!(rows.len(), outcome.verdicts().len());
        for (row, verdict) in rows.iter().zip(outcome.verdicts()) {
            let promise = &all.frame().promises()[verdict.promise as usize];
            assert_eq!(row.obligation, promise.obligation);
            assert_eq!(row.period, verdict.period(all.frame()));
            assert_eq!(row.status, verdict.status);
            assert_eq!(row.shortfall(), verdict.shortfall);
            assert_eq!(row.delivered, verdict.delivered);
            assert_eq!(row.committed, verdict.committed);
        }
        let storage: Vec<f64> = report.ledger().reservoirs().storage.of(0).collect();
        let dam = report
            .plan()
            .model()
            .basin()
            .reservoir_index("bakhri-tochik");
        let days = outcome.days(all.frame(), 0).expect("days were kept");
        if dam == Some(0) {
            assert_eq!(days, storage);
        }
        assert_eq!(days.len(), 183);
    }
    let first = &all.outcomes()[0];
    assert!(
        all.outcomes()[1..]
            .iter()
            .all(|other| other.verdicts() != first.verdicts())
    );
}

fn merged(parts: impl IntoIterator<Item = Results>) -> Results {
    let mut parts = parts.into_iter();
    let mut whole = parts.next().expect("a part");
    for part in parts {
        whole.merge(part).expect("parts of one ensemble");
    }
    whole
}

#[test]
fn threads_and_shards_change_no_bit() {
    for keep in [Keep::Summaries, Keep::Settlements, Keep::Days] {
        let ensemble = uncertain(keep).threads(1);
        let whole = ensemble.run(0..64);
        let digest = whole.digest();
        assert_eq!(
            uncertain(keep).threads(2).run(0..64).digest(),
            digest,
            "{keep:?}"
        );
        for shards in [7, 64] {
            // In an order that is none, and of unequal sizes.
            let bounds: Vec<u64> = (0..=shards).map(|i| i * 64 / shards).collect();
            let mut parts: Vec<Results> = bounds
                .windows(2)
                .map(|b| ensemble.run(b[0]..b[1]))
                .collect();
            parts.reverse();
            let middle = parts.len() / 2;
            parts.rotate_left(middle);
            let joined = merged(parts);
            assert_eq!(joined.digest(), digest, "{keep:?} {shards}");
            assert!(joined.summary() == whole.summary(), "{keep:?} {shards}");
        }
        assert_ne!(ensemble.run(0..63).digest(), digest);
    }
}

#[test]
fn a_run_that_was_stopped_goes_on_to_the_same_end() {
    for keep in [Keep::Summaries, Keep::Days] {
        let ensemble = uncertain(keep).threads(2);
        let digest = ensemble.run(0..60).digest();
        let stop_at = |limit: u64| {
            move |progress: riparian::ensemble::Progress| {
                assert!(progress.done <= progress.of);
                if progress.done < limit {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            }
        };
        let mut results = ensemble.run_with(0..60, stop_at(17));
        let begun = results.members();
        // Each of two threads may have been within a member when the other was told to stop.
        assert!((17..=18).contains(&begun), "{begun}");
        ensemble
            .resume_with(&mut results, 0..60, stop_at(20))
            .expect("the same ensemble");
        assert!(results.members() < 60);
        ensemble
            .resume_with(&mut results, 0..60, stop_at(1000))
            .expect("the same ensemble");
        assert_eq!(results.members(), 60);
        assert_eq!(results.missing(0..60), []);
        assert_eq!(results.digest(), digest, "{keep:?}");
    }
}

/// Members that cannot be: one has no inputs, one a negative demand, one a river that loses water.
#[derive(Debug)]
struct Faults;

impl Variation for Faults {
    fn vary(
        &self,
        member: u64,
        _: &mut Draws,
        plan: &Plan,
        inputs: &mut Inputs,
    ) -> riparian::Result<()> {
        let basin = plan.model().basin();
        match member % 10 {
            3 => return Err("491 Mm4".parse::<Volume>().unwrap_err()),
            5 => inputs.scale_demand(0, -1.0),
            7 => {
                let days = inputs.days();
                let river = basin.node_index("akjar").expect("a node");
                inputs.set_inflow(river, vec![-1.0; days]);
            }
            8 => inputs.set_storage(0, Volume::from_mcm(1e9)),
            _ => {}
        }
        Ok(())
    }
}

#[test]
fn a_member_that_fails_stops_nobody() {
    let with_faults = || {
        uncertain(Keep::Settlements)
            .vary(Faults)
            .expect("suits any plan")
    };
    let results = with_faults().threads(2).run(0..30);
    let failed: Vec<(u64, &str)> = results.failed().collect();
    let numbers: Vec<u64> = failed.iter().map(|&(member, _)| member).collect();
    assert_eq!(numbers, [3, 5, 7, 8, 13, 15, 17, 18, 23, 25, 27, 28]);
    assert!(failed[1].1.contains("demand"), "{}", failed[1].1);
    assert!(failed[2].1.contains("akjar"), "{}", failed[2].1);
    assert!(failed[3].1.contains("starting with"), "{}", failed[3].1);
    assert_eq!((results.members(), results.outcomes().len()), (30, 18));
    let summary = results.summary();
    assert_eq!((summary.members, summary.failed), (18, 12));
    // Those that did not fail are as they would be without it.
    let without = uncertain(Keep::Settlements).run(0..30);
    for outcome in results.outcomes() {
        assert!(*outcome == without.outcomes()[outcome.member() as usize]);
    }
    let parts = merged([with_faults().run(11..30), with_faults().run(0..11)]);
    assert_eq!(parts.digest(), results.digest());
}

/// A rule of somebody's own that fails with one member.
#[derive(Debug)]
struct Panics;

impl Variation for Panics {
    fn vary(&self, member: u64, _: &mut Draws, _: &Plan, _: &mut Inputs) -> riparian::Result<()> {
        if member == 3 {
            std::panic::resume_unwind(Box::new("no such year".to_owned()));
        }
        Ok(())
    }
}

#[test]
fn code_that_panics_stops_its_member_only() {
    let plan = Arc::new(compiled(scenario("bakhri-tochik-2024-protocol")));
    let ensemble = Ensemble::new(Arc::clone(&plan), 1)
        .vary(Panics)
        .expect("it suits");
    let results = ensemble.threads(1).run(0..6);
    assert_eq!(results.failed().collect::<Vec<_>>(), [(3, "no such year")]);
    let alone = Ensemble::new(plan, 1).run(4..6);
    assert_eq!(results.outcomes()[3..], alone.outcomes()[..]);
}

#[cfg(feature = "wire")]
#[test]
fn results_travel_as_bytes() {
    for keep in [Keep::Summaries, Keep::Settlements, Keep::Days] {
        let here = uncertain(keep).run(0..4);
        let bytes = here.to_bytes();
        let there = Results::from_bytes(&bytes).expect("what was sent");
        assert_eq!(there, here);
        assert_eq!(there.digest(), here.digest());
        for strange in [&bytes[..bytes.len() - 1], &bytes[1..], b""] {
            assert!(Results::from_bytes(strange).expect_err("cut").is_ensemble());
        }
    }
}

#[test]
fn a_model_with_other_demands_is_a_plan_with_them() {
    let model = scenario("bakhri-tochik-2024-protocol");
    let i = model
        .basin()
        .offtake_index("dostyk-kz")
        .expect("it is there");
    let half = model.demand(i).map(|flow| flow / 2.0);
    let built = compiled(
        model
            .clone()
            .with_demand("dostyk-kz", &half)
            .expect("as many days"),
    );
    let plan = compiled(model.clone());
    let mut inputs = plan.inputs();
    inputs.set_demand(i, half.values().iter().copied());
    let poured = plan.with_inputs(&inputs).expect("at least 0");
    assert_eq!(built.content_hash(), poured.content_hash());
    assert_ne!(built.content_hash(), plan.content_hash());
    let told = |error: Error| error.to_string();
    let unknown = model.clone().with_demand("dostyk-k", &half).map_err(told);
    assert_eq!(
        unknown.expect_err("no such offtake"),
        "unknown offtake `dostyk-k`; expected the id of an offtake; did you mean `dostyk-kz`?"
    );
    let negative = model
        .with_demand("dostyk-kz", &half.map(|_| -1.0))
        .map_err(told);
    assert!(
        negative
            .expect_err("negative")
            .contains("expected at least 0")
    );
}

#[test]
fn one_class_shares_by_another_rule() {
    let model = scenario("bakhri-tochik-2024-protocol");
    let rule = riparian::allocation::rule_by_name("talmud").expect("a rule");
    let last = model.classes().last().expect("classes").name.clone();
    let other = model
        .clone()
        .class_sharing_by(&last, &rule)
        .expect("a class");
    let rules = |model: &Model| -> Vec<String> {
        let classes = model.classes().iter();
        classes.map(|class| format!("{:?}", class.rule)).collect()
    };
    let (before, after) = (rules(&model), rules(&other));
    assert_eq!(before[..before.len() - 1], after[..after.len() - 1]);
    assert_eq!(after.last().map(String::as_str), Some("Talmud"));
    let unknown = model
        .class_sharing_by("usee", &rule)
        .map_err(|error| error.to_string());
    assert!(
        unknown
            .expect_err("no such class")
            .starts_with("unknown priority class `usee`")
    );
}

#[test]
fn parts_of_other_ensembles_and_members_twice_are_refused() {
    let ensemble = uncertain(Keep::Settlements);
    let mut results = ensemble.run(0..4);
    let before = results.clone();
    let plan = || compiled(scenario("bakhri-tochik-2024-protocol"));
    let other_seed = Ensemble::new(plan(), 1);
    let refused = [
        results.merge(ensemble.run(3..5)),
        results.merge(other_seed.run(4..5)),
        results.merge(uncertain(Keep::Days).run(4..5)),
        other_seed.resume_with(&mut results, 0..5, |_| ControlFlow::Continue(())),
    ];
    for refused in refused {
        assert!(
            refused.as_ref().is_err_and(Error::is_ensemble),
            "{refused:?}"
        );
    }
    assert!(results == before);
}

#[test]
fn plans_take_turns() {
    let base = scenario("bakhri-tochik-2024-protocol");
    let full = base
        .clone()
        .starting_with("bakhri-tochik", Volume::from_mcm(3400.0));
    let plans = [base, full.expect("it holds as much")].map(|model| Arc::new(compiled(model)));
    let ensemble = Ensemble::across(plans.clone(), 1)
        .expect("alike")
        .threads(2);
    let results = ensemble.run(0..37);
    assert_eq!(results.outcomes().len(), 37);
    for (i, plan) in plans.iter().enumerate() {
        let alone = Ensemble::new(Arc::clone(plan), 1).run(0..1);
        let of_plan = results.outcomes().iter().skip(i).step_by(2);
        for outcome in of_plan {
            assert!(outcome.verdicts() == alone.outcomes()[0].verdicts());
        }
    }
    assert!(results.outcomes()[0].verdicts() != results.outcomes()[1].verdicts());
    let shorter = scenario("syr-darya-dry-2008");
    let mixed = [Arc::clone(&plans[0]), Arc::new(compiled(shorter))];
    assert!(Ensemble::across(mixed, 1).is_err_and(|e| e.is_invalid()));
    assert!(Ensemble::across([], 1).is_err_and(|e| e.is_invalid()));
}

#[test]
fn a_summary_counts_and_orders_what_the_members_have() {
    let results = uncertain(Keep::Days).run(0..50);
    let summary = results.summary();
    let frame = results.frame();
    let mut verdicts = 0;
    for odds in &summary.periods {
        let (mut short, mut sum, mut worst) = (0, 0.0, 0.0_f64);
        for outcome in results.outcomes() {
            for verdict in outcome.verdicts() {
                let promise = &frame.promises()[verdict.promise as usize];
                if *promise == odds.promise && verdict.period(frame) == odds.period {
                    verdicts += 1;
                    short += u64::from(verdict.status == Status::Short);
                    sum += verdict.shortfall;
                    worst = worst.max(verdict.shortfall);
                }
            }
        }
        assert_eq!(odds.count(Status::Short), short);
        assert_eq!(odds.probability(Status::Short), short as f64 / 50.0);
        assert!((odds.shortfall.mean().expect("members") - sum / 50.0).abs() <= 1e-12 * sum);
        assert_eq!(odds.shortfall.most(), Some(worst));
    }
    assert_eq!(verdicts, summary.periods.len() * 50);
    assert!(summary.periods.iter().any(|odds| {
        let short = odds.count(Status::Short);
        0 < short && short < 50
    }));
    let storage = &summary.bands[0];
    assert_eq!(storage.days.len(), 183);
    for (day, spread) in storage.days.iter().enumerate() {
        let mut readings: Vec<f64> = results
            .outcomes()
            .iter()
            .map(|outcome| outcome.days(frame, 0).expect("days were kept")[day])
            .collect();
        readings.sort_by(f64::total_cmp);
        assert_eq!(spread.values(), Some(&readings[..]));
        assert_eq!(
            spread.quantile(0.5),
            Some(0.5 * (readings[24] + readings[25]))
        );
    }
    // The same from summaries alone: counts exact, figures near.
    let rough = uncertain(Keep::Summaries).run(0..50).summary();
    assert_eq!(rough.obligations, summary.obligations);
    for (rough, exact) in rough.periods.iter().zip(&summary.periods) {
        assert_eq!(rough.verdicts, exact.verdicts);
        assert_eq!(rough.shortfall.most(), exact.shortfall.most());
        let (a, b) = (rough.shortfall.mean(), exact.shortfall.mean());
        let (a, b) = (a.expect("members"), b.expect("members"));
        assert!((a - b).abs() <= 1e-9 * b.max(1e-6), "{a} {b}");
    }
    assert_eq!(rough.bands.len(), summary.bands.len());
    for (rough, exact) in rough.bands[0].days.iter().zip(&storage.days) {
        let (a, b) = (rough.quantile(0.5), exact.values().expect("kept")[24]);
        assert!((a.expect("members") - b).abs() <= 0.006 * b);
    }
}

#[test]
fn years_that_were_are_taken_whole() {
    let model = scenario("bakhri-tochik-2024-protocol");
    let (from, to) = (date(2001, 1, 1), date(2005, 12, 31));
    let record = Window::new(from, to).expect("days");
    // Told apart by year and day.
    let flows = record
        .iter()
        .map(|day| f64::from(day.year()) + f64::from(day.day()) / 100.0);
    let series = DailySeries::new(from, flows.collect()).expect("numbers");
    let years = ObservedYears::new([("akjar", series)]);
    assert_eq!(years.years(model.window()), [2001, 2002, 2003, 2004, 2005]);
    let winter = Window::new(date(2023, 10, 1), date(2024, 3, 31)).expect("days");
    assert_eq!(years.years(winter), [2001, 2002, 2003, 2004]);
    let river = model.basin().node_index("akjar").expect("a node");
    let plan = Arc::new(compiled(model));
    let of = |years: ObservedYears| {
        let ensemble = Ensemble::new(Arc::clone(&plan), 5)
            .vary(years)
            .expect("suits");
        let year = |member| {
            let plan = ensemble.plan(member).expect("a member");
            let flows: Vec<f64> = plan.inputs().inflow(river).collect();
            let year = flows[0].floor();
            assert!(flows.iter().all(|flow| flow.floor() == year));
            assert!((flows[182] - year - 0.30).abs() < 1e-9);
            year
        };
        (0..40).map(year).collect::<Vec<f64>>()
    };
    let in_turn = of(years.clone().in_turn());
    assert_eq!(
        in_turn[..6],
        [2001.0, 2002.0, 2003.0, 2004.0, 2005.0, 2001.0]
    );
    let by_lot = of(years);
    assert!((2001..=2005).all(|year| by_lot.contains(&f64::from(year))));
    let unknown = DailySeries::constant(record, 1.0).expect("a number");
    let unknown = Ensemble::new(plan, 1).vary(ObservedYears::new([("akjr", unknown)]));
    let error = unknown.expect_err("no such node").to_string();
    assert!(error.contains("did you mean `akjar`"), "{error}");
}

#[test]
fn generated_inflows_are_those_of_the_generator() {
    use riparian::ensemble::Generated;
    use riparian::inflow::{LagOne, Record};

    let model = scenario("syr-darya-2001-2010");
    let record = Record::from_model(&model, riparian::calendar::Period::Dekad, 1);
    let generator = LagOne::contemporaneous().pooling(1);
    let generator = generator
        .fit(&record.expect("a record"))
        .expect("ten years");
    let summer = Window::new(date(2008, 4, 1), date(2008, 7, 31)).expect("days");
    let model = model.over(summer).expect("a summer of it");
    let plan = Arc::new(compiled(model.clone()));
    let ensemble = Ensemble::new(plan, 9).vary(Generated::new(generator.clone()));
    let ensemble = ensemble.expect("the same nodes");
    let member = 4;
    let poured = ensemble.plan(member).expect("a member");
    let applied = compiled(generator.apply(&model, 9, member).expect("the same nodes"));
    assert!(poured.inputs() == applied.inputs());
    let [poured, applied] =
        [poured, applied].map(|plan| Simulation::new(&plan).run().expect("a run"));
    assert!(told(&poured) == told(&applied));
    let other = scenario("bakhri-tochik-2024");
    let other = Ensemble::new(compiled(other), 9).vary(Generated::new(generator));
    assert!(other.is_err_and(|e| e.is_invalid()));
}

#[test]
fn options_are_compared_on_the_same_members() {
    use riparian::ensemble::search::{Comparison, Objective, Search};

    let base = scenario("bakhri-tochik-2024-protocol");
    let with = |mcm: f64| {
        let model = base
            .clone()
            .starting_with("bakhri-tochik", Volume::from_mcm(mcm));
        let factors = quantiles(&[(0.0, 0.5), (1.0, 1.2)]);
        let plan = compiled(model.expect("it holds as much"));
        Ensemble::new(plan, 6)
            .vary(InflowFactor::new(factors))
            .expect("suits")
    };
    let owed_to_uz = || {
        Objective::less("owed to UZ", |frame, member| {
            member.shortfall(frame, |promise| promise.creditor.as_deref() == Some("UZ"))
        })
    };
    let aral = || {
        Objective::more("to the sea", |frame, member| {
            let verdicts = member.verdicts().iter();
            let of = |v: &&riparian::ensemble::Verdict| {
                frame.promises()[v.promise as usize].obligation == "aral"
            };
            verdicts.filter(of).filter_map(|v| v.delivered).sum()
        })
    };
    let options = [1200.0, 2200.0, 3400.0];
    let named = options.map(|mcm| (format!("{mcm}"), with(mcm)));
    let table = Comparison::run(named, 0..30, vec![owed_to_uz(), aral()]).expect("a table");
    for (option, mcm) in options.into_iter().enumerate() {
        let alone = with(mcm).run(0..30);
        for (at, outcome) in alone.outcomes().iter().enumerate() {
            let of = |p: &riparian::ensemble::Promise| p.creditor.as_deref() == Some("UZ");
            let short = outcome.shortfall(alone.frame(), of);
            assert_eq!(table.values(option, 0)[at], short);
            let best = (0..3)
                .map(|o| table.values(o, 0)[at])
                .fold(f64::INFINITY, f64::min);
            assert_eq!(table.regret(option, 0)[at], short - best);
            let most = (0..3).map(|o| table.values(o, 1)[at]).fold(0.0, f64::max);
            assert_eq!(
                table.regret(option, 1)[at],
                most - table.values(option, 1)[at]
            );
        }
        let enough = table.satisficing(option, &[100.0, 0.0]);
        let counted = table
            .values(option, 0)
            .iter()
            .filter(|&&short| short <= 100.0)
            .count();
        assert_eq!(enough, counted as f64 / 30.0);
    }
    // More water at the start is worse for nobody.
    assert!(table.pareto().contains(&2));
    let (option, regret) = table.least_regret(0);
    let greatest = |option| table.regret(option, 0).into_iter().fold(0.0, f64::max);
    assert_eq!(regret, greatest(option));
    assert!((0..3).all(|other| greatest(other) >= regret));
    // The same as costs.
    let with = move |decision: &[f64]| {
        let base = scenario("bakhri-tochik-2024-protocol");
        let model = base.starting_with("bakhri-tochik", Volume::from_mcm(decision[0]))?;
        let factors = quantiles(&[(0.0, 0.5), (1.0, 1.2)]);
        Ensemble::new(Plan::compile(model)?, 6).vary(InflowFactor::new(factors))
    };
    let bounds = vec![(824.0, 3546.0)];
    let search = Search::new(bounds, 0..30, vec![owed_to_uz(), aral()], with);
    let costs = search.costs(&[2200.0]).expect("a decision that can be");
    assert_eq!(Some(costs[0]), table.spread(1, 0).mean());
    assert_eq!(Some(-costs[1]), table.spread(1, 1).mean());
    assert!(search.costs(&[9e9]).is_err_and(|e| e.is_invalid()));
    // Luck is no difference between options.
    let plan = compiled(scenario("bakhri-tochik-2024-protocol"));
    let other_seed = [("a", uncertain(Keep::Days)), ("b", Ensemble::new(plan, 1))];
    let refused = Comparison::run(other_seed, 0..2, vec![aral()]);
    assert!(refused.is_err_and(|e| e.is_ensemble()));
}
