//! Matrices of correlations: square roots of what is nearly a covariance, and inverses of what
//! nearly has one.

use nalgebra::{DMatrix, SymmetricEigen};

/// A direction that carries less than this part of the largest variance is not regressed on: it is
/// the rounding of sites that are multiples of each other.
const NEGLIGIBLE: f64 = 1e-4;

/// A symmetric matrix with its negative eigenvalues set to zero, and the smallest it had.
pub(super) fn clipped(matrix: &DMatrix<f64>) -> (DMatrix<f64>, f64) {
    let eigen = SymmetricEigen::new(symmetric(matrix));
    let smallest = eigen.eigenvalues.min();
    if smallest >= 0.0 {
        return (matrix.clone(), smallest);
    }
    let kept = eigen.eigenvalues.map(|value| value.max(0.0));
    let back = &eigen.eigenvectors * DMatrix::from_diagonal(&kept) * eigen.eigenvectors.transpose();
    (symmetric(&back), smallest)
}

/// A square root `B` with `B Bᵀ` the matrix, whose eigenvalues below zero count as zero.
pub(super) fn root(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let eigen = SymmetricEigen::new(symmetric(matrix));
    let roots = eigen.eigenvalues.map(|value| value.max(0.0).sqrt());
    eigen.eigenvectors * DMatrix::from_diagonal(&roots)
}

/// `right` times the inverse of a symmetric matrix on the directions that carry variance.
pub(super) fn divided(right: &DMatrix<f64>, matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let eigen = SymmetricEigen::new(symmetric(matrix));
    let largest = eigen.eigenvalues.max();
    let inverse = eigen.eigenvalues.map(|value| {
        if value > NEGLIGIBLE * largest {
            1.0 / value
        } else {
            0.0
        }
    });
    right * &eigen.eigenvectors * DMatrix::from_diagonal(&inverse) * eigen.eigenvectors.transpose()
}

/// The lower triangle `L` with `L Lᵀ` the matrix; a direction without variance left gets zeros.
///
/// Cholesky's decomposition of a matrix that may be singular: a pivot below `n ε` times its
/// diagonal is rounding.
pub(super) fn lower(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let n = matrix.nrows();
    let mut lower: DMatrix<f64> = DMatrix::zeros(n, n);
    for j in 0..n {
        let dot = |lower: &DMatrix<f64>, i: usize| -> f64 {
            (0..j).map(|k| lower[(i, k)] * lower[(j, k)]).sum()
        };
        let pivot = matrix[(j, j)] - dot(&lower, j);
        if pivot > 64.0 * n as f64 * f64::EPSILON * matrix[(j, j)] {
            lower[(j, j)] = pivot.sqrt();
            for i in j + 1..n {
                lower[(i, j)] = (matrix[(i, j)] - dot(&lower, i)) / lower[(j, j)];
            }
        }
    }
    lower
}

/// A matrix scaled on both sides so that its diagonal is one, and the scales; rows without variance
/// become those of a number on its own.
pub(super) fn correlation(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let n = matrix.nrows();
    DMatrix::from_fn(n, n, |i, j| {
        let scale = matrix[(i, i)] * matrix[(j, j)];
        match (i == j, scale > 0.0) {
            (true, _) => 1.0,
            (_, true) => matrix[(i, j)] / scale.sqrt(),
            _ => 0.0,
        }
    })
}

/// The largest difference of two matrices, element by element.
pub(super) fn distance(a: &DMatrix<f64>, b: &DMatrix<f64>) -> f64 {
    a.iter()
        .zip(b)
        .fold(0.0, |top: f64, (a, b)| top.max((a - b).abs()))
}

fn symmetric(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    (matrix + matrix.transpose()) * 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: &DMatrix<f64>, b: &DMatrix<f64>) {
        assert!(distance(a, b) < 1e-12, "{a}{b}");
    }

    #[test]
    fn roots_square_to_the_matrix() {
        // Of rank two: the third site is the sum of the others.
        let half = DMatrix::from_row_slice(3, 2, &[1.0, 0.0, 0.5, 2.0, 1.5, 2.0]);
        let matrix = &half * half.transpose();
        let b = root(&matrix);
        near(&(&b * b.transpose()), &matrix);
        let l = lower(&matrix);
        near(&(&l * l.transpose()), &matrix);
        assert_eq!(l[(2, 2)], 0.0);
        let (same, smallest) = clipped(&matrix);
        near(&same, &matrix);
        assert!(smallest > -1e-12);
    }

    #[test]
    fn clipping_takes_what_is_negative_and_nothing_else() {
        // Eigenvalues 3 and -1, with vectors (1, 1) and (1, -1).
        let matrix = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
        let (kept, smallest) = clipped(&matrix);
        near(&kept, &DMatrix::from_element(2, 2, 1.5));
        assert!((smallest + 1.0).abs() < 1e-12);
        near(&correlation(&kept), &DMatrix::from_element(2, 2, 1.0));
    }

    #[test]
    fn division_keeps_to_the_directions_that_vary() {
        // Two sites that are one: the regression on their sum is split evenly.
        let twins = DMatrix::from_element(2, 2, 1.0);
        let right = DMatrix::from_row_slice(1, 2, &[0.8, 0.8]);
        near(
            &divided(&right, &twins),
            &DMatrix::from_row_slice(1, 2, &[0.4, 0.4]),
        );
    }
}
