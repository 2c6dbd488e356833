//! The house rules as tests: who may import whom, which crate lives where, sizes, module heads.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest source file, tests included.
const MOST_LINES: usize = 400;

/// Modules from the top down. A module may import what stands on a later row, never its own row.
const ROWS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["app"],
    &["telemetry"],
    &["config"],
    &["http"],
    &["jobs"],
    &["engine"],
    &["planner", "rules", "providers", "odoo", "store"],
    &["tree"],
];

/// Crates that only these modules may name.
const HOMES: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("reqwest", &["providers", "odoo"]),
    ("apalis", &["jobs"]),
    ("figment", &["config"]),
];

/// Modules that are pure: no I/O, no clock, no async.
const PURE: &[&str] = &["tree", "planner", "rules"];

/// Names that say nothing about what lives there.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "helpers", "helper", "manager", "types", "misc",
];

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    let mut waiting = vec![root];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).expect("the folder can be listed") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("the file can be read");
                found.push((path, text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} holds no Rust source");
    found
}

/// The top module of a file under `src/`: `src/tree/name.rs` → `tree`.
fn module(path: &Path) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let below = path.strip_prefix(src).expect("a file under src");
    let first = below.iter().next().expect("a name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// Top modules that a source names by `crate::…`, comments left out.
fn imports(text: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
    {
        for part in line.split("crate::").skip(1) {
            let name: String = part
                .chars()
                .take_while(|sign| sign.is_alphanumeric() || *sign == '_')
                .collect();
            named.insert(name);
        }
    }
    named
}

fn import_faults(from: &str, text: &str) -> Vec<String> {
    let Some(here) = row(from) else {
        return if from == "lib" {
            vec![]
        } else {
            vec![format!("{from} has no row in tests/tidy.rs")]
        };
    };
    imports(text)
        .into_iter()
        .filter(|to| to != from)
        .filter(|to| row(to).is_none_or(|there| there <= here))
        .map(|to| format!("{from} imports {to}"))
        .collect()
}

#[test]
fn imports_run_one_way() {
    let faults: Vec<String> = sources("src")
        .iter()
        .flat_map(|(path, text)| {
            import_faults(&module(path), text)
                .into_iter()
                .map(move |fault| format!("{}: {fault}", path.display()))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_import_rule_notices_a_breach() {
    assert_eq!(
        import_faults("tree", "use crate::engine::Turn;"),
        ["tree imports engine"]
    );
    assert_eq!(
        import_faults("store", "use crate::odoo::Row;"),
        ["store imports odoo"]
    );
    assert_eq!(
        import_faults("engine", "use crate::tree::Entry;"),
        Vec::<String>::new()
    );
    assert_eq!(
        import_faults("tree", "// crate::engine"),
        Vec::<String>::new()
    );
    assert_eq!(
        import_faults("elsewhere", ""),
        ["elsewhere has no row in tests/tidy.rs"]
    );
}

#[test]
fn crates_stay_in_their_homes() {
    for (path, text) in sources("src") {
        let module = module(&path);
        for (name, homes) in HOMES {
            let named =
                text.contains(&format!("{name}::")) || text.contains(&format!("use {name}"));
            assert!(
                !named || homes.contains(&module.as_str()),
                "{}: only {homes:?} may use {name}",
                path.display()
            );
        }
        if PURE.contains(&module.as_str()) {
            for word in [
                "tokio::",
                "std::fs",
                "std::net",
                "async fn",
                "SystemTime::now",
                "Instant::now",
                "now_utc",
                "now_local",
                "new_v4",
                "now_v7",
                "fastrand",
            ] {
                assert!(
                    !text.contains(word),
                    "{}: {word} in a pure module",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn files_are_small_headed_and_well_named() {
    for folder in ["src", "tests"] {
        for (path, text) in sources(folder) {
            let shown = path.display();
            let lines = text.lines().count();
            assert!(
                lines <= MOST_LINES,
                "{shown}: {lines} lines, at most {MOST_LINES}"
            );
            let headed = text.starts_with("//!") || text.starts_with("#![doc");
            assert!(headed, "{shown}: begins with no //! head");
            let stem = path.file_stem().expect("a name").to_string_lossy();
            assert!(
                !EMPTY_NAMES.contains(&stem.as_ref()),
                "{shown}: the name says nothing"
            );
            for word in ["todo!(", "unimplemented!(", "dbg!("] {
                let inside = text.contains(word) && !path.ends_with("tests/tidy.rs");
                assert!(!inside, "{shown}: holds {word}");
            }
        }
    }
}
