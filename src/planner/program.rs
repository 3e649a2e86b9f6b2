//! The linear program: variables within bounds, rows, and objectives one after another.

use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem, Variable};

/// What a senior objective may lose to junior ones, as a part of its size: room for rounding.
pub(super) const SLACK: f64 = 1e-9;

/// A sum of variables and a constant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    terms: Vec<(usize, f64)>,
    constant: f64,
}

impl Line {
    pub(super) fn constant(value: f64) -> Self {
        Self {
            terms: Vec::new(),
            constant: value,
        }
    }

    pub(super) fn of(variable: usize) -> Self {
        Self {
            terms: vec![(variable, 1.0)],
            constant: 0.0,
        }
    }

    pub(super) fn add(&mut self, other: &Self, factor: f64) {
        if factor == 0.0 {
            return;
        }
        self.constant += factor * other.constant;
        let terms = other.terms.iter().map(|&(v, c)| (v, c * factor));
        self.terms.extend(terms);
    }

    pub(super) fn add_constant(&mut self, value: f64) {
        self.constant += value;
    }

    pub(super) fn plus(mut self, other: &Self, factor: f64) -> Self {
        self.add(other, factor);
        self
    }

    /// The same, with each variable once.
    pub(super) fn tidy(mut self) -> Self {
        self.terms.sort_unstable_by_key(|&(v, _)| v);
        let mut tidy: Vec<(usize, f64)> = Vec::with_capacity(self.terms.len());
        for (v, c) in self.terms {
            match tidy.last_mut() {
                Some(last) if last.0 == v => last.1 += c,
                _ => tidy.push((v, c)),
            }
        }
        tidy.retain(|&(_, c)| c != 0.0);
        self.terms = tidy;
        self
    }

    /// Whether nothing can be chosen in it.
    pub(super) fn is_constant(&self) -> bool {
        self.terms.is_empty()
    }

    pub(super) fn value(&self, values: &[f64]) -> f64 {
        let terms = self.terms.iter().map(|&(v, c)| c * values[v]);
        self.constant + terms.sum::<f64>()
    }
}

/// How a row holds its line against zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    AtLeast,
    AtMost,
    Equal,
}

/// One objective: what is minimised, as costs of variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) costs: Vec<(usize, f64)>,
    /// What its cost would come to were nothing met: what the slack is a part of.
    pub(super) size: f64,
}

/// How much work it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) solves: usize,
    pub(super) pivots: u64,
}

/// A sum of variables, held against a number.
#[derive(Clone, Debug)]
struct Row {
    terms: Vec<(usize, f64)>,
    holds: Holds,
    bound: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    bounds: Vec<(f64, f64)>,
    rows: Vec<Row>,
    pub(super) work: Work,
}

impl Program {
    pub(super) fn variable(&mut self, low: f64, high: f64) -> usize {
        self.bounds.push((low, high));
        self.bounds.len() - 1
    }

    pub(super) fn variables(&self) -> usize {
        self.bounds.len()
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Holds a line against zero.
    pub(super) fn row(&mut self, line: Line, holds: Holds) {
        let line = line.tidy();
        self.rows.push(Row {
            terms: line.terms,
            holds,
            bound: -line.constant,
        });
    }

    /// Minimises one objective after another, each as far as those before it stay at their best, and
    /// gives the values of the variables and the best of each objective.
    ///
    /// Strict order by large weights would ask for weights beyond what a solver can tell from
    /// rounding; one program a class needs none.
    pub(super) fn solve(mut self, stages: &[Stage]) -> Result<Solved, String> {
        let mut best = Vec::with_capacity(stages.len());
        let mut values: Option<Vec<f64>> = None;
        for stage in stages {
            // What already costs nothing cannot be bettered.
            let free = values.as_ref().is_some_and(|values| {
                let cost = |&(v, c): &(usize, f64)| c >= 0.0 && values[v] == 0.0;
                stage.costs.iter().all(cost)
            });
            if !free || values.is_none() {
                let solved = self.minimise(&stage.costs);
                values = Some(solved.map_err(|fault| format!("{}: {fault}", stage.name))?);
            }
            let found = values.as_deref().unwrap_or_default();
            let cost: f64 = stage.costs.iter().map(|&(v, c)| c * found[v]).sum();
            best.push(cost);
            self.keep(stage, cost, found);
        }
        let values = values.unwrap_or_default();
        Ok(Solved {
            values,
            best,
            work: self.work,
        })
    }

    /// Holds an objective at its best.
    fn keep(&mut self, stage: &Stage, cost: f64, values: &[f64]) {
        let slack = SLACK * (cost.abs() + stage.size);
        if stage.costs.iter().all(|&(v, _)| values[v] == 0.0) {
            // Bounds are cheaper than a row over all of them.
            for &(v, c) in &stage.costs {
                let share = slack / (c * stage.costs.len() as f64);
                self.bounds[v].1 = self.bounds[v].1.min(share);
            }
        } else {
            self.rows.push(Row {
                terms: stage.costs.clone(),
                holds: Holds::AtMost,
                bound: cost + slack,
            });
        }
    }

    fn minimise(&mut self, costs: &[(usize, f64)]) -> Result<Vec<f64>, String> {
        let mut objective = vec![0.0; self.bounds.len()];
        for &(v, c) in costs {
            objective[v] += c;
        }
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let variables: Vec<Variable> = (self.bounds.iter().zip(objective))
            .map(|(&bounds, cost)| problem.add_var(cost, bounds))
            .collect();
        for row in &self.rows {
            let mut line = LinearExpr::empty();
            for &(v, c) in &row.terms {
                line.add(variables[v], c);
            }
            let op = match row.holds {
                Holds::AtLeast => ComparisonOp::Ge,
                Holds::AtMost => ComparisonOp::Le,
                Holds::Equal => ComparisonOp::Eq,
            };
            problem.add_constraint(line, op, row.bound);
        }
        let outcome = problem.solve().map_err(|fault| fault.to_string())?;
        let stopped = |_| "the solver stopped without an answer".to_owned();
        let solution = outcome.into_solution().map_err(stopped)?;
        self.work.solves += 1;
        self.work.pivots += solution.stats().lp_iterations;
        // A bound is kept to the solver's tolerance; what is a hair below it is at it.
        let within =
            |(v, &(low, high)): (&Variable, &(f64, f64))| solution.var_value(*v).max(low).min(high);
        Ok(variables.iter().zip(&self.bounds).map(within).collect())
    }
}

/// The answer.
#[derive(Clone, Debug)]
pub(super) struct Solved {
    pub(super) values: Vec<f64>,
    /// By stage.
    pub(super) best: Vec<f64>,
    pub(super) work: Work,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_senior_objective_is_not_given_up_for_a_junior_one() {
        // x + y >= 10, x <= 6: y is dear to the senior, x to the junior.
        let mut program = Program::default();
        let x = program.variable(0.0, 6.0);
        let y = program.variable(0.0, f64::INFINITY);
        let line = Line::of(x).plus(&Line::of(y), 1.0);
        program.row(line.plus(&Line::constant(-10.0), 1.0), Holds::AtLeast);
        let stage = |v: usize, c: f64| Stage {
            name: String::new(),
            costs: vec![(v, c)],
            size: 10.0,
        };
        let solved = program.solve(&[stage(y, 1.0), stage(x, 1e6)]).unwrap();
        assert!((solved.values[y] - 4.0).abs() < 1e-7, "{solved:?}");
        assert!((solved.values[x] - 6.0).abs() < 1e-7, "{solved:?}");
    }

    #[test]
    fn lines_add_up_and_name_each_variable_once() {
        let mut line = Line::of(3).plus(&Line::of(1), 2.0);
        line.add(&Line::of(3), -1.0);
        line.add_constant(5.0);
        let line = line.tidy();
        assert_eq!(line.terms, [(1, 2.0)]);
        assert_eq!(line.value(&[0.0, 4.0]), 13.0);
    }
}
