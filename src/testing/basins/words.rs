//! Sketches in words, volumes in Mm3.

use std::fmt;

use riparian::basin::Routing;

use super::build::{canal_node, node_id};
use super::sketch::{Channel, Dam, Filling, Policy, Sketch, Water};

impl fmt::Debug for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = self.layout();
        write!(f, "{}, in Mm3", self.window)?;
        for (i, place) in self.places.iter().enumerate() {
            let (id, to) = (node_id(i), &layout.downstream[i].0);
            write!(f, "\n  {id}: ")?;
            if let Some(dam) = &place.dam {
                write!(f, "{dam}, ")?;
            }
            write!(f, "{}flows to {to}{}", place.water, place.channel)?;
            if let Some((above, further)) = place.channel.overflow {
                let over = layout.further(i, further);
                write!(f, ", above {above} a day over the bank to {over}")?;
            }
        }
        for (c, canal) in self.canals.iter().enumerate() {
            let from = node_id(canal.from.index(self.places.len()));
            let (water, first) = (canal.water, canal_node(c, 0));
            write!(f, "\n  {first}: {water}canal from {from}{}", canal.head)?;
            if let Some([middle, tail]) = &canal.tail {
                let second = canal_node(c, 1);
                write!(f, ", on to {second}{middle} and an escape{tail}")?;
            }
        }
        if let (Some((from, to)), Some((.., channel))) = (layout.link, &self.link) {
            let (from, to) = (node_id(from), node_id(to));
            write!(f, "\n  link: canal from {from} to {to}{channel}")?;
        }
        for (i, usage) in self.offtakes.iter().enumerate() {
            let at = usage.at.get(&layout.nodes);
            let (class, rule) = (super::CLASSES[usage.class], self.rules[usage.class]);
            write!(f, "\n  o{i}: takes at {at}, in class {class} ({rule:?}), ")?;
            write!(f, "{}weight {}", usage.demand, usage.weight)?;
            if let Some(capacity) = usage.capacity {
                write!(f, ", at most {capacity} a day")?;
            }
            if let Some((to, fraction, _)) = &usage.returns {
                write!(f, ", {fraction} returns at {}", to.get(&layout.nodes))?;
            }
        }
        for claim in &self.claims {
            write!(f, "\n  a promise: {claim:?}")?;
        }
        for permit in &self.permits {
            write!(f, "\n  {permit}")?;
        }
        Ok(())
    }
}

/// `nothing` is left out.
impl fmt::Display for Water {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Steady(mean) => write!(f, "{mean} a day, "),
            Self::Seasonal(mean) => write!(f, "{mean} a day with the seasons, "),
            Self::Floods(mean) => write!(f, "{mean} a day with floods, "),
            Self::Loss(mean) => write!(f, "a net loss of about {mean} a day, "),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lag > 0 {
            write!(f, ", {} days away", self.lag)?;
        }
        if self.loss > 0.0 {
            write!(f, ", losing {}", self.loss)?;
        }
        if let Some(capacity) = self.capacity {
            write!(f, ", at most {capacity} a day")?;
        }
        match self.routing {
            Routing::Lag => {}
            Routing::Cascade { reservoirs, k_days } => {
                write!(f, ", through {reservoirs} reservoirs of {k_days} days")?;
            }
            Routing::Muskingum { k_days, x } => {
                write!(f, ", Muskingum of {k_days} days and {x}")?;
            }
        }
        if let Some(season) = &self.season {
            write!(f, ", in {}", season.days)?;
            if let Some(lag) = season.lag {
                write!(f, " {lag} days away")?;
            }
            if let Some(capacity) = season.capacity {
                write!(f, " at most {capacity} a day")?;
            }
        }
        match self.antecedent {
            Some(entered) => write!(f, ", {entered} a day before the run"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Dam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dam of {}", self.full)?;
        match self.initial {
            Filling::Empty => f.write_str(", empty")?,
            Filling::Dead => f.write_str(", at dead storage")?,
            Filling::Full => f.write_str(", full")?,
            Filling::Surcharge => f.write_str(", surcharged")?,
            Filling::Part(part) => write!(f, ", {part} full")?,
        }
        if self.dead > 0.0 {
            write!(f, ", {} of it dead", self.dead)?;
        }
        if self.surcharge > 1.0 {
            write!(f, ", surcharge to {} of it", self.surcharge)?;
        }
        if let Some([turbine, gate, spillway]) = self.outlets {
            let each = format!("turbine {turbine}, gate {gate}, spillway {spillway}");
            write!(f, ", outlets ({each}) a day")?;
        }
        if self.min_release > 0.0 {
            write!(f, ", releasing {} a day at least", self.min_release)?;
        }
        if let Some(ramp) = self.ramp {
            write!(f, ", ramping {ramp} a day")?;
        }
        if let Some(rank) = self.keep_rank {
            write!(f, ", rank {rank} in keeping")?;
        }
        if let Some(surface) = self.surface {
            write!(f, ", {surface:?}")?;
        }
        if !matches!(self.unaccounted, Water::Nothing) {
            write!(f, ", unaccounted {}", self.unaccounted)?;
        }
        match &self.policy {
            Policy::Standard => Ok(()),
            own => write!(f, ", operated by {own:?}"),
        }
    }
}
