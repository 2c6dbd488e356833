//! Holds `docs/behaviours.md` to its word: every number is there, every named test exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Numbers of each kind.
const LAST: &[(char, u32)] = &[('B', 106), ('U', 20)];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Names of all functions in the tree that can be tests: Rust's and Python's.
fn functions() -> BTreeSet<String> {
    let mut waiting: Vec<PathBuf> = ["src", "tests", "odoo_addon"]
        .map(|at| root().join(at))
        .into();
    let mut found = BTreeSet::new();
    while let Some(path) = waiting.pop() {
        if let Ok(entries) = fs::read_dir(&path) {
            waiting.extend(entries.map(|entry| entry.expect("the entry can be read").path()));
            continue;
        }
        let word = match path.extension().and_then(|ending| ending.to_str()) {
            Some("rs") => "fn ",
            Some("py") => "def ",
            _ => continue,
        };
        let text = fs::read_to_string(&path).expect("the source can be read");
        found.extend(text.lines().filter_map(|line| named(line, word)));
    }
    found
}

/// The function that a line begins.
fn named(line: &str, word: &str) -> Option<String> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let name = line.strip_prefix(word)?.split(['(', '<']).next()?;
    Some(name.to_owned())
}

/// The behaviours that a test's name begins with: `b7_b11_u1_rules_nest` → B7, B11, U1.
fn shown_by(name: &str) -> Vec<String> {
    let words = name.strip_prefix("test_").unwrap_or(name).split('_');
    let numbers = words.take_while(|word| {
        let number = word.strip_prefix(['b', 'u']).unwrap_or_default();
        !number.is_empty() && number.chars().all(|sign| sign.is_ascii_digit())
    });
    numbers.map(str::to_uppercase).collect()
}

/// Number and last cell of a row of the tables.
fn row(line: &str) -> Option<(&str, &str)> {
    let inner = line.strip_prefix("| ")?.strip_suffix('|')?;
    let (number, rest) = inner.split_once(" | ")?;
    let kind = number.chars().next().filter(|kind| "BU".contains(*kind))?;
    number[kind.len_utf8()..].parse::<u32>().ok()?;
    let (_, last) = rest.rsplit_once(" |")?;
    Some((number, last.trim()))
}

/// Every fault of a text, given the functions that there are.
fn faults(text: &str, functions: &BTreeSet<String>) -> Vec<String> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut faults = Vec::new();
    for (number, cell) in text.lines().filter_map(row) {
        *seen.entry(number).or_default() += 1;
        for name in cell.split('`').skip(1).step_by(2) {
            if !functions.contains(name) {
                faults.push(format!("{number} names {name}, which does not exist"));
            }
        }
    }
    for (kind, last) in LAST {
        for number in 1..=*last {
            match seen.remove(format!("{kind}{number}").as_str()) {
                Some(1) => {}
                Some(_) => faults.push(format!("{kind}{number} is there twice")),
                None => faults.push(format!("{kind}{number} is missing")),
            }
        }
    }
    faults.extend(
        seen.into_keys()
            .map(|number| format!("{number} is no behaviour")),
    );
    faults
}

/// The text with the last column filled from the names of tests. Tests that are named there and
/// carry no number stay as long as they exist.
fn filled(text: &str, functions: &BTreeSet<String>) -> String {
    let line = |line: &str| {
        let Some((number, cell)) = row(line) else {
            return format!("{line}\n");
        };
        let by_name = |name: &&str| shown_by(name).iter().any(|shown| shown == number);
        let by_hand = cell.split('`').skip(1).step_by(2);
        let by_hand = by_hand.filter(|name| shown_by(name).is_empty() && functions.contains(*name));
        let names = functions.iter().map(String::as_str).filter(by_name);
        let names: BTreeSet<String> = names
            .chain(by_hand)
            .map(|name| format!("`{name}`"))
            .collect();
        let names: Vec<String> = names.into_iter().collect();
        let (before, _) = line.rsplit_once(" |").expect("a row has an end");
        let (before, _) = before.rsplit_once(" |").expect("a row has cells");
        let names = names.join(", ");
        let space = if names.is_empty() { "" } else { " " };
        format!("{before} |{space}{names} |\n")
    };
    text.lines().map(line).collect()
}

#[test]
fn every_behaviour_is_there_and_its_tests_exist() {
    let path = root().join("docs/behaviours.md");
    let mut text = fs::read_to_string(&path).expect("the behaviours can be read");
    let functions = functions();
    if std::env::var("BEHAVIOURS").is_ok_and(|wish| wish == "write") {
        text = filled(&text, &functions);
        fs::write(&path, &text).expect("the behaviours can be written");
    }
    let faults = faults(&text, &functions);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_check_notices_what_is_missing() {
    let text = &filled(include_str!("../docs/behaviours.md"), &functions());
    let none = BTreeSet::new();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("| B12 |"))
        .collect();
    let found = faults(&lines.join("\n"), &functions());
    assert_eq!(found, ["B12 is missing"]);
    let twice = format!("{text}| U7 | a | b | |\n| B107 | a | |\n");
    assert_eq!(
        faults(&twice, &functions()),
        ["U7 is there twice", "B107 is no behaviour"]
    );
    let named = text.replace("| B3 | Any", "| B3 | `|` Any");
    assert_eq!(faults(&named, &functions()), Vec::<String>::new());
    let gone = filled(text, &BTreeSet::from(["b3_u9_a_test".to_owned()]));
    assert_eq!(
        faults(&gone, &none),
        [
            "B3 names b3_u9_a_test, which does not exist",
            "U9 names b3_u9_a_test, which does not exist"
        ]
    );
    assert_eq!(
        filled(&filled(text, &none), &functions()),
        filled(text, &functions())
    );
}

#[test]
fn a_name_tells_what_it_shows() {
    assert_eq!(shown_by("b7_b11_u1_rules_nest"), ["B7", "B11", "U1"]);
    assert_eq!(shown_by("test_b12_renamed"), ["B12"]);
    assert_eq!(shown_by("rules_b12"), Vec::<String>::new());
    assert_eq!(shown_by("b_big_file"), Vec::<String>::new());
    assert_eq!(
        named("    pub async fn b1_x<T>(a: T) {", "fn "),
        Some("b1_x".into())
    );
    assert_eq!(
        named("    def test_b1(self):", "def "),
        Some("test_b1".into())
    );
}
