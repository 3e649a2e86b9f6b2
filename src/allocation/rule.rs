//! Sharing rules in the form the network can use: layers on the level axis of a class.

use std::fmt;
use std::sync::Arc;

/// A stretch of the level axis on which one claim's award grows at a constant rate.
///
/// While the level of the class rises from [`from`](Self::from) to [`to`](Self::to), the award grows by
/// [`slope`](Self::slope) m³ per unit of level; outside the stretch this layer is still.
///
/// Example: [`Layers`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Layer {
    /// Level at which the layer begins to be served, at least 0.
    pub from: f64,
    /// Level at which it is served in full, at least `from`.
    pub to: f64,
    /// Growth of the award in m³ per unit of level, at least 0.
    pub slope: f64,
}

impl Layer {
    /// The whole of a claim, as a fraction from 0 to 1.
    #[inline]
    pub(super) fn whole(claim: f64) -> Self {
        Self {
            from: 0.0,
            to: 1.0,
            slope: claim,
        }
    }
}

/// The award of one claim as a function of the class's level: up to [`Layers::MAX`] layers, lowest first.
///
/// Kept inline, so that asking a rule for layers allocates nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Layers {
    layers: [Layer; Layers::MAX],
    len: usize,
}

impl Layers {
    /// The most layers a claim may have.
    pub const MAX: usize = 4;

    /// No layers: an award of nothing at every level.
    pub fn none() -> Self {
        Self::default()
    }

    #[inline]
    pub(super) fn of(layer: Layer) -> Self {
        let mut layers = Self::none();
        layers.layers[0] = layer;
        layers.len = 1;
        layers
    }

    /// Adds a layer above those already there. A layer without length or slope is left out.
    ///
    /// # Panics
    ///
    /// If the layer begins below 0 or below the end of the one before, is not made of finite non-negative
    /// numbers, or is one too many.
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::allocation::Layers;
    ///
    /// let layers = Layers::none().and(0.0, 10.0, 2.0).and(15.0, 20.0, 1.0);
    /// assert_eq!(layers.award_at(5.0), 10.0);
    /// assert_eq!(layers.award_at(12.0), 20.0);
    /// assert_eq!(layers.award_at(99.0), 25.0);
    /// ```
    #[must_use]
    #[inline]
    pub fn and(mut self, from: f64, to: f64, slope: f64) -> Self {
        let floor = self.as_slice().last().map_or(0.0, |below| below.to);
        assert!(
            from >= floor && to.is_finite() && slope.is_finite() && slope >= 0.0,
            "layer ({from}, {to}] of slope {slope} does not lie above {floor}"
        );
        if to > from && slope > 0.0 {
            self.layers[self.len] = Layer { from, to, slope };
            self.len += 1;
        }
        self
    }

    /// The layers, lowest first.
    #[inline]
    pub fn as_slice(&self) -> &[Layer] {
        &self.layers[..self.len]
    }

    /// The award in m³ when the class stands at `level`.
    pub fn award_at(&self, level: f64) -> f64 {
        self.as_slice()
            .iter()
            .map(|layer| layer.slope * (level.min(layer.to) - layer.from).max(0.0))
            .sum()
    }

    /// The lowest level at which the award reaches `award` m³, or the top of the last layer if none does.
    pub fn level_of(&self, award: f64) -> f64 {
        let mut left = award;
        let mut level = 0.0;
        for layer in self.as_slice() {
            if left <= 0.0 {
                break;
            }
            level = (layer.from + left / layer.slope).min(layer.to);
            left -= layer.slope * (layer.to - layer.from);
        }
        level
    }

    /// The same layers, ended where the award reaches `most` m³.
    pub(super) fn up_to(self, most: f64) -> Self {
        let mut short = Self::none();
        let mut left = most;
        for layer in self.as_slice() {
            let to = layer.to.min(layer.from + left / layer.slope);
            if to > layer.from {
                short = short.and(layer.from, to, layer.slope);
            }
            left -= layer.slope * (layer.to - layer.from);
            if left <= 0.0 {
                break;
            }
        }
        short
    }
}

/// A sharing rule that one number, the level, decides: the award of a claim is a nondecreasing, continuous,
/// piecewise linear function of it.
///
/// These are the rules that can share water on a network; a rule that must see all claims at once (random
/// arrival, minimal overlap, adjusted proportional) has no such form. See Young, "On dividing an amount
/// according to individual claims or liabilities", Mathematics of Operations Research 12 (1987).
///
/// # Examples
///
/// A rule of your own: Piniles' rule serves the first half of each claim by equal awards, then the second half
/// in the same way.
///
/// ```
/// use riparian::allocation::{Layers, ParametricRule};
///
/// #[derive(Debug)]
/// struct Piniles;
///
/// impl ParametricRule for Piniles {
///     fn layers(&self, claim: f64, _weight: f64, largest: f64) -> Layers {
///         let (half, above) = (claim / 2.0, largest / 2.0);
///         Layers::none().and(0.0, half, 1.0).and(above, above + half, 1.0)
///     }
///
///     fn weighted(&self) -> bool {
///         false
///     }
/// }
///
/// assert_eq!(Piniles.layers(10.0, 1.0, 30.0).award_at(17.0), 7.0);
/// ```
pub trait ParametricRule: fmt::Debug + Send + Sync {
    /// The layers of a claim of `claim` m³ (positive and finite) with this weight (positive and finite).
    ///
    /// `largest` is the largest claim per unit of weight in the class today: rules that fill from the far end
    /// need it to give all claims of the class one level axis. The layers must add up to the claim.
    fn layers(&self, claim: f64, weight: f64, largest: f64) -> Layers;

    /// Whether the rule heeds weights. If not, a weight other than 1 is refused when the network is built.
    fn weighted(&self) -> bool {
        true
    }
}

impl<R: ParametricRule + ?Sized> ParametricRule for Arc<R> {
    fn layers(&self, claim: f64, weight: f64, largest: f64) -> Layers {
        (**self).layers(claim, weight, largest)
    }

    fn weighted(&self) -> bool {
        (**self).weighted()
    }
}

/// Every claim gets the same fraction of itself. The level is that fraction, 0 to 1.
///
/// It heeds no weights: weighting a proportional rule makes what is owed depend on how the year is cut into
/// days. Weigh [`EqualAwards`] or [`EqualLosses`] instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proportional;

impl ParametricRule for Proportional {
    fn layers(&self, claim: f64, _weight: f64, _largest: f64) -> Layers {
        Layers::none().and(0.0, 1.0, claim)
    }

    fn weighted(&self) -> bool {
        false
    }
}

/// Constrained equal awards: everyone gets the same volume per unit of weight, but no more than claimed. The
/// level is that volume, m³ per unit of weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EqualAwards;

impl ParametricRule for EqualAwards {
    fn layers(&self, claim: f64, weight: f64, _largest: f64) -> Layers {
        Layers::none().and(0.0, claim / weight, weight)
    }
}

/// Constrained equal losses: everyone goes without the same volume per unit of weight, but no more than
/// claimed. The level is the largest claim per unit of weight less that loss.
///
/// Example: [`rule_by_name`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EqualLosses;

impl ParametricRule for EqualLosses {
    fn layers(&self, claim: f64, weight: f64, largest: f64) -> Layers {
        Layers::none().and((largest - claim / weight).max(0.0), largest, weight)
    }
}

/// The Talmud rule: equal awards on the lower halves of the claims, then equal losses on the upper halves. The
/// level is the award per claim below, and the largest claim less the loss above.
///
/// After Aumann and Maschler, "Game theoretic analysis of a bankruptcy problem from the Talmud", Journal of
/// Economic Theory 36 (1985).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Talmud;

impl ParametricRule for Talmud {
    fn layers(&self, claim: f64, _weight: f64, largest: f64) -> Layers {
        let half = claim / 2.0;
        Layers::none()
            .and(0.0, half, 1.0)
            .and((largest - half).max(half), largest, 1.0)
    }

    fn weighted(&self) -> bool {
        false
    }
}

/// The reverse Talmud rule: equal losses on the lower halves of the claims, then equal awards on the upper
/// halves. The level is half the largest claim less the loss below, and half the largest claim and the award
/// of the upper half above.
///
/// After Chun, Schummer and Thomson, "Constrained egalitarianism: a new solution for claims problems", Seoul
/// Journal of Economics 14 (2001).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReverseTalmud;

impl ParametricRule for ReverseTalmud {
    fn layers(&self, claim: f64, _weight: f64, largest: f64) -> Layers {
        let (half, top) = (claim / 2.0, largest / 2.0);
        Layers::none()
            .and((top - half).max(0.0), top, 1.0)
            .and(top, top + half, 1.0)
    }

    fn weighted(&self) -> bool {
        false
    }
}

/// Piniles' rule: equal awards on the lower halves of the claims, then equal awards on the upper halves. The
/// level is the award below, and half the largest claim and the award of the upper half above.
///
/// After Piniles (1861), as told by Thomson, "Axiomatic and game-theoretic analysis of bankruptcy and taxation
/// problems", Mathematical Social Sciences 45 (2003).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piniles;

impl ParametricRule for Piniles {
    fn layers(&self, claim: f64, _weight: f64, largest: f64) -> Layers {
        let (half, top) = (claim / 2.0, largest / 2.0);
        Layers::none().and(0.0, half, 1.0).and(top, top + half, 1.0)
    }

    fn weighted(&self) -> bool {
        false
    }
}

/// The constrained egalitarian rule: equal awards on the lower halves of the claims, then everyone at half the
/// claim or at a common award, whichever is more. The level is the award below, and half the largest claim and
/// the common award above.
///
/// After Chun, Schummer and Thomson (2001), as for [`ReverseTalmud`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConstrainedEgalitarian;

impl ParametricRule for ConstrainedEgalitarian {
    fn layers(&self, claim: f64, _weight: f64, largest: f64) -> Layers {
        let (half, top) = (claim / 2.0, largest / 2.0);
        Layers::none()
            .and(0.0, half, 1.0)
            .and(top + half, top + claim, 1.0)
    }

    fn weighted(&self) -> bool {
        false
    }
}

/// The rules that share water on a network, by the names scenarios use.
pub const RULE_NAMES: [&str; 7] = [
    "proportional",
    "constrained-equal-awards",
    "constrained-equal-losses",
    "talmud",
    "reverse-talmud",
    "pinile",
    "constrained-egalitarian",
];

/// The rule of that name, one of [`RULE_NAMES`].
///
/// ```
/// use riparian::allocation::{RULE_NAMES, rule_by_name};
///
/// assert!(RULE_NAMES.iter().all(|name| rule_by_name(name).is_some()));
/// assert!(rule_by_name("random-arrival").is_none());
/// ```
pub fn rule_by_name(name: &str) -> Option<Arc<dyn ParametricRule>> {
    Some(match name {
        "proportional" => Arc::new(Proportional),
        "constrained-equal-awards" => Arc::new(EqualAwards),
        "constrained-equal-losses" => Arc::new(EqualLosses),
        "talmud" => Arc::new(Talmud),
        "reverse-talmud" => Arc::new(ReverseTalmud),
        "pinile" => Arc::new(Piniles),
        "constrained-egalitarian" => Arc::new(ConstrainedEgalitarian),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_add_up_to_the_claim() {
        for name in RULE_NAMES {
            let rule = rule_by_name(name).unwrap();
            for claim in [0.25, 3.0, 8.0] {
                assert_eq!(
                    rule.layers(claim, 1.0, 8.0).award_at(f64::MAX),
                    claim,
                    "{rule:?}"
                );
            }
        }
    }

    #[test]
    fn level_of_undoes_award_at() {
        let layers = Talmud.layers(6.0, 1.0, 10.0);
        for (level, award) in [(1.0, 1.0), (3.0, 3.0), (8.0, 4.0), (10.0, 6.0)] {
            assert_eq!(layers.award_at(level), award);
            assert_eq!(layers.level_of(award), level);
        }
        // On the flat stretch between the halves the lowest level stands for all.
        assert_eq!(layers.level_of(layers.award_at(5.0)), 3.0);
    }

    #[test]
    fn up_to_ends_the_layers_at_the_volume_given() {
        let layers = Talmud.layers(6.0, 1.0, 10.0).up_to(4.0);
        assert_eq!(layers.award_at(8.0), 4.0);
        assert_eq!(layers.award_at(10.0), 4.0);
        assert_eq!(layers.as_slice().len(), 2);
        assert_eq!(
            Proportional.layers(6.0, 1.0, 6.0).up_to(0.0),
            Layers::none()
        );
    }

    #[test]
    #[should_panic(expected = "does not lie above 5")]
    fn overlapping_layers_are_refused() {
        let _ = Layers::none().and(0.0, 5.0, 1.0).and(4.0, 6.0, 1.0);
    }
}
