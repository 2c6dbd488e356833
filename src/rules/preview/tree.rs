//! The rule's part of the tree: its folders, those above them and all below, cut to what a person
//! looks at.

use super::after::After;
use super::stored::Stored;
use super::{Asked, Node};
use crate::tree::name::folded;
use std::collections::VecDeque;

/// Most children of one folder that are shown.
const MOST_CHILDREN: usize = 20;
/// Most folders that are shown in all.
const MOST_NODES: usize = 500;

pub(super) fn tree(after: &After<'_>, stored: &[Stored], asked: &Asked<'_>) -> Vec<Node> {
    let mut part = Part::of(after, asked.id);
    let shown = part.chosen();
    let below = part.below();
    let begins = asked.rule.map_or(&[][..], |rule| &rule.subfolders);
    part.nodes(None, &shown, &|place, children| {
        let folder = &after.folders[place];
        let (model, res_id) = folder.record.clone().unzip();
        let is_begun = folder.is_new && folder.kind == "record" && folder.rule == Some(asked.id);
        let mut children = children;
        if is_begun {
            children.extend(subfolders(begins, ""));
        }
        Node {
            name: folder.name.clone(),
            stored: Some(stored[place].name.clone()).filter(|stored| *stored != folder.name),
            kind: folder.kind,
            rule: folder.rule,
            model,
            res_id,
            state: folder.state(),
            was: was(after, place),
            below: below[place],
            more: 0,
            children,
        }
    })
}

/// The path of today of what moved, the name of what was renamed.
fn was(after: &After<'_>, place: usize) -> Option<String> {
    let folder = &after.folders[place];
    if folder.is_moved() {
        after.path_before(place)
    } else if folder.is_renamed() {
        folder.before.as_ref().map(|before| before.0.clone())
    } else {
        None
    }
}

/// What a new folder begins with, as a tree.
fn subfolders(paths: &[String], above: &str) -> Vec<Node> {
    let inside = |path: &&String| match above {
        "" => !path.contains('/'),
        above => path
            .strip_prefix(above)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|rest| !rest.contains('/')),
    };
    let node = |path: &String| Node {
        name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        stored: None,
        kind: "subfolder",
        rule: None,
        model: None,
        res_id: None,
        state: "new",
        was: None,
        below: 0,
        more: 0,
        children: subfolders(paths, path),
    };
    paths.iter().filter(inside).map(node).collect()
}

/// The folders that are part of the picture.
struct Part<'a> {
    after: &'a After<'a>,
    /// By folder: its children, by name; at the end those in the connection's root.
    children: Vec<Vec<usize>>,
}

impl<'a> Part<'a> {
    /// The rule's folders, all above and all below them. A shortcut that goes is not shown.
    fn of(after: &'a After<'a>, rule: i64) -> Self {
        let folders = &after.folders;
        let is_gone = |place: usize| folders[place].kind == "shortcut" && folders[place].has_left;
        let mut children = vec![Vec::new(); folders.len() + 1];
        for (place, folder) in folders.iter().enumerate() {
            if !is_gone(place) {
                children[folder.parent.unwrap_or(folders.len())].push(place);
            }
        }
        let mut is_part = vec![false; folders.len()];
        let mut open: Vec<usize> = (0..folders.len())
            .filter(|place| folders[*place].is_of(rule) && !is_gone(*place))
            .collect();
        let own = open.clone();
        while let Some(here) = open.pop() {
            if !std::mem::replace(&mut is_part[here], true) {
                open.extend(&children[here]);
            }
        }
        for place in own {
            let mut above = folders[place].parent;
            while let Some(here) = above.filter(|here| !is_part[*here]) {
                is_part[here] = true;
                above = folders[here].parent;
            }
        }
        for list in &mut children {
            list.retain(|place| is_part[*place]);
            list.sort_by_cached_key(|place| (folded(&folders[*place].name), *place));
        }
        Part { after, children }
    }

    fn top(&self) -> usize {
        self.after.folders.len()
    }

    /// Which folders are shown: level by level, changed ones before the others.
    fn chosen(&self) -> Vec<bool> {
        let mut shown = vec![false; self.after.folders.len()];
        let mut left = MOST_NODES;
        let mut open = VecDeque::from([self.top()]);
        while let Some(here) = open.pop_front() {
            let changed = |place: &&usize| self.after.folders[**place].state() != "same";
            let (first, then): (Vec<&usize>, Vec<&usize>) =
                self.children[here].iter().partition(changed);
            for place in first.into_iter().chain(then).take(MOST_CHILDREN.min(left)) {
                shown[*place] = true;
                left -= 1;
                open.push_back(*place);
            }
        }
        shown
    }

    /// By folder: how many stand anywhere below it.
    fn below(&mut self) -> Vec<usize> {
        let mut order = vec![];
        let mut open = vec![self.top()];
        while let Some(here) = open.pop() {
            order.push(here);
            open.extend(&self.children[here]);
        }
        let mut below = vec![0; self.after.folders.len() + 1];
        for here in order.into_iter().rev() {
            below[here] = self.children[here]
                .iter()
                .map(|child| below[*child] + 1)
                .sum();
        }
        below
    }

    fn nodes(
        &self,
        at: Option<usize>,
        shown: &[bool],
        node: &dyn Fn(usize, Vec<Node>) -> Node,
    ) -> Vec<Node> {
        let children = &self.children[at.unwrap_or(self.top())];
        let picked = children.iter().filter(|place| shown[**place]);
        let made = picked.map(|place| {
            let inside = self.nodes(Some(*place), shown, node);
            let all = self.children[*place].len();
            let more = all
                - self.children[*place]
                    .iter()
                    .filter(|at| shown[**at])
                    .count();
            Node {
                more,
                ..node(*place, inside)
            }
        });
        made.collect()
    }
}
