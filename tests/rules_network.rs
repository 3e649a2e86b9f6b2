//! A network that is one pool shares as the rule of the same name does.

use proptest::prelude::*;
use riparian::allocation::{Network, Place, RULE_NAMES, Solver, rule_by_name};

proptest! {
    #[test]
    fn one_pool_on_the_network_is_the_rule(
        claims in prop::collection::vec(0u32..40, 1..7),
        part in 0.0..1.0_f64,
    ) {
        let claims: Vec<f64> = claims.into_iter().map(f64::from).collect();
        let estate = part * claims.iter().sum::<f64>();
        for name in RULE_NAMES {
            let mut builder = Network::builder();
            let pool = builder.node();
            for _ in &claims {
                builder.claim(Place::Node(pool), 0, 1.0);
            }
            builder.rule(0, rule_by_name(name).unwrap());
            let network = builder.build().unwrap();
            let mut today = network.today();
            today.supply[pool] = estate;
            today.claim.copy_from_slice(&claims);
            let mut solver = Solver::new(&network);
            let found = &solver.solve(&network, &today).unwrap().award;
            let expected = riparian::rules::by_name(name).unwrap().share(estate, &claims).unwrap();
            for (a, b) in found.iter().zip(&expected) {
                prop_assert!((a - b).abs() <= 1e-12 * (1.0 + estate), "{name}: {found:?}, not {expected:?}");
            }
        }
    }
}
