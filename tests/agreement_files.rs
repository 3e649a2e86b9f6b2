//! Agreement files are read and written to the last byte.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use riparian::agreement::{
    Account, Agreement, Amount, Brackets, Caps, Claim, Clause, Condition, Count, Debt, Due,
    DueFunction, Each, Effect, Entry, EntryKind, Forms, Formula, Held, Index, Measure, MonthDay,
    Obligation, Opening, Owner, Ownership, Pace, Point, Rest, Revision, SecondReading, Sign, Slope,
    Spilling, StatedTotal, Step, Term, Threshold, Transfer, When,
};
use riparian::calendar::{Date, Period, Season, Window, date_of};
use riparian::scenario::Scenario;
use serde::{Deserialize, Serialize};

/// The agreement files of the sound data.
fn files() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("data/invalid") {
                walk(&path, found);
            } else if path.parent().unwrap().ends_with("agreements")
                && path
                    .extension()
                    .is_some_and(|extension| extension == "toml")
            {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("data"),
        &mut found,
    );
    found.sort();
    found
}

#[test]
fn the_files_are_as_they_would_be_written() {
    let files = files();
    assert!(files.len() >= 8, "{files:?}");
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let agreement = Agreement::open(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(
            agreement.to_toml() == text,
            "{}:\n{}",
            path.display(),
            agreement.to_toml()
        );
        assert_eq!(Agreement::from_toml(&text).unwrap(), agreement);
    }
}

#[test]
fn faults_name_the_file_they_stand_in() {
    let error = Agreement::from_toml("title = 3\nparties = []\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "agreement.toml:1:9: the number 3; expected a text in quotation marks"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("treaty.toml");
    assert!(Agreement::open(&path).unwrap_err().is_io());
    fs::write(&path, b"title = \"\xff\"").unwrap();
    let error = Agreement::open(&path).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "treaty.toml:1:10: the byte 0xff is not UTF-8; expected a file saved as UTF-8"
        ),
        "{error}"
    );
}

/// As much as a table of months says, and half of what the river brings beyond.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tiers {
    base_m3: f64,
    months: Vec<i8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sill: Option<Sill>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sill {
    name: String,
    since: toml::value::Datetime,
}

impl DueFunction for Tiers {
    fn due(&self, period: Window, _: &dyn Fn(usize, Date) -> Option<f64>) -> Option<Vec<f64>> {
        let due = |date: Date| {
            let held = self.months.contains(&date.month());
            if held { self.base_m3 } else { 0.0 }
        };
        Some(period.iter().map(due).collect())
    }
}

fn forms() -> Forms {
    Forms::new().register::<Tiers>("tiers")
}

/// An agreement with a form of its own.
fn of_tiers(base_m3: f64, months: Vec<i8>, sill: Option<Sill>) -> Agreement {
    let form = Tiers {
        base_m3,
        months,
        sill,
    };
    let mut later = form.clone();
    later.months.push(12);
    let obligation = Obligation::new("tiers", "UP", "town", Due::own("tiers", form).unwrap())
        .each(Each::Part(Period::Month))
        .counted(Count::AtMost)
        .revised(
            Date::constant(2024, 7, 1),
            "Minutes",
            Due::own("tiers", later).unwrap(),
        );
    Agreement::new("Tiers", ["UP", "LO"]).obligation(obligation)
}

#[test]
fn a_form_of_ones_own_is_read_and_written() {
    let sill = Sill {
        name: "of \"stone\"\n".to_owned(),
        since: "1998-03-17".parse().unwrap(),
    };
    let agreement = of_tiers(2.5e6, vec![6, 7], Some(sill));
    let text = agreement.to_toml();
    assert_eq!(
        text,
        "title = \"Tiers\"\nparties = [\"UP\", \"LO\"]\n\n\
         [[obligation]]\nid = \"tiers\"\ndebtor = \"UP\"\npoint = \"town\"\neach = \"month\"\n\
         form = \"tiers\"\ncount = \"at-most\"\nbase_m3 = 2500000.0\nmonths = [6, 7]\n\
         sill = { name = \"of \\\"stone\\\"\\n\", since = 1998-03-17 }\n\n\
         [[obligation.revision]]\nfrom = 2024-07-01\nsource = \"Minutes\"\n\
         base_m3 = 2500000.0\nmonths = [6, 7, 12]\n\
         sill = { name = \"of \\\"stone\\\"\\n\", since = 1998-03-17 }\n"
    );
    let read = Agreement::from_toml_with(&text, &forms()).unwrap();
    assert_eq!(read, agreement);
    assert_eq!(read.to_toml(), text);

    // Without the form, and with keys it does not have.
    let error = Agreement::from_toml(&text).unwrap_err().to_string();
    assert!(
        error.starts_with("agreement.toml:9:8: unknown form `tiers`"),
        "{error}"
    );
    let typo = text.replacen("months = [6, 7]\n", "month = [6, 7]\n", 1);
    let error = Agreement::from_toml_with(&typo, &forms())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("agreement.toml:9:8: form tiers: unknown field `month`"),
        "{error}"
    );
    let near = text.replacen("form = \"tiers\"", "form = \"tier\"", 1);
    let error = Agreement::from_toml_with(&near, &forms())
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean `tiers`?"), "{error}");
}

#[test]
fn a_scenario_may_use_registered_forms() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/invalid/_sound");
    let names = Scenario::open(&root).unwrap();
    let mut files: Vec<(String, String)> = names
        .files()
        .map(|name| {
            (
                name.to_owned(),
                fs::read_to_string(root.join(name)).unwrap(),
            )
        })
        .collect();
    let treaty = files
        .iter_mut()
        .find(|(name, _)| name.ends_with("treaty.toml"))
        .unwrap();
    let mut agreement = of_tiers(1e5, vec![6], None);
    agreement.obligations[0].point = Point::from("canal");
    agreement.obligations[0].revisions.clear();
    treaty.1 = agreement.to_toml();
    let scenario = Scenario::from_files(files);
    assert!(scenario.model().unwrap_err().is_invalid());
    let model = scenario
        .forms(forms())
        .model()
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(model.agreements(), [agreement]);
}

#[test]
fn a_form_may_not_take_keys_of_obligations() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Taken {
        from: f64,
    }
    impl DueFunction for Taken {
        fn due(&self, _: Window, _: &dyn Fn(usize, Date) -> Option<f64>) -> Option<Vec<f64>> {
            None
        }
    }
    let error = Due::own("taken", Taken { from: 1.0 }).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the form `taken` has a key `from`"),
        "{error}"
    );
}

/// Any text, with all that must be written with care.
fn text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[a-z]{1,8}",
        1 => "[a-z\"\\\\\n\t\r#=\u{7f}\u{1}чў’]{1,8}",
    ]
    .boxed()
}

fn words() -> BoxedStrategy<String> {
    prop_oneof![Just(String::new()), text()].boxed()
}

fn date() -> BoxedStrategy<Date> {
    (0i64..60_000)
        .prop_map(|day| date_of(Date::constant(1900, 1, 1), day))
        .boxed()
}

fn window() -> BoxedStrategy<Window> {
    prop_oneof![
        (date(), 0i64..900)
            .prop_map(|(from, days)| Window::new(from, date_of(from, days)).unwrap()),
        date().prop_map(|date| Period::Dekad.containing(date)),
        date().prop_map(|date| Period::Month.containing(date)),
    ]
    .boxed()
}

fn season() -> BoxedStrategy<Season> {
    let day = || (1i8..=12, 1i8..=31);
    let season = (day(), day()).prop_filter_map("a season", |(a, b)| Season::new(a, b).ok());
    let one_day = day().prop_filter_map("a season", |day| Season::new(day, day).ok());
    prop_oneof![3 => season, 1 => one_day].boxed()
}

/// An amount, written or built.
fn amount(units: &'static [&'static str]) -> BoxedStrategy<Amount> {
    let number = prop_oneof![
        (0u32..100_000).prop_map(|n| n.to_string()),
        (0u32..100_000, 0u32..1000).prop_map(|(n, d)| format!("{n}.{d:03}")),
        (1u32..1000, 0u32..1000).prop_map(|(n, d)| format!("{n} {d:03}")),
        (1u32..10, -3i32..3).prop_map(|(n, e)| format!("{n}e{e}")),
    ];
    (number, prop::sample::select(units))
        .prop_map(|(number, unit)| format!("{number} {unit}").parse().unwrap())
        .boxed()
}

const VOLUMES: &[&str] = &["Mm3", "km3", "m3", "af", "maf", "Mm³"];
const FLOWS: &[&str] = &["m3/s", "Mm3/day", "cusecs"];
const ENERGIES: &[&str] = &["kWh", "GWh"];
const WATER: &[&str] = &["Mm3", "af", "m3/s", "cusecs"];
const ANY: &[&str] = &["Mm3", "m3/s", "GWh", "m", "ft"];

fn due_units(energy: bool) -> &'static [&'static str] {
    if energy { ENERGIES } else { WATER }
}

fn total_units(energy: bool) -> &'static [&'static str] {
    if energy { ENERGIES } else { VOLUMES }
}

fn measure() -> BoxedStrategy<Measure> {
    prop::sample::select(Measure::NAMES.map(|(_, measure)| measure).to_vec()).boxed()
}

fn point() -> BoxedStrategy<Point> {
    let weight = prop_oneof![
        Just(1.0),
        -10.0..10.0,
        any::<f64>().prop_filter("a number", |w| w.is_finite())
    ];
    let term = (text(), prop::option::of(measure()), weight, 0u32..30).prop_map(
        |(id, measure, weight, lag_days)| Term {
            id,
            measure,
            weight,
            lag_days,
        },
    );
    prop_oneof![
        2 => text().prop_map(|id| Point::from(id.as_str())),
        1 => prop::collection::vec(text(), 1..4).prop_map(Point::sum),
        1 => prop::collection::vec(term, 1..4).prop_map(|terms| Point { terms }),
    ]
    .boxed()
}

fn step() -> BoxedStrategy<Step> {
    prop_oneof![Just(Step::Whole), period().prop_map(Step::Part)].boxed()
}

fn period() -> BoxedStrategy<Period> {
    let all = [
        Period::Day,
        Period::Week,
        Period::Dekad,
        Period::Month,
        Period::Quarter,
    ];
    prop::sample::select(all.to_vec()).boxed()
}

fn each() -> BoxedStrategy<Each> {
    let starting = || {
        let day = (1i8..=12, 1i8..=28).prop_map(|(month, day)| MonthDay::new(month, day).unwrap());
        prop_oneof![Just(MonthDay::NEW_YEAR), day]
    };
    prop_oneof![
        Just(Each::Season),
        period().prop_map(Each::Part),
        (starting(), 1u8..).prop_map(|(starting, count)| Each::Years { starting, count }),
        (starting(), 1u8..).prop_map(|(starting, years)| Each::Moving { starting, years }),
    ]
    .boxed()
}

/// A function whose values have the given unit.
fn brackets(energy: bool) -> BoxedStrategy<Brackets> {
    let slope = if energy {
        (0.0..2.0).prop_map(Slope::kwh_per_m3).boxed()
    } else {
        (0.0..200.0).prop_map(Slope::percent).boxed()
    };
    let y = due_units(energy);
    let points = (
        prop::sample::select(&["Mm3", "cusecs", "GWh", "m"][..]),
        prop::sample::select(y),
        prop::collection::vec((1u32..1000, 0u32..1000), 1..5),
    )
        .prop_map(|(x, y, pairs)| {
            let mut index = 0;
            let amount = |number: u32, unit: &str| format!("{number} {unit}").parse().unwrap();
            let points = pairs.into_iter().map(|(step, due)| {
                index += step;
                (amount(index, x), amount(due, y))
            });
            Brackets::new(points.collect::<Vec<_>>())
        });
    prop_oneof![
        slope.clone().prop_map(Brackets::share),
        points.clone(),
        (points, slope).prop_map(|(brackets, slope)| brackets.then(slope)),
    ]
    .boxed()
}

fn formula(energy: bool) -> BoxedStrategy<Formula> {
    let index = (point(), brackets(energy)).prop_map(|(of, brackets)| Index { of, brackets });
    let sign = prop::sample::select(vec![Sign::Plus, Sign::Minus]);
    (
        prop::collection::vec(index, 1..4),
        prop::option::of((sign, amount(due_units(energy)))),
        step(),
    )
        .prop_map(|(terms, plus, on)| Formula { terms, plus, on })
        .boxed()
}

fn schedule(units: &'static [&'static str]) -> BoxedStrategy<Due> {
    let when = prop_oneof![
        window().prop_map(When::Once),
        season().prop_map(When::Yearly)
    ];
    prop::collection::vec((when, amount(units)), 1..5)
        .prop_map(Due::Schedule)
        .boxed()
}

/// What is due, counted in a way files can say.
fn due(energy: bool, count: Count) -> BoxedStrategy<Due> {
    let units = match count {
        Count::AtEnd => VOLUMES,
        Count::EachDay => FLOWS,
        Count::AtMost | Count::Sum => due_units(energy),
    };
    let plain = prop_oneof![amount(units).prop_map(Due::Amount), schedule(units)];
    if count == Count::AtEnd {
        return plain.boxed();
    }
    let own = (0.0..1e9, prop::collection::vec(1i8..=12, 0..3)).prop_map(|(base_m3, months)| {
        let form = Tiers {
            base_m3,
            months,
            sill: None,
        };
        Due::own("tiers", form).unwrap()
    });
    if energy {
        prop_oneof![3 => plain, 2 => formula(true).prop_map(Due::Formula)].boxed()
    } else {
        prop_oneof![3 => plain, 2 => formula(false).prop_map(Due::Formula), 1 => own].boxed()
    }
}

fn effect(energy: bool) -> BoxedStrategy<Effect> {
    let units = due_units(energy);
    let shared = || (amount(FLOWS), point());
    prop_oneof![
        prop::sample::select(vec![
            Effect::Suspend,
            Effect::Excuse,
            Effect::Consult,
            Effect::EndCycle,
            Effect::CancelDebits,
            Effect::CancelCredits,
        ]),
        (0.0..2.0).prop_map(Effect::Scale),
        amount(units).prop_map(Effect::Replace),
        amount(units).prop_map(Effect::Reduce),
        amount(units).prop_map(Effect::AtLeast),
        amount(units).prop_map(Effect::AtMost),
        point().prop_map(Effect::Need),
        shared().prop_map(|(amount, of)| Effect::Guarantee { amount, of }),
        shared().prop_map(|(amount, of)| Effect::Yield { amount, of }),
    ]
    .boxed()
}

fn threshold() -> BoxedStrategy<Threshold> {
    let unit = prop::sample::select(ANY);
    (
        point(),
        prop::option::of(measure()),
        step(),
        unit,
        0u32..500,
        1u32..500,
        0..3,
    )
        .prop_map(|(point, measure, on, unit, least, room, which)| {
            let amount = |number: u32| format!("{number} {unit}").parse().unwrap();
            Threshold {
                point,
                measure,
                on,
                at_least: (which != 0).then(|| amount(least)),
                below: (which != 1).then(|| amount(least + room)),
            }
        })
        .boxed()
}

fn clause(energy: bool) -> BoxedStrategy<Clause> {
    let condition = (
        prop::collection::vec(season(), 0..3),
        prop::collection::vec(window(), 0..3),
        prop::option::of(threshold()),
    );
    (words(), condition, effect(energy))
        .prop_map(|(text, (during, declared, reading), effect)| Clause {
            text,
            when: Condition {
                during,
                declared,
                reading,
            },
            effect,
        })
        .boxed()
}

fn account(energy: bool) -> BoxedStrategy<Account> {
    let total = move || amount(total_units(energy));
    let caps = move || {
        let caps = (prop::option::of(total()), prop::option::of(total()));
        prop::option::of(caps.prop_map(|(yearly, accrued)| Caps { yearly, accrued }))
    };
    let opening = prop_oneof![
        total().prop_map(Opening::Credit),
        total().prop_map(Opening::Debit)
    ];
    let kind = prop::sample::select(EntryKind::NAMES.map(|(_, kind)| kind).to_vec());
    let entry =
        (date(), kind, total(), words(), text()).prop_map(|(date, kind, amount, reason, other)| {
            Entry {
                date,
                kind,
                amount,
                reason,
                against: (kind == EntryKind::SetOff).then_some(other),
            }
        });
    (
        prop::option::of(opening),
        caps(),
        caps(),
        prop_oneof![Just(0.0), 0.0..1.0],
        prop::collection::vec(entry, 0..3),
    )
        .prop_map(|(opening, credit, debit, evaporation, entries)| Account {
            opening,
            credit,
            debit,
            evaporation,
            entries,
        })
        .boxed()
}

fn obligation() -> BoxedStrategy<Obligation> {
    let count = prop::sample::select(vec![
        Count::Sum,
        Count::EachDay,
        Count::AtEnd,
        Count::AtMost,
    ]);
    (any::<bool>(), count)
        .prop_flat_map(|(energy, count)| {
            // Stored and daily amounts are of water.
            let energy = energy && matches!(count, Count::Sum | Count::AtMost);
            let revision = (date(), words(), due(energy, count))
                .prop_map(|(on, source, due)| Revision { on, source, due });
            let pace = prop::sample::select(vec![Pace::Even, Pace::Demand]);
            let claim = (text(), pace).prop_map(|(class, pace)| Claim { class, pace });
            let reading = (amount(total_units(energy)), words())
                .prop_map(|(amount, source)| SecondReading { amount, source });
            let words = (
                words(),
                words(),
                "[a-z0-9_-]{1,8}",
                text(),
                prop::option::of(text()),
            );
            let measured = (
                point(),
                prop::option::of(measure()),
                prop::option::of(point()),
                prop::option::of(reading),
            );
            let days = (
                prop::option::of(window()),
                prop::option::of(season()),
                each(),
            );
            let promised = (
                due(energy, count),
                prop_oneof![Just(0.0), 0.0..1.0],
                prop::option::of(amount(total_units(energy))),
            );
            let changed = (
                prop::collection::vec(clause(energy), 0..3),
                prop::option::of(account(energy)),
                prop::collection::vec(revision, 0..3),
                prop::collection::vec(text(), 0..3),
                prop::option::of(claim),
            );
            (words, measured, days, promised, changed).prop_map(
                move |(words, measured, days, promised, changed)| {
                    let (article, note, id, debtor, creditor) = words;
                    let mut o = Obligation::new(id, debtor, measured.0, promised.0);
                    (o.article, o.note, o.creditor) = (article, note, creditor);
                    (o.measure, o.second_point, o.second_reading) =
                        (measured.1, measured.2, measured.3);
                    (o.window, o.season, o.each) = days;
                    if matches!(o.due, Due::Schedule(_)) {
                        // Its stretches are the periods.
                        o.each = Each::Season;
                    }
                    (o.count, o.tolerance, o.stated_total) = (count, promised.1, promised.2);
                    (o.clauses, o.account, o.revisions, o.on_top_of, o.claim) = changed;
                    o
                },
            )
        })
        .boxed()
}

fn total() -> BoxedStrategy<StatedTotal> {
    let of = prop::collection::vec(text(), 0..3);
    let units = prop::sample::select(vec![VOLUMES, ENERGIES]);
    let amount = units.prop_flat_map(amount);
    (amount, of, prop::option::of(window()), words())
        .prop_map(|(amount, of, within, note)| StatedTotal {
            amount,
            of,
            within,
            note,
        })
        .boxed()
}

fn ownership() -> BoxedStrategy<Ownership> {
    let volume = || amount(VOLUMES);
    let held = move || {
        let held = prop_oneof![
            volume().prop_map(Held::Volume),
            (0.0..1.0).prop_map(Held::Part)
        ];
        prop::option::of(held)
    };
    let place = || prop::option::of(point());
    let owner = (text(), 0.0..1.0, place(), held(), held(), place()).prop_map(
        |(party, share, own, opening, space, calls)| Owner {
            own,
            opening,
            space,
            calls,
            ..Owner::new(party, share)
        },
    );
    let debt = (text(), text(), volume()).prop_map(|(debtor, creditor, amount)| Debt {
        debtor,
        creditor,
        amount,
    });
    let transfer =
        (date(), text(), text(), volume(), words()).prop_map(|(date, from, to, amount, reason)| {
            Transfer {
                date,
                from,
                to,
                amount,
                reason,
            }
        });
    let rest = prop_oneof![
        Just(Rest::Share),
        Just(Rest::Holding),
        text().prop_map(Rest::Party),
    ];
    let spill = prop_oneof![
        Just(Spilling::Holding),
        Just(Spilling::Inflow),
        Just(Spilling::Share),
        prop::collection::vec(text(), 0..3).prop_map(Spilling::Order),
    ];
    let store = (
        words(),
        text(),
        prop::option::of(date()),
        prop::option::of(volume()),
    );
    let rules = (
        place(),
        place(),
        rest,
        spill,
        any::<bool>(),
        0.0..=1.0,
        period(),
    );
    let lists = (
        prop::collection::vec(owner, 0..3),
        prop::collection::vec(debt, 0..2),
        prop::collection::vec(transfer, 0..2),
    );
    (store, rules, lists)
        .prop_map(|((article, reservoir, from, capacity), rules, lists)| {
            let mut o = Ownership::new(reservoir);
            (o.article, o.from, o.capacity) = (article, from, capacity);
            (
                o.inflow,
                o.release,
                o.rest,
                o.spill,
                o.internal_spill,
                o.payback,
                o.lines,
            ) = rules;
            (o.owners, o.debts, o.transfers) = lists;
            o
        })
        .boxed()
}

fn agreement() -> BoxedStrategy<Agreement> {
    let force = prop_oneof![
        prop::option::of(date()).prop_map(|from| (from, None)),
        prop::option::of(date()).prop_map(|until| (None, until)),
        window().prop_map(|window| (Some(window.from()), Some(window.to()))),
    ];
    (
        (
            words(),
            prop::collection::vec(text(), 0..4),
            words(),
            words(),
            words(),
        ),
        prop::collection::vec(text(), 0..3),
        force,
        prop::collection::vec(text(), 0..3),
        prop::collection::vec(obligation(), 0..3),
        prop::collection::vec(ownership(), 0..2),
        prop::collection::vec(total(), 0..2),
    )
        .prop_map(
            |(
                (title, parties, source, status, note),
                open,
                force,
                supersedes,
                obligations,
                ownership,
                totals,
            )| {
                let mut agreement = Agreement::new(title, parties);
                (agreement.source, agreement.status, agreement.note) = (source, status, note);
                (agreement.from, agreement.until) = force;
                agreement.open = open;
                agreement.supersedes = supersedes;
                agreement.obligations = obligations;
                agreement.ownership = ownership;
                agreement.totals = totals;
                agreement
            },
        )
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// What is written is read back as it was, and written as it was.
    #[test]
    fn what_is_written_is_read_back(agreement in agreement()) {
        let text = agreement.to_toml();
        let read = Agreement::from_toml_with(&text, &forms());
        let read = match read {
            Ok(read) => read,
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
        };
        prop_assert_eq!(&read, &agreement, "{}", text);
        prop_assert_eq!(read.to_toml(), text);
    }

    /// Whatever bytes are changed, a file is read or its faults are told with their places; and
    /// what was read is written so that it is read again.
    #[test]
    fn a_changed_file_is_read_or_told(
        agreement in agreement(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<bool>(), prop_oneof![
                any::<u8>(),
                prop::sample::select(b"\"',;#.-_[]{}=\n\r\t 019aZ%".as_slice()),
            ]),
            1..8,
        ),
    ) {
        let mut bytes = agreement.to_toml().into_bytes();
        for (at, insert, byte) in changes {
            let at = at.index(bytes.len());
            if insert {
                bytes.insert(at, byte);
            } else {
                bytes[at] = byte;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        fs::write(&path, &bytes).unwrap();
        match Agreement::open_with(&path, &forms()) {
            Ok(read) => {
                let text = read.to_toml();
                let again = Agreement::from_toml_with(&text, &forms());
                let again = again.unwrap_or_else(|error| panic!("{error}\n{text}"));
                prop_assert_eq!(&again, &read, "{}", text);
                prop_assert_eq!(again.to_toml(), text);
            }
            Err(error) => {
                let faults = error.diagnostics().unwrap();
                prop_assert!(!faults.is_empty());
                prop_assert!(faults.iter().all(|fault| fault.place.is_some()), "{}", error);
            }
        }
    }
}
