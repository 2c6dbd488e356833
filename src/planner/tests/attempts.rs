//! Steps whose answer was lost: they may have been done or not.

use super::*;
use crate::tree::Reason;

fn attempted(book: &mut Book, action: &Action) {
    book.apply(&Fact::Operation(Operation {
        id: OperationId(Uuid::new_v5(&Uuid::NAMESPACE_OID, action.key().as_bytes())),
        action: action.clone(),
        reason: Reason::New,
        subject: String::new(),
        state: State::Waiting,
        attempts: 1,
        run_at: 0,
        message: None,
    }));
}

#[test]
fn a_move_whose_answer_was_lost_makes_no_second_file() {
    let mut book = agreed();
    act(&mut book, Side::Odoo, Did::Move);
    let Plan { steps, .. } = plan(&book, &Policy::default(), NOW);
    let [step] = &steps[..] else {
        panic!("one move: {steps:?}");
    };
    attempted(&mut book, &step.action);
    // A listing that is behind tells both its places.
    let mut moved = book.cloud.get(&id(Side::Cloud, 4)).expect("it").clone();
    moved.id = id(Side::Cloud, 5);
    moved.parent = Some(id(Side::Cloud, 1));
    moved.name = "moved in odoo".into();
    book.apply(&Fact::Observed(Side::Cloud, moved.clone()));
    assert_eq!(told(book.clone()), ["place as moved in odoo in cloud"]);
    let mut other = book.clone();
    moved.revision = Revision::new("2");
    other.apply(&Fact::Observed(Side::Cloud, moved));
    let both = [
        "place as moved in odoo (2) in cloud",
        "create moved in odoo in odoo",
    ];
    assert_eq!(told(other), both);
    book.apply(&Fact::Vanished(Side::Cloud, id(Side::Cloud, 4)));
    assert_eq!(told(book), [""; 0]);
}

#[test]
fn our_own_deletion_is_nobodys() {
    for side in [Side::Odoo, Side::Cloud] {
        let mut book = agreed();
        act(&mut book, side.other(), Did::Delete);
        let Plan { steps, .. } = plan(&book, &Policy::default(), NOW);
        let [step] = &steps[..] else {
            panic!("one deletion: {steps:?}");
        };
        let trash = Action::Trash {
            to: side,
            pair: pair(4),
        };
        assert_eq!(step.action, trash);
        attempted(&mut book, &step.action);
        // It was done; and the other side has the file after all.
        let there = agreed()
            .tree(side.other())
            .get(&id(side.other(), 4))
            .cloned();
        book.apply(&Fact::Vanished(side, id(side, 4)));
        book.apply(&Fact::Observed(side.other(), there.expect("the file")));
        let again = match side {
            Side::Odoo => ["create f in odoo"].as_slice(),
            Side::Cloud => &["forget in cloud", "create f in cloud"],
        };
        assert_eq!(told(book), again);
    }
}

#[test]
fn two_attempts_do_not_wait_for_each_other() {
    let mut book = agreed();
    for (side, name) in [(Side::Odoo, "new"), (Side::Cloud, "other")] {
        let size = Fingerprint::of_size(7);
        let (file, root) = (id(side, 8), id(side, 1));
        let at = Revision::new("1");
        let entry = Entry::file(file.clone(), root.clone(), name, at, size);
        book.apply(&Fact::Observed(side, entry));
        let create = Action::Create {
            to: side.other(),
            source: file,
            kind: Kind::File,
            parent: root,
            name: name.into(),
        };
        attempted(&mut book, &create);
    }
    for keyed in [false, true] {
        let policy = Policy {
            keyed,
            keeps: true,
            grace: None,
            ..Policy::default()
        };
        let Plan { steps, .. } = plan(&book, &policy, NOW);
        assert!(
            !steps.is_empty(),
            "keyed {keyed}: nothing would ever be done"
        );
    }
}
