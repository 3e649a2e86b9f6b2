//! What rules can promise, and which of them promise what.

use std::fmt;

/// What a rule declares about a [`Law`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The rule keeps the law.
    Holds,
    /// The rule breaks the law: there is a problem that shows it.
    Fails,
    /// What the law supposes never happens under the rule, so that it is kept for nothing.
    Vacuous,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "+",
            Self::Fails => "-",
            Self::Vacuous => "v",
        })
    }
}

macro_rules! laws {
    ($($law:ident, $name:literal, $source:literal, $definition:literal;)*) => {
        /// A promise that a rule may make, for every problem.
        ///
        /// Below, `R(E, c)` are the awards of the rule, `x = R(E, c)`, `C = Σ cᵢ` and `n` the number
        /// of claimants. That a claimant leaves means that the problem is one of the others only.
        /// Laws about groups are given for one claimant, or for two, where the rest follows by
        /// taking them one after another. Definitions after Thomson (2019), *How to Divide When
        /// There Isn't Enough*; [`source`](Self::source) says where a law comes from.
        ///
        /// ```
        /// use riparian::rules::{ClaimsRule, Law, Talmud, Verdict};
        ///
        /// let laws = ClaimsRule::<f64>::laws(&Talmud);
        /// assert!(laws.contains(&(Law::SelfDuality, Verdict::Holds)));
        /// assert!(laws.contains(&(Law::CompositionUp, Verdict::Fails)));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Law {
            $(#[doc = $definition] $law,)*
        }

        impl Law {
            /// Every law, in the order of the matrix.
            pub const ALL: &[Self] = &[$(Self::$law),*];

            /// The name in words, for example `composition up`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$law => $name,)*
                }
            }

            /// What the law says.
            pub fn definition(self) -> &'static str {
                match self {
                    $(Self::$law => $definition,)*
                }
            }

            /// Who stated it, and when.
            pub fn source(self) -> &'static str {
                match self {
                    $(Self::$law => $source,)*
                }
            }
        }
    };
}

laws! {
    Efficiency, "efficiency", "O'Neill 1982",
        "The whole estate is awarded: `Σ xᵢ = E`.";
    Bounds, "claim bounds", "O'Neill 1982",
        "Nobody gets less than nothing or more than the claim: `0 ≤ xᵢ ≤ cᵢ`.";
    EqualTreatment, "equal treatment of equals", "O'Neill 1982",
        "Equal claims get equal awards.";
    Anonymity, "anonymity", "Thomson 2019",
        "Two claimants who trade places trade awards, and nobody else's award changes.";
    OrderOfAwards, "order preservation of awards", "Aumann and Maschler 1985",
        "If `cᵢ ≤ cⱼ` then `xᵢ ≤ xⱼ`.";
    OrderOfLosses, "order preservation of losses", "Aumann and Maschler 1985",
        "If `cᵢ ≤ cⱼ` then `cᵢ - xᵢ ≤ cⱼ - xⱼ`.";
    ResourceMonotonicity, "resource monotonicity", "Curiel, Maschler and Tijs 1987",
        "With more water nobody gets less.";
    ClaimMonotonicity, "claim monotonicity", "Thomson 2003",
        "Who claims more gets no less.";
    PopulationMonotonicity, "population monotonicity", "Thomson 1983",
        "When one leaves empty-handed, and what is left of the claims still exceeds the estate, nobody else gets less.";
    LinkedEndowmentPopulation, "linked endowment-population monotonicity", "Thomson 2003",
        "When one arrives and brings as much water as the claim, nobody else gets less: `R(E, c₋ᵢ) ≤ R₋ᵢ(E + cᵢ, c)` where `E ≤ C - cᵢ`.";
    LinkedClaimEndowment, "linked claim-endowment monotonicity", "Thomson 2003",
        "When one's claim and the estate grow by the same amount, one's award grows by no more than that.";
    Consistency, "consistency", "Aumann and Maschler 1985; Young 1987",
        "When one leaves with the award, sharing what is left among the others changes nothing: `x₋ᵢ = R(E - xᵢ, c₋ᵢ)`.";
    CompositionDown, "composition down", "Moulin 1987",
        "A promise made on a forecast and then cut is the direct answer: `R(E', c) = R(E', R(E, c))` for `E' ≤ E`.";
    CompositionUp, "composition up", "Young 1988",
        "Sharing first one part and then another among the claims still open is sharing both at once: `R(E', c) = x + R(E' - E, c - x)` for `E' ≥ E`.";
    SelfDuality, "self-duality", "Aumann and Maschler 1985",
        "Sharing water is sharing shortage: `R(E, c) = c - R(C - E, c)`.";
    Midpoint, "midpoint", "Chun, Schummer and Thomson 2001",
        "Half the water meets half of every claim: `R(C/2, c) = c/2`.";
    TruncationInvariance, "claims-truncation invariance", "Curiel, Maschler and Tijs 1987",
        "What is claimed beyond the estate does not matter: `R(E, c) = R(E, min(c, E))`.";
    MinimalRightsFirst, "minimal rights first", "Curiel, Maschler and Tijs 1987",
        "Giving everyone first what the others leave anyhow changes nothing: `x = m + R(E - Σ mᵢ, c - m)` with `mᵢ = max(0, E - (C - cᵢ))`.";
    ScaleInvariance, "scale invariance", "Young 1988",
        "The unit does not matter: `R(kE, kc) = k R(E, c)`.";
    NullClaims, "null-claims consistency", "O'Neill 1982",
        "When one who claims nothing leaves, nothing changes.";
    NullCompensation, "null-compensation consistency", "Thomson 2019",
        "When one leaves whose positive claim is awarded nothing, nothing changes. Cases with `0 < E < C` only: the others follow from efficiency.";
    FullCompensation, "full-compensation consistency", "Thomson 2019",
        "When one leaves whose positive claim is met in full, nothing changes for the others. Cases with `0 < E < C` only: the others follow from efficiency.";
    NoAdvantageousTransfer, "no advantageous transfer", "Moulin 1985",
        "When one passes part of the claim to another, nobody else's award changes (so that no group gains by passing claims around).";
    NoAdvantageousMerging, "no advantageous merging", "O'Neill 1982; de Frutos 1999",
        "Two who put their claims together get no more than before.";
    NoAdvantageousSplitting, "no advantageous splitting", "O'Neill 1982; de Frutos 1999",
        "One who splits the claim in two gets no more than before.";
    LowerBoundOnAwards, "1/n lower bound on awards", "Moreno-Ternero and Villar 2004",
        "Everyone gets at least the `n`-th part of the claim, or of the estate if that is less: `xᵢ ≥ min(cᵢ, E)/n`.";
    LowerBoundOnLosses, "1/n lower bound on losses", "Moreno-Ternero and Villar 2004",
        "Everyone loses at least the `n`-th part of the claim, or of the deficit if that is less: `cᵢ - xᵢ ≥ min(cᵢ, C - E)/n`.";
    ConditionalFullCompensation, "conditional full compensation", "Herrero and Villar 2002",
        "A claim is met in full if it could be met for all: if `Σⱼ min(cⱼ, cᵢ) ≤ E` then `xᵢ = cᵢ`.";
    ConditionalNullCompensation, "conditional null compensation", "Herrero and Villar 2002",
        "A claim gets nothing if what larger claims exceed it by uses up the estate: if `Σⱼ max(0, cⱼ - cᵢ) ≥ E` then `xᵢ = 0`.";
    OrderUnderEndowment, "order preservation under endowment variations", "Dagan, Serrano and Volij 1997",
        "Of more water the larger claim gets no smaller part: if `cᵢ ≤ cⱼ` then the award of `i` grows by no more than that of `j`.";
    OrderUnderClaims, "order preservation under claims variations", "Thomson 2019",
        "When a claim grows, of two others the larger gives up no less than the smaller.";
    OrderUnderPopulation, "order preservation under population variations", "Thomson 2019",
        "When one leaves empty-handed, and what is left of the claims still exceeds the estate, of two others the larger gains no less than the smaller.";
    NoTransferParadox, "no transfer paradox", "Kasajima and Thomson 2012",
        "Who passes part of the claim to another gets no more, and the other no less, than before.";
    BoundedImpact, "bounded impact of claims transfers", "Kasajima and Thomson 2012",
        "Who passes part of the claim to another loses no more, and the other gains no more, than that part.";
    Progressivity, "progressivity", "Young 1988",
        "The larger of two positive claims gets no smaller a fraction: if `cᵢ ≤ cⱼ` then `xᵢ/cᵢ ≤ xⱼ/cⱼ`.";
    Regressivity, "regressivity", "Young 1988",
        "The larger of two positive claims gets no larger a fraction: if `cᵢ ≤ cⱼ` then `xᵢ/cᵢ ≥ xⱼ/cⱼ`.";
    EndowmentConvexity, "endowment convexity", "Chun 1988",
        "Of two forecasts, sharing the mean is the mean of the sharings: `R((E + E')/2, c) = (R(E, c) + R(E', c))/2`.";
    ReplicationInvariance, "replication invariance", "Young 1987",
        "Doubling the estate and every claimant changes no award.";
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The names of the rules, in the columns of [`MATRIX`].
pub(crate) const COLUMNS: [&str; 10] = [
    super::equal::PROPORTIONAL,
    super::pool::ADJUSTED,
    super::equal::EQUAL_AWARDS,
    super::equal::EQUAL_LOSSES,
    super::two_sided::TALMUD,
    super::two_sided::PINILE,
    super::two_sided::EGALITARIAN,
    super::pool::RANDOM_ARRIVAL,
    super::pool::MINIMAL_OVERLAP,
    super::two_sided::REVERSE_TALMUD,
];

/// What each rule declares: `+` holds, `-` fails, `v` vacuous.
const MATRIX: &[(Law, &str)] = &[
    (Law::Efficiency, "++++++++++"),
    (Law::Bounds, "++++++++++"),
    (Law::EqualTreatment, "++++++++++"),
    (Law::Anonymity, "++++++++++"),
    (Law::OrderOfAwards, "++++++++++"),
    (Law::OrderOfLosses, "++++++++++"),
    (Law::ResourceMonotonicity, "++++++++++"),
    (Law::ClaimMonotonicity, "++++++++++"),
    (Law::PopulationMonotonicity, "+-++++++++"),
    (Law::LinkedEndowmentPopulation, "+-++++++-+"),
    (Law::LinkedClaimEndowment, "++++++++++"),
    (Law::Consistency, "+-+++++--+"),
    (Law::CompositionDown, "+-++------"),
    (Law::CompositionUp, "+-++------"),
    (Law::SelfDuality, "++--+--+-+"),
    (Law::Midpoint, "++--++++-+"),
    (Law::TruncationInvariance, "-++-+--++-"),
    (Law::MinimalRightsFirst, "-+-++--++-"),
    (Law::ScaleInvariance, "++++++++++"),
    (Law::NullClaims, "++++++++++"),
    (Law::NullCompensation, "vvv+vvvvv+"),
    (Law::FullCompensation, "vv+vv++vv+"),
    (Law::NoAdvantageousTransfer, "+---------"),
    (Law::NoAdvantageousMerging, "+-+--++---"),
    (Law::NoAdvantageousSplitting, "+--+------"),
    (Law::LowerBoundOnAwards, "-++-+++++-"),
    (Law::LowerBoundOnLosses, "-+-++--++-"),
    (Law::ConditionalFullCompensation, "--+-------"),
    (Law::ConditionalNullCompensation, "---+------"),
    (Law::OrderUnderEndowment, "++++++-+++"),
    (Law::OrderUnderClaims, "+-++++-+++"),
    (Law::OrderUnderPopulation, "+-++++-+++"),
    (Law::NoTransferParadox, "++++++++++"),
    (Law::BoundedImpact, "++++++++++"),
    (Law::Progressivity, "+--+------"),
    (Law::Regressivity, "+-+--++---"),
    (Law::EndowmentConvexity, "+---------"),
    (Law::ReplicationInvariance, "+-+++++--+"),
];

/// The rules that tell claimants apart, in the columns of [`APART`].
pub(crate) const COLUMNS_APART: [&str; 3] = [
    super::weighted::PRIORITY,
    super::weighted::WEIGHTED_AWARDS,
    super::weighted::WEIGHTED_LOSSES,
];

/// What the rules that tell claimants apart declare.
const APART: &[(Law, &str)] = &[
    (Law::Efficiency, "+++"),
    (Law::Bounds, "+++"),
    (Law::EqualTreatment, "---"),
    (Law::OrderOfAwards, "---"),
    (Law::OrderOfLosses, "---"),
    (Law::ResourceMonotonicity, "+++"),
    (Law::ClaimMonotonicity, "+++"),
    (Law::PopulationMonotonicity, "+++"),
    (Law::Consistency, "+++"),
    (Law::CompositionDown, "+++"),
    (Law::CompositionUp, "+++"),
    (Law::SelfDuality, "---"),
    (Law::TruncationInvariance, "++-"),
    (Law::MinimalRightsFirst, "+-+"),
    (Law::ScaleInvariance, "+++"),
    (Law::NullClaims, "+++"),
];

/// What the rule of this name declares.
pub(crate) fn declared(rule: &str) -> Vec<(Law, Verdict)> {
    let column = |columns: &[&str]| columns.iter().position(|&name| name == rule);
    let (matrix, column) = match (column(&COLUMNS), column(&COLUMNS_APART)) {
        (Some(column), _) => (MATRIX, column),
        (None, Some(column)) => (APART, column),
        (None, None) => return Vec::new(),
    };
    matrix
        .iter()
        .map(|&(law, row)| (law, verdict(row.as_bytes()[column])))
        .collect()
}

fn verdict(mark: u8) -> Verdict {
    match mark {
        b'+' => Verdict::Holds,
        b'v' => Verdict::Vacuous,
        _ => Verdict::Fails,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_has_a_mark_for_every_law_and_rule() {
        assert!(MATRIX.iter().map(|row| row.0).eq(Law::ALL.iter().copied()));
        for (law, row) in MATRIX {
            assert_eq!(row.len(), COLUMNS.len(), "{law}");
            assert!(row.bytes().all(|mark| b"+-v".contains(&mark)), "{law}");
        }
        for (law, row) in APART {
            assert_eq!(row.len(), COLUMNS_APART.len(), "{law}");
        }
    }

    #[test]
    fn every_rule_declares_every_law() {
        for rule in super::super::all::<f64>() {
            assert_eq!(rule.laws().len(), Law::ALL.len(), "{}", rule.name());
        }
    }
}
