//! Laws of the shared network: what textbook rules keep on one pool, they keep on a river.
//!
//! On trees with losses, capacities and canals, one class, all water taken out at nodes: more water,
//! or one claimant fewer, harms nobody; a larger claim never gets less; an agreement kept by some
//! changes nothing for the others; and at one node nobody is passed over. Sources of the laws:
//! Thomson, "Axiomatic and game-theoretic analysis of bankruptcy and taxation problems: an update",
//! Mathematical Social Sciences 74 (2015).

mod support;

use riparian::allocation::Place;
use support::basin::{Basin, Dice, Family};

const FAMILY: Family = Family {
    nodes: 8,
    whole: false,
    classes: 1,
};

/// A law: from a basin, its awards and some dice to a fault in words, if there is one.
type Law = fn(&Basin, &[f64], &mut Dice) -> Option<String>;

/// Rounding of a few sums over the basin's volumes.
fn slack(basin: &Basin) -> f64 {
    1e-11 * basin.scale()
}

fn holds(law: Law, seed: u64) {
    let mut dice = Dice(seed);
    let mut short = 0;
    for number in 0..2_000 {
        let mut basin = Basin::random(&mut dice, FAMILY);
        basin
            .claims
            .retain(|claim| matches!(claim.place, Place::Node(_)));
        for claim in &mut basin.claims {
            claim.weight = 1.0;
        }
        if basin.claims.is_empty() {
            continue;
        }
        let awards = basin.solve().award;
        short += usize::from(basin.claims.iter().zip(&awards).any(|(c, y)| *y < c.size));
        if let Some(fault) = law(&basin, &awards, &mut dice) {
            panic!("basin {number}: {fault}\n{basin:?}\nawards {awards:?}");
        }
    }
    assert!(short > 500, "only {short} basins were short of water");
}

/// The first award that fell, of those that should not.
fn fell(before: &[f64], after: &[f64], slack: f64) -> Option<String> {
    let pairs = before.iter().zip(after).enumerate();
    let mut fallen = pairs.filter(|(_, (before, after))| *after < &(*before - slack));
    fallen
        .next()
        .map(|(i, (before, after))| format!("claim {i} fell from {before} to {after}"))
}

#[test]
fn more_water_harms_nobody() {
    holds(
        |basin, awards, dice| {
            let mut richer = basin.clone();
            let node = dice.below(basin.supply.len());
            richer.supply[node] += dice.volume(8, false);
            fell(awards, &richer.solve().award, slack(basin))
        },
        11,
    );
}

#[test]
fn a_larger_claim_never_gets_less() {
    holds(
        |basin, awards, dice| {
            let mut greedier = basin.clone();
            let i = dice.below(basin.claims.len());
            greedier.claims[i].size += dice.volume(8, false);
            let after = greedier.solve().award;
            fell(&awards[i..=i], &after[i..=i], slack(basin))
        },
        12,
    );
}

#[test]
fn a_claimant_fewer_harms_nobody() {
    holds(
        |basin, awards, dice| {
            let mut fewer = basin.clone();
            let gone = dice.below(basin.claims.len());
            fewer.claims.remove(gone);
            let mut before = awards.to_vec();
            before.remove(gone);
            if fewer.claims.is_empty() {
                return None;
            }
            fell(&before, &fewer.solve().award, slack(basin))
        },
        13,
    );
}

#[test]
fn who_is_content_with_his_award_changes_nothing_for_the_others() {
    holds(
        |basin, awards, dice| {
            // One claimant is given what he got, before all others; they share the rest anew.
            let mut settled = basin.clone();
            let i = dice.below(basin.claims.len());
            settled.rules.insert(0, settled.rules[0]);
            for claim in &mut settled.claims {
                claim.class += 1;
            }
            settled.claims[i].class = basin.claims[i].class;
            settled.claims[i].size = awards[i];
            let after = settled.solve().award;
            let slack = slack(basin);
            fell(awards, &after, slack).or_else(|| fell(&after, awards, slack))
        },
        14,
    );
}

#[test]
fn at_one_node_nobody_is_passed_over() {
    holds(
        |basin, awards, dice| {
            let mut crowded = basin.clone();
            let i = dice.below(basin.claims.len());
            let mut larger = basin.claims[i].clone();
            larger.size += dice.volume(8, false);
            crowded.claims.push(larger);
            let after = crowded.solve().award;
            let (small, large) = (after[i], after[awards.len()]);
            let lost = |claim: usize| crowded.claims[claim].size - after[claim];
            let slack = slack(&crowded);
            if small > large + slack {
                Some(format!("the smaller claim got {small}, the larger {large}"))
            } else if lost(i) > lost(awards.len()) + slack {
                Some("the smaller claim lost more than the larger".into())
            } else {
                None
            }
        },
        15,
    );
}
