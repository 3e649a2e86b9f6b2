//! What came of the run: settlements, tables and files.
//!
//! [`Report`] puts [settlements](crate::settlement), balances and the ledger together and writes
//! them as CSV.

mod bulletin;
#[cfg(feature = "html")]
pub mod html;
mod operations;
mod users;
mod write;

#[cfg(feature = "planner")]
pub(crate) use bulletin::{Amounts, Source};
pub use bulletin::{Bulletin, BulletinRow, Reading};
pub use operations::{ForecastError, ForecastErrorAt, PlaceKind};
pub use users::LicenceUse;

use std::path::Path;
use std::sync::Arc;

use crate::allocation::Objective;
use crate::calendar::Date;
use crate::error::{Diagnostic, Result};
use crate::ledger::{Balance, Ledger, Sum};
use crate::settlement::{Reason, Settled, Settlement, counterfactual};
use crate::simulation::{Plan, Simulation};
use crate::units::Volume;

/// What a run delivered to offtakes, under its own objective and under both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Volumes {
    /// As the model was run.
    pub delivered: Volume,
    /// With levels as equal as the network allows.
    pub max_min: Volume,
    /// With the largest volume for each class.
    pub max_volume: Volume,
}

fn delivered(ledger: &Ledger) -> Volume {
    let journal = &ledger.offtakes().delivered;
    let total: Sum = (0..journal.width()).flat_map(|i| journal.of(i)).collect();
    Volume::from_m3(total.value())
}

/// All that is known after a run.
#[derive(Debug)]
pub struct Report {
    plan: Arc<Plan>,
    ledger: Ledger,
    settled: Settled,
    balance: Balance,
}

impl Report {
    /// Settles a run.
    ///
    /// # Panics
    ///
    /// If the ledger is of another plan.
    pub fn new(plan: impl Into<Arc<Plan>>, ledger: Ledger) -> Self {
        let plan = plan.into();
        Self {
            settled: Settled::of(&plan, &ledger),
            balance: ledger.balance(plan.model().basin()),
            plan,
            ledger,
        }
    }

    /// The plan that was run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What happened, day by day.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The settlements, agreement by agreement and period by period.
    pub fn settlements(&self) -> &[Settlement] {
        &self.settled.rows
    }

    /// All that came of the agreements: settlements, accounts and events.
    pub fn settled(&self) -> &Settled {
        &self.settled
    }

    /// The settlements in the order of the river: by the most upstream point of each obligation.
    pub fn in_river_order(&self) -> Vec<&Settlement> {
        let model = self.plan.model();
        let position = |row: &&Settlement| {
            let (agreement, obligation) = row.number;
            let obligation = &model.agreements()[agreement].obligations[obligation];
            crate::settlement::river_position(model.basin(), obligation)
        };
        let mut rows: Vec<&Settlement> = self.settlements().iter().collect();
        rows.sort_by_key(position);
        rows
    }

    /// The settlements a party owes or is owed, with true where it owes.
    pub fn of_party<'a>(&'a self, party: &'a str) -> impl Iterator<Item = (bool, &'a Settlement)> {
        self.settlements().iter().filter_map(move |row| {
            if row.debtor == party {
                Some((true, row))
            } else if row.creditor.as_deref() == Some(party) {
                Some((false, row))
            } else {
                None
            }
        })
    }

    /// The volume delivered to offtakes, and what either objective of the allocation would have
    /// delivered: where water is lost on the way, equal shares cost water.
    ///
    /// The model is run again with the objective it was not run with. Days are decided one by one:
    /// the largest volume of each day need not be the largest of the season.
    ///
    /// # Errors
    ///
    /// If that second run stops, as for [`Simulation::step`].
    pub fn volumes(&self) -> Result<Volumes> {
        let model = self.plan.model();
        let other = match model.objective() {
            Objective::MaxMin => Objective::MaxVolume,
            Objective::MaxVolume => Objective::MaxMin,
        };
        let plan = Plan::compile(model.clone().aiming_at(other))?;
        let ledger = Simulation::new(&plan).run()?;
        let (here, there) = (delivered(&self.ledger), delivered(&ledger));
        let (max_min, max_volume) = match model.objective() {
            Objective::MaxMin => (here, there),
            Objective::MaxVolume => (there, here),
        };
        Ok(Volumes {
            delivered: here,
            max_min,
            max_volume,
        })
    }

    /// Explains the shortfall of an obligation in the period that a date lies in, by running the
    /// model again without its causes: see [`counterfactual`]. The
    /// settlement itself holds [reasons](Settlement::reasons) read off the ledger.
    ///
    /// # Errors
    ///
    /// If there is no such obligation or period ([`Error::is_invalid`](crate::Error::is_invalid)),
    /// and as for [`counterfactual`].
    pub fn explain(&self, obligation: &str, date: Date) -> Result<Vec<Reason>> {
        let rows = self.settlements();
        let of = |row: &&Settlement| row.obligation == obligation;
        let Some(row) = rows.iter().filter(of).find(|row| row.period.contains(date)) else {
            let ids = rows.iter().map(|row| row.obligation.as_str());
            let fault = if rows.iter().any(|row| of(&row)) {
                Diagnostic::new(format!("no period of `{obligation}` holds {date}"))
                    .expected("a day of a period that was settled")
            } else {
                Diagnostic::new(format!("no obligation `{obligation}` was settled"))
                    .expected("the id of an obligation")
                    .nearest(obligation, ids)
            };
            return Err(crate::calendar::invalid(fault));
        };
        counterfactual(&self.plan, &self.ledger, row)
    }

    /// What each licence allowed and gave, by season where it has one.
    pub fn licences(&self) -> Vec<LicenceUse> {
        users::of(self.plan.model(), &self.ledger)
    }

    /// The run as the bulletin of a river organisation, by day and dekad.
    pub fn bulletin(&self) -> Bulletin {
        Bulletin::of(self)
    }

    /// The water balances.
    pub fn balance(&self) -> &Balance {
        &self.balance
    }

    /// What the error of its forecasts cost an operational run; none for a run with perfect
    /// foresight.
    pub fn forecast_error(&self) -> Option<ForecastError> {
        let places = operations::rows(self)?.into_iter();
        Some(ForecastError {
            places: places.map(|row| row.at).collect(),
        })
    }

    /// Writes `obligations.csv`, `accounts.csv`, `events.csv`, `deliveries.csv`, `reservoirs.csv`,
    /// `flows.csv`, `bulletin.csv`, `balance.csv` and `summary.json` into a folder. They are written beside it
    /// first; the folder is replaced when they are complete. Where parties own stored water there is
    /// `stores.csv` too: what each holds by day; where there are licences or pumps, `licences.csv` and
    /// `pumps.csv`; of an operational run `operations.csv`: by day and place what was ordered, what
    /// came, and the [error of the forecasts](ForecastError).
    ///
    /// # Errors
    ///
    /// If the folder holds anything this crate did not write ([`Error::is_output`](crate::Error::is_output)),
    /// or a file cannot be written ([`Error::is_io`](crate::Error::is_io)). The old folder is then as it was.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<()> {
        write::write(self, folder.as_ref())
    }
}

impl Settled {
    /// Writes `obligations.csv`, `accounts.csv`, `events.csv` and `summary.json` into a folder, and
    /// `stores.csv` where parties own stored water, as [`Report::write`] does.
    ///
    /// # Errors
    ///
    /// As for [`Report::write`].
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<()> {
        write::write_settled(self, folder.as_ref())
    }
}
