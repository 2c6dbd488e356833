//! Settings: where they come from, and what is said about mistakes.

use super::*;

fn from(file: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(USUAL_FILE), file).expect("written");
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Config::from(folder.path(), variables)
}

fn faults(file: &str, variables: &[(&str, &str)]) -> Vec<String> {
    from(file, variables).expect_err("mistakes").0
}

#[test]
fn the_defaults_are_whole() {
    let config = from("", &[]).expect("no mistakes");
    assert_eq!(config.release_grace, Duration::from_secs(86400));
    assert_eq!((config.guard_count, config.guard_percent), (20, 10));
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8010/");
    assert!(config.database_url.is_none() && config.admin_token.is_none());
    assert_eq!(config.spool_memory, 32 << 20);
}

#[test]
fn variables_win_over_the_file_and_the_file_over_the_defaults() {
    let file =
        "listen = '0.0.0.0:1234'\n[release]\ngrace_seconds = 5\n[poll]\nodoo_milliseconds = 700";
    let variables = [
        ("ATTACHE_RELEASE__GRACE_SECONDS", "0"),
        ("ATTACHE_ADMIN_TOKEN", "0012345678901234"),
        ("HOME", "/"),
        ("ATTACHE_BED", "/bed"),
    ];
    let config = from(file, &variables).expect("no mistakes");
    assert_eq!(config.release_grace, Duration::ZERO);
    assert_eq!(config.poll_odoo, Duration::from_millis(700));
    assert_eq!(config.poll_cloud, Duration::from_secs(30));
    assert_eq!(config.sidecar_url.as_str(), "http://127.0.0.1:1234/");
    let token = config.admin_token.expect("set");
    assert_eq!(
        token.expose_secret(),
        "0012345678901234",
        "digits stay text"
    );
}

#[test]
fn a_named_file_is_read_and_must_be_there() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("other.toml"), "[guard]\ncount = 3").expect("written");
    let named = |name: &str| {
        let variables = vec![("ATTACHE_CONFIG".to_owned(), name.to_owned())];
        Config::from(folder.path(), variables)
    };
    assert_eq!(named("other.toml").expect("read").guard_count, 3);
    let error = named("none.toml").expect_err("missing").to_string();
    assert!(error.contains("none.toml"), "{error}");
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let file =
        "listen = 'here'\npublic_ulr = 'x'\n[release]\ngrace_seconds = -1\n[guard]\npercent = 101";
    let variables = [
        ("ATTACHE_POLL__ODOO_MILLISECONDS", "often"),
        ("ATTACHE_NONSENSE", "1"),
        ("ATTACHE_SIDECAR_URL", "ftp://x"),
        ("ATTACHE_LOG__FORMAT", "xml"),
    ];
    let told = faults(file, &variables);
    for (part, place) in [
        ("here is no address", "attache.toml"),
        ("public_url is meant", "public_ulr"),
        ("grace_seconds", "attache.toml"),
        ("101 is not between 0 and 100", "attache.toml"),
        ("ATTACHE_POLL__ODOO_MILLISECONDS", "often"),
        ("ATTACHE_NONSENSE", "no such setting"),
        ("ATTACHE_SIDECAR_URL", "ftp://x"),
        ("ATTACHE_LOG__FORMAT", "neither pretty nor json"),
    ] {
        let found = told.iter().filter(|one| one.contains(part)).count();
        let placed = told
            .iter()
            .any(|one| one.contains(part) && one.contains(place));
        assert!(found == 1 && placed, "{part} in {told:#?}");
    }
    assert_eq!(told.len(), 8, "{told:#?}");
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_place() {
    let told = faults("listen = ", &[]);
    assert!(
        told.len() == 1 && told[0].contains("attache.toml"),
        "{told:?}"
    );
}

#[test]
fn secrets_are_shown_neither_in_mistakes_nor_in_settings() {
    let secret = "mysql://user:hunter2@host/db";
    let told = faults(
        "",
        &[
            ("ATTACHE_DATABASE_URL", secret),
            ("ATTACHE_ADMIN_TOKEN", "hunter2"),
        ],
    );
    assert_eq!(told.len(), 2);
    assert!(!told.join(" ").contains("hunter2"), "{told:?}");
    let good = [
        ("ATTACHE_DATABASE_URL", "postgresql://user:hunter2@host/db"),
        ("ATTACHE_ADMIN_TOKEN", "hunter2hunter2hunter2"),
    ];
    let config = from("", &good).expect("no mistakes");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn each_default_has_a_comment() {
    let mut said = false;
    for line in DEFAULTS.lines() {
        match line.split_once(" = ") {
            _ if line.starts_with('#') => said = true,
            Some((name, _)) => {
                assert!(said, "{name} has no comment");
                said = false;
            }
            None => said = false,
        }
    }
}
