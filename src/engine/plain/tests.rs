//! Where files lie, and how they are told.

use super::placing::{file_entry, folder_entry};
use crate::store::{PlainFile, PlainFolder, PlainKind};
use uuid::Uuid;

fn file() -> PlainFile {
    PlainFile {
        id: 7,
        folder: 3,
        model: "res.partner".into(),
        res_id: 1,
        name: "offer.pdf".into(),
        size: 2,
        sha1: "ab".into(),
        written: "2026-11-28 10:00:00".into(),
        created: "2026-11-28 10:00:00".into(),
        owed: false,
    }
}

#[test]
fn a_revision_differs_when_name_place_or_bytes_do_and_only_then() {
    let now = file_entry(&file());
    assert_eq!(now.id.as_str(), "file:7");
    assert!(!now.released, "Odoo keeps its bytes");
    let same = PlainFile {
        written: "2026-11-28 11:00:00".into(),
        res_id: 2,
        ..file()
    };
    assert_eq!(file_entry(&same).revision, now.revision);
    for other in [
        PlainFile {
            folder: 4,
            ..file()
        },
        PlainFile {
            name: "other.pdf".into(),
            ..file()
        },
        PlainFile {
            sha1: "cd".into(),
            ..file()
        },
    ] {
        assert_ne!(file_entry(&other).revision, now.revision);
    }
}

#[test]
fn a_folder_of_a_rule_is_automatic_and_a_persons_is_not() {
    let folder = |kind| PlainFolder {
        id: 3,
        key: "k".into(),
        name: "n".into(),
        parent: Some(1),
        kind,
        rule: None,
        model: None,
        res_id: None,
        in_scope: true,
        stopped: false,
        connection: Uuid::nil(),
    };
    assert!(folder_entry(&folder(PlainKind::Record)).automatic);
    assert!(!folder_entry(&folder(PlainKind::Manual)).automatic);
}
