//! Parties, nodes and the reaches between them.

use super::routing::{Overflow, ReachSeason, Routing};
use crate::calendar::Date;
use crate::error::Origin;
use crate::units::Flow;

/// A riparian state, or another accountable body.
#[derive(Clone, Debug)]
pub struct Party {
    /// Its id, for example `TJ`.
    pub id: String,
    /// Its name, as reports print it.
    pub name: String,
    pub(crate) origin: Origin,
}

impl Party {
    /// A party; `id` is what other tables call it.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            origin: Origin::default(),
        }
    }
}

crate::error::written_at!(Party);

/// What stands at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A source: water enters the basin here, and no reach leads to it.
    Inflow,
    /// A reservoir: water is stored here.
    Reservoir,
    /// A confluence, a bifurcation or any point without storage.
    Junction,
    /// A junction whose flow is measured, and printed in the flow tables.
    Gauge,
    /// A sea, lake or basin exit: water leaves the account here.
    Terminal,
}

impl NodeKind {
    /// The kind's name in `nodes.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inflow => "inflow",
            Self::Reservoir => "reservoir",
            Self::Junction => "junction",
            Self::Gauge => "gauge",
            Self::Terminal => "terminal",
        }
    }

    /// The kind of that name in `nodes.csv`.
    ///
    /// ```
    /// use riparian::basin::NodeKind;
    ///
    /// assert_eq!(NodeKind::from_name("terminal"), Some(NodeKind::Terminal));
    /// assert_eq!(NodeKind::from_name("sea"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Inflow,
            Self::Reservoir,
            Self::Junction,
            Self::Gauge,
            Self::Terminal,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// A place on the network.
///
/// The flow *at* a node is all the water that passes it in a day: what its reaches bring and what
/// enters there.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its id: nodes, reaches and offtakes share one set of names.
    pub id: String,
    /// Its name, as reports print it.
    pub name: String,
    /// What stands there.
    pub kind: NodeKind,
    pub(crate) origin: Origin,
}

impl Node {
    /// A node of any kind, named by its id.
    ///
    /// ```
    /// use riparian::basin::{Node, NodeKind};
    ///
    /// let lake = Node::new("lake", NodeKind::Reservoir);
    /// assert_eq!(lake.kind, Node::reservoir("lake").kind);
    /// ```
    pub fn new(id: impl Into<String>, kind: NodeKind) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            kind,
            origin: Origin::default(),
        }
    }

    /// A source of water.
    pub fn inflow(id: impl Into<String>) -> Self {
        Self::new(id, NodeKind::Inflow)
    }

    /// A reservoir's place; [`Reservoir`](super::Reservoir) says what stands there.
    ///
    /// Example: [`Node::new`].
    pub fn reservoir(id: impl Into<String>) -> Self {
        Self::new(id, NodeKind::Reservoir)
    }

    /// A confluence or bifurcation.
    pub fn junction(id: impl Into<String>) -> Self {
        Self::new(id, NodeKind::Junction)
    }

    /// A junction whose flow is measured.
    pub fn gauge(id: impl Into<String>) -> Self {
        Self::new(id, NodeKind::Gauge)
    }

    /// A sea, lake or basin exit.
    pub fn terminal(id: impl Into<String>) -> Self {
        Self::new(id, NodeKind::Terminal)
    }

    /// The same, with a name for reports.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

crate::error::written_at!(Node);

/// Whether a reach is the river's own course or a way that only claimed water takes.
///
/// ```
/// use riparian::basin::{Reach, ReachKind};
///
/// assert_eq!(Reach::river("gorge", "lake", "border").kind, ReachKind::River);
/// assert_eq!(Reach::canal("ditch", "border", "fields").kind, ReachKind::Canal);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReachKind {
    /// The river: water nobody claims goes this way. A node has at most one leaving it.
    River,
    /// A canal: it carries what is claimed beyond its head, and no more.
    Canal,
}

/// A directed channel between two nodes.
///
/// Of a volume `x` that enters, `x (1 - loss)` arrives `lag_days` later, unless it is told to do more:
/// [`routing`](super::routing) has the formulas and their limits.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Its id: nodes, reaches and offtakes share one set of names.
    pub id: String,
    /// The node it leaves.
    pub from: String,
    /// The node it leads to.
    pub to: String,
    /// River or canal.
    pub kind: ReachKind,
    /// Travel time in whole days, before any storage.
    pub lag_days: u32,
    /// What it does to water beyond delaying it.
    pub routing: Routing,
    /// Parts of the year in which its lag or capacity is another; none has a day of another.
    pub seasons: Vec<ReachSeason>,
    /// Where water goes that does not fit between its banks; `None` for banks without end.
    pub overflow: Option<Overflow>,
    /// The fraction of the entering water that never arrives, in `[0, 1)`.
    pub loss: f64,
    /// What may be sent in on purpose, measured where it enters; `None` for no limit.
    /// Water that cannot be held goes down a river reach whatever its capacity, or over the bank.
    pub capacity: Option<Flow>,
    /// The first day on which a canal carries water: until then its capacity is 0. `None` for one
    /// that was always there.
    pub in_service_from: Option<Date>,
    /// The flow that entered it on each day before the run; `None` for the steady state of the
    /// first day.
    pub antecedent: Option<Flow>,
    pub(crate) origin: Origin,
}

impl Reach {
    /// A stretch of the river: no travel time, no loss, no limit.
    pub fn river(id: impl Into<String>, from: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            from: from.into(),
            to: to.into(),
            kind: ReachKind::River,
            lag_days: 0,
            routing: Routing::Lag,
            seasons: Vec::new(),
            overflow: None,
            loss: 0.0,
            capacity: None,
            in_service_from: None,
            antecedent: None,
            origin: Origin::default(),
        }
    }

    /// A canal: no travel time, no loss, no limit.
    pub fn canal(id: impl Into<String>, from: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            kind: ReachKind::Canal,
            ..Self::river(id, from, to)
        }
    }

    /// The same, with a travel time in days.
    #[must_use]
    pub fn lag_days(mut self, days: u32) -> Self {
        self.lag_days = days;
        self
    }

    /// The same, with storage.
    #[must_use]
    pub fn routing(mut self, routing: Routing) -> Self {
        self.routing = routing;
        self
    }

    /// The same, with another lag or capacity in a part of the year.
    #[must_use]
    pub fn season(mut self, season: ReachSeason) -> Self {
        self.seasons.push(season);
        self
    }

    /// The same, from which water above a flow leaves for another node.
    #[must_use]
    pub fn overflow(mut self, above: Flow, to: impl Into<String>) -> Self {
        let to = to.into();
        self.overflow = Some(Overflow { above, to });
        self
    }

    /// The same, losing a fraction in `[0, 1)` of what enters.
    #[must_use]
    pub fn loss(mut self, fraction: f64) -> Self {
        self.loss = fraction;
        self
    }

    /// The same, with a capacity.
    #[must_use]
    pub fn capacity(mut self, capacity: Flow) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// The same canal, built in the course of the record: it carries nothing before a day.
    ///
    /// ```
    /// use riparian::basin::Reach;
    /// use riparian::jiff::civil::date;
    /// use riparian::units::Flow;
    ///
    /// let feed = Reach::canal("feed", "head", "koksaray")
    ///     .capacity(Flow::from_m3s(500.0))
    ///     .in_service_from(date(2010, 1, 1));
    /// assert_eq!(feed.capacity_on(date(2009, 12, 31)), Some(Flow::ZERO));
    /// assert_eq!(feed.capacity_on(date(2010, 1, 1)), Some(Flow::from_m3s(500.0)));
    /// ```
    #[must_use]
    pub fn in_service_from(mut self, day: Date) -> Self {
        self.in_service_from = Some(day);
        self
    }

    /// The same, with the flow that entered it before the run.
    #[must_use]
    pub fn antecedent(mut self, flow: Flow) -> Self {
        self.antecedent = Some(flow);
        self
    }
}

crate::error::written_at!(Reach);
