//! What is read, from scenarios in memory.

use super::Scenario;
use crate::Model;
use crate::agreement::{Amount, Count, Due, Each, MonthDay, Obligation};
use crate::calendar::{Date, Period, Window};

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
