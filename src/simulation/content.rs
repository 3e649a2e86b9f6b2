//! What a plan is made of, as a hash.

use super::Plan;
use crate::agreement::Agreement;
use crate::hash::Hash;

impl Plan {
    /// A hash of everything in the plan that is data, in 64 hexadecimal digits: two plans of one
    /// hash give the same run, on every machine. Rules, policies and forms of the user's own count
    /// by what their `Debug` prints.
    ///
    /// ```
    /// use riparian::Plan;
    ///
    /// let plan = Plan::compile(riparian::scenario::read("data/bakhri-tochik-2024")?)?;
    /// let mut dry = plan.inputs();
    /// dry.scale_inflow(plan.model().basin().node_index("akjar").unwrap(), 0.7);
    /// assert_eq!(plan.content_hash(), plan.clone().content_hash());
    /// assert_ne!(plan.content_hash(), plan.with_inputs(&dry)?.content_hash());
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn content_hash(&self) -> String {
        let (model, inputs) = (self.model(), self.inputs());
        let basin = model.basin();
        let mut hash = Hash::default();
        hash.text(&format!("{} {}", model.title(), model.window()));
        hash.text(&format!(
            "{:016x} {:?}",
            model.inputs_hash(),
            model.objective()
        ));
        let places = (basin.parties(), basin.nodes(), basin.reaches());
        hash.text(&format!("{places:?}"));
        hash.text(&format!("{:?}", (basin.reservoirs(), basin.offtakes())));
        hash.text(&format!("{:?} {:?}", basin.pumps(), model.licences));
        hash.text(&format!("{:?}", model.savings));
        for class in model.classes() {
            hash.text(&format!("{} {:?}", class.name, class.rule));
        }
        for k in 0..basin.reservoirs().len() {
            hash.text(&format!("{:?}", model.policy(k)));
        }
        hash.text(&format!("{:?}", model.foresight));
        for series in [&model.unaccounted, &model.rain, &model.forecast] {
            hash.text(&format!("{series:?}"));
        }
        for agreement in model.agreements() {
            let Agreement {
                title,
                from,
                until,
                obligations,
                ownership,
                ..
            } = agreement;
            hash.text(&format!("{title} {from:?} {until:?} {ownership:?}"));
            hash.text(&format!("{obligations:?}"));
        }
        inputs.write(|value| hash.number(value));
        hash.finish()
    }
}
