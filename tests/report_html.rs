//! The page of a report: whole, by itself, safe, and in all languages.

use riparian::basin::{Node, Offtake, Party, Reach};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::report::Reading;
use riparian::report::html::{Comparison, Language, Page};
use riparian::series::DailySeries;
use riparian::settlement::Status;
use riparian::units::Flow;
use riparian::{Model, Plan, Report, Simulation};

const SEASON: &str = "data/bakhri-tochik-2024";
const PROTOCOL: &str = "data/bakhri-tochik-2024-protocol";

fn page(scenario: &str, language: Language) -> String {
    let report = riparian::run(scenario).expect("a run");
    let page = Page::new(&report).language(language);
    page.of_folder(scenario).expect("readable").html()
}

#[test]
fn the_page_of_the_season_is_whole_small_and_asks_no_network() {
    for scenario in [SEASON, PROTOCOL] {
        let page = page(scenario, Language::English);
        assert!(page.len() < 2_000_000, "{} bytes", page.len());
        for part in [
            "verdict", "parties", "points", "season", "basin", "balance", "bulletin", "settings",
        ] {
            assert!(page.contains(&format!("<section id=\"{part}\"")), "{part}");
        }
        for asks in [" src=", "@import", "<link", "fetch(", "XMLHttp"] {
            assert!(!page.contains(asks), "`{asks}` in the page of {scenario}");
        }
        assert_eq!(page.matches("url(").count(), page.matches("url(#").count());
        for (open, close) in [
            ("<table", "</table>"),
            ("<section", "</section>"),
            ("<svg", "</svg>"),
            ("<tr", "</tr>"),
            ("<details", "</details>"),
        ] {
            assert_eq!(
                page.matches(open).count(),
                page.matches(close).count(),
                "{open}"
            );
        }
    }
}

#[test]
fn every_verdict_is_on_the_page_with_its_reasons() {
    let report = riparian::run(SEASON).expect("a run");
    let page = Page::new(&report).html();
    let table = &page[page.find("id=\"table-verdict\"").expect("a table")..];
    let table = &table[..table.find("</table>").expect("its end")];
    assert_eq!(
        table.matches("<details>").count(),
        report.settlements().len()
    );
    for status in Status::ALL {
        let rows = report
            .settlements()
            .iter()
            .filter(|row| row.status == status);
        let shown = table
            .matches(&format!("class=\"v {}\"", status.name()))
            .count();
        assert_eq!(shown, rows.count(), "{}", status.name());
    }
    for reason in report.settlements().iter().flat_map(|row| &row.reasons) {
        let why = reason.why.to_string().replace('&', "&amp;");
        assert!(table.contains(&why), "{why}");
    }
}

#[test]
fn the_bulletin_adds_up_to_the_run() {
    let report = riparian::run(SEASON).expect("a run");
    let page = Page::new(&report).html();
    let row = page.find(">Dostyk canal: share of Kazakhstan<").is_some();
    // Shared by three countries at one place: a row for each country, named by country.
    assert!(row || page.contains(">Kazakhstan</th>"));
    let basin = report.plan().model().basin();
    let v = basin.node_index("kokbulak").expect("a gauge");
    let days = 0..report.ledger().days();
    let mcm: f64 = days
        .map(|day| report.ledger().flow_at_node(day, v))
        .sum::<f64>()
        / 1e6;
    let bulletin = &page[page.find("class=\"bulletin\"").expect("a bulletin")..];
    let line = &bulletin[bulletin.find("Kokbulak gauge").expect("its row")..];
    let line = &line[..line.find("</tr>").expect("its end")];
    let figures: Vec<f64> = line
        .split("<td class=\"n\">")
        .skip(2)
        .map(|cell| {
            cell.split('<')
                .next()
                .expect("text")
                .replace('\u{202f}', "")
                .parse()
                .expect("a figure")
        })
        .collect();
    let (total, dekads) = figures.split_last().expect("figures");
    assert_eq!(dekads.len(), 18);
    assert!((total - mcm).abs() < 0.06, "{total} {mcm}");
    // Whole m3/s over ten or eleven days: half a unit each way.
    let lengths = [
        10.0, 10.0, 10.0, 10.0, 10.0, 11.0, 10.0, 10.0, 10.0, 10.0, 10.0, 11.0, 10.0, 10.0, 11.0,
        10.0, 10.0, 10.0,
    ];
    let sum: f64 = dekads
        .iter()
        .zip(lengths)
        .map(|(flow, days)| flow * days * 0.0864)
        .sum();
    assert!((sum - mcm).abs() < 183.0 * 0.5 * 0.0864, "{sum} {mcm}");
}

#[test]
fn countries_and_dekads_of_the_bulletin_add_up() {
    let report = riparian::run(SEASON).expect("a run");
    let bulletin = report.bulletin();
    let rows = bulletin.rows();
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
    let shared = rows
        .iter()
        .position(|row| row.object == "Farkhad")
        .expect("a shared place");
    let own: Vec<_> = rows[shared + 1..]
        .iter()
        .take_while(|row| row.party.is_some())
        .collect();
    let names: Vec<&str> = own.iter().map(|row| row.object.as_str()).collect();
    assert_eq!(names, ["Tajikistan", "Uzbekistan", "Kazakhstan"]);
    // The limits of the season, on exactly the canals of a country.
    let limits: Vec<Option<f64>> = own.iter().map(|row| row.limit).collect();
    assert_eq!(limits, [None, Some(4490.0), Some(922.0)]);
    for day in 0..183 {
        let together: f64 = own.iter().map(|row| row.days[day]).sum();
        assert!(close(together, rows[shared].days[day]), "day {day}");
    }
    for row in rows {
        let mut from = 0;
        for (dekad, &figure) in bulletin.dekads().iter().zip(&row.dekads) {
            let days = &row.days[from..from + dekad.days()];
            from += dekad.days();
            let expected = match row.reading {
                Reading::Storage => days[days.len() - 1],
                _ => days.iter().sum::<f64>() / days.len() as f64,
            };
            assert!(close(figure, expected), "{} {dekad}", row.object);
        }
        assert_eq!(row.total().is_none(), row.reading == Reading::Storage);
    }
    // Uzbekistan's year to date at the end is what was settled.
    let settled = report
        .settlements()
        .iter()
        .find(|row| row.obligation == "uz-mid");
    let delivered = settled.and_then(|row| row.delivered).expect("a settlement");
    assert!(
        close(own[1].total().expect("a volume"), delivered),
        "{delivered}"
    );
}

#[test]
fn every_language_writes_a_page_and_owns_up_to_unchecked_labels() {
    let report = riparian::run(PROTOCOL).expect("a run");
    let english = Page::new(&report).html();
    for language in Language::ALL {
        let page = Page::new(&report).language(language).html();
        assert!(page.contains(&format!("<html lang=\"{}\">", language.code())));
        assert_eq!(page == english, language == Language::English);
    }
}

#[test]
fn names_cannot_write_the_page() {
    let days = Window::new(date(2024, 4, 1), date(2024, 4, 10)).expect("days");
    let series = |m3s: f64| DailySeries::constant(days, m3s).expect("a series");
    let model = Model::builder("</title><script>alert(1)</script>", days)
        .note("a & b < c")
        .party(Party::new("A", "<b>A</b>"))
        .node(Node::inflow("spring").named("\"><img>"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("river", "spring", "sea"))
        .class("use")
        .offtake(
            Offtake::new("town", "spring", "A", "use")
                .named("</script>")
                .capacity(Flow::from_m3s(9.0)),
        )
        .inflow("spring", series(10.0))
        .demand("town", series(3.0))
        .build()
        .expect("a model");
    let plan = Plan::compile(model).expect("a plan");
    let ledger = Simulation::new(&plan).run().expect("a run");
    let report = Report::new(plan, ledger);
    let page = Page::new(&report).sources("<script>").html();
    // Its own two, and no other.
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<img") && !page.contains("<b>A"));
}

#[test]
fn runs_stand_side_by_side() {
    let (observed, protocol) = (
        riparian::run(SEASON).expect("a run"),
        riparian::run(PROTOCOL).expect("a run"),
    );
    let page = Comparison::new("Both")
        .run("as observed", &observed)
        .run("by protocol", &protocol)
        .html();
    assert!(page.contains("<section id=\"verdict\""));
    assert_eq!(
        page.matches("<th scope=\"col\" class=\"n\">by protocol</th>")
            .count(),
        3
    );
    let storages = page.matches("<figure class=\"chart\">").count();
    assert_eq!(storages, observed.plan().model().basin().reservoirs().len());
}
