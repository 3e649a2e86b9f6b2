//! The pages in a real browser, where there is one.
//!
//! `.ci/browser.py` clicks through tabs, sorting tables, folded parts, the slider and the print view at
//! two widths. With the environment variable `AXE`, the file of axe-core's script, accessibility is
//! checked too, and the browser must be there; else nothing fails without it, and what was skipped is told.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use riparian::report::html::{Comparison, Language, Page};

const SEASON: &str = "data/bakhri-tochik-2024";
const PROTOCOL: &str = "data/bakhri-tochik-2024-protocol";

/// What is missing for the test, if anything is.
fn missing(script: &Path) -> Option<&'static str> {
    let runs = |program: &str| {
        let mut asked = Command::new(program);
        let asked = asked
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        asked.status().is_ok_and(|status| status.success())
    };
    if !script.exists() {
        return Some(".ci/browser.py is not here");
    }
    ["python3", "chromium", "chromedriver"]
        .into_iter()
        .find(|program| !runs(program))
}

#[test]
fn pages_are_clicked_through() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/browser.py");
    if let Some(what) = missing(&script) {
        assert!(
            std::env::var_os("AXE").is_none(),
            "AXE is set, and no {what}"
        );
        // Past the harness, which keeps what tests that pass print to itself.
        let told = format!("\nSKIPPED: the pages were not opened in a browser: no {what}\n");
        std::io::stderr().write_all(told.as_bytes()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = |name: &str| folder.path().join(name);
    let (season, protocol) = (
        riparian::run(SEASON).unwrap(),
        riparian::run(PROTOCOL).unwrap(),
    );
    let whole = Page::new(&season).of_folder(SEASON).unwrap();
    whole.write(page("season.html")).unwrap();
    let russian = Page::new(&protocol).language(Language::Russian);
    let russian = russian.of_folder(PROTOCOL).unwrap();
    russian.write(page("protocol-ru.html")).unwrap();
    Comparison::new("2024")
        .run("as observed", &season)
        .run("by the protocol", &protocol)
        .write(page("compare.html"))
        .unwrap();
    let mut check = Command::new("python3");
    check.arg(&script);
    check.args(["season.html", "protocol-ru.html", "compare.html"].map(page));
    if let Some(axe) = std::env::var_os("AXE") {
        check.arg("--axe").arg(axe);
    }
    let said = check.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr),
    );
    assert!(said.status.success(), "{out}{err}");
}
