//! Travel time and routing: how long water is in a reach, and how a reach spreads what enters it.
//!
//! # What a reach can do
//!
//! | part | says | formula |
//! |---|---|---|
//! | `lag_days` | every parcel arrives so many whole days after it entered | `O[t] = I[t - L]` |
//! | [`ReachSeason`] | another lag, or another capacity, in a part of the year | `L = L(day of entry)` |
//! | [`Routing::Cascade`] | after the lag it passes `n` equal linear reservoirs | `S = k O` each |
//! | [`Routing::Muskingum`] | after the lag it passes a channel whose storage depends on both ends | `S = K (X I + (1 - X) O)` |
//! | `loss` | a fraction never arrives; it is taken where the water enters | `I = x (1 - loss)` |
//! | [`Overflow`] | what enters above the bankfull flow leaves the river for another place | `over = max(0, x - bankfull)` |
//!
//! They come one after another: over the bank goes what does not fit, then the loss is taken, then
//! the parcel waits for its lag, then it passes the storage.
//!
//! # Seasonal lags
//!
//! Below Shardara water takes 12 days to Kyzylorda in a free channel and 18 under ice (the tables of
//! the basin organisation, BWO Syr Darya). A parcel arrives after the lag *of its day of entry*, and
//! no parcel overtakes another: `arrival(t) = max(arrival(t - 1), t + L(t))`. So when the ice goes,
//! the parcels of several days arrive together; when it comes, some days bring nothing. The water in
//! the channel is a buffer of whole parcels: nothing is lost and nothing created, whatever the lag
//! does. Where the step is too coarse, let the lag grow by single days, or put a cascade behind it.
//!
//! # Linear reservoirs
//!
//! A cascade of `n` reservoirs that each let out `S / k` gives the gamma-shaped unit hydrograph of
//! Nash (1957). With inflow constant through the day, `dS/dt = I - S / k` has an exact solution, and
//! the volume let out in the day is, for `k` in days,
//!
//! ```text
//! O = (1 - a) S + b I      a = exp(-1/k)      b = 1 - (1 - a) k
//! S' = S + I - O
//! ```
//!
//! Both coefficients lie in `[0, 1]` for every `k > 0`, so that no flow and no storage is ever
//! negative, however short `k` is against the day; and since storage is what entered less what left,
//! water is conserved by construction. From the second reservoir on, the inflow is taken as constant
//! through the day too. That does not touch the mean delay, `n k`, nor the volume.
//!
//! # Muskingum
//!
//! The method of McCarthy (1938), in steps of a day:
//!
//! ```text
//! O[t] = C0 I[t] + C1 I[t-1] + C2 O[t-1]           D  = 1 + 2 K (1 - X)
//! C0 = (1 - 2 K X) / D     C1 = (1 + 2 K X) / D    C2 = (2 K (1 - X) - 1) / D
//! ```
//!
//! They add up to one. If `C0` or `C2` is negative, so are some outflows: with `K` of 3 days and `X` of 0.4 a
//! rise from 10 to 1000 m3/s first gives -291 m3/s. Such reaches are refused. Allowed is
//!
//! ```text
//! 2 K X <= 1 <= 2 K (1 - X)      that is      1 / (2 (1 - X)) <= K <= 1 / (2 X)      0 <= X <= 1/2
//! ```
//!
//! A longer reach is divided: `n` reaches of `K / n` days in a row are inside the range if
//! `2 K X <= n <= 2 K (1 - X)`. What `X` means for the diffusion of a wave, and how to find it from
//! the channel, is in Cunge (1969). With `S = (C1 I + C2 O) / (1 - C2)`, the storage at the end of
//! the day, the three terms become the two of a linear reservoir, which is how it is computed:
//!
//! ```text
//! O = (1 - C2) S + C0 I      S' = S + I - O
//! ```
//!
//! # Coupled and routed reaches
//!
//! A reach whose lag is always the same and that stores nothing is *coupled*: all that its water
//! meets above and below shares one allocation, exactly, at no cost ([`simulation`](crate::simulation)
//! says how). A reach with storage, or with a lag that changes, is *routed*: one day's water arrives
//! on many days, or many days' water on one, and no allocation can span it. The river is cut there.
//!
//! - What a routed reach brings on a day is known water below it: it comes from the channel.
//! - What is wanted below becomes an *order* at its tail, one claim for each priority class, and
//!   competes there like any other claim. What is awarded, and all water nobody claims, enters the
//!   reach. What arrives is shared below as it is, ordered or not.
//!
//! An order is for the day on which a parcel that enters now arrives, its mean time in storage
//! (`n k` or `K`, rounded to days) included. It is the demand of that day at all offtakes below, and
//! what obligations claim there, down to the next reservoirs; net of the lateral inflow of the days
//! on which the water passes, which serves senior classes first; grown by the losses on the way; less
//! the parcels that already wait to arrive on that day. So it has perfect foresight over the travel
//! time, as all of the engine has. It does not count on return flows, on what the channel's storage
//! still holds of earlier days, or on water that happens to come unasked.
//!
//! Limits that follow:
//!
//! - A reservoir takes orders for what lies below it and passes none on: a dam above a routed reach
//!   does not see a shortage below the next dam. Its release policy must.
//! - Where several rivers meet, each routed one is asked for a part: as much of what is wanted as
//!   the inflow upstream of it is of the inflow upstream of all, on the mean of the run.
//! - A sharing rule sees an order as one claim. Shares above and below a routed reach are
//!   equal in what was ordered, not in what was wanted.
//! - A canal with routing must not lead to a node that a river reaches too: nobody could say how
//!   much to order through which.
//! - An obligation that claims what arrives at the head of a routed reach asks for it at the tail
//!   on about the day before the shortest lag; it is settled by what arrives.
//!
//! Since nothing spans a routed reach, other ways between the same two places may take another time,
//! as long as it is less than the shortest lag of the routed one.
//!
//! # Over the bank
//!
//! [`Overflow`] says from what flow on, and where to. Nothing above the bankfull flow is sent on
//! purpose. In a flood, the excess is at the other place as soon as the order of the waves allows:
//! a day later, or a day after the river itself would be there. That place may be a terminal, a
//! reservoir beside the river (Arnasay, Koksaray), or any node that is not upstream. Like a return
//! flow, the water is out of the balance of the basin while it is on its way. Without an overflow, a
//! flood stays in the river whatever its capacity.
//!
//! # Sources
//!
//! - J. E. Nash, *The form of the instantaneous unit hydrograph*, IAHS Publication 45 (1957), 114-121.
//! - G. T. McCarthy, *The unit hydrograph and flood routing*, Conference of the North Atlantic
//!   Division, US Army Corps of Engineers (1938).
//! - J. A. Cunge, *On the subject of a flood propagation computation method (Muskingum method)*,
//!   Journal of Hydraulic Research 7 (1969), 205-230.

use crate::calendar::{Date, Season};
use crate::error::{Diagnostic, Diagnostics, Origin, Result};
use crate::units::Flow;

use super::Reach;

/// What a reach does to water beyond delaying it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Routing {
    /// Nothing: it arrives as it entered.
    #[default]
    Lag,
    /// Linear reservoirs in a row.
    Cascade {
        /// How many, from 1 to 100.
        reservoirs: u32,
        /// The storage coefficient of each: storage over outflow, in days.
        k_days: f64,
    },
    /// A Muskingum channel.
    Muskingum {
        /// The storage coefficient: the mean travel time, in days.
        k_days: f64,
        /// The weight of the inflow in storage, in `[0, 1/2]`.
        x: f64,
    },
}

/// More reservoirs in a cascade than this are a lag.
const MAX_RESERVOIRS: u32 = 100;

impl Routing {
    /// The mean time water spends in storage, in days.
    pub fn delay_days(self) -> f64 {
        match self {
            Self::Lag => 0.0,
            Self::Cascade { reservoirs, k_days } => f64::from(reservoirs) * k_days,
            Self::Muskingum { k_days, .. } => k_days,
        }
    }

    /// How many equal stores the water passes, and their coefficients; none where nothing is stored.
    ///
    /// # Errors
    ///
    /// If a parameter is outside its range, with that range.
    pub fn stores(self) -> Result<Option<(u32, LinearStore)>> {
        let mut faults = Diagnostics::new();
        if let Some((_, fault)) = self.fault("a reach") {
            faults.push(fault);
        }
        faults.finish(self.store().map(|store| match self {
            Self::Cascade { reservoirs, .. } => (reservoirs, store),
            _ => (1, store),
        }))
    }

    /// The coefficients, whether they are sound or not.
    fn store(self) -> Option<LinearStore> {
        match self {
            Self::Lag => None,
            Self::Cascade { k_days, .. } => {
                // 1 - exp(-1/k), to full precision where k is large.
                let released = -(-1.0 / k_days).exp_m1();
                Some(LinearStore {
                    passed: (1.0 - released * k_days).max(0.0),
                    released,
                    k_days,
                })
            }
            Self::Muskingum { k_days, x } => {
                let divisor = 1.0 + 2.0 * k_days * (1.0 - x);
                Some(LinearStore {
                    passed: (1.0 - 2.0 * k_days * x) / divisor,
                    released: 2.0 / divisor,
                    k_days,
                })
            }
        }
    }

    /// What is wrong with the parameters, and the column it stands in.
    pub(super) fn fault(self, reach: &str) -> Option<(&'static str, Diagnostic)> {
        let fault = |field, message: String, expected: String| {
            Some((field, Diagnostic::new(message).expected(expected)))
        };
        let (Self::Cascade { k_days, .. } | Self::Muskingum { k_days, .. }) = self else {
            return None;
        };
        if !(k_days.is_finite() && k_days > 0.0) {
            return fault(
                "k_days",
                format!("the storage coefficient of {reach} is {k_days} days"),
                "a number of days above 0".into(),
            );
        }
        match self {
            Self::Lag => None,
            Self::Cascade { reservoirs, .. } if !(1..=MAX_RESERVOIRS).contains(&reservoirs) => {
                fault(
                    "reservoirs",
                    format!("{reach} has {reservoirs} reservoirs in a row"),
                    format!("1 to {MAX_RESERVOIRS}"),
                )
            }
            Self::Muskingum { x, .. } if !(0.0..=0.5).contains(&x) => fault(
                "x",
                format!("the weight of the inflow in {reach} is {x}"),
                "at least 0 and at most 0.5".into(),
            ),
            Self::Muskingum { x, .. } if 2.0 * k_days * x > 1.0 => {
                let parts = (2.0 * k_days * x).ceil();
                let range = muskingum_range(x);
                let expected = if parts <= 2.0 * k_days * (1.0 - x) {
                    let each = k_days / parts;
                    format!("{range}; {parts} reaches of {each} days each would do")
                } else {
                    format!("{range}; or a smaller x, or a cascade")
                };
                fault("k_days", muskingum_words(reach, k_days, x), expected)
            }
            Self::Muskingum { x, .. } if 2.0 * k_days * (1.0 - x) < 1.0 => fault(
                "k_days",
                muskingum_words(reach, k_days, x),
                format!("{}; a cascade has no such limit", muskingum_range(x)),
            ),
            _ if self.delay_days() > f64::from(super::network::MAX_LAG_DAYS) => fault(
                "k_days",
                format!("{reach} holds water for {} days", self.delay_days()),
                format!("at most {} days", super::network::MAX_LAG_DAYS),
            ),
            Self::Cascade { .. } | Self::Muskingum { .. } => None,
        }
    }
}

fn muskingum_words(reach: &str, k_days: f64, x: f64) -> String {
    format!(
        "with k = {k_days} days and x = {x}, {reach} would give negative flows at steps of a day"
    )
}

fn muskingum_range(x: f64) -> String {
    let least = 1.0 / (2.0 * (1.0 - x));
    if x > 0.0 {
        format!("k from {least} to {} days for x = {x}", 1.0 / (2.0 * x))
    } else {
        format!("k of at least {least} days for x = {x}")
    }
}

/// A store that lets out fractions of what it holds and of what enters, day by day: a linear
/// reservoir or a Muskingum channel. See the [module](self) for the formulas.
///
/// ```
/// use riparian::basin::routing::Routing;
///
/// let (reservoirs, store) = Routing::Cascade { reservoirs: 1, k_days: 3.0 }.stores()?.unwrap();
/// // Left alone, a linear reservoir falls by the same part every day.
/// let mut stored = 100.0;
/// for _ in 0..3 {
///     store.route(&mut stored, 0.0);
/// }
/// assert_eq!(reservoirs, 1);
/// assert!((stored - 100.0 * (-1.0_f64).exp()).abs() < 1e-12);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearStore {
    passed: f64,
    released: f64,
    k_days: f64,
}

impl LinearStore {
    /// The fraction of a day's inflow that leaves on the same day, in `[0, 1]`.
    pub fn passed(self) -> f64 {
        self.passed
    }

    /// The fraction of the storage at the start of a day that leaves in the day, in `[0, 1]`.
    pub fn released(self) -> f64 {
        self.released
    }

    /// Lets a day's inflow in; gives the day's outflow. Volumes in any one unit.
    ///
    /// Neither outflow nor storage becomes negative.
    #[inline]
    pub fn route(self, stored: &mut f64, inflow: f64) -> f64 {
        let all = *stored + inflow;
        let outflow = (self.released * *stored + self.passed * inflow).min(all);
        *stored = all - outflow;
        outflow
    }

    /// What is stored if the same volume enters and leaves every day.
    pub fn steady(self, a_day: f64) -> f64 {
        self.k_days * a_day
    }
}

/// Another lag or another capacity of a reach in a part of every year, such as under ice.
///
/// ```
/// use riparian::basin::routing::ReachSeason;
/// use riparian::basin::Reach;
/// use riparian::jiff::civil::date;
/// use riparian::units::Flow;
///
/// let ice = ReachSeason::new("12-01..03-10".parse()?)
///     .lag_days(18)
///     .capacity(Flow::from_m3s(350.0));
/// let reach = Reach::river("lower", "shardara", "kyzylorda").lag_days(12).season(ice);
/// assert_eq!(reach.lag_on(date(2024, 6, 1)), 12);
/// assert_eq!(reach.lag_on(date(2024, 1, 1)), 18);
/// assert!(reach.is_routed());
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReachSeason {
    /// The part of the year.
    pub days: Season,
    /// The lag of water that enters on these days; `None` for the reach's own.
    pub lag_days: Option<u32>,
    /// The capacity on these days; `None` for the reach's own.
    pub capacity: Option<Flow>,
    pub(crate) origin: Origin,
}

impl ReachSeason {
    /// A part of the year in which nothing is different yet.
    pub fn new(days: Season) -> Self {
        Self {
            days,
            lag_days: None,
            capacity: None,
            origin: Origin::default(),
        }
    }

    /// The same, with a lag in days.
    #[must_use]
    pub fn lag_days(mut self, days: u32) -> Self {
        self.lag_days = Some(days);
        self
    }

    /// The same, with a capacity.
    #[must_use]
    pub fn capacity(mut self, capacity: Flow) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// The same, with where it was written, for the messages of a failed check.
    #[must_use]
    pub fn written_at(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}

/// Where water goes that a reach cannot hold between its banks.
#[derive(Clone, Debug, PartialEq)]
pub struct Overflow {
    /// The flow up to which all stays in the river.
    pub above: Flow,
    /// The node the rest goes to; not upstream.
    pub to: String,
}

impl Reach {
    /// The lag of water that enters on a date, in days.
    pub fn lag_on(&self, date: Date) -> u32 {
        let season = self
            .seasons
            .iter()
            .find(|s| s.days.containing(date).is_some());
        season.and_then(|s| s.lag_days).unwrap_or(self.lag_days)
    }

    /// The most that is sent in on purpose on a date: the capacity, and no more than what stays
    /// between the banks.
    pub fn capacity_on(&self, date: Date) -> Option<Flow> {
        let season = self
            .seasons
            .iter()
            .find(|s| s.days.containing(date).is_some());
        let capacity = season.and_then(|s| s.capacity).or(self.capacity);
        match (capacity, &self.overflow) {
            (Some(capacity), Some(overflow)) => Some(capacity.min(overflow.above)),
            (None, Some(overflow)) => Some(overflow.above),
            (capacity, None) => capacity,
        }
    }

    /// All lags it ever has.
    fn lags(&self) -> impl Iterator<Item = u32> + '_ {
        let seasonal = self.seasons.iter().filter_map(|season| season.lag_days);
        std::iter::once(self.lag_days).chain(seasonal)
    }

    /// The shortest lag of the year.
    pub fn shortest_lag(&self) -> u32 {
        self.lags().min().unwrap_or(self.lag_days)
    }

    /// The longest lag of the year.
    pub fn longest_lag(&self) -> u32 {
        self.lags().max().unwrap_or(self.lag_days)
    }

    /// Whether it stores water or changes its lag, so that no allocation spans it: see the
    /// [module](self#coupled-and-routed-reaches).
    pub fn is_routed(&self) -> bool {
        self.routing != Routing::Lag || self.shortest_lag() < self.longest_lag()
    }
}

/// Faults of a reach's routing, seasons and overflow, but for the place the overflow goes to.
pub(super) fn check(reach: &Reach, faults: &mut Diagnostics) {
    let name = format!("reach `{}`", reach.id);
    if let Some((field, fault)) = reach.routing.fault(&name) {
        faults.push(fault.at(reach.origin.place(field)));
    }
    if let Some(overflow) = &reach.overflow
        && (!overflow.above.is_finite() || overflow.above < Flow::ZERO)
    {
        faults.push(
            Diagnostic::new(format!("the bankfull flow of {name} is {}", overflow.above))
                .at(reach.origin.place("bankfull_m3s"))
                .expected("a flow of at least 0"),
        );
    }
    for (i, season) in reach.seasons.iter().enumerate() {
        let at = |field| season.origin.place(field);
        let days = season.days;
        if let Some(lag) = season
            .lag_days
            .filter(|&lag| lag > super::network::MAX_LAG_DAYS)
        {
            faults.push(
                Diagnostic::new(format!("the travel time of {name} in {days} is {lag}"))
                    .at(at("lag_days"))
                    .expected(format!("at most {} days", super::network::MAX_LAG_DAYS)),
            );
        }
        if let Some(flow) = season.capacity
            && (!flow.is_finite() || flow < Flow::ZERO)
        {
            faults.push(
                Diagnostic::new(format!("the capacity of {name} in {days} is {flow}"))
                    .at(at("capacity_m3s"))
                    .expected("a flow of at least 0"),
            );
        }
        if season.lag_days.is_none() && season.capacity.is_none() {
            faults.push(
                Diagnostic::new(format!("nothing of {name} is different in {days}"))
                    .at(at("reach"))
                    .expected("a lag or a capacity"),
            );
        }
        let earlier = &reach.seasons[..i];
        if let Some(other) = earlier.iter().find(|other| overlap(other.days, days)) {
            faults.push(
                Diagnostic::new(format!(
                    "two seasons of {name} overlap, {} and {days}",
                    other.days
                ))
                .at(at("from"))
                .expected("seasons that have no day in common"),
            );
        }
    }
}

/// Whether some day of a leap year lies in both.
fn overlap(one: Season, other: Season) -> bool {
    let year = Date::constant(2024, 1, 1);
    let in_both = |date: Date| [one, other].iter().all(|s| s.containing(date).is_some());
    (0..366).any(|day| in_both(crate::calendar::date_of(year, day)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(routing: Routing) -> (u32, LinearStore) {
        routing.stores().expect("sound").expect("a store")
    }

    fn cascade(reservoirs: u32, k_days: f64) -> Routing {
        Routing::Cascade { reservoirs, k_days }
    }

    #[test]
    fn coefficients_of_a_linear_reservoir() {
        for (k, passed) in [
            (0.05, 0.95),
            (0.2, 0.801),
            (1.0, 0.368),
            (3.0, 0.150),
            (10.0, 0.048),
        ] {
            let (_, store) = store(cascade(1, k));
            assert!((store.passed() - passed).abs() < 6e-4, "{k}: {store:?}");
            let left = (-1.0 / k).exp();
            assert!(
                (1.0 - store.released() - left).abs() < 1e-15,
                "{k}: {store:?}"
            );
        }
        for k in [1e-300, 1e-3, 1e3, 1e9] {
            let (_, store) = store_of_any(k);
            assert!((0.0..=1.0).contains(&store.passed()), "{k}: {store:?}");
            assert!((0.0..=1.0).contains(&store.released()), "{k}: {store:?}");
        }
    }

    fn store_of_any(k_days: f64) -> (u32, LinearStore) {
        (1, cascade(1, k_days).store().expect("a store"))
    }

    #[test]
    fn a_step_through_one_reservoir_is_an_exponential() {
        // dS/dt = 1 - S/k: the volume of day t is 1 - k (a^t - a^(t+1)).
        let k = 2.5_f64;
        let (_, store) = store(cascade(1, k));
        let mut stored = 0.0;
        for day in 0..40 {
            let outflow = store.route(&mut stored, 1.0);
            let a = |t: i32| (-f64::from(t) / k).exp();
            let exact = 1.0 - k * (a(day) - a(day + 1));
            assert!((outflow - exact).abs() < 1e-14, "day {day}: {outflow}");
        }
        assert!((stored - store.steady(1.0)).abs() < 1e-6);
    }

    /// The moments of the response: all of it comes, n k days later on the mean.
    #[test]
    fn a_cascade_delays_by_its_mean_time() {
        for (n, k) in [(1, 0.3), (3, 1.0), (5, 2.2)] {
            let (stages, store) = store(cascade(n, k));
            let mut stored = vec![0.0; stages as usize];
            let (mut volume, mut moment) = (0.0, 0.0);
            for day in 0..400 {
                let mut flow = f64::from(u8::from(day == 0));
                for stored in &mut stored {
                    flow = store.route(stored, flow);
                }
                volume += flow;
                moment += flow * f64::from(day);
            }
            assert!((volume - 1.0).abs() < 1e-12, "{n} of {k}: {volume}");
            assert!(
                (moment - f64::from(n) * k).abs() < 1e-9,
                "{n} of {k}: {moment}"
            );
        }
    }

    #[test]
    fn muskingum_is_its_three_coefficients() {
        // K = 1.25 d, X = 0.2: D = 3, so C0 = 1/6, C1 = 1/2, C2 = 1/3. From the empty channel, by hand:
        // 6/6 = 1; 12/6 + 6/2 + 1/3 = 16/3; 0 + 12/2 + 16/9 = 70/9; 70/27; 70/81.
        let (_, store) = store(Routing::Muskingum {
            k_days: 1.25,
            x: 0.2,
        });
        let mut stored = 0.0;
        let expected = [1.0, 16.0 / 3.0, 70.0 / 9.0, 70.0 / 27.0, 70.0 / 81.0];
        for (inflow, expected) in [6.0, 12.0, 0.0, 0.0, 0.0].into_iter().zip(expected) {
            let outflow = store.route(&mut stored, inflow);
            assert!(
                (outflow - expected).abs() < 1e-14,
                "{outflow} for {expected}"
            );
        }
        assert!((stored - (18.0 - expected.iter().sum::<f64>())).abs() < 1e-13);
        assert_eq!(store.steady(4.0), 5.0);
    }

    #[test]
    fn muskingum_out_of_range_is_told_with_the_range() {
        let words = |k_days, x| {
            let routing = Routing::Muskingum { k_days, x };
            routing.stores().unwrap_err().to_string()
        };
        assert_eq!(
            words(3.0, 0.4),
            "with k = 3 days and x = 0.4, a reach would give negative flows at steps of a day; expected \
             k from 0.8333333333333334 to 1.25 days for x = 0.4; 3 reaches of 1 days each would do"
        );
        assert!(words(0.25, 0.0).contains("k of at least 0.5 days for x = 0; a cascade"));
        // 2 K X = 1.9 and 2 K (1 - X) = 1.98: no whole number lies between.
        assert!(words(1.94, 0.49).contains("or a smaller x, or a cascade"));
        assert!(words(1.0, 0.6).contains("at most 0.5"));
        assert!(words(0.0, 0.2).contains("above 0"));
        assert!(
            Routing::Muskingum {
                k_days: 1.25,
                x: 0.4
            }
            .stores()
            .is_ok()
        );
        assert!(cascade(0, 1.0).stores().is_err() && cascade(101, 1.0).stores().is_err());
        assert!(cascade(2, 201.0).stores().is_err());
    }
}
