//! The shape of a network: its spanning forest, the canals that close rings, and whether water could run in a circle.

use super::network::{Arc, Role};

/// A spanning forest of the network, with the arcs it leaves out.
///
/// Main arcs are all in it: each node has at most one and they lead nowhere twice, so they close no ring among
/// themselves. Canals are taken in the order they were made.
pub(super) struct Forest {
    /// The arcs of the forest at each node, in the order they were made.
    pub(super) at: Vec<Vec<usize>>,
    /// The canals that would close a ring, in the order they were made.
    pub(super) chords: Vec<usize>,
}

impl Forest {
    pub(super) fn new(nodes: usize, arcs: &[Arc]) -> Self {
        let mut group: Vec<usize> = (0..nodes).collect();
        let mut closes = vec![false; arcs.len()];
        for role in [Role::Main, Role::Canal] {
            for (i, arc) in arcs.iter().enumerate() {
                if arc.role == role {
                    let (a, b) = (find(&mut group, arc.tail), find(&mut group, arc.head));
                    closes[i] = a == b;
                    group[a] = b;
                }
            }
        }
        let mut at = vec![Vec::new(); nodes];
        for (i, arc) in arcs.iter().enumerate() {
            if !closes[i] {
                at[arc.tail].push(i);
                at[arc.head].push(i);
            }
        }
        let chords = (0..arcs.len()).filter(|&i| closes[i]).collect();
        Self { at, chords }
    }
}

fn find(group: &mut [usize], mut node: usize) -> usize {
    while group[node] != node {
        group[node] = group[group[node]];
        node = group[node];
    }
    node
}

/// The nodes, each before all it sends water to; or, where water could run in a circle, an arc on it with its nodes
/// from the head of that arc to its tail.
pub(super) fn downstream_order(
    nodes: usize,
    arcs: &[Arc],
) -> Result<Vec<usize>, (usize, Vec<usize>)> {
    let mut arrivals = vec![0; nodes];
    let mut leaving = vec![Vec::new(); nodes];
    for (i, arc) in arcs.iter().enumerate() {
        arrivals[arc.head] += 1;
        leaving[arc.tail].push(i);
    }
    let mut order: Vec<usize> = (0..nodes).filter(|&node| arrivals[node] == 0).collect();
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        next += 1;
        for &arc in &leaving[node] {
            let head = arcs[arc].head;
            arrivals[head] -= 1;
            if arrivals[head] == 0 {
                order.push(head);
            }
        }
    }
    let Some(mut node) = (0..nodes).find(|&node| arrivals[node] > 0) else {
        return Ok(order);
    };
    // Every node left over has an arc arriving from another one left over: walk up until a node comes again.
    let mut way: Vec<(usize, usize)> = Vec::new();
    let closed = loop {
        if let Some(first) = way.iter().position(|&(_, seen)| seen == node) {
            break first;
        }
        let arriving = arcs
            .iter()
            .position(|arc| arc.head == node && arrivals[arc.tail] > 0)
            .expect("a node waits for one that waits itself");
        way.push((arriving, node));
        node = arcs[arriving].tail;
    };
    let mut circle = way.split_off(closed);
    let last = (0..circle.len())
        .max_by_key(|&at| circle[at].0)
        .expect("a circle has arcs");
    circle.rotate_left(last);
    let arc = circle[0].0;
    // The walk went upstream, starting from the head of `arc`.
    circle[1..].reverse();
    Err((arc, circle.into_iter().map(|(_, node)| node).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arcs(ends: &[(usize, usize, Role)]) -> Vec<Arc> {
        ends.iter()
            .map(|&(tail, head, role)| Arc {
                tail,
                head,
                gain: 1.0,
                role,
            })
            .collect()
    }

    #[test]
    fn rivers_stay_and_the_last_canal_of_a_ring_is_left_out() {
        let arcs = arcs(&[
            (0, 2, Role::Canal),
            (0, 1, Role::Main),
            (1, 2, Role::Main),
            (2, 3, Role::Main),
            (1, 4, Role::Canal),
            (4, 3, Role::Main),
        ]);
        let forest = Forest::new(5, &arcs);
        assert_eq!(forest.chords, [0, 4]);
        assert_eq!(forest.at[1], [1, 2]);
        let order = downstream_order(5, &arcs).expect("water runs down");
        assert!(arcs.iter().all(|arc| {
            let place = |node| order.iter().position(|&other| other == node);
            place(arc.tail) < place(arc.head)
        }));
    }

    #[test]
    fn a_circle_is_told_from_its_last_arc() {
        let arcs = arcs(&[
            (4, 1, Role::Main),
            (0, 1, Role::Canal),
            (1, 2, Role::Main),
            (3, 0, Role::Canal),
            (2, 3, Role::Main),
        ]);
        // 0 -> 1 -> 2 -> 3 -> 0, closed by the last arc made: 2 -> 3.
        assert_eq!(
            downstream_order(5, &arcs).unwrap_err(),
            (4, vec![3, 0, 1, 2])
        );
    }
}
