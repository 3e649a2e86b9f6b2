//! Points at which uncertain terms are tried: grids and Latin hypercubes.

use super::Draws;

/// All combinations of the values of each term, the last term changing fastest.
///
/// ```
/// use riparian::ensemble::design;
///
/// let points = design::grid(&[&[300.0, 400.0], &[1.0, 2.0, 3.0]]);
/// assert_eq!(points.len(), 6);
/// assert_eq!(points[0], [300.0, 1.0]);
/// assert_eq!(points[1], [300.0, 2.0]);
/// ```
pub fn grid(terms: &[&[f64]]) -> Vec<Vec<f64>> {
    terms.iter().fold(vec![Vec::new()], |points, values| {
        let with = |point: &Vec<f64>, value: f64| [&point[..], &[value]].concat();
        let points = points.iter();
        points
            .flat_map(|point| values.iter().map(move |&value| with(point, value)))
            .collect()
    })
}

/// `points` points within bounds such that each term has one value in each of `points` equal parts
/// of its range.
///
/// Source: McKay, Beckman and Conover (1979, *Technometrics* 21, 239-245).
///
/// ```
/// use riparian::ensemble::design;
///
/// let points = design::latin_hypercube(1, 10, &[(300.0, 400.0), (0.0, 1.0)]);
/// let mut parts: Vec<u32> = points.iter().map(|p| ((p[0] - 300.0) / 10.0) as u32).collect();
/// parts.sort();
/// assert_eq!(parts, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
/// ```
pub fn latin_hypercube(seed: u64, points: usize, bounds: &[(f64, f64)]) -> Vec<Vec<f64>> {
    let mut design = vec![Vec::with_capacity(bounds.len()); points];
    for (term, &(low, high)) in bounds.iter().enumerate() {
        let mut draws = Draws::new(seed, term as u64, 0);
        let mut parts: Vec<usize> = (0..points).collect();
        // Fisher and Yates's shuffle.
        for last in (1..points).rev() {
            parts.swap(last, draws.index(last + 1));
        }
        for (point, part) in design.iter_mut().zip(parts) {
            let within = (part as f64 + draws.uniform()) / points as f64;
            point.push(low + within * (high - low));
        }
    }
    design
}
