//! What users do with their water besides asking for it: `pumps.csv` and `licences.csv`.

use super::basin::{Physical, each};
use super::equipment::season;
use super::folder::Files;
use super::format::tables::{LICENCES, PUMPS};
use super::table::Row;
use crate::agreement::Pace;
use crate::allocation::{RULE_NAMES, rule_by_name};
use crate::basin::Pump;
use crate::error::{Diagnostic, Diagnostics};
use crate::licence::{Allowance, Licence};
use crate::units::{Energy, Flow, Level, Power, Volume};

/// How the volume of a season is given out.
pub(super) const PACES: [(&str, Pace); 2] = [("even", Pace::Even), ("demand", Pace::Demand)];

impl Physical {
    pub(super) fn pumps(&mut self, files: &Files, faults: &mut Diagnostics) {
        each(files, &PUMPS, faults, |row, faults| {
            let at = row.need_text("at", faults);
            let lift = row.need_number("lift_m", faults);
            let efficiency = row.need_number("efficiency", faults);
            let power = row.number("capacity_mw", faults);
            let energy = row.number("energy_mwh_per_day", faults);
            let mut pump = Pump::new(at?, Level::from_m(lift?), efficiency?);
            pump.party = row.text("party").map(str::to_owned);
            pump.power = power.map(Power::from_mw);
            pump.energy = energy.map(Energy::from_mwh);
            self.pumps.push(pump.written_at(row.origin()));
            Some(())
        });
    }

    pub(super) fn licences(&mut self, files: &Files, faults: &mut Diagnostics) {
        each(files, &LICENCES, faults, |row, faults| {
            let id = row.need_id("licence", faults);
            let allowance = allowance(row, faults);
            let rules = RULE_NAMES.map(|name| (name, name));
            let rule = match row.text("rule") {
                Some(_) => row.need_word("rule", "sharing rule", &rules, faults),
                None => Some("proportional"),
            };
            let mut licence = Licence::daily(id?, Flow::ZERO).named(row.text("name").or(id)?);
            licence.allowance = allowance?;
            licence.rule = rule_by_name(rule?)?;
            licence.party = row.text("party").map(str::to_owned);
            let members = row.text("offtakes").unwrap_or_default().split_whitespace();
            licence = licence.offtakes(members);
            self.licences.push(licence.written_at(row.origin()));
            Some(())
        });
    }
}

/// How much a row allows.
fn allowance(row: &Row, faults: &mut Diagnostics) -> Option<Allowance> {
    let flow = row.number("limit_m3s", faults).map(Flow::from_m3s);
    let volume = row.number("limit_mcm", faults).map(Volume::from_mcm);
    let days = row.whole("rolling_days", faults);
    let pace = match row.text("pace") {
        Some(_) => row.need_word("pace", "pace", &PACES, faults),
        None => Some(Pace::Demand),
    };
    let said = |column: &str| row.text(column).is_some();
    let in_season = said("from") || said("to");
    let season = if in_season {
        season(row, faults).map(Some)
    } else {
        Some(None)
    };
    let wrong = match (said("limit_m3s"), said("limit_mcm")) {
        (false, false) => Some((
            "a licence without a limit",
            "licence",
            "limit_m3s or limit_mcm",
        )),
        (true, true) => Some((
            "two limits in one licence",
            "limit_mcm",
            "one; another licence may have the same members",
        )),
        (true, false) if said("rolling_days") => Some((
            "a daily limit with a window",
            "rolling_days",
            "an empty cell, or limit_mcm",
        )),
        (false, true) if in_season == said("rolling_days") => Some((
            "a volume without one period that it is for",
            "limit_mcm",
            "a season from and to, or rolling_days",
        )),
        (daily, _) if said("pace") && (daily || !in_season) => Some((
            "a pace of what is no season's volume",
            "pace",
            "an empty cell, or limit_mcm with from and to",
        )),
        _ => None,
    };
    if let Some((what, column, expected)) = wrong {
        let at = Some(row.place(column));
        faults.push(Diagnostic::new(what).at(at).expected(expected));
        return None;
    }
    let (season, pace) = (season?, pace?);
    match (flow, volume, season) {
        (Some(flow), None, season) => Some(Allowance::Daily { flow, season }),
        (None, Some(volume), Some(season)) => Some(Allowance::Season {
            volume,
            season,
            pace,
        }),
        (None, Some(volume), None) => Some(Allowance::Rolling {
            volume,
            days: days?,
        }),
        _ => None,
    }
}
