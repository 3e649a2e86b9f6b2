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
//! | `in_service_from` | a canal carries nothing before that day | capacity 0 |
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
//! Nash (1957). With inflow constant through the day, `dS/dt = I - S / k` has an exact solution. For
//! one reservoir the volume let out in the day is, with `k` in days,
//!
//! ```text
//! O = (1 - a) S + b I      a = exp(-1/k)      b = 1 - (1 - a) k
//! S' = S + I - O
//! ```
//!
//! For several, think of water as drops that each wait a random time of mean `k` in every reservoir.
//! How many reservoirs a drop leaves in a day is then Poisson-distributed with mean `1/k`, and
//! with `t[m]` the chance of more than `m` of them, what passes from reservoir `j` to the next is
//!
//! ```text
//! F[j] = sum over i <= j of t[j-i] S[i]  +  r[j] I
//! t[m] = sum over l > m of exp(-1/k) (1/k)^l / l!          r[j] = k (t[j] + t[j+1] + ...)
//! S'[j] = S[j] + F[j-1] - F[j]
//! ```
//!
//! That is no approximation: day by day the cascade gives the volumes of the continuous one. All
//! coefficients lie in `[0, 1]` for every `k > 0`, so that no flow and no storage is ever negative,
//! however short `k` is against the day; and since storage is what entered less what left, water is
//! conserved by construction. The mean delay is `n k`.
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
//! (`n k` or `K`, rounded to days) included. It is the demand of that day at all offtakes below, as
//! far as limits of agreements leave it, and what obligations will claim there as far as is known,
//! down to the next reservoirs; net of the lateral inflow of the days
//! on which the water passes, which serves senior classes first; grown by the losses on the way; less
//! the parcels that already wait to arrive on that day. So it has perfect foresight over the travel
//! time, as all of the engine has. It does not count on return flows, on what the channel's storage
//! still holds of earlier days, or on water that happens to come unasked.
//!
//! Limits that follow:
//!
//! - A reservoir takes orders for what lies below it and passes none on: a dam above a routed reach
//!   does not see a shortage below the next dam. Its release policy must.
//! - Where rivers meet, dams are asked for what rivers without a dam will not bring even if all their
//!   users take what they want. Several dams' rivers share that in proportion to what enters above
//!   each, on the mean of the run; and so do rivers without dams, among all, what they are asked.
//! - A sharing rule sees an order as one claim. Shares above and below a routed reach are
//!   equal in what was ordered, not in what was wanted.
//! - A canal with routing must not lead to a node that a river reaches too: nobody could say how
//!   much to order through which.
//! - What an obligation will claim on the day of arrival follows from what is known on the day of the
//!   order: readings as last known, and what is due until then taken to come. What is behind is
//!   ordered once, not anew on each day until it comes.
//! - A limit that is claimed on what arrives at the head of a routed reach is refused: water of many
//!   days arrives there. Limit what enters, or who takes it.
//! - Settlement counts what came, whichever way. Where it asks on which day water was elsewhere, for
//!   natural flows and for reasons, it takes the [mean travel
//!   time](crate::basin::Reach::mean_travel_days) for all of it.
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

use super::{Reach, ReachKind};

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

    /// The stores the water passes; none where nothing is stored.
    ///
    /// # Errors
    ///
    /// If a parameter is outside its range, with that range.
    pub fn stores(self) -> Result<Option<Stores>> {
        let mut faults = Diagnostics::new();
        if let Some((_, fault)) = self.fault("a reach") {
            faults.push(fault);
            return Err(faults.into_error());
        }
        Ok(match self {
            Self::Lag => None,
            Self::Cascade { reservoirs, k_days } => Some(Stores::cascade(reservoirs, k_days)),
            Self::Muskingum { k_days, x } => {
                let divisor = 1.0 + 2.0 * k_days * (1.0 - x);
                Some(Stores {
                    released: vec![2.0 / divisor],
                    passed: vec![(1.0 - 2.0 * k_days * x) / divisor],
                    k_days,
                })
            }
        })
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
                    format!("{range}; {parts} reaches of k = {each} days in a row would do")
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
    // Rounded inwards.
    let digits = 1e4;
    let least = (digits / (2.0 * (1.0 - x))).ceil() / digits;
    let most = (digits / (2.0 * x)).floor() / digits;
    if most.is_finite() {
        format!("k from {least} to {most} days for x = {x}")
    } else {
        format!("k of at least {least} days for x = {x}")
    }
}

/// Stores in a row that let out fractions of what they hold and of what enters, day by day: a cascade
/// of linear reservoirs, or a Muskingum channel. See the [module](self) for the formulas.
///
/// ```
/// use riparian::basin::routing::Routing;
///
/// let lake = Routing::Cascade { reservoirs: 1, k_days: 3.0 }.stores()?.unwrap();
/// // Left alone, a linear reservoir falls by the same part every day.
/// let mut stored = [100.0];
/// for _ in 0..3 {
///     lake.route(&mut stored, 0.0);
/// }
/// assert!((stored[0] - 100.0 * (-1.0_f64).exp()).abs() < 1e-12);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Stores {
    /// What leaves a store of a day's first storage in it, and in those before it.
    released: Vec<f64>,
    /// What leaves each store of a day's inflow into the first.
    passed: Vec<f64>,
    k_days: f64,
}

impl Stores {
    /// The day-exact coefficients of equal linear reservoirs.
    fn cascade(reservoirs: u32, k_days: f64) -> Self {
        let n = reservoirs as usize;
        let mean = 1.0 / k_days;
        // Far beyond this many, nothing is left to add.
        let terms = n + 40 + (2.0 * mean).min(2000.0) as usize;
        let mut chance = vec![(-mean).exp(); terms];
        for l in 1..terms {
            chance[l] = chance[l - 1] * (mean / l as f64);
        }
        // Whichever of a sum and its complement is the smaller is exact.
        let mut more = vec![0.0; terms];
        let mut beyond = 0.0;
        for m in (0..terms).rev() {
            more[m] = beyond;
            beyond += chance[m];
        }
        let mut up_to = 0.0;
        for (more, chance) in more.iter_mut().zip(&chance) {
            up_to += chance;
            if up_to < 0.5 {
                *more = 1.0 - up_to;
            }
        }
        let mut passed = vec![0.0; terms];
        let mut beyond = 0.0;
        for j in (0..terms).rev() {
            beyond += more[j];
            passed[j] = k_days * beyond;
        }
        let mut up_to = 0.0;
        for (passed, more) in passed.iter_mut().zip(&more) {
            if k_days * up_to < 0.5 {
                *passed = 1.0 - k_days * up_to;
            }
            up_to += more;
        }
        Self {
            released: more[..n].to_vec(),
            passed: passed[1..=n].to_vec(),
            k_days,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.passed.len()
    }

    /// The fractions of a day's inflow that leave each store on the same day, in `[0, 1]`.
    pub fn passed(&self) -> &[f64] {
        &self.passed
    }

    /// The fractions of the storage at the start of a day that leave the store itself, the next one
    /// and so on in the day, in `[0, 1]`.
    pub fn released(&self) -> &[f64] {
        &self.released
    }

    /// Lets a day's inflow in; gives the day's outflow. Volumes in any one unit.
    ///
    /// Neither outflow nor storage becomes negative.
    ///
    /// # Panics
    ///
    /// If `stored` has fewer places than there are stores.
    pub fn route(&self, stored: &mut [f64], inflow: f64) -> f64 {
        let n = self.count();
        let mut left = [0.0; MAX_RESERVOIRS as usize];
        let mut entering = inflow;
        for j in 0..n {
            let held = stored[..=j].iter().zip(self.released[..=j].iter().rev());
            let from_storage: f64 = held.map(|(stored, part)| stored * part).sum();
            // Rounding must not take more than there is.
            left[j] = (from_storage + self.passed[j] * inflow).min(stored[j] + entering);
            entering = left[j];
        }
        entering = inflow;
        for (stored, &left) in stored.iter_mut().zip(&left[..n]) {
            *stored = (*stored + entering) - left;
            entering = left;
        }
        entering
    }

    /// What each store holds if the same volume enters and leaves every day.
    pub fn steady(&self, a_day: f64) -> f64 {
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
}

crate::error::written_at!(ReachSeason);

/// Where water goes that a reach cannot hold between its banks.
///
/// ```
/// use riparian::basin::Reach;
/// use riparian::units::Flow;
///
/// let plain = Reach::river("plain", "border", "sea").overflow(Flow::from_m3s(700.0), "sea");
/// assert_eq!(plain.overflow.unwrap().to, "sea");
/// ```
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
    /// between the banks; nothing before it was [built](Self::in_service_from).
    pub fn capacity_on(&self, date: Date) -> Option<Flow> {
        if self.in_service_from.is_some_and(|from| date < from) {
            return Some(Flow::ZERO);
        }
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

    /// Whether its capacity is not the same on all days.
    pub(crate) fn changes_capacity(&self) -> bool {
        let seasonal = self.seasons.iter().any(|season| season.capacity.is_some());
        seasonal || self.in_service_from.is_some()
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

    /// How long water is in it on the mean, in whole days: its lag out of season, and the time in
    /// storage.
    pub fn mean_travel_days(&self) -> u32 {
        self.lag_days + self.routing.delay_days().round() as u32
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
    if let Some(day) = reach.in_service_from
        && reach.kind == ReachKind::River
    {
        faults.push(
            Diagnostic::new(format!("{name} is a river in service from {day}"))
                .at(reach.origin.place("in_service_from"))
                .expected("a canal: a river takes what comes to it on every day"),
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

    fn stores(routing: Routing) -> Stores {
        routing.stores().expect("sound").expect("stores")
    }

    fn cascade(reservoirs: u32, k_days: f64) -> Routing {
        Routing::Cascade { reservoirs, k_days }
    }

    /// The daily outflows of an empty channel.
    fn routed(routing: Routing, inflow: impl Iterator<Item = f64>) -> Vec<f64> {
        let stores = stores(routing);
        let mut stored = vec![0.0; stores.count()];
        inflow.map(|q| stores.route(&mut stored, q)).collect()
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
            let one = stores(cascade(1, k));
            assert!((one.passed()[0] - passed).abs() < 6e-4, "{k}: {one:?}");
            let left = (-1.0 / k).exp();
            assert!(
                (1.0 - one.released()[0] - left).abs() < 1e-15,
                "{k}: {one:?}"
            );
        }
        // Where a day is next to nothing, and where it is forever.
        let slow = stores(cascade(3, 100.0));
        for (j, exact) in [(0, 0.5e-2), (1, 1e-4 / 6.0), (2, 1e-6 / 24.0)] {
            assert!((slow.passed()[j] / exact - 1.0).abs() < 0.01, "{slow:?}");
        }
        for k in [1e-300, 1e-6, 1e-3, 0.01, 0.1, 1.0, 4.0] {
            let many = stores(cascade(100, k));
            let coefficients = many.passed().iter().chain(many.released());
            for &c in coefficients {
                assert!((0.0..=1.0).contains(&c), "{k}: {c}");
            }
            if k < 1e-3 {
                assert!(many.passed()[99] > 0.89, "{many:?}");
            }
        }
    }

    #[test]
    fn a_step_through_one_reservoir_is_an_exponential() {
        // dS/dt = 1 - S/k: the volume of day t is 1 - k (a^t - a^(t+1)).
        let k = 2.5_f64;
        let days = routed(cascade(1, k), std::iter::repeat_n(1.0, 40));
        for (day, outflow) in days.into_iter().enumerate() {
            let a = |day: usize| (-(day as f64) / k).exp();
            let exact = 1.0 - k * (a(day) - a(day + 1));
            assert!((outflow - exact).abs() < 1e-14, "day {day}: {outflow}");
        }
    }

    /// The outflow of n reservoirs is the gamma distribution of Nash: of what entered at a steady
    /// flow of 1 up to the time t, `t - k (n - exp(-u) (n + (n-1) u + (n-2) u^2/2 + ...))` has left,
    /// where `u = t/k`.
    #[test]
    fn a_step_through_a_cascade_is_the_continuous_one() {
        for (n, k) in [(2_u32, 1.0_f64), (3, 0.4), (5, 2.2), (4, 7.0), (100, 0.1)] {
            let volume = |t: f64| {
                let u = t / k;
                let mut term = (-u).exp();
                let mut held = f64::from(n);
                for l in 0..n {
                    held -= f64::from(n - l) * term;
                    term *= u / f64::from(l + 1);
                }
                t - k * held
            };
            let days = routed(cascade(n, k), std::iter::repeat_n(1.0, 60));
            for (day, outflow) in days.into_iter().enumerate() {
                let exact = volume(day as f64 + 1.0) - volume(day as f64);
                assert!(
                    (outflow - exact).abs() < 1e-12,
                    "{n} of {k}, day {day}: {outflow}, {exact}"
                );
            }
        }
    }

    /// All of a pulse comes out, n k days later on the mean.
    #[test]
    fn a_cascade_delays_by_its_mean_time() {
        for (n, k) in [(1, 0.3), (3, 1.0), (5, 2.2)] {
            let pulse = (0..400).map(|day| f64::from(u8::from(day == 0)));
            let days = routed(cascade(n, k), pulse);
            let volume: f64 = days.iter().sum();
            let moment: f64 = days.iter().enumerate().map(|(day, q)| q * day as f64).sum();
            assert!((volume - 1.0).abs() < 1e-12, "{n} of {k}: {volume}");
            assert!(
                (moment - f64::from(n) * k).abs() < 1e-9,
                "{n} of {k}: {moment}"
            );
        }
    }

    #[test]
    fn a_steady_flow_stays_steady() {
        for routing in [
            cascade(4, 2.5),
            Routing::Muskingum {
                k_days: 1.25,
                x: 0.2,
            },
        ] {
            let stores = stores(routing);
            let mut stored = vec![stores.steady(7.0); stores.count()];
            for _ in 0..100 {
                assert!((stores.route(&mut stored, 7.0) - 7.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn muskingum_is_its_three_coefficients() {
        // K = 1.25 d, X = 0.2: D = 3, so C0 = 1/6, C1 = 1/2, C2 = 1/3. From the empty channel, by hand:
        // 6/6 = 1; 12/6 + 6/2 + 1/3 = 16/3; 0 + 12/2 + 16/9 = 70/9; 70/27; 70/81.
        let days = routed(
            Routing::Muskingum {
                k_days: 1.25,
                x: 0.2,
            },
            [6.0, 12.0, 0.0, 0.0, 0.0].into_iter(),
        );
        let expected = [1.0, 16.0 / 3.0, 70.0 / 9.0, 70.0 / 27.0, 70.0 / 81.0];
        for (outflow, expected) in days.into_iter().zip(expected) {
            assert!(
                (outflow - expected).abs() < 1e-14,
                "{outflow} for {expected}"
            );
        }
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
             k from 0.8334 to 1.25 days for x = 0.4; 3 reaches of k = 1 days in a row would do"
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

    #[test]
    fn seasons_and_banks_limit_what_is_sent() {
        let m3s = Flow::from_m3s;
        let date = |month, day| Date::constant(2024, month, day);
        let ice = ReachSeason::new("12-01..02-29".parse().unwrap()).capacity(m3s(350.0));
        let reach = Reach::river("r", "a", "b").season(ice.clone());
        assert_eq!(reach.capacity_on(date(2, 29)), Some(m3s(350.0)));
        assert_eq!(reach.capacity_on(date(3, 1)), None);
        assert!(!reach.is_routed());
        let reach = reach.overflow(m3s(300.0), "b");
        assert_eq!(reach.capacity_on(date(1, 1)), Some(m3s(300.0)));
        assert_eq!(reach.capacity_on(date(6, 1)), Some(m3s(300.0)));
        let same = Reach::river("r", "a", "b")
            .lag_days(3)
            .season(ice.lag_days(3));
        assert!(!same.is_routed());
    }
}
