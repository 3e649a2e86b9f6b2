//! The plan as the bulletin that is signed.

use super::result::SeasonPlan;
use crate::calendar::Window;
use crate::model::Model;
use crate::report::{Amounts, Bulletin, Source};
use crate::units::Volume;

impl SeasonPlan {
    /// The plan as the bulletin that is signed, by dekad.
    pub fn bulletin(&self) -> Bulletin {
        Bulletin::of(self)
    }
}

fn dekads(volumes: &[Volume]) -> Amounts {
    Amounts::Dekads(volumes.iter().map(|volume| volume.m3()).collect())
}

impl Source for SeasonPlan {
    fn model(&self) -> &Model {
        &self.model
    }

    fn dekads(&self) -> Vec<Window> {
        self.steps.clone()
    }

    fn passing(&self, node: usize) -> Amounts {
        dekads(&self.passing[node])
    }

    fn inflow(&self, reservoir: usize) -> Amounts {
        dekads(&self.reservoirs[reservoir].inflow)
    }

    fn release(&self, reservoir: usize) -> Amounts {
        let plan = &self.reservoirs[reservoir];
        let out = plan.release.iter().zip(&plan.spill);
        Amounts::Dekads(
            out.map(|(&release, &spill)| (release + spill).m3())
                .collect(),
        )
    }

    fn storage(&self, reservoir: usize) -> Amounts {
        dekads(&self.reservoirs[reservoir].storage)
    }

    fn taken(&self, offtakes: &[usize]) -> Amounts {
        let of = |t: usize| offtakes.iter().map(|&i| self.deliveries[i][t].m3()).sum();
        Amounts::Dekads((0..self.steps.len()).map(of).collect())
    }

    fn due(&self) -> Vec<(&str, Window, f64)> {
        let rows = self.wanted().iter().filter(|row| row.obligation);
        rows.map(|row| (&*row.id, row.period, row.due)).collect()
    }
}
