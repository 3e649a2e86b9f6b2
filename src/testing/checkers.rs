//! One checker a law.

use super::case::listed;
use super::{Case, Rational};
use crate::rules::{ClaimsRule, Law, Problem};

/// What one case says about a rule and a law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What the law supposes happens, and the rule keeps the law.
    Kept,
    /// What the law supposes does not happen here.
    NotMet,
    /// The rule breaks the law, in these words.
    Broken(String),
}

/// Tries a law on a rule in one case; all claimants, pairs and leavers of the case are tried.
///
/// A rule that tells claimants apart is asked for the first of its claimants, as many as there are
/// claims.
///
/// ```
/// use riparian::rules::{Law, Proportional};
/// use riparian::testing::{Outcome, check, witness};
///
/// let case = witness("proportional", Law::TruncationInvariance).unwrap();
/// assert_eq!(
///     check(Law::TruncationInvariance, &Proportional, &case),
///     Outcome::Broken(
///         "claims (5, 3) share 4 as (5/2, 3/2), but cut to the estate as (16/7, 12/7)".to_owned()
///     )
/// );
/// ```
pub fn check(law: Law, rule: &dyn ClaimsRule<Rational>, case: &Case) -> Outcome {
    let trial = Trial { rule, case };
    match trial.check(law) {
        Ok(true) => Outcome::Kept,
        Ok(false) => Outcome::NotMet,
        Err(words) => Outcome::Broken(words),
    }
}

/// Was the law put to the test, or how was it broken?
type Tested = Result<bool, String>;

struct Trial<'a> {
    rule: &'a dyn ClaimsRule<Rational>,
    case: &'a Case,
}

const ZERO: Rational = Rational::new_raw(0, 1);

/// All but one.
fn without<T: Clone>(list: &[T], i: usize) -> Vec<T> {
    let mut rest = list.to_vec();
    rest.remove(i);
    rest
}

fn whole(n: usize) -> Rational {
    Rational::from_integer(n as i128)
}

impl Trial<'_> {
    fn claims(&self) -> &[Rational] {
        &self.case.claims
    }

    fn n(&self) -> usize {
        self.case.claims.len()
    }

    fn everyone(&self) -> Vec<usize> {
        (0..self.n()).collect()
    }

    /// All ordered pairs of different claimants.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let n = self.n();
        (0..n).flat_map(move |i| (0..n).filter(move |&j| j != i).map(move |j| (i, j)))
    }

    /// All ordered pairs of different claimants, the first with the smaller claim or an equal one.
    fn ordered_pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.pairs()
            .filter(|&(i, j)| self.claims()[i] <= self.claims()[j])
    }

    /// Those without whom the other claims still are at least the estate.
    fn spare_claimants(&self) -> impl Iterator<Item = usize> {
        let rest = self.case.total() - self.case.estate;
        (0..self.n()).filter(move |&i| self.claims()[i] <= rest && self.n() > 1)
    }

    /// What the rule awards these claimants.
    fn award_to(
        &self,
        who: &[usize],
        estate: Rational,
        claims: &[Rational],
    ) -> Result<Vec<Rational>, String> {
        let award = |problem: &Problem<'_, Rational>| match self.rule.among(who) {
            Some(rule) => rule.award(problem),
            None => self.rule.award(problem),
        };
        let awards = Problem::new(estate, claims)
            .and_then(|problem| award(&problem))
            .map_err(|error| format!("claims {} cannot share {estate}: {error}", listed(claims)))?;
        if awards.len() == claims.len() {
            return Ok(awards);
        }
        Err(format!(
            "claims {} share {estate} as {}: not one award a claim",
            listed(claims),
            listed(&awards)
        ))
    }

    /// What the rule awards all claimants, with these claims.
    fn award(&self, estate: Rational, claims: &[Rational]) -> Result<Vec<Rational>, String> {
        self.award_to(&self.everyone(), estate, claims)
    }

    /// What the rule awards in the case.
    fn awards(&self) -> Result<Vec<Rational>, String> {
        self.award(self.case.estate, self.claims())
    }

    /// What the others get of this estate when one has left.
    fn awards_without(&self, i: usize, estate: Rational) -> Result<Vec<Rational>, String> {
        let others = without(&self.everyone(), i);
        self.award_to(&others, estate, &without(self.claims(), i))
    }

    /// `claims (1, 2) share 3 as (1, 2)`.
    fn story(&self, x: &[Rational]) -> String {
        told(self.claims(), self.case.estate, x)
    }

    fn check(&self, law: Law) -> Tested {
        match law {
            Law::Efficiency => self.efficiency(),
            Law::Bounds => self.bounds(),
            Law::EqualTreatment => self.equal_treatment(),
            Law::Anonymity => self.anonymity(),
            Law::OrderOfAwards => self.order_of_awards(),
            Law::OrderOfLosses => self.order_of_losses(),
            Law::ResourceMonotonicity => self.resource_monotonicity(),
            Law::ClaimMonotonicity => self.claim_monotonicity(),
            Law::PopulationMonotonicity => self.population_monotonicity(),
            Law::LinkedEndowmentPopulation => self.linked_endowment_population(),
            Law::LinkedClaimEndowment => self.linked_claim_endowment(),
            Law::Consistency => self.consistency(),
            Law::CompositionDown => self.composition_down(),
            Law::CompositionUp => self.composition_up(),
            Law::SelfDuality => self.self_duality(),
            Law::Midpoint => self.midpoint(),
            Law::TruncationInvariance => self.truncation_invariance(),
            Law::MinimalRightsFirst => self.minimal_rights_first(),
            Law::ScaleInvariance => self.scale_invariance(),
            Law::NullClaims => self.null_claims(),
            Law::NullCompensation => self.null_compensation(),
            Law::FullCompensation => self.full_compensation(),
            Law::NoAdvantageousTransfer => self.no_advantageous_transfer(),
            Law::NoAdvantageousMerging => self.merging(false),
            Law::NoAdvantageousSplitting => self.merging(true),
            Law::LowerBoundOnAwards => self.lower_bound_on_awards(),
            Law::LowerBoundOnLosses => self.lower_bound_on_losses(),
            Law::ConditionalFullCompensation => self.conditional_full_compensation(),
            Law::ConditionalNullCompensation => self.conditional_null_compensation(),
            Law::OrderUnderEndowment => self.order_under_endowment(),
            Law::OrderUnderClaims => self.order_under_claims(),
            Law::OrderUnderPopulation => self.order_under_population(),
            Law::NoTransferParadox => self.no_transfer_paradox(),
            Law::BoundedImpact => self.bounded_impact(),
            Law::Progressivity => self.progressivity(false),
            Law::Regressivity => self.progressivity(true),
            Law::EndowmentConvexity => self.endowment_convexity(),
            Law::ReplicationInvariance => self.replication_invariance(),
        }
    }

    fn efficiency(&self) -> Tested {
        let x = self.awards()?;
        let sum: Rational = x.iter().sum();
        hold(sum == self.case.estate, || {
            format!("{}, {sum} in all", self.story(&x))
        })
    }

    fn bounds(&self) -> Tested {
        let x = self.awards()?;
        each(0..self.n(), |i| {
            hold(ZERO <= x[i] && x[i] <= self.claims()[i], || {
                format!(
                    "{}: {} for a claim of {}",
                    self.story(&x),
                    x[i],
                    self.claims()[i]
                )
            })
        })
    }

    fn equal_treatment(&self) -> Tested {
        let (x, c) = (self.awards()?, self.claims());
        let equals = self.pairs().filter(|&(i, j)| i < j && c[i] == c[j]);
        each(equals, |(i, j)| {
            hold(x[i] == x[j], || {
                let (story, i, j) = (self.story(&x), i + 1, j + 1);
                format!("{story}, though claims {i} and {j} are equal")
            })
        })
    }

    fn anonymity(&self) -> Tested {
        let x = self.awards()?;
        each(1..self.n(), |i| {
            let (mut claims, mut expected) = (self.claims().to_vec(), x.clone());
            claims.swap(i - 1, i);
            expected.swap(i - 1, i);
            let swapped = self.award(self.case.estate, &claims)?;
            hold(swapped == expected, || {
                format!(
                    "{}, but {}",
                    self.story(&x),
                    told(&claims, self.case.estate, &swapped)
                )
            })
        })
    }

    fn order_of_awards(&self) -> Tested {
        let x = self.awards()?;
        each(self.ordered_pairs(), |(i, j)| {
            hold(x[i] <= x[j], || {
                let (story, i, j) = (self.story(&x), i + 1, j + 1);
                format!("{story}: claim {i} gets more than claim {j}, which is not smaller")
            })
        })
    }

    fn order_of_losses(&self) -> Tested {
        let (x, c) = (self.awards()?, self.claims());
        each(self.ordered_pairs(), |(i, j)| {
            hold(c[i] - x[i] <= c[j] - x[j], || {
                let (story, i, j) = (self.story(&x), i + 1, j + 1);
                format!("{story}: claim {i} loses more than claim {j}, which is not smaller")
            })
        })
    }

    /// The lower and the higher estate of the case, and what each gives.
    fn two_estates(&self) -> Result<[(Rational, Vec<Rational>); 2], String> {
        let low = self.case.estate.min(self.case.other_estate);
        let high = self.case.estate.max(self.case.other_estate);
        Ok([
            (low, self.award(low, self.claims())?),
            (high, self.award(high, self.claims())?),
        ])
    }

    /// `claims (1, 2) share 1 as (0, 1) and 2 as (1, 1)`.
    fn two_stories(
        &self,
        low: &(Rational, Vec<Rational>),
        high: &(Rational, Vec<Rational>),
    ) -> String {
        format!(
            "{} and {} as {}",
            told(self.claims(), low.0, &low.1),
            high.0,
            listed(&high.1)
        )
    }

    fn resource_monotonicity(&self) -> Tested {
        let [low, high] = self.two_estates()?;
        each(0..self.n(), |i| {
            hold(low.1[i] <= high.1[i], || {
                let story = self.two_stories(&low, &high);
                format!("{story}: claim {} gets less of more", i + 1)
            })
        })
    }

    /// The claims, one of them larger by the change of the case.
    fn raised(&self, i: usize) -> Vec<Rational> {
        let mut claims = self.claims().to_vec();
        claims[i] += self.case.change;
        claims
    }

    fn claim_monotonicity(&self) -> Tested {
        let x = self.awards()?;
        each(0..self.n(), |i| {
            let claims = self.raised(i);
            let y = self.award(self.case.estate, &claims)?;
            hold(y[i] >= x[i], || {
                let (story, told) = (self.story(&x), told(&claims, self.case.estate, &y));
                format!("{story}, but {told}: claim {} gets less for more", i + 1)
            })
        })
    }

    fn population_monotonicity(&self) -> Tested {
        let x = self.awards()?;
        each(self.spare_claimants(), |i| {
            let rest = self.awards_without(i, self.case.estate)?;
            let loses = without(&x, i).iter().zip(&rest).any(|(old, new)| new < old);
            hold(!loses, || {
                format!(
                    "{}, but without claim {} as {}",
                    self.story(&x),
                    i + 1,
                    listed(&rest)
                )
            })
        })
    }

    fn linked_endowment_population(&self) -> Tested {
        each(self.spare_claimants(), |i| {
            let before = self.awards_without(i, self.case.estate)?;
            let estate = self.case.estate + self.claims()[i];
            let after = self.award(estate, self.claims())?;
            let loses = without(&after, i)
                .iter()
                .zip(&before)
                .any(|(new, old)| new < old);
            hold(!loses, || {
                format!(
                    "{}, but before claim {} came with its {}, the others shared {} as {}",
                    told(self.claims(), estate, &after),
                    i + 1,
                    self.claims()[i],
                    self.case.estate,
                    listed(&before)
                )
            })
        })
    }

    fn linked_claim_endowment(&self) -> Tested {
        let x = self.awards()?;
        each(0..self.n(), |i| {
            let (claims, estate) = (self.raised(i), self.case.estate + self.case.change);
            let y = self.award(estate, &claims)?;
            hold(y[i] - x[i] <= self.case.change, || {
                format!("{}, but {}", self.story(&x), told(&claims, estate, &y))
            })
        })
    }

    fn consistency(&self) -> Tested {
        let x = self.awards()?;
        each((0..self.n()).filter(|_| self.n() > 1), |i| {
            self.stays(&x, i, self.case.estate - x[i])
        })
    }

    /// Do the others get the same of this estate when one has left?
    fn stays(&self, x: &[Rational], i: usize, estate: Rational) -> Tested {
        let rest = self.awards_without(i, estate)?;
        hold(rest == without(x, i), || {
            format!(
                "{}; without claim {} the others share the {estate} left as {}",
                self.story(x),
                i + 1,
                listed(&rest)
            )
        })
    }

    fn composition_down(&self) -> Tested {
        let [low, high] = self.two_estates()?;
        let cut = self.award(low.0, &high.1)?;
        hold(cut == low.1, || {
            format!(
                "{}, but the second cut to the first is {}",
                self.two_stories(&low, &high),
                listed(&cut)
            )
        })
    }

    fn composition_up(&self) -> Tested {
        let [low, high] = self.two_estates()?;
        let open: Vec<Rational> = self
            .claims()
            .iter()
            .zip(&low.1)
            .map(|(c, x)| c - x)
            .collect();
        let more = self.award(high.0 - low.0, &open)?;
        let sum: Vec<Rational> = low.1.iter().zip(&more).map(|(x, y)| x + y).collect();
        hold(sum == high.1, || {
            format!(
                "{}, but the first with the rest shared later is {}",
                self.two_stories(&low, &high),
                listed(&sum)
            )
        })
    }

    fn self_duality(&self) -> Tested {
        let x = self.awards()?;
        let losses = self.award(self.case.total() - self.case.estate, self.claims())?;
        let dual: Vec<Rational> = self
            .claims()
            .iter()
            .zip(&losses)
            .map(|(c, l)| c - l)
            .collect();
        hold(x == dual, || {
            format!(
                "{}, but sharing the shortage leaves {}",
                self.story(&x),
                listed(&dual)
            )
        })
    }

    fn midpoint(&self) -> Tested {
        let half = self.case.total() / whole(2);
        let x = self.award(half, self.claims())?;
        let halves = self.claims().iter().map(|c| c / whole(2));
        hold(x.iter().copied().eq(halves), || {
            format!("{}, not by halves", told(self.claims(), half, &x))
        })
    }

    fn truncation_invariance(&self) -> Tested {
        let x = self.awards()?;
        let cut: Vec<Rational> = self
            .claims()
            .iter()
            .map(|&c| c.min(self.case.estate))
            .collect();
        if cut == self.claims() {
            return Ok(false);
        }
        let y = self.award(self.case.estate, &cut)?;
        hold(x == y, || {
            format!(
                "{}, but cut to the estate as {}",
                self.story(&x),
                listed(&y)
            )
        })
    }

    fn minimal_rights_first(&self) -> Tested {
        let x = self.awards()?;
        let others = self.case.estate - self.case.total();
        let rights: Vec<Rational> = self
            .claims()
            .iter()
            .map(|c| (others + c).max(ZERO))
            .collect();
        let given: Rational = rights.iter().sum();
        if given == ZERO {
            return Ok(false);
        }
        let open: Vec<Rational> = self
            .claims()
            .iter()
            .zip(&rights)
            .map(|(c, m)| c - m)
            .collect();
        let rest = self.award(self.case.estate - given, &open)?;
        let sum: Vec<Rational> = rights.iter().zip(&rest).map(|(m, r)| m + r).collect();
        hold(x == sum, || {
            format!(
                "{}, but with the minimal rights {} first as {}",
                self.story(&x),
                listed(&rights),
                listed(&sum)
            )
        })
    }

    fn scale_invariance(&self) -> Tested {
        let x = self.awards()?;
        let unit = Rational::new(7, 3);
        let claims: Vec<Rational> = self.claims().iter().map(|c| c * unit).collect();
        let y = self.award(self.case.estate * unit, &claims)?;
        hold(x.iter().map(|x| x * unit).eq(y.iter().copied()), || {
            let other = told(&claims, self.case.estate * unit, &y);
            format!("{}, but {other}", self.story(&x))
        })
    }

    fn null_claims(&self) -> Tested {
        each(self.spare_claimants(), |i| {
            let mut claims = self.claims().to_vec();
            claims[i] = ZERO;
            let x = self.award(self.case.estate, &claims)?;
            let rest = self.awards_without(i, self.case.estate)?;
            hold(x[i] == ZERO && without(&x, i) == rest, || {
                let story = told(&claims, self.case.estate, &x);
                format!("{story}, but without claim {} as {}", i + 1, listed(&rest))
            })
        })
    }

    /// Is there too little water for some and some for the others?
    fn is_scarce(&self) -> bool {
        ZERO < self.case.estate && self.case.estate < self.case.total()
    }

    fn null_compensation(&self) -> Tested {
        let (x, c) = (self.awards()?, self.claims());
        let nothing = |&i: &usize| self.is_scarce() && c[i] > ZERO && x[i] == ZERO;
        each((0..self.n()).filter(nothing), |i| {
            self.stays(&x, i, self.case.estate)
        })
    }

    fn full_compensation(&self) -> Tested {
        let (x, c) = (self.awards()?, self.claims());
        let met = |&i: &usize| self.is_scarce() && c[i] > ZERO && x[i] == c[i];
        each((0..self.n()).filter(met), |i| {
            self.stays(&x, i, self.case.estate - c[i])
        })
    }

    /// The claims after one has passed part of the claim to another, and that part; for all pairs.
    fn transfers(&self) -> impl Iterator<Item = (usize, usize, Rational, Vec<Rational>)> {
        self.pairs().filter_map(|(from, to)| {
            let part = self.case.change.min(self.claims()[from]);
            let mut claims = self.claims().to_vec();
            claims[from] -= part;
            claims[to] += part;
            (part > ZERO).then_some((from, to, part, claims))
        })
    }

    fn no_advantageous_transfer(&self) -> Tested {
        let x = self.awards()?;
        each(self.transfers(), |(from, to, _, claims)| {
            if self.n() < 3 {
                return Ok(false);
            }
            let y = self.award(self.case.estate, &claims)?;
            let same = (0..self.n()).all(|k| k == from || k == to || x[k] == y[k]);
            hold(same, || {
                let other = told(&claims, self.case.estate, &y);
                format!("{}, but {other}", self.story(&x))
            })
        })
    }

    fn no_transfer_paradox(&self) -> Tested {
        let x = self.awards()?;
        each(self.transfers(), |(from, to, _, claims)| {
            let y = self.award(self.case.estate, &claims)?;
            hold(y[from] <= x[from] && y[to] >= x[to], || {
                let other = told(&claims, self.case.estate, &y);
                format!("{}, but {other}", self.story(&x))
            })
        })
    }

    fn bounded_impact(&self) -> Tested {
        let x = self.awards()?;
        each(self.transfers(), |(from, to, part, claims)| {
            let y = self.award(self.case.estate, &claims)?;
            hold(x[from] - y[from] <= part && y[to] - x[to] <= part, || {
                let other = told(&claims, self.case.estate, &y);
                format!("{}, but {other}", self.story(&x))
            })
        })
    }

    /// Merging two never pays; or, turned round, splitting one in two never does.
    fn merging(&self, splitting: bool) -> Tested {
        let x = self.awards()?;
        each(self.pairs(), |(i, j)| {
            let mut claims = self.claims().to_vec();
            claims[i] += self.claims()[j];
            let claims = without(&claims, j);
            let who = without(&self.everyone(), j);
            let merged = self.award_to(&who, self.case.estate, &claims)?;
            let (one, two) = (merged[i - usize::from(j < i)], x[i] + x[j]);
            hold(if splitting { two <= one } else { one <= two }, || {
                format!(
                    "{}; claims {} and {} together get {two}, as one claim {one}",
                    self.story(&x),
                    i.min(j) + 1,
                    i.max(j) + 1
                )
            })
        })
    }

    fn lower_bound_on_awards(&self) -> Tested {
        let x = self.awards()?;
        each(0..self.n(), |i| {
            let bound = self.claims()[i].min(self.case.estate) / whole(self.n());
            hold(x[i] >= bound, || {
                format!("{}: claim {} gets less than {bound}", self.story(&x), i + 1)
            })
        })
    }

    fn lower_bound_on_losses(&self) -> Tested {
        let (x, deficit) = (self.awards()?, self.case.total() - self.case.estate);
        each(0..self.n(), |i| {
            let bound = self.claims()[i].min(deficit) / whole(self.n());
            hold(self.claims()[i] - x[i] >= bound, || {
                format!(
                    "{}: claim {} loses less than {bound}",
                    self.story(&x),
                    i + 1
                )
            })
        })
    }

    fn conditional_full_compensation(&self) -> Tested {
        let (x, c) = (self.awards()?, self.claims());
        let modest = |i: &usize| {
            let for_all: Rational = c.iter().map(|&other| other.min(c[*i])).sum();
            for_all <= self.case.estate
        };
        each((0..self.n()).filter(modest), |i| {
            hold(x[i] == c[i], || {
                let story = self.story(&x);
                format!(
                    "{story}: claim {} could be met for all, and is not met",
                    i + 1
                )
            })
        })
    }

    fn conditional_null_compensation(&self) -> Tested {
        let (x, c) = (self.awards()?, self.claims());
        let residual = |i: &usize| {
            let above: Rational = c.iter().map(|other| (other - c[*i]).max(ZERO)).sum();
            above >= self.case.estate
        };
        each((0..self.n()).filter(residual), |i| {
            hold(x[i] == ZERO, || {
                format!(
                    "{}: larger claims exceed claim {} by the whole estate, yet it gets something",
                    self.story(&x),
                    i + 1
                )
            })
        })
    }

    fn order_under_endowment(&self) -> Tested {
        let [low, high] = self.two_estates()?;
        each(self.ordered_pairs(), |(i, j)| {
            hold(high.1[i] - low.1[i] <= high.1[j] - low.1[j], || {
                let (story, i, j) = (self.two_stories(&low, &high), i + 1, j + 1);
                format!("{story}: claim {i} gains more than claim {j}, which is not smaller")
            })
        })
    }

    fn order_under_claims(&self) -> Tested {
        let x = self.awards()?;
        each((0..self.n()).filter(|_| self.n() > 2), |i| {
            let claims = self.raised(i);
            let y = self.award(self.case.estate, &claims)?;
            let others = self.ordered_pairs().filter(|&(j, k)| j != i && k != i);
            each(others, |(j, k)| {
                hold(x[j] - y[j] <= x[k] - y[k], || {
                    format!(
                        "{}, but {}: claim {} gives up more than claim {}, which is not smaller",
                        self.story(&x),
                        told(&claims, self.case.estate, &y),
                        j + 1,
                        k + 1
                    )
                })
            })
        })
    }

    fn order_under_population(&self) -> Tested {
        let x = self.awards()?;
        each(self.spare_claimants().filter(|_| self.n() > 2), |i| {
            // The leaver's place stays, empty, so that the others keep theirs.
            let mut y = self.awards_without(i, self.case.estate)?;
            y.insert(i, ZERO);
            let others = self.ordered_pairs().filter(|&(j, k)| j != i && k != i);
            each(others, |(j, k)| {
                hold(y[j] - x[j] <= y[k] - x[k], || {
                    format!(
                        "{}, but without claim {} as {}: claim {} gains more than claim {}, which is not smaller",
                        self.story(&x),
                        i + 1,
                        listed(&without(&y, i)),
                        j + 1,
                        k + 1
                    )
                })
            })
        })
    }

    /// The larger claim gets no smaller a fraction; or, turned round, no larger a one.
    fn progressivity(&self, turned: bool) -> Tested {
        let (x, c) = (self.awards()?, self.claims());
        let positive = self.ordered_pairs().filter(|&(i, _)| c[i] > ZERO);
        each(positive, |(i, j)| {
            let (small, large) = (x[i] / c[i], x[j] / c[j]);
            hold(
                if turned {
                    large <= small
                } else {
                    small <= large
                },
                || {
                    format!(
                        "{}: claim {} gets {small} of itself and claim {}, which is not smaller, {large}",
                        self.story(&x),
                        i + 1,
                        j + 1
                    )
                },
            )
        })
    }

    fn endowment_convexity(&self) -> Tested {
        let [low, high] = self.two_estates()?;
        let middle = (low.0 + high.0) / whole(2);
        let x = self.award(middle, self.claims())?;
        let means = low.1.iter().zip(&high.1).map(|(a, b)| (a + b) / whole(2));
        hold(means.eq(x.iter().copied()), || {
            let story = self.two_stories(&low, &high);
            format!("{story}, but their mean {middle} as {}", listed(&x))
        })
    }

    fn replication_invariance(&self) -> Tested {
        let x = self.awards()?;
        let twice = |list: &[Rational]| [list, list].concat();
        let who = [self.everyone(), self.everyone()].concat();
        let (estate, claims) = (self.case.estate * whole(2), twice(self.claims()));
        let y = self.award_to(&who, estate, &claims)?;
        hold(y == twice(&x), || {
            format!("{}, but {}", self.story(&x), told(&claims, estate, &y))
        })
    }
}

/// `claims (1, 2) share 3 as (1, 2)`.
fn told(claims: &[Rational], estate: Rational, x: &[Rational]) -> String {
    format!("claims {} share {estate} as {}", listed(claims), listed(x))
}

/// Put to the test, and kept or broken.
fn hold(kept: bool, words: impl FnOnce() -> String) -> Tested {
    if kept { Ok(true) } else { Err(words()) }
}

/// Put to the test at least once, and never broken.
fn each<T>(items: impl IntoIterator<Item = T>, test: impl Fn(T) -> Tested) -> Tested {
    let mut tested = false;
    for item in items {
        tested |= test(item)?;
    }
    Ok(tested)
}
