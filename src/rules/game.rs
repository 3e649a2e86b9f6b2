//! What each party adds: reports over the benefit that coalitions of parties can reach.
//!
//! These values share money, not water: they suppose that benefit can be passed from one party to
//! another. Use them beside a simulation, to say what an agreement is worth to whom.

use super::number::Number;
use crate::error::{Error, Result};

/// A set of parties, which are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Coalition(u32);

impl Coalition {
    /// The parties `from..to`.
    fn range(from: usize, to: usize) -> Self {
        Self(((1 << to) - 1) & !((1 << from) - 1))
    }

    /// Is this party a member?
    pub fn contains(self, party: usize) -> bool {
        party < 32 && self.0 >> party & 1 == 1
    }

    /// The members, in order.
    pub fn members(self) -> impl Iterator<Item = usize> {
        (0..32).filter(move |&party| self.contains(party))
    }

    /// How many members it has.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Has it no members?
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The most parties for which coalitions are counted.
const MOST: usize = 20;

fn few(parties: usize) -> Result<()> {
    if parties <= MOST {
        return Ok(());
    }
    Err(Error::rule(format!(
        "coalitions of {parties} parties are too many: at most {MOST} parties"
    )))
}

/// The Shapley value (Shapley 1953): what a party adds to those before it, averaged over all orders.
///
/// `worth` says what a coalition can reach by itself; it is asked once for each of the `2ⁿ`
/// coalitions, with the empty one first.
///
/// # Errors
///
/// An error for which [`Error::is_rule`] holds, if there are more than 20 parties.
///
/// ```
/// use riparian::rules::shapley;
///
/// // A dam upstream (0) is worth nothing without fields (1, 2), and the fields little without it.
/// let values = shapley(3, |who| {
///     let fields = who.members().filter(|&party| party > 0).count() as f64;
///     if who.contains(0) { 30.0 * fields } else { 6.0 * fields }
/// })?;
/// assert_eq!(values, [24.0, 18.0, 18.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
pub fn shapley<N: Number>(parties: usize, mut worth: impl FnMut(Coalition) -> N) -> Result<Vec<N>> {
    few(parties)?;
    let worths: Vec<N> = (0_u32..1 << parties)
        .map(|set| worth(Coalition(set)))
        .collect();
    // What each party adds to all sets of k, and how many such sets there are.
    let mut adds = vec![vec![N::ZERO; parties]; parties];
    for set in 0..worths.len() {
        let k = set.count_ones() as usize;
        for i in (0..parties).filter(|i| set >> i & 1 == 0) {
            adds[i][k] = adds[i][k] + worths[set | 1 << i] - worths[set];
        }
    }
    let mut sets = vec![1_usize; parties];
    for k in 1..parties {
        sets[k] = sets[k - 1] * (parties - k) / k;
    }
    Ok(adds
        .iter()
        .map(|by_size| {
            by_size
                .iter()
                .zip(&sets)
                .fold(N::ZERO, |mean, (&x, &sets)| {
                    mean + x / N::whole(parties * sets)
                })
        })
        .collect())
}

/// What each party adds to those upstream of it: `zᵢ = v(1..i) - v(1..i-1)`, parties in order from
/// the source to the mouth.
///
/// Ambec and Sprumont (2002). With countries that can have enough, it is the one compromise between
/// absolute territorial sovereignty and unlimited territorial integrity when outsiders do not
/// cooperate (Ambec and Ehlers 2008).
///
/// # Errors
///
/// An error for which [`Error::is_rule`] holds, if there are more than 20 parties.
///
/// ```
/// use riparian::rules::{downstream_incremental, upstream_incremental};
///
/// // The first party's water, used at the best place of the coalition.
/// let benefit = [4.0_f64, 10.0, 25.0];
/// let worth = |who: riparian::rules::Coalition| match who.contains(0) {
///     true => who.members().map(|party| benefit[party]).fold(0.0, f64::max),
///     false => 0.0,
/// };
/// assert_eq!(downstream_incremental(3, worth)?, [4.0, 6.0, 15.0]);
/// assert_eq!(upstream_incremental(3, worth)?, [25.0, 0.0, 0.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
pub fn downstream_incremental<N: Number>(
    parties: usize,
    mut worth: impl FnMut(Coalition) -> N,
) -> Result<Vec<N>> {
    few(parties)?;
    let worths: Vec<N> = (0..=parties)
        .map(|to| worth(Coalition::range(0, to)))
        .collect();
    Ok(worths.windows(2).map(|pair| pair[1] - pair[0]).collect())
}

/// What each party adds to those downstream of it: `zᵢ = v(i..n) - v(i+1..n)`, parties in order from
/// the source to the mouth.
///
/// Ambec, Dinar and others (2013): of the agreements that nobody gains by leaving, the one that
/// stands the worst droughts.
///
/// # Errors
///
/// An error for which [`Error::is_rule`] holds, if there are more than 20 parties.
///
/// The example of [`downstream_incremental`] shows both.
pub fn upstream_incremental<N: Number>(
    parties: usize,
    mut worth: impl FnMut(Coalition) -> N,
) -> Result<Vec<N>> {
    few(parties)?;
    let worths: Vec<N> = (0..=parties)
        .map(|from| worth(Coalition::range(from, parties)))
        .collect();
    Ok(worths.windows(2).map(|pair| pair[0] - pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_shares_the_worth_of_all() {
        let worth = |who: Coalition| (who.members().map(|i| i + 1).sum::<usize>() as f64).powi(2);
        for values in [
            shapley(5, worth).unwrap(),
            downstream_incremental(5, worth).unwrap(),
            upstream_incremental(5, worth).unwrap(),
        ] {
            assert!(values.iter().sum::<f64>().agrees(225.0, 225.0));
        }
        assert!(shapley(21, |_| 0.0).unwrap_err().is_rule());
        assert_eq!(shapley(0, |_| 0.0).unwrap(), [0.0; 0]);
    }

    #[test]
    fn a_coalition_knows_its_members() {
        let middle = Coalition::range(1, 3);
        assert!(middle.members().eq([1, 2]));
        assert_eq!(middle.len(), 2);
        assert!(Coalition::range(2, 2).is_empty());
    }
}
