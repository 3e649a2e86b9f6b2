//! `riparian compare`: what is different between two scenarios or runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use riparian::Report;
use riparian::report::html::{Comparison, Language};
use serde_json::{Value, json};

use crate::answer::{Answer, Failure};
use crate::difference::{self, Difference};
use crate::outcome::{Outcome, Verdict};
use crate::table::{Cell, Table, tenths};
use crate::terminal::colours;
use crate::{report, run, verdicts};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of a scenario, or of the tables of a run
    before: PathBuf,
    /// Another one; without it, the last run of the scenario, in out/SCENARIO, is held beside the
    /// scenario as it is now
    after: Option<PathBuf>,
    /// Shows what is the same too
    #[arg(long)]
    all: bool,
    /// Writes the comparison as one page of HTML, `-` to standard output; both must be scenarios
    #[arg(long, value_name = "FILE", requires = "after")]
    html: Option<PathBuf>,
    /// The language of the page
    #[arg(long, default_value = "en", value_parser = report::languages(), requires = "html")]
    language: Language,
}

/// One side: its outcome, and the report where it was run just now.
struct Side {
    outcome: Outcome,
    report: Option<Report>,
}

impl Side {
    fn of(folder: &Path, name: &str) -> Result<Self, Failure> {
        if Outcome::is_run(folder) {
            let outcome = Outcome::of_tables(name, folder)?;
            return Ok(Self {
                outcome,
                report: None,
            });
        }
        let report = run::run(folder)?;
        Ok(Self {
            outcome: Outcome::of_report(name, &report),
            report: Some(report),
        })
    }
}

/// What the sides are called: the names of their folders, or where they lie if those are the same.
fn names(before: &Path, after: &Path) -> Result<[String; 2], Failure> {
    let short = [run::name(before)?, run::name(after)?];
    if short[0] == short[1] {
        return Ok([before, after].map(|path| path.display().to_string()));
    }
    Ok(short.map(|name| name.to_string_lossy().into_owned()))
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let (before, after) = match &self.after {
            Some(after) => (self.before.clone(), after.clone()),
            None => (self.last_run()?, self.before.clone()),
        };
        let names = names(&before, &after)?;
        let sides = [Side::of(&before, &names[0])?, Side::of(&after, &names[1])?];
        let mut note = String::new();
        if let Some(file) = &self.html {
            let page = self.page(&sides)?;
            if file == Path::new("-") {
                return Ok(Answer::text(page.html()));
            }
            page.write(file).map_err(Failure::in_folder(file))?;
            note = format!("The comparison is in {}\n", file.display());
        }
        let inputs = if sides.iter().all(|side| side.report.is_some()) {
            Some(difference::between(&before, &after)?)
        } else {
            None
        };
        let [before, after] = sides.map(|side| side.outcome);
        let difference = Compared {
            before,
            after,
            inputs,
            all: self.all,
        };
        if json {
            return Ok(Answer::json(&difference.json()));
        }
        Ok(Answer::text(difference.text() + &note))
    }

    fn last_run(&self) -> Result<PathBuf, Failure> {
        let run = run::usual_out(&self.before)?;
        if Outcome::is_run(&run) {
            return Ok(run);
        }
        Err(Failure::usage(format!(
            "there is no run of {} in {}: `riparian run` it first, or say what to compare it with",
            self.before.display(),
            run.display()
        )))
    }

    fn page<'r>(&self, sides: &'r [Side; 2]) -> Result<Comparison<'r>, Failure> {
        let [before, after] = sides;
        let title = format!("{} / {}", before.outcome.name, after.outcome.name);
        let mut page = Comparison::new(title).language(self.language);
        for side in sides {
            let Some(report) = &side.report else {
                let message = format!("{} is a run: --html needs scenarios", side.outcome.name);
                return Err(Failure::usage(message));
            };
            page = page.run(&side.outcome.name, report);
        }
        Ok(page)
    }
}

/// Two outcomes side by side.
struct Compared {
    before: Outcome,
    after: Outcome,
    /// What differs in the files, where both are scenarios.
    inputs: Option<Vec<Difference>>,
    all: bool,
}

/// Something on both sides or on one.
type Pair<'a, T> = (Option<&'a T>, Option<&'a T>);

/// Pairs what has the same key, in the order of the first side.
fn pairs<'a, T, K: PartialEq>(
    before: &'a [T],
    after: &'a [T],
    key: impl Fn(&'a T) -> K,
) -> Vec<Pair<'a, T>> {
    let find = |all: &'a [T], k: &K| all.iter().find(|item| key(item) == *k);
    let known = before
        .iter()
        .map(|item| (Some(item), find(after, &key(item))));
    let new = after
        .iter()
        .filter(|item| find(before, &key(item)).is_none());
    known.chain(new.map(|item| (None, Some(item)))).collect()
}

/// A figure before, after, and what it rose by.
fn figures(before: Option<f64>, after: Option<f64>) -> [Cell; 3] {
    let change = before.zip(after).map(|(before, after)| after - before);
    let change = change.map_or_else(
        || "-".to_owned(),
        |change| match tenths(change) {
            text if text == "0.0" => "=".to_owned(),
            text if text.starts_with('-') => text,
            text => format!("+{text}"),
        },
    );
    [
        Cell::figure(before),
        Cell::figure(after),
        Cell::right(change),
    ]
}

/// Whether two figures are printed alike. What was read from tables is rounded there.
fn alike(before: Option<f64>, after: Option<f64>) -> bool {
    before.map(tenths) == after.map(tenths)
}

impl Compared {
    fn verdicts(&self) -> Vec<Pair<'_, Verdict>> {
        let key = |verdict: &Verdict| (verdict.obligation.clone(), verdict.period.clone());
        pairs(&self.before.verdicts, &self.after.verdicts, key)
    }

    fn obligations(&self) -> Table {
        let mut table = Table::new([
            "obligation",
            "period",
            "unit",
            "committed",
            "now",
            "delivered",
            "now",
            "by",
            "verdict",
            "now",
        ]);
        for (before, after) in self.verdicts() {
            let Some(any) = before.or(after) else {
                continue;
            };
            let committed = [before, after].map(|side| side.and_then(|v| v.committed));
            let delivered = [before, after].map(|side| side.and_then(|v| v.delivered));
            let status = [before, after].map(|side| side.map(|v| v.status));
            let same = status[0] == status[1]
                && alike(committed[0], committed[1])
                && alike(delivered[0], delivered[1]);
            if same && !self.all {
                continue;
            }
            let mut row = vec![
                Cell::text(&any.obligation),
                Cell::text(&any.period),
                Cell::text(&any.unit),
                Cell::figure(committed[0]),
                Cell::figure(committed[1]),
            ];
            row.extend(figures(delivered[0], delivered[1]));
            row.extend(status.map(|status| match status {
                Some(status) => {
                    let text = format!("{} {}", verdicts::sign(status), status.name());
                    Cell::verdict(status, text)
                }
                None => Cell::text("-"),
            }));
            table.row(row);
        }
        table
    }

    /// A row for each figure of each party or reservoir.
    fn volumes(&self) -> [Table; 2] {
        let mut parties = Table::new(["party", "Mm3", "before", "now", "by"]);
        for (before, after) in pairs(&self.before.parties, &self.after.parties, |p| &*p.id) {
            let id = before.or(after).map_or("", |party| &party.id);
            let sums = [before, after].map(|side| side.map(|p| [p.demand, p.taken]));
            self.rows(&mut parties, id, ["asked for", "taken"], sums);
        }
        let mut reservoirs = Table::new(["reservoir", "Mm3", "before", "now", "by"]);
        for (before, after) in pairs(&self.before.reservoirs, &self.after.reservoirs, |r| &*r.id) {
            let id = before.or(after).map_or("", |reservoir| &reservoir.id);
            let sums = [before, after].map(|side| side.map(|r| [r.release, r.spill, r.end]));
            self.rows(
                &mut reservoirs,
                id,
                ["released", "spilled", "in store at the end"],
                sums,
            );
        }
        [parties, reservoirs]
    }

    fn rows<const N: usize>(
        &self,
        table: &mut Table,
        id: &str,
        names: [&str; N],
        sums: [Option<[f64; N]>; 2],
    ) {
        for (i, name) in names.into_iter().enumerate() {
            let [before, after] = sums.map(|side| side.map(|sums| sums[i]));
            if self.all || !alike(before, after) {
                let mut row = vec![Cell::text(id), Cell::text(name)];
                row.extend(figures(before, after));
                table.row(row);
            }
        }
    }

    fn text(&self) -> String {
        let (before, after) = (&self.before, &self.after);
        let mut text = format!("before: {}, {}\n", before.name, before.title);
        let _ = writeln!(text, "now:    {}, {}\n", after.name, after.title);
        match &self.inputs {
            _ if before.inputs == after.inputs => text += "The files are the same.\n\n",
            Some(differences) if !differences.is_empty() => {
                text += "What was changed\n";
                text.extend(differences.iter().map(Difference::text));
                text.push('\n');
            }
            Some(_) => text += "The files are not the same.\n\n",
            None => {
                text += "The files are not the same; a copy of the folder made before an edit shows the lines.\n\n";
            }
        }
        let [parties, reservoirs] = self.volumes();
        let mut any = false;
        for (title, table) in [
            ("Obligations", self.obligations()),
            ("Parties", parties),
            ("Reservoirs", reservoirs),
        ] {
            if !table.is_empty() {
                any = true;
                let _ = writeln!(text, "{title}\n{}", table.draw(colours()));
            }
        }
        if !any {
            text += "What came of it is the same.\n";
        }
        text
    }

    fn json(&self) -> Value {
        let verdict = |side: Option<&Verdict>| {
            side.map(|v| {
                json!({
                    "committed": v.committed,
                    "delivered": v.delivered,
                    "missing": v.missing,
                    "status": v.status.name(),
                })
            })
        };
        let obligations = self.verdicts().into_iter().filter_map(|(before, after)| {
            let any = before.or(after)?;
            Some(json!({
                "obligation": any.obligation,
                "period": any.period,
                "unit": any.unit,
                "before": verdict(before),
                "after": verdict(after),
            }))
        });
        let side = |outcome: &Outcome| {
            let parties = outcome.parties.iter().map(|p| {
                let sums = json!({ "demand_mcm": p.demand, "taken_mcm": p.taken });
                (p.id.clone(), sums)
            });
            let reservoirs = outcome.reservoirs.iter().map(|r| {
                let sums = json!({
                    "release_mcm": r.release,
                    "spill_mcm": r.spill,
                    "end_mcm": r.end,
                });
                (r.id.clone(), sums)
            });
            json!({
                "name": outcome.name,
                "title": outcome.title,
                "inputs": outcome.inputs,
                "parties": parties.collect::<serde_json::Map<_, _>>(),
                "reservoirs": reservoirs.collect::<serde_json::Map<_, _>>(),
            })
        };
        let files = self.inputs.as_ref();
        json!({
            "before": side(&self.before),
            "after": side(&self.after),
            "same_inputs": self.before.inputs == self.after.inputs,
            "files": files.map(|all| all.iter().map(Difference::json).collect::<Vec<_>>()),
            "obligations": obligations.collect::<Vec<_>>(),
        })
    }
}
