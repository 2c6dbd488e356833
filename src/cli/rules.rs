//! `attache rules check`: what a rules file says, and what is wrong with it.

use crate::config::Config;
use crate::rules::file::{self, FileRule};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Nothing is sent to Odoo: whether its models and fields are there shows `attache doctor`.
#[derive(Args)]
pub struct Rules {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Print what the file says, or its mistakes, each with its line and what to write.
    Check {
        /// Without it, the setting rules_file.
        file: Option<PathBuf>,
    },
}

impl Rules {
    pub fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let What::Check { file } = self.what;
        let Some(file) = file.or_else(|| config.rules_file.clone()) else {
            bail!("name a file, or set rules_file");
        };
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        match file::parse(&text) {
            Ok(rules) => {
                // A record has its folder in the first rule that it matches.
                let mut ordered: Vec<&FileRule> = rules.iter().collect();
                ordered.sort_by_key(|rule| (rule.sequence, rule.id));
                for (number, rule) in (1..).zip(ordered) {
                    println!("{number}. {}", line(rule, &rules));
                }
                println!("{}: {} rules, no mistakes", file.display(), rules.len());
                Ok(ExitCode::SUCCESS)
            }
            Err(faults) => {
                for fault in &faults {
                    println!("{}:{}: {}", file.display(), fault.line, fault.message);
                }
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

/// One rule, in words.
fn line(rule: &FileRule, all: &[FileRule]) -> String {
    let mut parts = vec![format!("records of {}", rule.model)];
    if let Some(title) = &rule.title {
        parts.push(format!("in the folder {title:?}"));
    }
    if !rule.domain.is_empty() {
        parts.push(format!(
            "where {}",
            serde_json::Value::from(rule.domain.clone())
        ));
    }
    if let Some(period) = &rule.period {
        let (direction, count, unit) = (&period.direction, period.count, &period.unit);
        parts.push(format!("by {}: {direction} {count} {unit}", period.field));
    }
    if let Some(company) = &rule.company {
        parts.push(format!("of {company}"));
    }
    if let Some(split) = &rule.split {
        parts.push(format!("split by {}", split.field));
    }
    if let Some(nest) = &rule.nest_field {
        let below = if rule.below { ", with all below" } else { "" };
        parts.push(format!("nested by {nest}{below}"));
    }
    let parent = rule
        .parent
        .and_then(|id| all.iter().find(|one| one.id == id));
    match (parent, &rule.parent_field) {
        (Some(parent), Some(field)) => {
            parts.push(format!("in the folders of {} by {field}", parent.name));
        }
        _ => parts.push(format!("in the connection {:?}", rule.connection)),
    }
    if let Some(name) = &rule.name_expression {
        parts.push(format!("called {name}"));
    }
    if !rule.subfolders.is_empty() {
        parts.push(format!("beginning with {}", rule.subfolders.join(", ")));
    }
    parts.push(match rule.leave.as_str() {
        "archive" => "moved to Archive when they match no more".to_owned(),
        "stop" => "no longer synced when they match no more".to_owned(),
        _ => "kept when they match no more".to_owned(),
    });
    let state = if rule.active { "" } else { " (not active)" };
    format!("{}{state}: {}", rule.name, parts.join(", "))
}
