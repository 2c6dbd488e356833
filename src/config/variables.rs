//! Settings from environment variables: always text, so that a token of digits stays what it is.

use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};

const PREFIX: &str = "ATTACHE_";
/// Between the names of a section and of a setting in it.
const BETWEEN: &str = "__";
/// Names the configuration file, and so is no setting itself.
pub(super) const FILE: &str = "ATTACHE_CONFIG";
/// Speak to the project's own tests.
const OF_TESTS: [&str; 2] = ["ATTACHE_BED", "ATTACHE_BIN"];

/// Variables that begin with `ATTACHE_`.
pub(super) struct Variables(pub Vec<(String, String)>);

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment variable").interpolater(|_, path| {
            let words: Vec<String> = path.iter().map(|word| word.to_uppercase()).collect();
            format!("{PREFIX}{}", words.join(BETWEEN))
        })
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut all = Dict::new();
        for (name, text) in &self.0 {
            let Some(key) = name.strip_prefix(PREFIX) else {
                continue;
            };
            if name == FILE || OF_TESTS.contains(&name.as_str()) {
                continue;
            }
            let key = key.to_lowercase().replace(BETWEEN, ".");
            let nested = figment::util::nest(&key, Value::from(text.as_str()));
            if let Value::Dict(_, dict) = nested {
                merge(&mut all, dict);
            }
        }
        Ok(Profile::Default.collect(all))
    }
}

fn merge(into: &mut Dict, from: Dict) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (Some(Value::Dict(_, there)), Value::Dict(_, more)) => merge(there, more),
            (_, value) => {
                into.insert(name, value);
            }
        }
    }
}
