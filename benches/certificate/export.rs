//! Random basins and how they were shared, one JSON line each, for `check.py` beside this file.
//!
//! ```text
//! cargo bench --bench certificate_export -- [COUNT [SEED]]
//! ```

use std::io::{self, BufWriter, Write};

use riparian::allocation::Place;
use serde_json::{Value, json};

#[path = "../../tests/support/basin.rs"]
#[allow(dead_code)]
mod basin;

use basin::{Basin, Dice, Family};

/// Families take turns: ties, odd numbers, one class, larger, a class for nearly every claim.
const FAMILIES: [Family; 6] = [
    family(8, true, 3),
    family(8, false, 2),
    family(6, true, 1),
    family(14, true, 3),
    family(14, false, 3),
    family(8, true, 12),
];

const fn family(nodes: usize, whole: bool, classes: u16) -> Family {
    Family {
        nodes,
        whole,
        classes,
    }
}

fn main() -> io::Result<()> {
    // Cargo adds an argument of its own.
    let mut numbers = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .map(|word| word.parse().expect("a count and a seed"));
    let count = numbers.next().unwrap_or(1);
    let mut dice = Dice(numbers.next().unwrap_or(1));
    let mut out = BufWriter::new(io::stdout().lock());
    for family in FAMILIES.into_iter().cycle().take(count as usize) {
        writeln!(out, "{}", line(&Basin::random(&mut dice, family)))?;
    }
    out.flush()
}

/// Capacities without limit are `null`; a claim lies at a node or on an arc, the other is `null`.
fn line(basin: &Basin) -> Value {
    let outcome = basin.solve();
    let arcs = basin.arcs.iter().map(|arc| {
        let capacity = arc.capacity.is_finite().then_some(arc.capacity);
        json!([arc.tail, arc.head, arc.gain, capacity])
    });
    let claims = basin.claims.iter().map(|claim| {
        let (node, arc) = match claim.place {
            Place::Node(node) => (Some(node), None),
            Place::Arc(arc) => (None, Some(arc)),
        };
        json!([node, arc, claim.class, claim.weight, claim.size])
    });
    let rules = basin.rules.iter().map(|rule| format!("{rule:?}"));
    json!({
        "supply": basin.supply,
        "arcs": arcs.collect::<Vec<_>>(),
        "claims": claims.collect::<Vec<_>>(),
        "rules": rules.collect::<Vec<_>>(),
        "award": outcome.award,
        "flow": outcome.flow,
    })
}
