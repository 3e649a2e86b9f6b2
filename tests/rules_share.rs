//! The example `share`: what it prints, and what it refuses.

#[path = "../examples/share.rs"]
#[allow(dead_code)] // Its `main` is not called here.
mod share;

fn run(line: &str) -> Result<String, String> {
    let args = line.split_whitespace().map(str::to_owned);
    share::run(args).map_err(|fault| fault.to_string())
}

#[test]
fn awards_stand_one_a_line() {
    for (line, awards) in [
        ("--rule talmud --estate 200 100 200 300", "50\n75\n75"),
        ("100 --estate 200 200 300 --rule talmud", "50\n75\n75"),
        (
            "--rule constrained-equal-losses --estate 300 50 200 300",
            "0\n100\n200",
        ),
        (
            "--rule weighted-equal-awards --weights 2,1 --estate 90 100 100",
            "60\n30",
        ),
        (
            "--rule weighted-equal-losses --weights 2,1 --estate 170 100 100",
            "80\n90",
        ),
        (
            "--rule nash-harsanyi --disagreement 30,0 --estate 100 80 90",
            "65\n35",
        ),
        (
            "--rule nash-harsanyi --weights 3,1 --estate 100 80 90",
            "75\n25",
        ),
        ("--rule priority --estate 120 50 60 80", "50\n60\n10"),
        (
            "--rule priority --order 3,1,2 --estate 120 50 60 80",
            "40\n0\n80",
        ),
    ] {
        assert_eq!(run(line).as_deref(), Ok(awards), "{line}");
    }
}

#[test]
fn every_rule_listed_can_be_used() {
    let list = run("--rules").unwrap();
    assert_eq!(list.lines().count(), 14);
    for name in list.lines() {
        let options = if name.starts_with("weighted") {
            "--weights 1,2,3"
        } else {
            ""
        };
        let awards = run(&format!("--rule {name} {options} --estate 30 10 20 30")).unwrap();
        let sum: f64 = awards
            .lines()
            .map(|line| line.parse::<f64>().unwrap())
            .sum();
        assert!((sum - 30.0).abs() < 1e-12, "{name}: {awards}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (line, fault) in [
        ("", "--estate is missing"),
        ("--rule talmud --estate 3", "there are no claims"),
        ("--estate 3 4", "--rule is missing"),
        ("--estate", "--estate needs a value"),
        (
            "--rule talmut --estate 3 4",
            "unknown rule `talmut`; did you mean `talmud`?",
        ),
        (
            "--rule talmud --estate 9 4",
            "the estate 9 exceeds the sum 4 of the claims",
        ),
        ("--rule talmud --estate -1 4", "the estate is -1"),
        ("--rule talmud --estate 1 -4 9", "claim 1 is -4"),
        ("--rule talmud --estate nan 4", "the estate is NaN"),
        (
            "--rule talmud --estate 3 four",
            "claim `four` is not a number",
        ),
        (
            "--rule talmud --colour red --estate 3 4",
            "unknown option --colour",
        ),
        (
            "--rule talmud --weights 1 --estate 3 4",
            "rule `talmud` takes no --weights",
        ),
        (
            "--rule weighted-equal-awards --estate 3 4",
            "needs --weights",
        ),
        (
            "--rule weighted-equal-awards --weights 1,2 --estate 3 4",
            "2 weights for 1 claims",
        ),
        (
            "--rule priority --order 0,1 --estate 3 4 5",
            "must name each of 1 to 2 once",
        ),
        (
            "--rule priority --order 1,1 --estate 3 4 5",
            "must name each of 1 to 2 once",
        ),
        (
            "--rule nash-harsanyi --disagreement 5,0 --estate 3 6 6",
            "add up to 5",
        ),
    ] {
        let said = run(line).unwrap_err();
        assert!(said.contains(fault), "{line}: {said}");
    }
}
