//! Random basins: the same ones on every machine.

use riparian::allocation::{
    EqualAwards, EqualLosses, Network, NetworkError, Objective, Outcome, Place, Proportional, Role,
    Solver, Talmud, Tier, Today,
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    Proportional,
    EqualAwards,
    EqualLosses,
    Talmud,
}

#[derive(Clone, Debug)]
pub(crate) struct Arc {
    pub(crate) tail: usize,
    pub(crate) head: usize,
    pub(crate) gain: f64,
    pub(crate) role: Role,
    pub(crate) capacity: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) place: Place,
    pub(crate) class: u16,
    pub(crate) weight: f64,
    pub(crate) size: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct Basin {
    pub(crate) supply: Vec<f64>,
    pub(crate) arcs: Vec<Arc>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) objective: Objective,
}

/// What a family of basins looks like.
#[derive(Clone, Copy)]
pub(crate) struct Family {
    pub(crate) nodes: usize,
    /// Small whole volumes, so that many claims and cuts tie.
    pub(crate) whole: bool,
    pub(crate) classes: u16,
}

/// `SplitMix64` (Steele, Lea and Flood, 2014).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A new number for each of `n` things.
    pub(crate) fn shuffled(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }

    pub(crate) fn volume(&mut self, most: usize, whole: bool) -> f64 {
        if whole {
            self.below(most + 1) as f64
        } else {
            (self.below(1 << 20) as f64 / f64::from(1 << 20)) * most as f64
        }
    }
}

impl Basin {
    pub(crate) fn random(dice: &mut Dice, family: Family) -> Self {
        let nodes = 1 + dice.below(family.nodes);
        let whole = family.whole;
        let plenty = [2, 4, 8, 16][dice.below(4)];
        let supply = (0..nodes)
            .map(|_| {
                if dice.chance(60) {
                    dice.volume(plenty, whole)
                } else {
                    0.0
                }
            })
            .collect();
        let lossless = dice.chance(30);
        let mut has_main = vec![false; nodes];
        let mut arcs = Vec::new();
        for node in 1..nodes {
            // Long rivers as well as bushy ones.
            let other = if dice.chance(50) {
                node - 1
            } else {
                dice.below(node)
            };
            let (tail, head) = if dice.chance(60) {
                (node, other)
            } else {
                (other, node)
            };
            let role = if has_main[tail] || dice.chance(25) {
                Role::Canal
            } else {
                Role::Main
            };
            has_main[tail] |= role == Role::Main;
            let gain = if lossless {
                1.0
            } else if whole {
                [1.0, 1.0, 0.5, 0.75][dice.below(4)]
            } else {
                1.0 - 0.5 * dice.volume(1, false)
            };
            let capacity = if dice.chance(45) {
                dice.volume(8, whole)
            } else {
                f64::INFINITY
            };
            arcs.push(Arc {
                tail,
                head,
                gain,
                role,
                capacity,
            });
        }
        let rules: Vec<Rule> = (0..family.classes)
            .map(|_| {
                [
                    Rule::Proportional,
                    Rule::EqualAwards,
                    Rule::EqualLosses,
                    Rule::Talmud,
                ][dice.below(4)]
            })
            .collect();
        let claims = (0..=dice.below(2 * nodes + 1))
            .map(|_| {
                let class = dice.below(usize::from(family.classes)) as u16;
                let weighted = matches!(
                    rules[usize::from(class)],
                    Rule::EqualAwards | Rule::EqualLosses
                );
                let weight = if weighted && dice.chance(40) {
                    [0.5, 2.0, 3.0][dice.below(3)]
                } else {
                    1.0
                };
                let place = if !arcs.is_empty() && dice.chance(25) {
                    Place::Arc(dice.below(arcs.len()))
                } else {
                    Place::Node(dice.below(nodes))
                };
                Claim {
                    place,
                    class,
                    weight,
                    size: dice.volume(8, whole),
                }
            })
            .collect();
        let mut basin = Self {
            supply,
            arcs,
            claims,
            rules,
            objective: Objective::MaxMin,
        };
        basin.keep_to_one_tier();
        basin
    }

    /// In-stream claims on arcs that lead away from the outlet are for the other tier: drops them.
    fn keep_to_one_tier(&mut self) {
        while self
            .build()
            .is_ok_and(|network| network.tier() != Tier::Polytree)
        {
            let instream = |claim: &Claim| matches!(claim.place, Place::Arc(_));
            let last = self.claims.iter().rposition(instream);
            self.claims
                .remove(last.expect("claims at nodes suit any outlet"));
        }
    }

    /// A tree with canals added that close rings, as many as asked if there is room, and in-stream claims anywhere.
    pub(crate) fn random_with_rings(dice: &mut Dice, family: Family, rings: usize) -> Self {
        let mut basin = Self::random(dice, family);
        let nodes = basin.supply.len();
        let mut canals = 0;
        for _ in 0..20 * rings {
            let (tail, head) = (dice.below(nodes), dice.below(nodes));
            if canals == rings || basin.leads(head, tail) {
                continue;
            }
            canals += 1;
            let gain = [1.0, 1.0, 0.5, 0.75, 0.9][dice.below(5)];
            let capacity = if dice.chance(45) {
                dice.volume(8, family.whole)
            } else {
                f64::INFINITY
            };
            basin.arcs.push(Arc {
                tail,
                head,
                gain,
                role: Role::Canal,
                capacity,
            });
        }
        for _ in 0..dice.below(3) {
            if !basin.arcs.is_empty() {
                basin.claims.push(Claim {
                    place: Place::Arc(dice.below(basin.arcs.len())),
                    class: dice.below(usize::from(family.classes)) as u16,
                    weight: 1.0,
                    size: dice.volume(8, family.whole),
                });
            }
        }
        // Canals made last are not always those that close the rings.
        for _ in 0..basin.arcs.len() {
            let (a, b) = (dice.below(basin.arcs.len()), dice.below(basin.arcs.len()));
            basin.arcs.swap(a, b);
            for claim in &mut basin.claims {
                claim.place = match claim.place {
                    Place::Arc(arc) if arc == a => Place::Arc(b),
                    Place::Arc(arc) if arc == b => Place::Arc(a),
                    place => place,
                };
            }
        }
        basin
    }

    /// The same basin with a new number for each node, arc and claim.
    pub(crate) fn renamed(&self, nodes: &[usize], arcs: &[usize], claims: &[usize]) -> Self {
        let mut renamed = self.clone();
        for (old, &new) in nodes.iter().enumerate() {
            renamed.supply[new] = self.supply[old];
        }
        for (old, &new) in arcs.iter().enumerate() {
            let arc = &self.arcs[old];
            renamed.arcs[new] = Arc {
                tail: nodes[arc.tail],
                head: nodes[arc.head],
                ..arc.clone()
            };
        }
        for (old, &new) in claims.iter().enumerate() {
            let place = match self.claims[old].place {
                Place::Node(node) => Place::Node(nodes[node]),
                Place::Arc(arc) => Place::Arc(arcs[arc]),
            };
            renamed.claims[new] = Claim {
                place,
                ..self.claims[old].clone()
            };
        }
        renamed
    }

    /// The same basin for the largest volume, with in-stream claims in classes of their own after those that take
    /// water out.
    pub(crate) fn for_volume(&self) -> Self {
        let mut apart = self.clone();
        apart.objective = Objective::MaxVolume;
        for claim in &mut apart.claims {
            claim.class = 2 * claim.class + u16::from(matches!(claim.place, Place::Arc(_)));
        }
        apart.rules = self.rules.iter().flat_map(|&rule| [rule; 2]).collect();
        apart
    }

    /// The same basin with volumes that differ by up to so many orders of size, and half of the losses small.
    pub(crate) fn spread(mut self, dice: &mut Dice, orders: f64) -> Self {
        let volumes = self.supply.iter_mut();
        let volumes = volumes.chain(self.claims.iter_mut().map(|claim| &mut claim.size));
        for volume in volumes.chain(self.arcs.iter_mut().map(|arc| &mut arc.capacity)) {
            *volume *= 10f64.powf(orders * dice.volume(1, false));
        }
        for arc in &mut self.arcs {
            if arc.gain < 1.0 && dice.chance(50) {
                arc.gain = 1.0 - 0.05 * dice.volume(1, false);
            }
        }
        self
    }

    /// The same basin in other units.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        let mut scaled = self.clone();
        let volumes = scaled.supply.iter_mut();
        let volumes = volumes.chain(scaled.arcs.iter_mut().map(|arc| &mut arc.capacity));
        let volumes = volumes.chain(scaled.claims.iter_mut().map(|claim| &mut claim.size));
        volumes.for_each(|volume| *volume *= factor);
        scaled
    }

    /// Whether water at one node can run to another.
    fn leads(&self, from: usize, to: usize) -> bool {
        let mut waiting = vec![from];
        while let Some(node) = waiting.pop() {
            if node == to {
                return true;
            }
            let leaving = self.arcs.iter().filter(|arc| arc.tail == node);
            waiting.extend(leaving.map(|arc| arc.head));
        }
        false
    }

    pub(crate) fn build(&self) -> Result<Network, NetworkError> {
        let mut builder = Network::builder();
        builder.objective(self.objective);
        for _ in &self.supply {
            builder.node();
        }
        for arc in &self.arcs {
            builder.arc(arc.tail, arc.head, arc.gain, arc.role);
        }
        for claim in &self.claims {
            builder.claim(claim.place, claim.class, claim.weight);
        }
        for (class, rule) in (0..).zip(&self.rules) {
            match rule {
                Rule::Proportional => builder.rule(class, Proportional),
                Rule::EqualAwards => builder.rule(class, EqualAwards),
                Rule::EqualLosses => builder.rule(class, EqualLosses),
                Rule::Talmud => builder.rule(class, Talmud),
            };
        }
        builder.build()
    }

    pub(crate) fn today(&self) -> Today {
        Today {
            supply: self.supply.clone(),
            capacity: self.arcs.iter().map(|arc| arc.capacity).collect(),
            claim: self.claims.iter().map(|claim| claim.size).collect(),
        }
    }

    pub(crate) fn solve(&self) -> Outcome {
        let network = self.build().expect("the generator makes sound basins");
        Solver::new(&network)
            .solve(&network, &self.today())
            .expect("the day is sound")
            .clone()
    }

    /// A volume that stands for the size of everything here.
    pub(crate) fn scale(&self) -> f64 {
        let sizes = self.claims.iter().map(|claim| claim.size);
        1.0 + self.supply.iter().sum::<f64>() + sizes.fold(0.0, f64::max)
    }

    pub(crate) fn classmates(&self, class: u16) -> impl Iterator<Item = usize> {
        (0..self.claims.len()).filter(move |&i| self.claims[i].class == class)
    }

    /// The largest claim per unit of weight in a class.
    pub(crate) fn largest(&self, class: u16) -> f64 {
        self.classmates(class)
            .map(|i| self.claims[i].size / self.claims[i].weight)
            .fold(0.0, f64::max)
    }
}

impl Rule {
    pub(crate) fn top(self, largest: f64) -> f64 {
        if self == Self::Proportional {
            1.0
        } else {
            largest
        }
    }

    /// The award of a claim at a level of its class, from the textbook formula.
    pub(crate) fn award(self, claim: &Claim, level: f64, largest: f64) -> f64 {
        let (c, w) = (claim.size, claim.weight);
        match self {
            Self::Proportional => c * level,
            Self::EqualAwards => c.min(w * level),
            Self::EqualLosses => (c - w * (largest - level)).max(0.0),
            Self::Talmud if level <= largest / 2.0 => level.min(c / 2.0),
            Self::Talmud => (c / 2.0).max(c - (largest - level)),
        }
    }

    /// The lowest and the highest level at which a claim gets this award, give or take `blur`.
    pub(crate) fn levels(self, claim: &Claim, award: f64, largest: f64, blur: f64) -> (f64, f64) {
        let (c, w) = (claim.size, claim.weight);
        let level = match self {
            Self::Proportional => award / c.max(blur),
            Self::EqualAwards => award / w,
            Self::Talmud if award < c / 2.0 => award,
            Self::Talmud | Self::EqualLosses => largest - (c - award) / w,
        };
        let high = if award >= c - blur {
            self.top(largest)
        } else {
            level
        };
        match self {
            Self::EqualLosses if award <= blur => (0.0, high),
            Self::Talmud if (award - c / 2.0).abs() <= blur => {
                (c / 2.0 - blur, high.max(largest - c / 2.0))
            }
            _ => (level, high),
        }
    }
}
