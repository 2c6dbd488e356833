//! Names as the cloud would store them.

use super::after::{After, Folder};
use crate::tree::name;
use std::collections::{HashMap, HashSet};

/// The name of one folder in the cloud.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    pub name: String,
    /// A sibling holds the name that it would have.
    pub collides: bool,
}

/// For each folder its name in the cloud: legal, and with a number where a sibling that came
/// before holds it. Shortcuts are in Odoo only.
pub(super) fn names(after: &After<'_>) -> Vec<Stored> {
    let mut rooms: HashMap<_, HashSet<String>> = HashMap::new();
    let mut stored = vec![Stored::default(); after.folders.len()];
    // Folders of today hold their names; new ones come after them.
    for late in [false, true] {
        for (place, folder) in after.folders.iter().enumerate() {
            if is_late(folder) != late {
                continue;
            }
            if folder.kind == "shortcut" {
                stored[place].name.clone_from(&folder.name);
                continue;
            }
            let room = rooms.entry((folder.connection, folder.parent)).or_default();
            let legal = name::portable(&folder.name);
            let free = name::free(&legal, |folded| room.contains(folded));
            room.insert(name::folded(&free));
            stored[place] = Stored {
                collides: free != legal,
                name: free,
            };
        }
    }
    stored
}

fn is_late(folder: &Folder) -> bool {
    folder.is_new || folder.is_moved() || folder.is_renamed()
}
