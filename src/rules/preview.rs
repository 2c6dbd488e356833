//! A preview: what one rule would make of the tree, beside what there is. Pure.
//!
//! It is worked out by the very functions that arranging uses: [`super::wanted`] with the rule as
//! it stands in the form, and [`super::difference`] to the folders of today.

mod after;
mod stored;
#[cfg(test)]
mod tests;
mod tree;

use super::difference::Existing;
use super::expression::Expression;
use super::rule::{Rule, Warning};
use super::wanted::Wanted;
use crate::tree::ConnectionId;
use after::After;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most changes that are told one by one.
const MOST_CHANGES: usize = 200;
/// Most collisions that are told one by one.
const MOST_COLLISIONS: usize = 100;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The rule as it stands in the form; `None` where it is archived there.
    pub rule: Option<&'a Rule>,
    /// Its id; 0 for one that is not saved yet.
    pub id: i64,
    /// What all rules would want then.
    pub wanted: &'a Wanted,
    /// The automatic folders of today.
    pub existing: &'a [Existing],
    pub roots: &'a BTreeMap<ConnectionId, i64>,
}

/// The answer, as people are shown it. Counts are whole, lists are cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Why the rule would not work as it stands.
    pub error: Option<Fault>,
    pub counts: Counts,
    /// The rule's part of the tree, from the connection's root down.
    pub tree: Vec<Node>,
    pub changes: Vec<Changed>,
    pub collisions: Vec<Collision>,
    pub warnings: Vec<Told>,
}

/// Something about a field of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The field, where one is to blame.
    pub field: Option<&'static str>,
    /// The first character is 1.
    pub position: Option<usize>,
    pub message: String,
}

/// How many folders, the rule's own unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Records that have their home in the rule.
    pub records: usize,
    pub folders: usize,
    /// Of all rules: a change here may move folders of others.
    pub new: usize,
    pub renamed: usize,
    pub moved: usize,
    /// Out of scope from then on.
    pub left: usize,
    /// In scope again.
    pub back: usize,
    pub same: usize,
    /// Names that get a number, since a sibling holds them in the cloud.
    pub collisions: usize,
    /// Names that the cloud stores otherwise than Odoo shows them.
    pub altered: usize,
}

/// A folder of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    pub name: String,
    /// The name in the cloud, where it is another.
    pub stored: Option<String>,
    /// `rule`, `record`, `shortcut` or `subfolder` (what a new folder begins with).
    pub kind: &'static str,
    pub rule: Option<i64>,
    pub model: Option<String>,
    pub res_id: Option<i64>,
    /// `same`, `new`, `renamed`, `moved` or `left`.
    pub state: &'static str,
    /// The name or path of today, where it is another.
    pub was: Option<String>,
    /// Folders anywhere below.
    pub below: usize,
    /// Children that are not shown.
    pub more: usize,
    pub children: Vec<Node>,
}

/// A folder that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// `left`, `moved`, `renamed`, `back` or `new`.
    pub what: &'static str,
    pub name: String,
    /// Paths below the connection's root.
    pub from: Option<String>,
    pub to: Option<String>,
    pub model: Option<String>,
    pub res_id: Option<i64>,
}

/// A name that a sibling holds already, to the cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collision {
    /// Path of the folder that both stand in.
    pub folder: String,
    pub name: String,
    pub stored: String,
    pub model: Option<String>,
    pub res_id: Option<i64>,
}

/// A warning about the rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    pub message: String,
    pub records: usize,
    pub example: Option<String>,
}

/// What the rule would make. `warnings` are those of reading; what the difference and the names
/// say comes to them.
pub fn preview(asked: &Asked<'_>, warnings: &[Warning]) -> Preview {
    let after = After::of(asked);
    let stored = stored::names(&after);
    let about = |warning: &&Warning| warning.rule == Some(asked.id);
    let more = asked.wanted.warnings.iter().chain(&after.warnings);
    let mut preview = Preview {
        error: asked.rule.and_then(fault),
        warnings: warnings
            .iter()
            .chain(more)
            .filter(about)
            .map(told)
            .collect(),
        ..Preview::default()
    };
    count(&after, &stored, asked.id, &mut preview);
    preview.changes = after.changes(MOST_CHANGES);
    preview.tree = tree::tree(&after, &stored, asked);
    preview
}

fn told(warning: &Warning) -> Told {
    Told {
        message: warning.message.clone(),
        records: warning.records,
        example: warning.example.clone(),
    }
}

fn fault(rule: &Rule) -> Option<Fault> {
    let text = rule.name_expression.as_deref().map(str::trim);
    let parsed = text
        .filter(|text| !text.is_empty())
        .map(Expression::parse)?;
    let fault = parsed.err()?;
    Some(Fault {
        field: Some("name_expression"),
        position: Some(fault.position),
        message: fault.message,
    })
}

fn count(after: &After<'_>, stored: &[stored::Stored], id: i64, preview: &mut Preview) {
    let counts = &mut preview.counts;
    for (folder, stored) in after.folders.iter().zip(stored) {
        counts.new += usize::from(folder.is_new);
        counts.renamed += usize::from(folder.is_renamed());
        counts.moved += usize::from(folder.is_moved());
        counts.left += usize::from(folder.has_left);
        counts.back += usize::from(folder.is_back);
        let is_shown = folder.in_scope && folder.rule == Some(id);
        if !is_shown {
            continue;
        }
        counts.folders += 1;
        counts.records += usize::from(folder.kind == "record");
        counts.same += usize::from(folder.state() == "same");
        counts.altered += usize::from(stored.name != folder.name);
        if stored.collides {
            counts.collisions += 1;
            if preview.collisions.len() < MOST_COLLISIONS {
                let (model, res_id) = folder.record.clone().unzip();
                preview.collisions.push(Collision {
                    folder: folder.parent.map_or_else(String::new, |at| after.path(at)),
                    name: folder.name.clone(),
                    stored: stored.name.clone(),
                    model,
                    res_id,
                });
            }
        }
    }
}
