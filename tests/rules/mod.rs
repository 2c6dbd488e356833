//! Rules as a file: the sidecar reads the files of this folder as Odoo's import does
//! (`tests/e2e/test_rules_file.py`).

use attache::rules::file::parse;

/// Files that Odoo's import reads as well, each with what both say of it.
fn fixtures(kind: &str) -> Vec<(String, String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let files = std::fs::read_dir(folder.join(kind)).expect("a folder of files");
    let mut found: Vec<_> = files
        .map(|file| {
            let path = file.expect("listed").path();
            let text = std::fs::read_to_string(&path).expect("read");
            let said = text
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("# says: "));
            (
                path.display().to_string(),
                said.unwrap_or_default().to_owned(),
                text,
            )
        })
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

#[test]
fn b106_a_good_file_is_read_whole() {
    for (path, _, text) in fixtures("good") {
        let rules = parse(&text).unwrap_or_else(|faults| panic!("{path}: {faults:?}"));
        assert!(!rules.is_empty(), "{path}");
    }
}

#[test]
fn b106_a_bad_file_is_refused_in_the_same_words_as_in_odoo() {
    let mut wrong = Vec::new();
    for (path, said, text) in fixtures("bad").into_iter().chain(fixtures("odoo")) {
        assert!(!said.is_empty(), "{path} does not say what it is for");
        match parse(&text) {
            Ok(_) => wrong.push(format!("{path}: read")),
            Err(faults) if faults.iter().all(|fault| !fault.message.contains(&said)) => {
                wrong.push(format!("{path}: {faults:?}"));
            }
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
