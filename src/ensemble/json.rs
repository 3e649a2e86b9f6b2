//! The frame as text, for the metadata of tables.

use serde::{Deserialize, Serialize};

use super::Keep;
use super::frame::{Frame, Promise, User, Watched};
use crate::agreement::Measure;
use crate::settlement::Unit;

#[derive(Serialize, Deserialize)]
struct Text {
    title: String,
    days: String,
    seed: u64,
    keep: String,
    scenario: String,
    identity: String,
    obligations: Vec<Obligation>,
    parties: Vec<String>,
    offtakes: Vec<String>,
    watched: Vec<Place>,
}

#[derive(Serialize, Deserialize)]
struct Obligation {
    id: String,
    debtor: String,
    creditor: Option<String>,
    unit: String,
}

#[derive(Serialize, Deserialize)]
struct Place {
    id: String,
    measure: Option<String>,
    unit: String,
}

const KEEPS: [Keep; 3] = [Keep::Summaries, Keep::Settlements, Keep::Days];

impl Frame {
    pub(super) fn to_json(&self) -> String {
        let ids = |party: bool| {
            let users = self.users.iter().filter(move |user| user.is_party == party);
            users.map(|user| user.id.clone()).collect()
        };
        let obligation = |promise: &Promise| Obligation {
            id: promise.obligation.clone(),
            debtor: promise.debtor.clone(),
            creditor: promise.creditor.clone(),
            unit: promise.unit.sign().to_owned(),
        };
        let place = |watched: &Watched| Place {
            id: watched.id.clone(),
            measure: watched.measure.map(|measure| measure.name().to_owned()),
            unit: watched.unit.clone(),
        };
        let text = Text {
            title: self.title.clone(),
            days: self.window.to_string(),
            seed: self.seed,
            keep: format!("{:?}", self.keep),
            scenario: self.scenario.clone(),
            identity: self.identity.clone(),
            obligations: self.promises.iter().map(obligation).collect(),
            parties: ids(true),
            offtakes: ids(false),
            watched: self.watched.iter().map(place).collect(),
        };
        serde_json::to_string(&text).expect("texts and numbers")
    }

    pub(super) fn from_json(text: &str) -> Option<Self> {
        let text: Text = serde_json::from_str(text).ok()?;
        let promise = |obligation: Obligation| {
            let mut units = [Unit::Mcm, Unit::Gwh].into_iter();
            Some(Promise {
                unit: units.find(|unit| unit.sign() == obligation.unit)?,
                obligation: obligation.id,
                debtor: obligation.debtor,
                creditor: obligation.creditor,
            })
        };
        let watched = |place: Place| {
            let measure = match &place.measure {
                None => None,
                Some(name) => {
                    let mut names = Measure::NAMES.iter();
                    Some(names.find(|(known, _)| known == name)?.1)
                }
            };
            Some(Watched {
                id: place.id,
                measure,
                unit: place.unit,
            })
        };
        let user = |is_party: bool| move |id: String| User { id, is_party };
        let parties = text.parties.into_iter().map(user(true));
        Some(Self {
            title: text.title,
            window: text.days.parse().ok()?,
            seed: text.seed,
            keep: KEEPS
                .into_iter()
                .find(|keep| format!("{keep:?}") == text.keep)?,
            promises: text
                .obligations
                .into_iter()
                .map(promise)
                .collect::<Option<_>>()?,
            users: parties
                .chain(text.offtakes.into_iter().map(user(false)))
                .collect(),
            watched: text
                .watched
                .into_iter()
                .map(watched)
                .collect::<Option<_>>()?,
            scenario: text.scenario,
            identity: text.identity,
        })
    }
}
