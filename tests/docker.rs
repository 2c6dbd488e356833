//! Holds `docker/` to what the tree has: the files it copies, the settings it sets, no secrets.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn is_there(path: &str) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists()
}

/// A file's instructions, continued lines joined, comments left out.
fn instructions(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let lines = joined
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

/// What a build copies out of the tree.
fn copied(dockerfile: &str) -> Vec<String> {
    let instructions = instructions(dockerfile);
    let copies = instructions
        .iter()
        .filter_map(|line| line.strip_prefix("COPY "));
    let from_tree = copies.filter(|copy| !copy.contains("--from="));
    let sources = from_tree.flat_map(|copy| {
        let mut paths: Vec<&str> = copy.split_whitespace().collect();
        paths.pop();
        paths
    });
    sources.map(str::to_owned).collect()
}

/// The variables of the sidecar that a text sets (not those it only reads): `ATTACHE_…=` in a
/// Dockerfile, `ATTACHE_…:` in a compose file.
fn variables(text: &str) -> BTreeSet<String> {
    let words = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let words = words.flat_map(str::split_whitespace);
    let names = words.filter_map(|word| word.split_once(['=', ':']).map(|(name, _)| name));
    names
        .filter(|name| name.starts_with("ATTACHE_"))
        .map(str::to_owned)
        .collect()
}

fn is_name(word: &str) -> bool {
    word.chars()
        .all(|sign| sign.is_ascii_lowercase() || sign == '_')
}

/// Every setting as a variable, from the file of defaults.
fn settings(defaults: &str) -> BTreeSet<String> {
    let mut section = String::new();
    let mut found = BTreeSet::new();
    for line in defaults.lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = format!("{}__", name.to_uppercase());
        } else if let Some((name, _)) = line.split_once(" = ").filter(|(name, _)| is_name(name)) {
            found.insert(format!("ATTACHE_{section}{}", name.to_uppercase()));
        }
    }
    found
}

#[test]
fn an_image_is_built_from_files_that_are_there() {
    let dockerfile = read("docker/Dockerfile");
    let copied = copied(&dockerfile);
    assert!(copied.contains(&"src".to_owned()), "{copied:?}");
    let ignore = read("docker/Dockerfile.dockerignore");
    for path in &copied {
        assert!(
            is_there(path),
            "the Dockerfile copies {path}, which is not there"
        );
        assert!(
            ignore.contains(&format!("\n!{path}\n")),
            "{path} is not sent to the builder"
        );
    }
    // What the sources read when they are compiled must be among it.
    for needed in ["ARCHITECTURE.md", "Cargo.lock", "config", "migrations"] {
        assert!(
            copied.iter().any(|path| path == needed),
            "{needed} is not copied"
        );
    }
}

#[test]
fn an_image_runs_as_nobody_special_and_says_how_it_is() {
    let instructions = instructions(&read("docker/Dockerfile"));
    let place = |start: &str| {
        instructions
            .iter()
            .rposition(|line| line.starts_with(start))
    };
    assert!(
        place("USER attache") > place("RUN"),
        "the image ends as a user without rights"
    );
    let stages = instructions
        .iter()
        .filter(|line| line.starts_with("FROM "))
        .count();
    assert_eq!(stages, 2, "compilers stay out of the image");
    let health = &instructions[place("HEALTHCHECK").expect("a health check")];
    assert!(health.contains("/healthz"), "{health}");
    assert!(instructions.join("\n").contains("ca-certificates"));
}

#[test]
fn every_variable_is_a_setting() {
    let settings = settings(&read("config/default.toml"));
    assert!(
        settings.contains("ATTACHE_RELEASE__GRACE_SECONDS"),
        "{settings:?}"
    );
    for file in ["docker/Dockerfile", "docker/compose.yaml"] {
        let set = variables(&read(file));
        assert!(
            set.contains("ATTACHE_LISTEN") || set.contains("ATTACHE_DATABASE_URL"),
            "{set:?}"
        );
        let unknown: Vec<_> = set.difference(&settings).collect();
        assert!(
            unknown.is_empty(),
            "{file} sets {unknown:?}, which are no settings"
        );
    }
}

#[test]
fn a_composition_names_what_it_uses_and_no_secret() {
    let compose = read("docker/compose.yaml");
    let (services, volumes) = compose
        .split_once("\nvolumes:\n")
        .expect("volumes at the end");
    for service in ["odoo:", "odoo-database:", "sidecar:", "sidecar-database:"] {
        assert!(
            services.contains(&format!("\n  {service}\n")),
            "{service} is missing"
        );
    }
    for line in services.lines().map(str::trim) {
        let Some(mount) = line.strip_prefix("- ").filter(|mount| mount.contains(":/")) else {
            continue;
        };
        let source = mount.split(':').next().expect("a source");
        match source.strip_prefix("../") {
            Some(path) => assert!(is_there(path), "{path} is not there"),
            None => assert!(
                volumes.contains(&format!("  {source}:\n")),
                "{source} is no volume"
            ),
        }
    }
    let secrets = services.lines().filter(|line| line.contains("PASSWORD: "));
    for line in secrets {
        assert!(
            line.contains(": ${") && line.contains(":?"),
            "a secret in the file: {line}"
        );
    }
    assert!(services.contains("dockerfile: docker/Dockerfile"));
}
