//! Shares an estate among claims by any rule of the crate, one award a line.
//!
//! ```sh
//! cargo run --example share -- --rule talmud --estate 200 100 200 300
//! cargo run --example share -- --rule weighted-equal-awards --estate 90 --weights 2,1 100 100
//! ```

use std::process::ExitCode;

use riparian::rules::{
    self, ClaimsRule, NashHarsanyi, StrictPriority, WeightedEqualAwards, WeightedEqualLosses,
};

const USAGE: &str = "\
usage: share --rule NAME --estate E [options] CLAIM...
       share --rules

  --rules                lists the rules
  --weights W,W,...      one weight a claim: weighted rules; nash-harsanyi (all 1 if not given)
  --disagreement D,D,... one fall-back a claim: nash-harsanyi (all 0 if not given)
  --order N,N,...        claims by number, from 1, most senior first: priority (as written if not given)";

/// The rules that are built from options.
const WITH_OPTIONS: [&str; 4] = [
    "weighted-equal-awards",
    "weighted-equal-losses",
    "nash-harsanyi",
    "priority",
];

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("share: {fault}");
            ExitCode::from(2)
        }
    }
}

/// What is wrong with a command line, or with what it asks for.
pub(crate) type Fault = Box<dyn std::error::Error>;

/// The command line, read.
#[derive(Default)]
struct Request {
    rule: Option<String>,
    estate: Option<f64>,
    weights: Option<Vec<f64>>,
    disagreement: Option<Vec<f64>>,
    order: Option<Vec<usize>>,
    claims: Vec<f64>,
}

/// Answers a command line: the text to print, or what is wrong with it.
pub(crate) fn run(mut args: impl Iterator<Item = String>) -> Result<String, Fault> {
    let mut request = Request::default();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value\n{USAGE}"));
        match arg.as_str() {
            "--help" | "-h" => return Ok(USAGE.to_owned()),
            "--rules" => {
                let names: Vec<&str> = rules::names().chain(WITH_OPTIONS).collect();
                return Ok(names.join("\n"));
            }
            "--rule" => request.rule = Some(value()?),
            "--estate" => request.estate = Some(number("estate", &value()?)?),
            "--weights" => request.weights = Some(list("weight", &value()?)?),
            "--disagreement" => request.disagreement = Some(list("disagreement point", &value()?)?),
            "--order" => request.order = Some(list("place", &value()?)?),
            option if option.starts_with("--") => {
                return Err(format!("unknown option {option}\n{USAGE}").into());
            }
            claim => request.claims.push(number("claim", claim)?),
        }
    }
    let estate = request
        .estate
        .ok_or(format!("--estate is missing\n{USAGE}"))?;
    if request.claims.is_empty() {
        return Err(format!("there are no claims\n{USAGE}").into());
    }
    let awards = rule(&request)?.share(estate, &request.claims)?;
    let lines: Vec<String> = awards.iter().map(f64::to_string).collect();
    Ok(lines.join("\n"))
}

fn rule(request: &Request) -> Result<Box<dyn ClaimsRule>, Fault> {
    let name = request
        .rule
        .as_deref()
        .ok_or(format!("--rule is missing\n{USAGE}"))?;
    let n = request.claims.len();
    let takes: &[&str] = match name {
        "weighted-equal-awards" | "weighted-equal-losses" => &["--weights"],
        "nash-harsanyi" => &["--weights", "--disagreement"],
        "priority" => &["--order"],
        _ => &[],
    };
    for (option, given) in [
        ("--weights", request.weights.is_some()),
        ("--disagreement", request.disagreement.is_some()),
        ("--order", request.order.is_some()),
    ] {
        if given && !takes.contains(&option) {
            return Err(format!("rule `{name}` takes no {option}").into());
        }
    }
    let weights = request.weights.clone();
    let needs_weights = || format!("rule `{name}` needs --weights");
    Ok(match name {
        "weighted-equal-awards" => Box::new(WeightedEqualAwards::new(
            weights.ok_or_else(needs_weights)?,
        )?),
        "weighted-equal-losses" => Box::new(WeightedEqualLosses::new(
            weights.ok_or_else(needs_weights)?,
        )?),
        "nash-harsanyi" => {
            let weights = weights.unwrap_or_else(|| vec![1.0; n]);
            let fall_back = request.disagreement.clone().unwrap_or_else(|| vec![0.0; n]);
            Box::new(NashHarsanyi::new(weights, fall_back)?)
        }
        "priority" => {
            let order = request.order.clone().unwrap_or_else(|| (1..=n).collect());
            if (1..=n).any(|place| !order.contains(&place)) || order.len() != n {
                return Err(format!("--order must name each of 1 to {n} once").into());
            }
            let places: Vec<usize> = order.iter().map(|place| place - 1).collect();
            Box::new(StrictPriority::new(places)?)
        }
        name => rules::by_name(name)?,
    })
}

fn number(what: &str, text: &str) -> Result<f64, String> {
    text.parse()
        .map_err(|_| format!("{what} `{text}` is not a number"))
}

fn list<T: std::str::FromStr>(what: &str, text: &str) -> Result<Vec<T>, String> {
    text.split(',')
        .map(|item| {
            item.trim()
                .parse()
                .map_err(|_| format!("{what} `{item}` is not a number"))
        })
        .collect()
}
