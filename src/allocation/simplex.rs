//! A linear programme in a few unknowns and many rows, solved to the lexicographically least point.

use super::double::Double;

/// A row that is not met by less than this is met. Rows are scaled so that their terms are about 1 at most.
const CLOSE: f64 = 1e-14;

/// Where a row that should hold the point is off by more than this, too much rounding has built up.
const ASTRAY: f64 = 1e-13;

/// After so many exchanges the inverse is worked out anew, before rounding builds up.
const FRESH: usize = 16;

/// Finds the least first unknown, among those points the least second one, and so on, subject to rows
/// `coefficients · x >= bound` on unknowns that are at least 0.
///
/// The dual simplex method with lexicographic choice of the row that leaves (Dantzig, Orden and Wolfe, Pacific
/// Journal of Mathematics 5, 1955): the point is unique, so it does not depend on the way there, and no sequence
/// of exchanges can come back to itself. Rows may be added and bounds changed between calls; the search goes on
/// from where it was.
#[derive(Clone, Debug)]
pub(super) struct Simplex {
    width: usize,
    /// The first `width` rows are the unknowns themselves, at least 0.
    coefficients: Vec<f64>,
    bounds: Vec<f64>,
    /// The rows that hold the point, as many as unknowns.
    basis: Vec<usize>,
    /// Scratch of [`refresh`](Self::refresh).
    held: Vec<usize>,
    /// For each of them the direction in which the point moves as its bound rises and the others stay.
    ///
    /// In twice the precision: with dozens of unknowns of different sizes, what f64 leaves where a number should be 0
    /// grows from exchange to exchange until it is taken for one.
    ///
    /// Its first component is the multiplier of the row for the first unknown, and so on. In each direction the
    /// first component that is not 0 is positive: that is what makes the point the least one.
    directions: Vec<Double>,
    point: Vec<f64>,
    shares: Vec<Double>,
    exchanges: usize,
}

/// No decision could be made for rounding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stuck;

impl Simplex {
    pub(super) fn new(width: usize) -> Self {
        let mut simplex = Self {
            width,
            coefficients: Vec::new(),
            bounds: Vec::new(),
            basis: Vec::new(),
            held: Vec::new(),
            directions: Vec::new(),
            point: Vec::new(),
            shares: Vec::new(),
            exchanges: 0,
        };
        simplex.clear(width);
        simplex
    }

    /// Takes out all rows and starts with this many unknowns.
    pub(super) fn clear(&mut self, width: usize) {
        self.width = width;
        self.coefficients.clear();
        self.bounds.clear();
        self.directions.resize(width * width, Double::ZERO);
        self.point.clear();
        self.point.resize(width, 0.0);
        self.shares.resize(width, Double::ZERO);
        self.exchanges = 0;
        for i in 0..self.width {
            self.add(0.0)[i] = 1.0;
        }
        self.start();
    }

    fn start(&mut self) {
        self.basis.clear();
        self.basis.extend(0..self.width);
        self.directions.fill(Double::ZERO);
        for i in 0..self.width {
            self.directions[i * self.width + i] = Double::ONE;
        }
    }

    /// Adds a row of zeros with this bound and lends it to be filled in.
    pub(super) fn add(&mut self, bound: f64) -> &mut [f64] {
        self.bounds.push(bound);
        let start = self.coefficients.len();
        self.coefficients.resize(start + self.width, 0.0);
        &mut self.coefficients[start..]
    }

    /// How many rows there are, the unknowns themselves included.
    pub(super) fn rows(&self) -> usize {
        self.bounds.len()
    }

    /// How many unknowns there are.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn set_bound(&mut self, row: usize, bound: f64) {
        self.bounds[row] = bound;
    }

    /// The point found last.
    pub(super) fn point(&self) -> &[f64] {
        &self.point
    }

    /// The rows that hold the point, with their multipliers for the first unknown: these multipliers are at least 0,
    /// and the rows so multiplied add up to the first unknown alone.
    pub(super) fn multipliers(&self) -> impl Iterator<Item = (usize, f64)> {
        self.basis
            .iter()
            .zip(self.directions.chunks_exact(self.width))
            .map(|(&row, direction)| (row, direction[0].value()))
    }

    /// Moves to the least point.
    pub(super) fn solve(&mut self) -> Result<(), Stuck> {
        let most = 1000 + 50 * self.rows();
        for _ in 0..most {
            self.locate();
            let Some(entering) = self.worst() else {
                if self.exchanges == 0 || !self.astray() {
                    return Ok(());
                }
                self.refresh();
                continue;
            };
            self.resolve(entering);
            let Some(leaving) = self.leaving() else {
                // No point meets all rows; and the callers' rows can always be met, but for rounding.
                return Err(Stuck);
            };
            self.exchange(entering, leaving);
            if self.exchanges >= FRESH {
                self.refresh();
            }
        }
        Err(Stuck)
    }

    fn locate(&mut self) {
        for (i, x) in self.point.iter_mut().enumerate() {
            let directions = self.directions.chunks_exact(self.width);
            let mut sum = Double::ZERO;
            for (&row, direction) in self.basis.iter().zip(directions) {
                let bound = self.bounds[row];
                if bound != 0.0 && direction[i] != Double::ZERO {
                    sum = sum + Double::from(bound) * direction[i];
                }
            }
            *x = sum.value();
        }
    }

    /// Whether rounding has led the point away from the rows that hold it.
    fn astray(&self) -> bool {
        self.basis.iter().any(|&row| {
            let coefficients = &self.coefficients[row * self.width..(row + 1) * self.width];
            let terms = coefficients.iter().zip(&self.point);
            let at: f64 = terms.map(|(a, x)| a * x).sum();
            (self.bounds[row] - at).abs() > ASTRAY
        })
    }

    /// The row that the point misses by most.
    fn worst(&self) -> Option<usize> {
        let mut worst = (CLOSE, None);
        for (row, (coefficients, bound)) in self
            .coefficients
            .chunks_exact(self.width)
            .zip(&self.bounds)
            .enumerate()
        {
            let at: f64 = coefficients
                .iter()
                .zip(&self.point)
                .map(|(a, x)| a * x)
                .sum();
            if bound - at > worst.0 && !self.basis.contains(&row) {
                worst = (bound - at, Some(row));
            }
        }
        worst.1
    }

    /// Writes the row as a sum of the rows that hold the point.
    fn resolve(&mut self, row: usize) {
        let coefficients = &self.coefficients[row * self.width..(row + 1) * self.width];
        for (share, direction) in self
            .shares
            .iter_mut()
            .zip(self.directions.chunks_exact(self.width))
        {
            let (mut sum, mut size) = (Double::ZERO, 0.0);
            for (&a, &d) in coefficients.iter().zip(direction) {
                if a != 0.0 && d != Double::ZERO {
                    let term = Double::from(a) * d;
                    sum = sum + term;
                    size += term.value().abs();
                }
            }
            *share = sum.or_nothing(size);
        }
    }

    /// Whichever row may leave so that all directions keep their sign: the one of the least direction per share.
    fn leaving(&self) -> Option<usize> {
        let mut least: Option<usize> = None;
        for (j, &share) in self.shares.iter().enumerate() {
            if share.value() > 0.0 && least.is_none_or(|least| self.less(j, least)) {
                least = Some(j);
            }
        }
        least
    }

    fn less(&self, j: usize, than: usize) -> bool {
        let (share_j, share_than) = (self.shares[j], self.shares[than]);
        for i in 0..self.width {
            let a = self.directions[j * self.width + i] / share_j;
            let b = self.directions[than * self.width + i] / share_than;
            let more = (a - b)
                .or_nothing(a.value().abs() + b.value().abs())
                .value();
            if more != 0.0 {
                return more < 0.0;
            }
        }
        false
    }

    fn exchange(&mut self, entering: usize, leaving: usize) {
        let n = self.width;
        let pivot = self.shares[leaving];
        for i in 0..n {
            let direction = &mut self.directions[leaving * n + i];
            if *direction != Double::ZERO {
                *direction = *direction / pivot;
            }
        }
        for j in (0..n).filter(|&j| j != leaving) {
            let share = self.shares[j];
            if share != Double::ZERO {
                for i in 0..n {
                    let rise = self.directions[leaving * n + i];
                    if rise == Double::ZERO {
                        continue;
                    }
                    let (old, less) = (self.directions[j * n + i], share * rise);
                    let size = old.value().abs() + less.value().abs();
                    self.directions[j * n + i] = (old - less).or_nothing(size);
                }
            }
        }
        self.basis[leaving] = entering;
        self.exchanges += 1;
    }

    /// Works the directions out anew from the rows.
    fn refresh(&mut self) {
        std::mem::swap(&mut self.basis, &mut self.held);
        self.start();
        for at in 0..self.width {
            let row = self.held[at];
            if row < self.width {
                continue;
            }
            self.resolve(row);
            let leaving = (0..self.width)
                .filter(|&j| self.basis[j] == j && !self.held.contains(&j))
                .max_by(|&a, &b| {
                    let [a, b] = [a, b].map(|j| self.shares[j].value().abs());
                    a.total_cmp(&b)
                });
            match leaving {
                Some(leaving) if self.shares[leaving] != Double::ZERO => {
                    self.exchange(row, leaving);
                }
                // The rows do not hold a point: rounding led here, so begin again from where it cannot have.
                _ => {
                    self.start();
                    break;
                }
            }
        }
        self.exchanges = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every corner of the rows, by brute force; the least of those that meet all rows.
    fn least_corner(rows: &[([f64; 3], f64)]) -> Option<[f64; 3]> {
        let mut least: Option<[f64; 3]> = None;
        for i in 0..rows.len() {
            for j in 0..i {
                for k in 0..j {
                    let Some(point) = corner([&rows[i], &rows[j], &rows[k]]) else {
                        continue;
                    };
                    let met = rows.iter().all(|(a, bound)| {
                        a.iter().zip(&point).map(|(a, x)| a * x).sum::<f64>() >= bound - 1e-9
                    });
                    let smaller = |least: [f64; 3]| {
                        let differ = (0..3).find(|&i| (point[i] - least[i]).abs() > 1e-7);
                        differ.is_some_and(|i| point[i] < least[i])
                    };
                    if met && least.is_none_or(smaller) {
                        least = Some(point);
                    }
                }
            }
        }
        least
    }

    /// Where three planes meet, by Cramer's rule.
    fn corner(planes: [&([f64; 3], f64); 3]) -> Option<[f64; 3]> {
        let det = |m: [[f64; 3]; 3]| {
            m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
                - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
                + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
        };
        let matrix = planes.map(|plane| plane.0);
        let whole = det(matrix);
        (whole.abs() > 1e-9).then(|| {
            [0, 1, 2].map(|column| {
                let mut part = matrix;
                for (row, plane) in part.iter_mut().zip(planes) {
                    row[column] = plane.1;
                }
                det(part) / whole
            })
        })
    }

    #[test]
    fn the_least_corner_is_found() {
        let mut seed = 1_u64;
        let mut roll = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            f64::from((seed >> 33) as u32 % 9) - 4.0
        };
        let mut found = 0;
        let mut simplex = Simplex::new(3);
        for _ in 0..2000 {
            simplex.clear(3);
            // Whole numbers, so that corners coincide; the first unknown can always make up for a row.
            let mut rows: Vec<([f64; 3], f64)> = (0..3)
                .map(|i| (std::array::from_fn(|j| f64::from(u8::from(i == j))), 0.0))
                .collect();
            for limit in [1, 2] {
                rows.push((
                    std::array::from_fn(|j| -f64::from(u8::from(j == limit))),
                    -3.0,
                ));
            }
            for _ in 0..6 {
                rows.push(([1.0, roll() / 4.0, roll() / 4.0], roll()));
            }
            for (a, bound) in &rows[3..] {
                simplex.add(*bound).copy_from_slice(a);
            }
            // Bounds that change, and rows that come later, are the ordinary case.
            simplex.solve().expect("solvable");
            rows[7].1 = roll();
            simplex.set_bound(7, rows[7].1);
            rows.push(([1.0, roll() / 4.0, roll() / 4.0], roll()));
            let (a, bound) = rows[rows.len() - 1];
            simplex.add(bound).copy_from_slice(&a);
            simplex.solve().expect("solvable");

            let least = least_corner(&rows).expect("there is a corner");
            for (x, y) in simplex.point().iter().zip(least) {
                assert!(
                    (x - y).abs() < 1e-7,
                    "{:?} is not {least:?}\n{rows:?}",
                    simplex.point()
                );
            }
            let mut sum = [0.0; 3];
            for (row, u) in simplex.multipliers() {
                assert!(u >= 0.0);
                (0..3).for_each(|i| sum[i] += u * rows[row].0[i]);
            }
            for (i, sum) in sum.into_iter().enumerate() {
                assert!((sum - f64::from(u8::from(i == 0))).abs() < 1e-12);
            }
            found += usize::from(least[0] > 0.0);
        }
        assert!(found > 500, "only {found} points were off the face");
    }
}
