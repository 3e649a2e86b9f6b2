//! The journal of a run: every cubic metre once, by place and day, and the balances over it.

mod balance;
mod bindings;
mod energy;
mod join;
mod operations;
mod renew;
mod sum;

pub(crate) use balance::CLOSES_AT;
pub use balance::{Balance, BalanceLine};
pub use bindings::DailyBinding;
pub use operations::Operations;
pub use sum::Sum;

use jiff::civil::Date;

use crate::calendar::Window;

/// A table of numbers by day and place; flat, days outermost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Daily<T = f64> {
    width: usize,
    values: Vec<T>,
}

impl<T: Copy> Daily<T> {
    pub(crate) fn new(days: usize, width: usize, empty: T) -> Self {
        Self {
            width,
            values: vec![empty; days * width],
        }
    }

    /// The value of a place on a day, both counted from 0.
    ///
    /// # Panics
    ///
    /// If there is no such day or place.
    pub fn at(&self, day: usize, place: usize) -> T {
        assert!(place < self.width, "place {place} of {}", self.width);
        self.values[day * self.width + place]
    }

    /// How many places there are.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The values of one place, day by day.
    pub fn of(&self, place: usize) -> impl Iterator<Item = T> + '_ {
        self.values
            .iter()
            .skip(place)
            .step_by(self.width.max(1))
            .copied()
    }

    #[inline]
    pub(crate) fn set(&mut self, day: usize, place: usize, value: T) {
        self.values[day * self.width + place] = value;
    }
}

impl Daily {
    pub(crate) fn add(&mut self, day: usize, place: usize, value: f64) {
        self.values[day * self.width + place] += value;
    }

    /// Writes a value that is mostly zero, where nothing was written before. Cells begin as zero, and memory that is
    /// never written costs next to nothing.
    #[inline]
    pub(crate) fn note(&mut self, day: usize, place: usize, value: f64) {
        if value != 0.0 {
            self.set(day, place, value);
        }
    }
}

/// What happened on every day of a run: volumes in m3 a day, storages in m3 at the day's end,
/// energies in kWh.
///
/// Places are numbered as in the [`Basin`](crate::basin::Basin), days from 0 at the first day of
/// the run. A run that was restored from a saved state holds the days after it; those before are
/// zero.
///
/// ```
/// use riparian::{Plan, Simulation};
///
/// let plan = Plan::compile(riparian::scenario::read("src/bin/riparian/skeleton")?)?;
/// let ledger = Simulation::new(&plan).run()?;
/// let basin = plan.model().basin();
/// let canal = basin.offtake_index("lower-canal").unwrap();
/// let asked: f64 = ledger.offtakes().demand.of(canal).sum();
/// let came: f64 = ledger.offtakes().delivered.of(canal).sum();
/// assert!(0.0 < came && came <= asked);
/// // Why less came, where it did, says the binding of the day.
/// assert_eq!(ledger.offtakes().binding.of(canal).count(), ledger.days());
///
/// let lake = basin.reservoir_index("lake").unwrap();
/// assert!(ledger.reservoirs().release.of(lake).sum::<f64>() > 0.0);
/// let gorge = basin.reach_index("gorge").unwrap();
/// assert!(ledger.reaches().lost.of(gorge).sum::<f64>() > 0.0);
/// let border = basin.node_index("border").unwrap();
/// assert_eq!(ledger.nodes().arrived.of(border).count(), ledger.days());
///
/// // The promise was claimed; there are no ceilings, licences or pumps.
/// assert!(ledger.claims().claimed.of(0).sum::<f64>() > 0.0);
/// assert_eq!(ledger.limits().held_back.of(canal).sum::<f64>(), 0.0);
/// assert_eq!(ledger.licences().taken.width() + ledger.pumps().lifted.width(), 0);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(crate) window: Window,
    pub(crate) nodes: NodeJournal,
    pub(crate) reaches: ReachJournal,
    pub(crate) offtakes: OfftakeJournal,
    pub(crate) reservoirs: ReservoirJournal,
    pub(crate) claims: ClaimJournal,
    pub(crate) limits: LimitJournal,
    pub(crate) operations: Option<Operations>,
    pub(crate) licences: LicenceJournal,
    pub(crate) pumps: PumpJournal,
    /// Storage before the first day, by reservoir.
    pub(crate) initial_storage: Vec<f64>,
    /// Water on its way before the first day, by reach.
    pub(crate) initial_channel: Vec<f64>,
    /// By reach: water on its way after the last day, where it was measured. In a reach of a constant
    /// lag it is what entered last.
    pub(crate) final_channel: Vec<Option<f64>>,
}

/// Water at nodes.
///
/// Example: [`Ledger`].
#[derive(Clone, Debug)]
pub struct NodeJournal {
    /// What the reaches brought.
    pub arrived: Daily,
    /// What entered there by itself; negative for a net loss that was taken.
    pub lateral: Daily,
    /// The part of a net loss for which there was no water.
    pub unmet_loss: Daily,
    /// Return flow from offtakes, and what came over a bank.
    pub returned: Daily,
    /// What left the basin there: at a terminal all that came, at the end of a canal what nobody
    /// took.
    pub left: Daily,
}

/// Water in reaches.
///
/// Example: [`Ledger`].
#[derive(Clone, Debug)]
pub struct ReachJournal {
    /// What entered at the tail on the day.
    pub entered: Daily,
    /// What arrived at the head on the day.
    pub arrived: Daily,
    /// What was lost of the water that entered on the day.
    pub lost: Daily,
    /// What went over the bank of the water that entered on the day.
    pub overflowed: Daily,
}

/// Water taken by offtakes.
///
/// Example: [`Ledger`].
#[derive(Clone, Debug)]
pub struct OfftakeJournal {
    /// What the user asked for.
    pub demand: Daily,
    /// What the allocation awarded.
    pub allocated: Daily,
    /// What was taken.
    pub delivered: Daily,
    /// Why the last part of the claim was not served.
    pub binding: DailyBinding,
}

/// Water in reservoirs.
///
/// Example: [`Ledger`].
#[derive(Clone, Debug)]
pub struct ReservoirJournal {
    /// Storage at the end of the day.
    pub storage: Daily,
    /// What was passed downstream on purpose.
    pub release: Daily,
    /// What could not be held.
    pub spill: Daily,
    /// The part of the spill that went over the dam: beyond the spillway and the surcharge limit.
    pub overtopped: Daily,
    /// Evaporation from the surface.
    pub evaporation: Daily,
    /// Seepage.
    pub seepage: Daily,
    /// Rain on the surface.
    pub rain: Daily,
    /// The term no gauge explains.
    pub unaccounted: Daily,
    /// Electricity made, in kWh.
    pub energy: Daily,
    /// The most that could have been released on purpose, by outlets, ramping, policy and the
    /// reach below.
    pub ceiling: Daily,
}

/// What obligations claimed on the river, numbered as [`Plan::claiming`](crate::simulation::Plan).
///
/// A ceiling claims nothing: what it did is in the [`LimitJournal`].
///
/// Example: [`Ledger`].
#[derive(Clone, Debug)]
pub struct ClaimJournal {
    /// What was claimed.
    pub claimed: Daily,
    /// What the allocation awarded.
    pub awarded: Daily,
    /// Why the last part of the claim was not served.
    pub binding: DailyBinding,
}

/// What ceilings of agreements kept from users and reaches.
///
/// Example: [`Ledger`].
#[derive(Clone, Debug)]
pub struct LimitJournal {
    /// By offtake: the part of its demand that ceilings kept from it.
    pub held_back: Daily,
    /// By offtake: the ceiling that kept it last, as one more than its number in
    /// [`Plan::claiming`](crate::simulation::Plan); 0 for none.
    pub of_offtake: Daily<u32>,
    /// By reach: the ceiling that let less into it than its own capacity, likewise.
    pub of_reach: Daily<u32>,
}

/// What licences gave and kept, numbered as in the [`Model`](crate::Model::licences).
///
/// Example: [`Ledger`].
#[derive(Clone, Debug)]
pub struct LicenceJournal {
    /// By licence: what its members took together.
    pub taken: Daily,
    /// By licence: the part of the demand of its members that it kept from them.
    pub held_back: Daily,
    /// By offtake: the part of its demand that licences kept from it.
    pub from_offtake: Daily,
    /// By offtake: the licence that kept it last, as one more than its number; 0 for none.
    pub of_offtake: Daily<u32>,
}

/// Pumping, numbered as in the [`Basin`](crate::basin::Basin::pumps).
///
/// Example: [`Ledger`].
#[derive(Clone, Debug)]
pub struct PumpJournal {
    /// What was lifted, in m3.
    pub lifted: Daily,
    /// The electricity it took, in kWh.
    pub energy: Daily,
}

/// How many places of each kind a ledger holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) nodes: usize,
    pub(crate) reaches: usize,
    pub(crate) offtakes: usize,
    pub(crate) reservoirs: usize,
    pub(crate) claims: usize,
    pub(crate) licences: usize,
    pub(crate) pumps: usize,
}

impl Ledger {
    pub(crate) fn new(
        window: Window,
        sizes: Sizes,
        initial_storage: Vec<f64>,
        initial_channel: Vec<f64>,
    ) -> Self {
        let days = window.days();
        let daily = |width| Daily::new(days, width, 0.0);
        let Sizes {
            nodes,
            reaches,
            offtakes,
            reservoirs,
            claims,
            licences,
            pumps,
        } = sizes;
        Self {
            window,
            nodes: NodeJournal {
                arrived: daily(nodes),
                lateral: daily(nodes),
                unmet_loss: daily(nodes),
                returned: daily(nodes),
                left: daily(nodes),
            },
            reaches: ReachJournal {
                entered: daily(reaches),
                arrived: daily(reaches),
                lost: daily(reaches),
                overflowed: daily(reaches),
            },
            offtakes: OfftakeJournal {
                demand: daily(offtakes),
                allocated: daily(offtakes),
                delivered: daily(offtakes),
                binding: DailyBinding::new(days, offtakes),
            },
            reservoirs: ReservoirJournal {
                storage: daily(reservoirs),
                release: daily(reservoirs),
                spill: daily(reservoirs),
                overtopped: daily(reservoirs),
                evaporation: daily(reservoirs),
                seepage: daily(reservoirs),
                rain: daily(reservoirs),
                unaccounted: daily(reservoirs),
                energy: daily(reservoirs),
                ceiling: daily(reservoirs),
            },
            claims: ClaimJournal {
                claimed: daily(claims),
                awarded: daily(claims),
                binding: DailyBinding::new(days, claims),
            },
            limits: LimitJournal {
                held_back: daily(offtakes),
                of_offtake: Daily::new(days, offtakes, 0),
                of_reach: Daily::new(days, reaches, 0),
            },
            operations: None,
            licences: LicenceJournal {
                taken: daily(licences),
                held_back: daily(licences),
                from_offtake: daily(offtakes),
                of_offtake: Daily::new(days, offtakes, 0),
            },
            pumps: PumpJournal {
                lifted: daily(pumps),
                energy: daily(pumps),
            },
            initial_storage,
            final_channel: vec![None; reaches],
            initial_channel,
        }
    }

    /// The days of the run.
    pub fn window(&self) -> Window {
        self.window
    }

    /// How many days the run has.
    pub fn days(&self) -> usize {
        self.window.days()
    }

    /// The date of a day counted from 0.
    pub fn date(&self, day: usize) -> Date {
        crate::calendar::date_of(self.window.from(), day as i64)
    }

    /// Water at nodes.
    pub fn nodes(&self) -> &NodeJournal {
        &self.nodes
    }

    /// Water in reaches.
    pub fn reaches(&self) -> &ReachJournal {
        &self.reaches
    }

    /// Water taken by offtakes.
    pub fn offtakes(&self) -> &OfftakeJournal {
        &self.offtakes
    }

    /// Water in reservoirs.
    pub fn reservoirs(&self) -> &ReservoirJournal {
        &self.reservoirs
    }

    /// What obligations claimed.
    pub fn claims(&self) -> &ClaimJournal {
        &self.claims
    }

    /// What ceilings of agreements kept from users.
    pub fn limits(&self) -> &LimitJournal {
        &self.limits
    }

    /// What licences gave and kept.
    pub fn licences(&self) -> &LicenceJournal {
        &self.licences
    }

    /// What was pumped, and the energy of it.
    pub fn pumps(&self) -> &PumpJournal {
        &self.pumps
    }

    /// Storage before the first day, by reservoir, in m3.
    pub fn initial_storage(&self) -> &[f64] {
        &self.initial_storage
    }

    /// The water in a reach at the end of each day, in m3: what was there before the run, and what
    /// entered since and neither left nor was lost.
    pub fn held_in_reach(&self, reach: usize) -> impl Iterator<Item = f64> + '_ {
        let mut held = Sum::default();
        held.add(self.initial_channel[reach]);
        (0..self.days()).map(move |day| {
            let journal = &self.reaches;
            held.add(journal.entered.at(day, reach));
            for left in [&journal.arrived, &journal.lost, &journal.overflowed] {
                held.add(-left.at(day, reach));
            }
            held.value()
        })
    }

    /// All the water that passed a node on a day, in m3: what reaches brought, what entered there
    /// and what came back from offtakes.
    pub fn flow_at_node(&self, day: usize, node: usize) -> f64 {
        self.nodes.arrived.at(day, node)
            + self.nodes.lateral.at(day, node).max(0.0)
            + self.nodes.returned.at(day, node)
    }
}
