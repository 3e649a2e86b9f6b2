//! What is read, from scenarios in memory.

use super::Scenario;
use crate::Model;
use crate::agreement::{Amount, Count, Due, Each, MonthDay, Obligation};
use crate::basin::Routing;
use crate::calendar::{Date, Period, Window};
use crate::operation::{Forecast, Normal};
use crate::units::Flow;

/// A lake, a town below it and the sea, with other files on top.
fn scenario(more: &[(&str, &str)]) -> Scenario {
    let mut files = vec![
        (
            "scenario.toml",
            "title = \"T\"\nstart = 2024-06-01\nend = 2024-06-30\n[[class]]\nname = \"use\"\n",
        ),
        ("parties.csv", "party,name\nUP,Upland\nLO,\n"),
        (
            "nodes.csv",
            "node,kind\nlake,reservoir\ntown,gauge\nsea,terminal\n",
        ),
        (
            "reaches.csv",
            "reach,from,to,kind\nupper,lake,town,river\nlower,town,sea,river\n",
        ),
        (
            "reservoirs.csv",
            "reservoir,initial_mcm,dead_mcm,full_mcm\nlake,50,10,100\n",
        ),
        (
            "curves.csv",
            "reservoir,level_m,volume_mcm,area_km2\nlake,300,10,2\nlake,320,100,9\n",
        ),
        (
            "power.csv",
            "reservoir,efficiency,capacity_mw,tailwater_m\nlake,0.9,10,290\n",
        ),
        (
            "offtakes.csv",
            "offtake,at,party,class\ncanal,town,LO,use\n",
        ),
        ("series/inflows.csv", "month,lake_m3s\n2024-06,20\n"),
        ("series/demands.csv", "month,canal_m3s\n2024-06,15\n"),
    ];
    files.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    files.extend(more);
    Scenario::from_files(files)
}

fn model(more: &[(&str, &str)]) -> Model {
    scenario(more).model().unwrap()
}

fn faults(more: &[(&str, &str)]) -> String {
    scenario(more).model().unwrap_err().to_string()
}

/// Settings with lines added.
fn with_settings(lines: &str) -> String {
    format!(
        "title = \"T\"\nstart = 2024-06-01\nend = 2024-06-30\n[[class]]\nname = \"use\"\n{lines}"
    )
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn volumes_and_depths_of_a_row_become_means_of_its_days() {
    let model = model(&[
        (
            "series/inflows.csv",
            // A dekad of eleven days and one of ten.
            "dekad,lake_mcm\n2024-05-3,950.4\n2024-06-1,864\n2024-06-2,0\n2024-06-3,0\n",
        ),
        ("series/rain.csv", "month,lake_mm\n2024-06,45\n"),
    ]);
    assert_eq!(
        model.inflow(0).unwrap().get(day("2024-06-10")),
        Some(1000.0)
    );
    assert_eq!(
        model.rain[0].as_ref().unwrap().get(day("2024-06-30")),
        Some(1.5)
    );
}

#[test]
fn gaps_are_filled_as_the_settings_say() {
    let rows = "dekad,canal_m3s\n2024-06-1,10\n2024-06-2,\n2024-06-3,30\n";
    let hold = with_settings("[series.demands]\ngaps = \"hold\"\n");
    let held = model(&[("scenario.toml", &hold), ("series/demands.csv", rows)]);
    assert_eq!(held.demand(0).get(day("2024-06-15")), Some(10.0));
    let linear = with_settings("[series.demands]\ngaps = \"linear\"\n");
    let rows = "dekad,canal_m3s\n2024-06-1,10\n2024-06-3,30\n";
    let drawn = model(&[("scenario.toml", &linear), ("series/demands.csv", rows)]);
    assert_eq!(drawn.demand(0).get(day("2024-06-15")), Some(20.0));
    // Nothing to hold before the first row.
    let rows = "dekad,canal_m3s\n2024-06-1,\n2024-06-2,10\n2024-06-3,30\n";
    assert_eq!(
        faults(&[("scenario.toml", &hold), ("series/demands.csv", rows)]),
        "series/demands.csv:1:7: series of `canal`: 1 of 3 dekads is missing, 2024-06-1; \
         expected a value in every row, or a rule for gaps that reaches them"
    );
}

#[test]
fn a_schedule_has_a_flow_for_every_day() {
    let with =
        |lines: &str| with_settings(&format!("[reservoir.lake]\npolicy = \"schedule\"\n{lines}"));
    let flow = "flow = [{ dekad = \"2024-06-1\", flow = \"10 m3/s\" }, \
                { from = 2024-06-21, to = 2024-06-30, flow = \"30 m3/s\" }]\n";
    let text = with(&format!("{flow}otherwise = \"20 m3/s\"\nkeep_rank = 3\n"));
    let read = model(&[("scenario.toml", &text)]);
    assert_eq!(read.policy(0).name(), "schedule");
    assert_eq!(
        read.policy(0).valid(),
        Some((day("2024-06-01"), day("2024-06-30")))
    );
    assert_eq!(read.basin().reservoirs()[0].keep_rank, Some(3));
    assert_eq!(
        faults(&[("scenario.toml", &with(flow))]),
        "scenario.toml:8:8: no flow for 2024-06-11; \
         expected a flow for every day of the run, or `otherwise`"
    );
}

#[test]
fn policies_are_read_with_their_keys() {
    for (lines, name) in [
        ("keep_rank = 1", "standard"),
        (
            "policy = \"linear-hedging\"\ntrigger = \"40 Mm3\"",
            "linear-hedging",
        ),
        (
            "policy = \"zone-hedging\"\nzones = [{ above = \"60 Mm3\", fraction = 1.0 }]",
            "zone-hedging",
        ),
        (
            "policy = \"rule-curve\"\nzones = [{ name = \"low\", class = \"use\", top = \"60 Mm3\" }]",
            "rule-curve",
        ),
        ("policy = \"replay\"\nclass = \"use\"", "replay"),
    ] {
        let text = with_settings(&format!("[reservoir.lake]\n{lines}\n"));
        let releases = ("series/releases.csv", "month,lake_m3s\n2024-06,12\n");
        let model = model(&[("scenario.toml", &text), releases]);
        assert_eq!(model.policy(0).name(), name);
    }
    for (lines, fault) in [
        (
            "policy = \"linear-hedging\"\nstart = \"40 Mm3\"",
            "scenario.toml:6:1: no `trigger`; expected a line `trigger = ...`\n\
             scenario.toml:8:1: unknown key `start`",
        ),
        (
            "policy = \"rule-curve\"\nzones = [{ class = \"used\", top = [{ day = \"02-30\", volume = \"1 Mm3\" }] }]",
            "scenario.toml:8:43: `02-30` is not a day of the year",
        ),
        (
            "policy = \"schedule\"\nclass = \"used\"\notherwise = \"1 m3/s\"\nflow = []",
            "scenario.toml:8:9: unknown priority class `used`; \
             expected a class of scenario.toml; did you mean `use`?",
        ),
        (
            "policy = \"zone-hedging\"\nzones = [{ above = \"60 Mm3\", fraction = 80 }]",
            "scenario.toml:8:9: a fraction of 80, outside 0 to 1",
        ),
    ] {
        let text = with_settings(&format!("[reservoir.lake]\n{lines}\n"));
        let found = faults(&[("scenario.toml", &text)]);
        assert!(found.starts_with(fault), "{found}");
    }
}

#[test]
fn policies_that_look_ahead_are_read_with_their_keys() {
    let forecast = ("series/forecast.csv", "month,lake_m3s\n2024-06,25\n");
    let energy = ("series/energy_demand.csv", "month,lake_mwh\n2024-06,3000\n");
    for (lines, name, horizon) in [
        (
            "policy = \"storage-target\"\ntarget = \"60 Mm3\"\nover_days = 10",
            "storage-target",
            0,
        ),
        (
            "policy = \"storage-target\"\nover_days = 10\nexpects = \"forecast\"\n\
             target = [{ day = \"04-01\", volume = \"60 Mm3\" }, { day = \"10-01\", volume = \"20 Mm3\" }]",
            "storage-target",
            10,
        ),
        ("policy = \"energy-demand\"", "energy-demand", 0),
        (
            "policy = \"energy-demand\"\nexpects = \"forecast\"",
            "energy-demand",
            1,
        ),
        ("pre_release_days = 5", "standard with pre-release", 5),
        (
            "policy = \"energy-demand\"\npre_release_days = 5",
            "energy-demand with pre-release",
            5,
        ),
    ] {
        let text = with_settings(&format!("[reservoir.lake]\n{lines}\n"));
        let model = model(&[("scenario.toml", &text), forecast, energy]);
        assert_eq!(model.policy(0).name(), name);
        assert_eq!(model.policy(0).horizon(), horizon);
        let seen = model.forecast[0].as_ref().unwrap();
        assert_eq!(seen.get(day("2024-06-30")), Some(25.0));
    }
    for (lines, fault) in [
        (
            "policy = \"storage-target\"\nover_days = 0\nexpects = \"the best\"",
            "scenario.toml:6:1: no `target`; expected a line `target = ...`\n\
             scenario.toml:8:13: 0 days; expected 1 to 366 days\n\
             scenario.toml:9:11: unknown expectation `the best`; expected last-inflow or forecast",
        ),
        (
            "pre_release_days = \"5 days\"",
            "scenario.toml:7:20: the text \"5 days\"; expected a whole number of at least 0",
        ),
        (
            "policy = \"standard\"\nexpects = \"forecast\"",
            "scenario.toml:8:1: unknown key `expects`; expected keep_rank, policy or pre_release_days",
        ),
    ] {
        let text = with_settings(&format!("[reservoir.lake]\n{lines}\n"));
        assert_eq!(faults(&[("scenario.toml", &text)]), fault);
    }
}

#[test]
fn a_station_has_units_a_rating_and_outages() {
    let power = "reservoir,efficiency,capacity_mw,units,max_discharge_m3s,head_loss_m,min_head_m\n\
                 lake,0.9,10,2,60,0.5,4\n";
    let rating = "reservoir,discharge_m3s,level_m\nlake,0,290\nlake,50,292\n";
    let outages = "reservoir,unit,from,to\nlake,2,2024-06-10,2024-06-20\n";
    let model = model(&[
        ("power.csv", power),
        ("tailwater.csv", rating),
        ("outages.csv", outages),
    ]);
    let plant = model.basin().reservoirs()[0].power.as_ref().unwrap();
    assert_eq!(plant.capacity_on(day("2024-06-09")).mw(), 10.0);
    assert_eq!(plant.discharge_on(day("2024-06-10")).m3s(), 30.0);
    let flow = crate::units::Flow::from_m3s(25.0);
    let head = plant.net_head(crate::units::Level::from_m(310.0), flow);
    assert_eq!((head.m(), plant.min_head.m()), (18.5, 4.0));
}

#[test]
fn releases_have_limits_by_season_and_direction() {
    let reservoirs = "reservoir,initial_mcm,dead_mcm,full_mcm,ramp_m3s_per_day,ramp_down_m3s_per_day\n\
                      lake,50,10,100,20,5\n";
    let limits = "reservoir,from,to,min_release_m3s,max_release_m3s\nlake,12-01,02-29,3,12\n\
                  lake,06-01,06-15,,30\n";
    let model = model(&[("reservoirs.csv", reservoirs), ("limits.csv", limits)]);
    let lake = &model.basin().reservoirs()[0];
    let flow = crate::units::Flow::from_m3s;
    let on = |date, last| {
        let (least, most) = lake.release_limits(day(date), lake.full, flow(last));
        (least.m3s(), most.m3s())
    };
    assert_eq!(on("2024-06-15", 25.0), (20.0, 30.0));
    assert_eq!(on("2024-06-16", 25.0), (20.0, 45.0));
    assert_eq!(on("2024-02-29", 0.0), (3.0, 12.0));
    assert_eq!(on("2024-03-01", 0.0), (0.0, 20.0));
}

#[test]
fn a_forecast_is_read_with_its_keys() {
    let with = |keys: &str| {
        let text = with_settings(&format!("[forecast]\n{keys}\n"));
        text.replace("[[class]]", "foresight = \"operational\"\n[[class]]")
    };
    let expected = (
        "series/expected_inflows.csv",
        "month,lake_m3s\n2024-06,25\n",
    );
    for (keys, name) in [
        ("method = \"persistence\"", "persistence"),
        (
            "method = \"persistence\"\nmemory_days = 12.5",
            "fading persistence",
        ),
        ("method = \"climatology\"", "climatology"),
        ("method = \"given\"", "given"),
    ] {
        let text = with(keys);
        let model = model(&[("scenario.toml", &text), expected]);
        let forecast = model.foresight().forecast().unwrap();
        assert_eq!(forecast.name(), name);
        let (Forecast::Given(normal)
        | Forecast::Climatology(Normal::Given(normal))
        | Forecast::Fading {
            normal: Normal::Given(normal),
            ..
        }) = forecast
        else {
            continue;
        };
        let series = normal.of("lake").unwrap();
        assert_eq!(series.get(day("2024-06-30")), Some(25.0));
    }
    let both = with("method = \"guess\"\nmemory_days = -1");
    assert_eq!(
        faults(&[("scenario.toml", &both)]),
        "scenario.toml:8:10: unknown method `guess`; expected persistence, climatology or given\n\
         scenario.toml:9:15: a forecast with a memory of -1 days; expected more than 0"
    );
    // Known ahead, nothing is forecast; the table may wait for its day.
    let text = with("method = \"persistence\"").replace("operational", "perfect");
    assert!(
        model(&[("scenario.toml", &text)])
            .foresight()
            .forecast()
            .is_none()
    );
}

#[test]
fn faults_at_a_dam_have_places() {
    let station =
        "reservoir,efficiency,capacity_mw,units,max_discharge_m3s,tailwater_m,head_loss_m\n";
    let rating = "reservoir,discharge_m3s,level_m\n";
    let outage = "reservoir,unit,from,to\n";
    let limit = "reservoir,from,to,min_release_m3s,max_release_m3s\n";
    for (file, head, rows, fault) in [
        (
            "power.csv",
            station,
            "lake,0.9,10,0,-5,290,-1\n",
            "power.csv:2:13: 0 units; expected 1 to 1000 units\n\
          power.csv:2:15: `max_discharge_m3s` is -5; expected at least 0\n\
          power.csv:2:22: `head_loss_m` is -1; expected at least 0",
        ),
        (
            "power.csv",
            station,
            "lake,0.9,10,,,,\n",
            "power.csv:2:15: no tailwater level; expected tailwater_m, or rows in tailwater.csv",
        ),
        (
            "tailwater.csv",
            rating,
            "lake,0,290\n",
            "power.csv:2:13: a tailwater level beside a rating; expected tailwater_m, or rows in tailwater.csv",
        ),
        (
            "tailwater.csv",
            rating,
            "lake,0,290\nlake,0,291\n",
            "power.csv:2:13: a tailwater level beside a rating; expected tailwater_m, or rows in tailwater.csv\n\
          tailwater.csv:3:6: tailwater of `lake`: discharge 0 m3/s does not rise above 0 m3/s; \
          expected discharges from 0 that rise, levels that do not fall",
        ),
        (
            "outages.csv",
            outage,
            "lake,2,2024-06-31,2024-06-01\nlake,2,2024-06-10,2024-06-01\nlake,2,2024-06-10,2024-06-11\n",
            "outages.csv:2:8: `2024-06-31` is not a day; expected a date, as in 2024-06-01\n\
          outages.csv:3:19: the end, 2024-06-01, lies before the start; expected 2024-06-10 or a later day\n\
          outages.csv:4:6: an outage of unit 2; expected the number of a unit, 1 to 1",
        ),
        (
            "limits.csv",
            limit,
            "lake,12-32,02-29,,5\nlake,12-01,02-29,,\nlake,12-01,02-29,7,5\nlak,12-01,02-29,7,\n",
            "limits.csv:2:6: `12-32..02-29` is not a season; expected its first and last month and day, as in 10-01..03-31\n\
          limits.csv:3:1: a season without a limit; expected min_release_m3s, max_release_m3s or both\n\
          limits.csv:4:20: `max_release_m3s` is 5; expected at least the least release, 7\n\
          limits.csv:5:1: unknown reservoir `lak`; expected lake; did you mean `lake`?",
        ),
    ] {
        let text = format!("{head}{rows}");
        assert_eq!(faults(&[(file, &text)]), fault);
    }
    // Nothing but a station has a tailwater or outages.
    let found = faults(&[
        (
            "power.csv",
            "reservoir,efficiency,capacity_mw,tailwater_m\n",
        ),
        ("tailwater.csv", &format!("{rating}lake,0,290\n")),
        (
            "outages.csv",
            &format!("{outage}lake,1,2024-06-01,2024-06-02\n"),
        ),
    ]);
    assert_eq!(
        found,
        "outages.csv:2:1: an outage of `lake`, which has no power station; expected a row in power.csv\n\
         tailwater.csv:2:1: a tailwater of `lake`, which has no power station; expected a row in power.csv"
    );
}

#[test]
fn the_channels_antecedent_flow_may_be_required() {
    let given = format!("antecedent = \"given\"\n{}", with_settings(""));
    let reaches = "reach,from,to,kind,lag_days\nupper,lake,town,river,2\nlower,town,sea,river,0\n";
    assert_eq!(
        faults(&[("scenario.toml", &given), ("reaches.csv", reaches)]),
        "reaches.csv:2:1: no `antecedent_m3s` for a reach with a travel time; \
         expected the flow that entered it before the run, or antecedent = \"steady\""
    );
}

#[test]
fn relief_is_a_canal_that_leaves_the_reservoir() {
    let header = "reservoir,initial_mcm,dead_mcm,full_mcm,relief\n";
    let found = faults(&[("reservoirs.csv", &format!("{header}lake,50,10,100,uper\n"))]);
    assert_eq!(
        found,
        "reservoirs.csv:2:16: the relief of reservoir `lake` is `uper`; \
         expected the id of a canal that leaves it"
    );
    let reaches = "reach,from,to,kind\nupper,lake,town,river\nlower,town,sea,river\n\
                   side,lake,sea,canal\n";
    let row = format!("{header}lake,50,10,100,side\n");
    let model = model(&[("reaches.csv", reaches), ("reservoirs.csv", &row)]);
    let relief = model.basin().reservoirs()[0].relief.as_deref();
    assert_eq!(relief, Some("side"));
}

#[test]
fn reaches_have_routing_seasons_and_banks() {
    let reaches = "reach,from,to,kind,lag_days,routing,reservoirs,k_days,x,bankfull_m3s,overflow_to\n\
                   upper,lake,town,river,2,cascade,3,0.5,,40,sea\n\
                   lower,town,sea,river,12,muskingum,,1.2,0.3,,\n";
    let seasons =
        "reach,from,to,lag_days,capacity_m3s\nlower,12-01,03-10,18,350\nlower,04-01,04-20,,80\n";
    let model = model(&[("reaches.csv", reaches), ("seasons.csv", seasons)]);
    let [upper, lower] = model.basin().reaches() else {
        panic!("two reaches");
    };
    let cascade = Routing::Cascade {
        reservoirs: 3,
        k_days: 0.5,
    };
    assert_eq!(upper.routing, cascade);
    let overflow = upper.overflow.as_ref().unwrap();
    assert_eq!((overflow.above.m3s(), &*overflow.to), (40.0, "sea"));
    let muskingum = Routing::Muskingum {
        k_days: 1.2,
        x: 0.3,
    };
    assert_eq!(lower.routing, muskingum);
    let date = |month, day| Date::constant(2024, month, day);
    assert_eq!(lower.lag_on(date(1, 1)), 18);
    assert_eq!(lower.lag_on(date(4, 1)), 12);
    assert_eq!(lower.capacity_on(date(3, 10)), Some(Flow::from_m3s(350.0)));
    assert_eq!(lower.capacity_on(date(4, 1)), Some(Flow::from_m3s(80.0)));
    assert_eq!(lower.capacity_on(date(5, 1)), None);
}

#[test]
fn a_canal_is_in_service_from_a_day() {
    let header = "reach,from,to,kind,capacity_m3s,in_service_from,antecedent_m3s\n\
                  upper,lake,town,river,,,\nlower,town,sea,river,,,\n";
    let table = |row: &str| format!("{header}{row}");
    let table = table("side,lake,sea,canal,20,2024-06-03,\n");
    let built = model(&[("reaches.csv", &table)]);
    let side = &built.basin().reaches()[2];
    let date = |day| Date::constant(2024, 6, day);
    assert_eq!(side.capacity_on(date(2)), Some(Flow::ZERO));
    assert_eq!(side.capacity_on(date(3)), Some(Flow::from_m3s(20.0)));
}

#[test]
fn a_channel_with_water_only_in_a_season_needs_its_antecedent_flow_too() {
    let given = format!("antecedent = \"given\"\n{}", with_settings(""));
    let seasons = "reach,from,to,lag_days\nlower,12-01,03-10,3\n";
    assert_eq!(
        faults(&[("scenario.toml", &given), ("seasons.csv", seasons)]),
        "seasons.csv:2:1: no `antecedent_m3s` for a reach with a travel time; \
         expected the flow that entered it before the run, or antecedent = \"steady\""
    );
}

#[test]
fn outlets_are_grouped_by_name() {
    let rows = "reservoir,outlet,kind,level_m,capacity_m3s\n\
                lake,tunnel,turbine,300,20\nlake,weir,spillway,,500\nlake,tunnel,turbine,320,60\n";
    let model = model(&[("outlets.csv", rows)]);
    let lake = &model.basin().reservoirs()[0];
    assert_eq!(lake.outlets.len(), 2);
    let middle = crate::units::Volume::from_mcm(55.0);
    assert_eq!(lake.release_capacity(middle).m3s(), 40.0);
    assert_eq!(lake.spill_capacity(middle).m3s(), 500.0);
}

/// The one obligation of an agreement with these lines.
fn obligation(lines: &str) -> Result<Obligation, String> {
    let text = format!(
        "title = \"A\"\nparties = [\"UP\", \"LO\"]\n[[obligation]]\nid = \"o\"\ndebtor = \"UP\"\n{lines}\n"
    );
    match scenario(&[("agreements/a.toml", &text)]).model() {
        Ok(model) => Ok(model.agreements()[0].obligations[0].clone()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn obligations_are_read_by_form() {
    let june = "from = 2024-06-01\nto = 2024-06-30\n";
    let volume = obligation(&format!(
        "{june}form = \"volume\"\npoint = [\"canal\"]\nvolume = \"30 Mm3\"\ntolerance = \"2.5 %\"\n\
         creditor = \"LO\"\nsecond_reading = \"28.1 Mm3\"\nsecond_source = \"a paper\""
    ))
    .unwrap();
    assert_eq!(volume.due, Due::Amount("30 Mm3".parse().unwrap()));
    assert_eq!(volume.window, "2024-06-01..2024-06-30".parse().ok());
    assert_eq!(volume.tolerance, 0.025);
    assert_eq!(volume.second_reading.unwrap().source, "a paper");

    let schedule = obligation(
        "form = \"schedule\"\npoint = \"town\"\nstated_total = \"36.2 Mm3\"\n\
         due = [{ dekad = \"2024-06-2\", flow = \"10 m3/s\" }, { month = \"2024-07\", flow = \"10.3 m3/s\" }]",
    )
    .unwrap();
    assert_eq!(schedule.window, None);
    let dues: [(Window, Amount); 2] = [
        (
            "2024-06-11..2024-06-20".parse().unwrap(),
            "10 m3/s".parse().unwrap(),
        ),
        (
            "2024-07-01..2024-07-31".parse().unwrap(),
            "10.3 m3/s".parse().unwrap(),
        ),
    ];
    assert_eq!(schedule.due, Due::schedule(dues));

    let minimum = obligation(&format!(
        "{june}form = \"minimum-flow\"\npoint = \"lower\"\nflow = \"2 m3/s\"\neach = \"dekad\""
    ))
    .unwrap();
    assert_eq!(minimum.count, Count::EachDay);
    assert_eq!(minimum.each, Each::Part(Period::Dekad));
    assert_eq!(minimum.due, Due::Amount("2 m3/s".parse().unwrap()));

    let storage = obligation(
        "form = \"storage-by\"\npoint = \"lake\"\nstorage = \"60 Mm3\"\nby = 2024-06-15",
    )
    .unwrap();
    assert_eq!(storage.count, Count::AtEnd);
    assert_eq!(storage.window, "2024-06-15..2024-06-15".parse().ok());

    let energy = obligation(&format!(
        "{june}form = \"formula\"\npoint = \"lake\"\nthen = \"0.033 kWh/m3\"\n\
         of = [{{ point = \"canal\", weight = 0.5, lag_days = 2 }}, \"town\"]"
    ))
    .unwrap();
    assert!(energy.is_energy());
    let Due::Formula(formula) = energy.due else {
        panic!("{:?}", energy.due);
    };
    assert_eq!(formula.terms[0].of.name(), "0.5 canal + town");
    assert_eq!(formula.terms[0].of.terms[0].lag_days, 2);
}

#[test]
fn periods_that_come_back_are_read() {
    let volume = |lines: &str| {
        obligation(&format!(
            "from = 2000-10-25\nto = 2030-10-24\nform = \"volume\"\npoint = \"canal\"\n\
             volume = \"30 Mm3\"\n{lines}"
        ))
    };
    let starting = "10-25".parse().unwrap();
    for (each, read) in [
        ("week", Each::Part(Period::Week)),
        (
            "5 years\"\nstarting = \"10-25",
            Each::Years { starting, count: 5 },
        ),
        (
            "10 years moving\"\nstarting = \"10-25",
            Each::Moving {
                starting,
                years: 10,
            },
        ),
        (
            "year",
            Each::Years {
                starting: MonthDay::NEW_YEAR,
                count: 1,
            },
        ),
    ] {
        assert_eq!(volume(&format!("each = \"{each}\"")).unwrap().each, read);
    }
    let season = volume("season = \"04-01..09-30\"").unwrap();
    assert_eq!(season.season, "04-01..09-30".parse().ok());
    let by = |lines: &str| {
        let lake = "form = \"storage-by\"\npoint = \"lake\"\nstorage = \"60 Mm3\"\n";
        obligation(&format!("{lake}{lines}"))
    };
    assert_eq!(
        by("by = \"05-31\"").unwrap().season,
        "05-31..05-31".parse().ok()
    );
    let filled = by("season = \"10-01..05-31\"\nby = \"05-31\"").unwrap();
    assert_eq!(filled.season, "10-01..05-31".parse().ok());
    let found = by("season = \"10-01..05-31\"\nby = \"05-30\"").unwrap_err();
    assert!(
        found.contains("05-30 is not the last day of 10-01..05-31"),
        "{found}"
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of faults")]
fn faults_of_obligations_have_places() {
    let june = "from = 2024-06-01\nto = 2024-06-30\n";
    let formula = |lines: &str| {
        format!("{june}form = \"formula\"\npoint = \"canal\"\nof = \"town\"\n{lines}")
    };
    let account = |lines: &str| {
        format!(
            "{june}form = \"volume\"\npoint = \"canal\"\nvolume = \"1 Mm3\"\n\
             [obligation.account]\n{lines}"
        )
    };
    let clause = |lines: &str| {
        format!(
            "{june}form = \"volume\"\npoint = \"canal\"\nvolume = \"1 Mm3\"\n\
             [[obligation.clause]]\ntext = \"dry years\"\n{lines}"
        )
    };
    let many = [
        (
            "form = \"volume\"\npoint = \"canal\"\nvolume = \"1 Mm3\"".to_owned(),
            "agreements/a.toml:3:1: no period; expected from and to, season or each",
        ),
        (
            "form = \"volume\"\npoint = \"canal\"\nvolume = \"1 Mm3\"\nto = 2024-06-30".to_owned(),
            "agreements/a.toml:3:1: no `from`; expected a line `from = 2024-04-01`",
        ),
        (
            "form = \"storage-by\"\npoint = \"lake\"\nstorage = \"1 Mm3\"".to_owned(),
            "agreements/a.toml:3:1: no `by`; expected a line `by = ...`",
        ),
        (
            format!("{june}form = \"minimum-flow\"\npoint = \"canal\"\nflow = \"1 m3/s\"\nvolume = \"1 Mm3\""),
            "agreements/a.toml:11:1: unknown key `volume`",
        ),
        (
            "form = \"schedule\"\npoint = \"canal\"\ndue = [{ month = \"2024-13\", flow = \"1 m3/s\" }]".to_owned(),
            "agreements/a.toml:8:18: `2024-13` is not a month",
        ),
        (
            "form = \"schedule\"\npoint = \"canal\"\ndue = [{ month = \"2024-06\", flow = \"1 m3/s\", volume = \"1 Mm3\" }]".to_owned(),
            "agreements/a.toml:8:8: not one amount; expected volume or flow",
        ),
        (
            "form = \"schedule\"\npoint = \"canal\"\ndue = [{ month = \"2024-06\", season = \"06-01..06-30\", flow = \"1 m3/s\" }]".to_owned(),
            "agreements/a.toml:8:8: not one period; expected day, dekad, month, season, or from and to",
        ),
        (
            "form = \"schedule\"\npoint = \"canal\"\neach = \"month\"\ndue = [{ month = \"2024-06\", flow = \"1 m3/s\" }]".to_owned(),
            "agreements/a.toml:8:8: a way to settle beside `due`",
        ),
        (
            format!("{june}form = \"limit\"\npoint = \"canal\"\ndue = [{{ month = \"2024-06\", flow = \"1 m3/s\" }}, {{ month = \"2024-07\", energy = \"1 GWh\" }}]"),
            "agreements/a.toml:10:48: water and energy in one list; expected one of them",
        ),
        (
            format!(
                "{june}form = \"volume\"\npoint = \"canal\"\nvolume = \"1 Mm3\"\ntolerance = 0.01"
            ),
            "agreements/a.toml:11:13: a tolerance without %; expected a text as in \"1 %\"",
        ),
        (
            format!("{june}form = \"volume\"\npoint = \"canal\"\nvolume = 30"),
            "agreements/a.toml:10:10: the number 30; expected a number with its unit, as in \"443.6 Mm3\"",
        ),
        (
            format!("{june}form = \"volume\"\npoint = \"canal\"\nvolume = \"30 m3/s\""),
            "agreements/a.toml:10:10: `30 m3/s` is not a volume: unknown unit `m3/s`",
        ),
        (
            format!("{june}form = \"volume\"\npoint = \"canal\"\nvolume = \"1 Mm3\"\nstarting = \"10-25\""),
            "agreements/a.toml:11:12: a first day of years where none are settled; expected `each` in years beside it",
        ),
        (
            format!("{june}form = \"volume\"\npoint = \"canal\"\nvolume = \"1 Mm3\"\npace = \"even\""),
            "agreements/a.toml:11:8: a pace of no claim; expected `claim` beside it",
        ),
        (
            formula("on = \"day\""),
            "agreements/a.toml:3:1: no function; expected points or then",
        ),
        (
            formula("points = [[\"0 m3/s\", \"0 m3/s\"], [\"1 Mm3\", \"2 m3/s\"]]"),
            "agreements/a.toml:11:34: `1 Mm3` after `0 m3/s`; expected a flow",
        ),
        (
            formula("points = [[\"0 m3/s\", \"300 m\"]]"),
            "agreements/a.toml:11:22: `300 m` is a level; expected a volume, a flow or an energy",
        ),
        (
            formula("points = [[\"0 m3/s\", \"0 m3/s\"]]\nthen = \"0.033 kWh/m3\""),
            "agreements/a.toml:12:8: the rate 0.033 kWh/m3 after points of flow; expected a part in percent",
        ),
        (
            formula("then = \"50 %\"\nplus = \"1 Mm3\"\nminus = \"1 Mm3\""),
            "agreements/a.toml:13:9: `minus` beside `plus`; expected one of them",
        ),
        (
            formula("then = \"50 %\"\nterms = [{ of = \"town\", then = \"50 %\" }]"),
            "agreements/a.toml:10:6: `of` beside `terms`; expected one of them\n\
             agreements/a.toml:11:8: `then` beside `terms`; expected one of them",
        ),
        (
            clause("suspend = false"),
            "agreements/a.toml:13:11: the word false; expected the word true, or no such line",
        ),
        (
            clause("when = { point = \"town\" }\nsuspend = true"),
            "agreements/a.toml:13:8: a reading without bounds; expected at_least, below or both",
        ),
        (
            clause("when = { point = \"town\", at_least = \"2 m3/s\", below = \"1 m3/s\" }\nsuspend = true"),
            "agreements/a.toml:13:55: below 1 m3/s and at least 2 m3/s; expected bounds with room between them",
        ),
        (
            clause("guarantee = { amount = \"1 Mm3\", of = \"town\" }"),
            "agreements/a.toml:13:24: `1 Mm3` is not a flow",
        ),
        (
            account("opening_credit = \"1 Mm3\"\nopening_debit = \"1 Mm3\""),
            "agreements/a.toml:13:17: `opening_debit` beside `opening_credit`; expected one of them",
        ),
        (
            account("credit = false"),
            "agreements/a.toml:12:10: the word false; expected true, or a table of yearly and accrued",
        ),
        (
            account("[[obligation.account.entry]]\ndate = 2024-06-01\nkind = \"forgive\"\namount = \"1 Mm3\"\nagainst = \"b\""),
            "agreements/a.toml:16:11: another obligation beside a forgive",
        ),
        (
            account("[[obligation.account.entry]]\ndate = 2024-06-01\nkind = \"set-off\"\namount = \"1 Mm3\""),
            "agreements/a.toml:12:1: no `against`; expected a line `against = ...`",
        ),
        (
            account("[[obligation.revision]]\nfrom = 2024-06-10\nform = \"limit\"\nvolume = \"2 Mm3\""),
            "agreements/a.toml:14:8: a revision that counts otherwise; expected a form that counts as the obligation does, sum",
        ),
    ];
    let wrong: Vec<String> = many
        .into_iter()
        .filter_map(|(lines, fault)| {
            let found = obligation(&lines).unwrap_err();
            (!found.starts_with(fault)).then(|| format!("{lines}:\n{found}\n{fault}\n"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn several_faults_of_syntax_are_told_at_once() {
    let text = "title = \nparties = [\"UP\"\nsource = x\n";
    let found = faults(&[("agreements/a.toml", text)]);
    assert!(found.lines().count() >= 2, "{found}");
    assert!(
        found
            .lines()
            .all(|line| line.starts_with("agreements/a.toml:")),
        "{found}"
    );
}

#[test]
fn nothing_beside_files_in_memory_can_be_extended() {
    let text = format!("extends = \"other\"\n{}", with_settings(""));
    let found = faults(&[("scenario.toml", &text)]);
    assert!(
        found.starts_with("scenario.toml:1:11: no folder `other`"),
        "{found}"
    );
}

#[test]
fn wrong_values_do_not_hide_faults_of_agreements() {
    let reaches =
        "reach,from,to,kind,capacity_m3s\nupper,lake,town,river,-1\nlower,town,sea,river,\n";
    let treaty = "title = \"A\"\nparties = [\"UP\", \"LOW\"]\n";
    assert_eq!(
        faults(&[("reaches.csv", reaches), ("agreements/a.toml", treaty)]),
        "agreements/a.toml:2:11: unknown party `LOW`; expected the id of a declared party; did you mean `LO`?\n\
         reaches.csv:2:23: the capacity of reach `upper` is -1 m3/s; expected a flow of at least 0"
    );
}

#[test]
fn a_number_that_cannot_be_read_does_not_hide_a_wrong_name() {
    let reaches =
        "reach,from,to,kind,capacity_m3s\nupper,lake,town,river,l0\nlower,town,sea,river,\n";
    let treaty = "title = \"A\"\nparties = [\"UP\"]\n[[obligation]]\nid = \"o\"\ndebtor = \"UP\"\n\
                  form = \"storage-by\"\npoint = \"lak\"\nstorage = \"1 Mm3\"\nby = 2024-06-30\n";
    assert_eq!(
        faults(&[("reaches.csv", reaches), ("agreements/a.toml", treaty)]),
        "agreements/a.toml:7:9: unknown point `lak`; expected the id of a node, reach or offtake; did you mean `lake`?\n\
         reaches.csv:2:23: `l0` is not a number; expected a finite number"
    );
}
