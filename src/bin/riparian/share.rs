//! `riparian share`: an estate shared among claims by a rule of the crate.

use std::fmt::Write as _;

use riparian::rules::{
    self, ClaimsRule, NashHarsanyi, StrictPriority, WeightedEqualAwards, WeightedEqualLosses,
};
use serde_json::json;

use crate::answer::{Answer, Failure};
use crate::settle::standard_input;

/// The rules that are built from options.
const WITH_OPTIONS: [&str; 4] = [
    "weighted-equal-awards",
    "weighted-equal-losses",
    "nash-harsanyi",
    "priority",
];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Lists the rules
    #[arg(long, exclusive = true)]
    rules: bool,
    /// The rule
    #[arg(long, value_name = "NAME", required_unless_present = "rules")]
    rule: Option<String>,
    /// What there is to share
    #[arg(long, value_name = "AMOUNT", required_unless_present = "rules")]
    estate: Option<f64>,
    /// One weight a claim: weighted rules; nash-harsanyi [default there: all 1]
    #[arg(long, value_name = "W,W,...", value_delimiter = ',')]
    weights: Option<Vec<f64>>,
    /// One fall-back a claim: nash-harsanyi [default: all 0]
    #[arg(long, value_name = "D,D,...", value_delimiter = ',')]
    disagreement: Option<Vec<f64>>,
    /// Claims by number, from 1, most senior first: priority [default: as written]
    #[arg(long, value_name = "N,N,...", value_delimiter = ',')]
    order: Option<Vec<usize>>,
    /// The claims; `-` reads them from standard input, with blanks or lines between them
    #[arg(required_unless_present = "rules")]
    claims: Vec<String>,
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let (Some(name), Some(estate)) = (&self.rule, self.estate) else {
            let names: Vec<&str> = rules::names().chain(WITH_OPTIONS).collect();
            return Ok(if json {
                Answer::json(&json!(names))
            } else {
                Answer::text(names.join("\n") + "\n")
            });
        };
        let claims = self.claims()?;
        let rule = self.rule(name, claims.len())?;
        let awards = rule.share(estate, &claims).map_err(refused)?;
        if json {
            return Ok(Answer::json(&json!({ "rule": name, "awards": awards })));
        }
        let mut text = String::new();
        for award in awards {
            let _ = writeln!(text, "{award}");
        }
        Ok(Answer::text(text))
    }

    fn claims(&self) -> Result<Vec<f64>, Failure> {
        let words = if self.claims == ["-"] {
            standard_input()?
        } else {
            self.claims.join(" ")
        };
        let claims: Vec<f64> = (words.split_whitespace())
            .map(|word| {
                let number = word.parse();
                number.map_err(|_| Failure::usage(format!("claim `{word}` is not a number")))
            })
            .collect::<Result<_, _>>()?;
        if claims.is_empty() {
            return Err(Failure::usage("there are no claims"));
        }
        Ok(claims)
    }

    fn rule(&self, name: &str, n: usize) -> Result<Box<dyn ClaimsRule>, Failure> {
        let takes: &[&str] = match name {
            "weighted-equal-awards" | "weighted-equal-losses" => &["--weights"],
            "nash-harsanyi" => &["--weights", "--disagreement"],
            "priority" => &["--order"],
            _ => &[],
        };
        for (option, given) in [
            ("--weights", self.weights.is_some()),
            ("--disagreement", self.disagreement.is_some()),
            ("--order", self.order.is_some()),
        ] {
            if given && !takes.contains(&option) {
                return Err(Failure::usage(format!("rule `{name}` takes no {option}")));
            }
        }
        let weights = || {
            let needed = || Failure::usage(format!("rule `{name}` needs --weights"));
            self.weights.clone().ok_or_else(needed)
        };
        Ok(match name {
            "weighted-equal-awards" => {
                Box::new(WeightedEqualAwards::new(weights()?).map_err(refused)?)
            }
            "weighted-equal-losses" => {
                Box::new(WeightedEqualLosses::new(weights()?).map_err(refused)?)
            }
            "nash-harsanyi" => {
                let weights = self.weights.clone().unwrap_or_else(|| vec![1.0; n]);
                let fall_back = self.disagreement.clone().unwrap_or_else(|| vec![0.0; n]);
                Box::new(NashHarsanyi::new(weights, fall_back).map_err(refused)?)
            }
            "priority" => Box::new(StrictPriority::new(self.places(n)?).map_err(refused)?),
            name => rules::by_name(name).map_err(refused)?,
        })
    }

    /// The claims in order of seniority, numbered from 0.
    fn places(&self, n: usize) -> Result<Vec<usize>, Failure> {
        let order = self.order.clone().unwrap_or_else(|| (1..=n).collect());
        if order.len() != n || (1..=n).any(|place| !order.contains(&place)) {
            let message = format!("--order must name each of 1 to {n} once");
            return Err(Failure::usage(message));
        }
        Ok(order.iter().map(|place| place - 1).collect())
    }
}

/// A rule, or a claims problem, that cannot be: the command line said so.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn refused(error: riparian::Error) -> Failure {
    Failure::usage(error.to_string())
}
