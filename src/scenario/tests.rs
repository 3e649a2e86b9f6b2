//! What is read, from scenarios in memory.

use super::Scenario;
use crate::Model;
use crate::agreement::{Each, Form, Measure, Obligation};
use crate::basin::Routing;
use crate::calendar::{Date, Period};
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
        ("policy = \"replay\"", "replay"),
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
    assert!(matches!(volume.form, Form::Volume(v) if v.mcm() == 30.0));
    assert_eq!(volume.tolerance, 0.025);
    assert_eq!(volume.second_reading.unwrap().source, "a paper");

    let schedule = obligation(
        "form = \"schedule\"\npoint = \"town\"\nstated_total = \"36.2 Mm3\"\n\
         due = [{ dekad = \"2024-06-2\", flow = \"10 m3/s\" }, { month = \"2024-07\", flow = \"10.3 m3/s\" }]",
    );
    assert_eq!(
        schedule.unwrap().window,
        "2024-06-11..2024-07-31".parse().unwrap()
    );

    let minimum = obligation(&format!(
        "{june}form = \"minimum-flow\"\npoint = \"lower\"\nflow = \"2 m3/s\"\neach = \"dekad\""
    ));
    assert!(matches!(
        minimum.unwrap().form,
        Form::MinimumFlow { each: Each::Part(Period::Dekad), flow } if flow.m3s() == 2.0
    ));

    let storage = obligation(
        "form = \"storage-by\"\npoint = \"lake\"\nstorage = \"60 Mm3\"\nby = 2024-06-15",
    );
    assert_eq!(
        storage.unwrap().window,
        "2024-06-15..2024-06-15".parse().unwrap()
    );

    let coupled = obligation(&format!(
        "{june}form = \"energy-coupled\"\npoint = \"lake\"\nrate = \"0.033 kWh/m3\"\n\
         coupled_to = [{{ point = \"canal\", weight = 0.5 }}, \"town\"]\nmeasure = \"energy\""
    ))
    .unwrap();
    assert_eq!(coupled.measure, Some(Measure::Energy));
    let Form::EnergyCoupled {
        kwh_per_m3,
        coupled_to,
        ..
    } = coupled.form
    else {
        panic!("{:?}", coupled.form);
    };
    assert_eq!(kwh_per_m3, 0.033);
    assert_eq!(coupled_to.name(), "0.5 canal + town");
}

#[test]
fn faults_of_obligations_have_places() {
    let june = "from = 2024-06-01\nto = 2024-06-30\n";
    for (lines, fault) in [
        (
            "form = \"volume\"\npoint = \"canal\"\nvolume = \"1 Mm3\"",
            "agreements/a.toml:3:1: no `from`; expected a line `from = 2024-04-01`\n\
             agreements/a.toml:3:1: no `to`; expected a line `to = 2024-04-01`",
        ),
        (
            &format!(
                "{june}form = \"volume\"\npoint = \"canal\"\nvolume = \"1 Mm3\"\neach = \"month\""
            ),
            "agreements/a.toml:11:1: unknown key `each`",
        ),
        (
            "form = \"schedule\"\npoint = \"canal\"\ndue = [{ month = \"2024-13\", flow = \"1 m3/s\" }]",
            "agreements/a.toml:8:18: `2024-13` is not a month",
        ),
        (
            "form = \"schedule\"\npoint = \"canal\"\ndue = [{ month = \"2024-06\", flow = \"1 m3/s\", volume = \"1 Mm3\" }]",
            "agreements/a.toml:8:8: not one amount; expected volume or flow",
        ),
        (
            &format!(
                "{june}form = \"volume\"\npoint = \"canal\"\nvolume = \"1 Mm3\"\ntolerance = 0.01"
            ),
            "agreements/a.toml:11:13: a tolerance without %; expected a text as in \"1 %\"",
        ),
        (
            &format!("{june}form = \"volume\"\npoint = \"canal\"\nvolume = 30"),
            "agreements/a.toml:10:10: the number 30; expected a number with its unit, as in \"443.6 Mm3\"",
        ),
    ] {
        let found = obligation(lines).unwrap_err();
        assert!(found.starts_with(fault), "{found}");
    }
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
