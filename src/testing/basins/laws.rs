//! Laws the engine keeps on any basin.

use proptest::test_runner::{TestCaseError, TestCaseResult};
use riparian::basin::{Basin, ReachKind};
use riparian::calendar::date_of;
use riparian::ledger::{Daily, Ledger};
use riparian::units::Volume;
use riparian::{Plan, Simulation, State};

use super::DAY;
use super::licences::licences_are_kept;

/// As `prop_assert!`, without the line of this file among the words.
macro_rules! hold {
    ($holds:expr, $($words:tt)+) => {
        let holds: bool = $holds;
        if !holds {
            return Err(TestCaseError::fail(format!($($words)+)));
        }
    };
}

/// Runs a plan and checks the laws that the engine keeps on any basin. Gives the ledger of the run.
///
/// Every balance closes; nothing that flows or is stored is negative; reservoirs stay within their
/// surcharge, spill only when full, release no more than their ceiling and are not drawn from dead
/// storage; users get what they ask at most and what they are awarded at least; canals carry no more
/// than they can; no reach lets out what did not enter it; awards stay within claims; licences are
/// kept.
///
/// # Errors
///
/// The first law that is broken, in words, or the error that stopped the run: for `?` in a property
/// test.
///
/// ```
/// use riparian::Plan;
///
/// let model = riparian::scenario::read("data/bakhri-tochik-2024")?;
/// let ledger = riparian::testing::check_run(&Plan::compile(model)?).unwrap();
/// assert_eq!(ledger.days(), 183);
/// # Ok::<(), riparian::Error>(())
/// ```
pub fn check_run(plan: &Plan) -> Result<Ledger, TestCaseError> {
    let ledger = Simulation::new(plan).run()?;
    let basin = plan.model().basin();
    balances_close(basin, &ledger)?;
    nothing_is_negative(basin, &ledger)?;
    reservoirs_stay_within_bounds(basin, &ledger)?;
    users_get_what_they_ask_at_most(basin, plan.claiming().len(), &ledger)?;
    canals_carry_what_they_can_at_most(basin, &ledger)?;
    reaches_hold_what_entered(basin, &ledger)?;
    awards_stay_within_claims(plan, &ledger)?;
    licences_are_kept(plan, &ledger)?;
    Ok(ledger)
}

/// Numbers that differ by less than this part of what passed are the same but for rounding.
const ROUNDING: f64 = 1e-12;

fn days_of(ledger: &Ledger) -> std::ops::Range<usize> {
    0..ledger.days()
}

fn balances_close(basin: &Basin, ledger: &Ledger) -> TestCaseResult {
    let balance = ledger.balance(basin);
    let places = balance.nodes.iter().chain(&balance.reaches);
    for line in places.chain([&balance.basin]) {
        hold!(line.closes(), "{line:?}");
    }
    Ok(())
}

fn nothing_is_negative(basin: &Basin, ledger: &Ledger) -> TestCaseResult {
    let (nodes, reaches) = (ledger.nodes(), ledger.reaches());
    let (offtakes, stores) = (ledger.offtakes(), ledger.reservoirs());
    let tables: [(&str, usize, Vec<&Daily>); 5] = [
        (
            "node",
            basin.nodes().len(),
            vec![
                &nodes.arrived,
                &nodes.returned,
                &nodes.left,
                &nodes.unmet_loss,
            ],
        ),
        (
            "reach",
            basin.reaches().len(),
            vec![
                &reaches.entered,
                &reaches.arrived,
                &reaches.lost,
                &reaches.overflowed,
            ],
        ),
        (
            "offtake",
            basin.offtakes().len(),
            vec![&offtakes.demand, &offtakes.allocated, &offtakes.delivered],
        ),
        (
            "flow of a reservoir",
            basin.reservoirs().len(),
            vec![&stores.release, &stores.spill, &stores.overtopped],
        ),
        (
            "state of a reservoir",
            basin.reservoirs().len(),
            vec![
                &stores.storage,
                &stores.evaporation,
                &stores.seepage,
                &stores.rain,
                &stores.energy,
                &stores.ceiling,
            ],
        ),
    ];
    for (what, count, tables) in tables {
        for (at, table) in tables.into_iter().enumerate() {
            for place in 0..count {
                for (day, value) in table.of(place).enumerate() {
                    hold!(
                        value >= 0.0,
                        "{what} {place}, table {at}, day {day}: {value}"
                    );
                }
            }
        }
    }
    Ok(())
}

fn reservoirs_stay_within_bounds(basin: &Basin, ledger: &Ledger) -> TestCaseResult {
    let journal = ledger.reservoirs();
    for (k, reservoir) in basin.reservoirs().iter().enumerate() {
        let node = basin.reservoir_node(k);
        for day in days_of(ledger) {
            let storage = journal.storage.at(day, k);
            let (release, spill) = (journal.release.at(day, k), journal.spill.at(day, k));
            let all = storage + release + spill + ledger.flow_at_node(day, node);
            let rounding = ROUNDING * all;
            let context = format!("{} on day {day}: {storage} stored", reservoir.node);
            hold!(storage <= reservoir.surcharge.m3(), "{context}");
            if storage < reservoir.dead.m3() - rounding {
                let taken: f64 = (0..basin.offtakes().len())
                    .filter(|&i| basin.offtake_node(i) == node)
                    .map(|i| ledger.offtakes().delivered.at(day, i))
                    .sum();
                let drawn = release + spill + taken;
                hold!(
                    drawn <= rounding,
                    "{context}, {drawn} drawn from dead storage"
                );
            }
            if spill > rounding {
                let full = reservoir.full.m3();
                hold!(storage >= full - rounding, "{context}, {spill} spilled");
            }
            let ceiling = journal.ceiling.at(day, k);
            hold!(
                release <= ceiling + rounding,
                "{context}, {release} released"
            );
        }
    }
    Ok(())
}

fn most(table: &Daily, place: usize) -> f64 {
    table.of(place).fold(0.0, f64::max)
}

fn users_get_what_they_ask_at_most(
    basin: &Basin,
    obligations: usize,
    ledger: &Ledger,
) -> TestCaseResult {
    let journal = ledger.offtakes();
    // The allocation's sums round by all that is claimed, storage included.
    let room: f64 = basin.reservoirs().iter().map(|r| r.full.m3()).sum();
    let asked: f64 = (0..basin.offtakes().len())
        .map(|i| most(&journal.demand, i))
        .sum();
    let owed: f64 = (0..obligations)
        .map(|k| most(&ledger.claims().claimed, k))
        .sum();
    let claimed = room + asked + owed;
    for (i, offtake) in basin.offtakes().iter().enumerate() {
        let head = offtake.capacity.map_or(f64::INFINITY, |q| q.m3s() * DAY);
        let node = basin.offtake_node(i);
        for day in days_of(ledger) {
            let (demand, got) = (journal.demand.at(day, i), journal.delivered.at(day, i));
            let awarded = journal.allocated.at(day, i);
            let context = format!("{} on day {day}: {got} of {demand}", offtake.id);
            hold!(got <= demand.min(head), "{context}, head {head}");
            let scale = claimed + ledger.flow_at_node(day, node);
            let missing = awarded - got;
            hold!(missing <= ROUNDING * scale, "{context}, awarded {awarded}");
        }
    }
    Ok(())
}

fn canals_carry_what_they_can_at_most(basin: &Basin, ledger: &Ledger) -> TestCaseResult {
    for (r, reach) in basin.reaches().iter().enumerate() {
        if reach.kind == ReachKind::River {
            continue;
        }
        for (day, flow) in ledger.reaches().entered.of(r).enumerate() {
            let capacity = reach.capacity_on(ledger.date(day));
            let most = capacity.map_or(f64::INFINITY, |q| q.m3s() * DAY);
            hold!(flow <= most, "{} on day {day}: {flow}", reach.id);
        }
    }
    Ok(())
}

/// No reach lets out what did not enter, and over the bank goes just what does not fit.
fn reaches_hold_what_entered(basin: &Basin, ledger: &Ledger) -> TestCaseResult {
    let journal = ledger.reaches();
    for (r, reach) in basin.reaches().iter().enumerate() {
        let bankfull = reach.overflow.as_ref().map(|over| over.above.m3s() * DAY);
        let mut passed = 0.0;
        for (day, held) in ledger.held_in_reach(r).enumerate() {
            let (entered, over) = (journal.entered.at(day, r), journal.overflowed.at(day, r));
            passed += held.abs() + entered + journal.arrived.at(day, r);
            let context = format!("{} on day {day}", reach.id);
            hold!(held >= -ROUNDING * passed, "{context}: {held} held");
            let excess = bankfull.map_or(0.0, |bankfull| (entered - bankfull).max(0.0));
            hold!(
                over == excess,
                "{context}: {over} of {entered} over the bank"
            );
        }
    }
    Ok(())
}

fn awards_stay_within_claims(plan: &Plan, ledger: &Ledger) -> TestCaseResult {
    for k in 0..plan.claiming().len() {
        for day in days_of(ledger) {
            let claimed = ledger.claims().claimed.at(day, k);
            let awarded = ledger.claims().awarded.at(day, k);
            hold!(
                awarded >= 0.0,
                "obligation {k} on day {day}: {awarded} awarded"
            );
            hold!(
                awarded <= claimed * (1.0 + ROUNDING),
                "obligation {k} on day {day}: {awarded} of {claimed}"
            );
        }
    }
    Ok(())
}

/// How many waves a run has.
pub(crate) fn waves(plan: &Plan) -> usize {
    longest_lead(plan.model().basin()) + plan.window().days()
}

fn longest_lead(basin: &Basin) -> usize {
    let leads = (0..basin.nodes().len()).map(|v| basin.lead(v) as usize);
    leads.max().unwrap_or(0)
}

/// A run of the first plan that is saved after so many waves goes on to the same bits under the
/// second, which must be compiled from the same model.
pub(crate) fn check_restored(plan: &Plan, again: &Plan, stop: usize) -> TestCaseResult {
    let basin = plan.model().basin();
    let longest = longest_lead(basin);
    let mut whole = Simulation::new(plan);
    for _ in 0..stop {
        hold!(whole.step()?, "the run ends before {stop} steps");
    }
    let saved = serde_json::to_string(whole.state()).expect("a state is plain data");
    let saved: State = serde_json::from_str(&saved).expect("as it was written");
    hold!(
        *whole.state() == saved,
        "after {stop} steps the state is written and read back as another"
    );
    let mut restored = Simulation::resume(again, saved).expect("a state of this plan");
    let mut taken = stop;
    while whole.step()? {
        hold!(restored.step()?, "a restored run is shorter");
        if whole.state() != restored.state() {
            let differs = first_difference(plan, &whole, &restored, taken);
            return Err(TestCaseError::fail(format!(
                "saved after {stop} steps and restored, the run goes on differently{differs}"
            )));
        }
        taken += 1;
    }
    hold!(!restored.step()?, "a restored run is longer");
    // A node of lead L had L days more behind it when the run was saved.
    let (whole, restored) = (whole.into_ledger(), restored.into_ledger());
    for v in 0..basin.nodes().len() {
        let written = (stop + basin.lead(v) as usize).saturating_sub(longest);
        for day in written..whole.days() {
            let (a, b) = (whole.flow_at_node(day, v), restored.flow_at_node(day, v));
            hold!(
                a.to_bits() == b.to_bits(),
                "restored, node {v} differs on day {day}"
            );
        }
    }
    for i in 0..basin.offtakes().len() {
        let lead = basin.lead(basin.offtake_node(i)) as usize;
        let written = (stop + lead).saturating_sub(longest);
        for day in written..whole.days() {
            let got = |ledger: &Ledger| ledger.offtakes().delivered.at(day, i).to_bits();
            hold!(
                got(&whole) == got(&restored),
                "restored, offtake {i} differs on day {day}"
            );
        }
    }
    Ok(())
}

/// Which reservoir holds or releases something else in two runs after as many steps, if any does.
fn first_difference(plan: &Plan, whole: &Simulation, restored: &Simulation, step: usize) -> String {
    let basin = plan.model().basin();
    let (a, b) = (whole.ledger().reservoirs(), restored.ledger().reservoirs());
    for (k, reservoir) in basin.reservoirs().iter().enumerate() {
        let lead = basin.lead(basin.reservoir_node(k)) as usize;
        let Some(day) = (step + lead).checked_sub(longest_lead(basin)) else {
            continue;
        };
        if day >= plan.window().days() {
            continue;
        }
        let tables = [
            ("releases", &a.release, &b.release),
            ("holds", &a.storage, &b.storage),
        ];
        for (does, a, b) in tables {
            let (a, b) = (a.at(day, k), b.at(day, k));
            if a != b {
                let date = date_of(plan.window().from(), day as i64);
                let (a, b) = (Volume::from_m3(a), Volume::from_m3(b));
                return format!(": `{}` {does} {b} on {date}, not {a}", reservoir.node);
            }
        }
    }
    format!(" in step {}", step + 1)
}
