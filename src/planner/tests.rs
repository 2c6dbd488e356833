//! The decision table, row by row: what one change on each side of an agreed entry leads to.

mod attempts;
mod stopped;

use super::{Plan, Policy, plan};
use crate::tree::{
    Action, Book, Entry, EntryId, Fact, Fingerprint, Kind, Operation, OperationId, Pair, PairId,
    Proof, ProofMethod, Revision, Side, State,
};
use uuid::Uuid;

const NOW: i64 = 1_700_000_000_000;

/// A book in which both sides agree on a root, an automatic folder `A`, a manual folder `M` in the
/// root, and a proved file `f` in `M`.
fn agreed() -> Book {
    let mut book = Book::new();
    let content = Fingerprint::of_bytes(b"agreed");
    for (number, parent, name, kind) in [
        (1, None, "root", Kind::Folder),
        (2, Some(1), "A", Kind::Folder),
        (3, Some(1), "M", Kind::Folder),
        (4, Some(3), "f", Kind::File),
    ] {
        for side in [Side::Odoo, Side::Cloud] {
            let mut entry = Entry::folder(id(side, number), parent.map(|p| id(side, p)), name);
            entry.kind = kind;
            entry.automatic = side == Side::Odoo && name == "A";
            if kind == Kind::File {
                entry.revision = Revision::new("1");
                entry.fingerprint = Some(content.clone());
            }
            book.apply(&Fact::Observed(side, entry));
        }
        let is_file = kind == Kind::File;
        let revision = Revision::new(if is_file { "1" } else { "" });
        book.apply(&Fact::Paired(Pair {
            id: pair(number),
            odoo: id(Side::Odoo, number),
            cloud: id(Side::Cloud, number),
            kind,
            parent: parent.map(pair),
            odoo_name: name.into(),
            cloud_name: name.into(),
            odoo_revision: revision.clone(),
            cloud_revision: revision.clone(),
            fingerprint: is_file.then(|| content.clone()),
            proof: is_file.then(|| Proof {
                fingerprint: content.clone(),
                cloud_revision: revision,
                method: ProofMethod::ReadBack,
                at: NOW / 1000,
            }),
        }));
    }
    book
}

fn id(side: Side, number: u128) -> EntryId {
    EntryId::new(format!("{}:{number}", side.as_str()))
}

fn pair(number: u128) -> PairId {
    PairId(Uuid::from_u128(number))
}

/// What happens to the file on one side.
#[derive(Clone, Copy, Debug)]
enum Did {
    Nothing,
    Edit,
    Move,
    Delete,
}

fn act(book: &mut Book, side: Side, did: Did) {
    let file = id(side, 4);
    let mut entry = book
        .tree(side)
        .get(&file)
        .cloned()
        .expect("the file is there");
    match did {
        Did::Nothing => return,
        Did::Edit => {
            entry.revision = Revision::new("2");
            entry.fingerprint = Some(Fingerprint::of_bytes(side.as_str().as_bytes()));
        }
        Did::Move => {
            entry.parent = Some(id(side, 1));
            entry.name = format!("moved in {}", side.as_str());
        }
        Did::Delete => return book.apply(&Fact::Vanished(side, file)),
    }
    book.apply(&Fact::Observed(side, entry));
}

/// Records what the plan settles until it has steps, and tells them in short; where some forget a
/// pair, also those of the plan after.
fn told(mut book: Book) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..20 {
        let Plan { facts, steps, .. } = plan(&book, &Policy::default(), NOW);
        told.extend(steps.iter().map(|step| short(&step.action)));
        let forgotten = steps.iter().filter_map(|step| match &step.action {
            Action::Forget { pair } => Some(Fact::Unpaired(*pair)),
            _ => None,
        });
        let facts: Vec<Fact> = facts.into_iter().chain(forgotten).collect();
        if facts.is_empty() {
            return told;
        }
        facts.iter().for_each(|fact| book.apply(fact));
    }
    panic!("the plan does not settle");
}

fn short(action: &Action) -> String {
    match action {
        Action::Create { to, name, .. } => format!("create {name} in {}", to.as_str()),
        Action::Place { to, name, hop, .. } => {
            let hop = if *hop { " for now" } else { "" };
            format!("place as {name} in {}{hop}", to.as_str())
        }
        Action::Agree { conflict_name, .. } => format!("agree or keep {conflict_name}"),
        action => format!("{} in {}", action.verb(), action.to().as_str()),
    }
}

#[test]
fn b57_b64_u8_u9_the_decision_table() {
    use Did::{Delete, Edit, Move, Nothing};
    let kept = "agree or keep f (conflict from the cloud 2023-11-14)";
    for (odoo, cloud, wanted) in [
        (Nothing, Nothing, vec![]),
        (Nothing, Edit, vec!["content in odoo"]),
        (Nothing, Move, vec!["place as moved in cloud in odoo"]),
        (Nothing, Delete, vec!["trash in odoo"]),
        (Edit, Nothing, vec!["content in cloud"]),
        (Edit, Edit, vec![kept]),
        (Edit, Move, vec!["content in cloud"]),
        (Edit, Delete, vec!["forget in cloud", "create f in cloud"]),
        (Move, Nothing, vec!["place as moved in odoo in cloud"]),
        (Move, Edit, vec!["content in odoo"]),
        (Move, Move, vec!["place as moved in odoo in cloud"]),
        (
            Move,
            Delete,
            vec!["forget in cloud", "create moved in odoo in cloud"],
        ),
        (Delete, Nothing, vec!["trash in cloud"]),
        (Delete, Edit, vec!["create f in odoo"]),
        (Delete, Move, vec!["trash in cloud"]),
        (Delete, Delete, vec!["forget in cloud"]),
    ] {
        let mut book = agreed();
        act(&mut book, Side::Odoo, odoo);
        act(&mut book, Side::Cloud, cloud);
        assert_eq!(
            told(book),
            wanted,
            "{odoo:?} in Odoo, {cloud:?} in the cloud"
        );
    }
}

#[test]
fn b13_u7_an_automatic_folder_is_put_back_and_made_again() {
    let mut book = agreed();
    let moved = Entry::folder(id(Side::Cloud, 2), Some(id(Side::Cloud, 3)), "B");
    book.apply(&Fact::Observed(Side::Cloud, moved));
    assert_eq!(told(book), ["place as A in cloud"]);
    let mut book = agreed();
    book.apply(&Fact::Vanished(Side::Cloud, id(Side::Cloud, 2)));
    assert_eq!(told(book), ["forget in cloud", "create A in cloud"]);
}

#[test]
fn b63_a_manual_folder_follows_with_all_that_is_in_it() {
    let mut book = agreed();
    book.apply(&Fact::Vanished(Side::Cloud, id(Side::Cloud, 3)));
    assert_eq!(told(book), ["trash in odoo", "trash in odoo"]);
    let mut book = agreed();
    book.apply(&Fact::Vanished(Side::Cloud, id(Side::Cloud, 3)));
    act(&mut book, Side::Odoo, Did::Edit);
    assert_eq!(
        told(book),
        [
            "forget in cloud",
            "forget in cloud",
            "create M in cloud",
            "create f in cloud"
        ],
        "the edit keeps its folder"
    );
}

#[test]
fn b24_u6_siblings_that_clash_get_a_stable_suffix() {
    let mut book = agreed();
    for (number, name) in [(10, "x:y"), (11, "x?y")] {
        let (root, file) = (id(Side::Odoo, 1), id(Side::Odoo, number));
        let content = Fingerprint::of_bytes(name.as_bytes());
        let entry = Entry::file(file, root, name, Revision::new("1"), content);
        book.apply(&Fact::Observed(Side::Odoo, entry));
    }
    assert_eq!(
        told(book),
        ["create x-y in cloud", "create x-y (2) in cloud"]
    );
}

#[test]
fn two_that_swap_their_names_step_aside_once() {
    let mut book = agreed();
    for (number, name) in [(2, "M"), (3, "A")] {
        let mut entry = Entry::folder(id(Side::Odoo, number), Some(id(Side::Odoo, 1)), name);
        entry.automatic = number == 2;
        book.apply(&Fact::Observed(Side::Odoo, entry));
    }
    assert_eq!(
        told(book),
        ["place as M in cloud", "place as A (2) in cloud for now"]
    );
}

#[test]
fn a_new_folder_does_not_wait_for_the_name_of_one_that_is_emptied_into_it() {
    let mut book = agreed();
    let new = Entry::folder(id(Side::Odoo, 5), Some(id(Side::Odoo, 1)), "M");
    let file = book.odoo.get(&id(Side::Odoo, 4)).cloned();
    let mut file = file.expect("the file is there");
    file.parent = Some(new.id.clone());
    book.apply(&Fact::Observed(Side::Odoo, new));
    book.apply(&Fact::Observed(Side::Odoo, file));
    book.apply(&Fact::Vanished(Side::Odoo, id(Side::Odoo, 3)));
    let Plan { steps, .. } = plan(&book, &Policy::default(), NOW);
    let told: Vec<(String, Vec<String>)> = steps
        .iter()
        .map(|step| {
            let after = step.after.iter().map(|at| short(&steps[*at].action));
            (short(&step.action), after.collect())
        })
        .collect();
    let after = |step: &str| {
        let found = told.iter().find(|(name, _)| name == step);
        &found.unwrap_or_else(|| panic!("{step}: {told:?}")).1
    };
    assert!(after("create M (2) in cloud").is_empty(), "{told:?}");
    assert_eq!(*after("place as f in cloud"), ["create M (2) in cloud"]);
    assert_eq!(*after("trash in cloud"), ["place as f in cloud"]);
}

#[test]
fn an_emptied_side_is_held_and_many_removals_are() {
    let mut book = agreed();
    for number in 2..=4 {
        book.apply(&Fact::Vanished(Side::Cloud, id(Side::Cloud, number)));
    }
    let held = plan(&book, &Policy::default(), NOW);
    assert!(held.is_held() && held.steps.is_empty(), "{held:?}");
    let mut book = agreed();
    act(&mut book, Side::Cloud, Did::Delete);
    let above = |guard_percent| Policy {
        guard_count: 0,
        guard_percent,
        ..Policy::default()
    };
    assert!(
        plan(&book, &above(33), NOW).is_held(),
        "one of three is more"
    );
    assert!(
        !plan(&book, &above(34), NOW).is_held(),
        "one of three is less"
    );
    let strict = above(0);
    let held = plan(&book, &strict, NOW)
        .held
        .expect("one removal is too many");
    book.apply(&Fact::Held(Some(crate::tree::Held {
        approved: true,
        ..held
    })));
    let approved = plan(&book, &strict, NOW);
    assert_eq!(approved.steps.len(), 1, "a person said yes to exactly this");
}

#[test]
fn b60_a_release_waits_for_its_grace_and_needs_its_proof() {
    let book = agreed();
    let at = |now| {
        plan(
            &book,
            &Policy {
                grace: Some(60),
                ..Policy::default()
            },
            now,
        )
    };
    assert_eq!(at(NOW).next, Some(NOW + 60_000));
    assert!(at(NOW + 59_999).steps.is_empty());
    assert_eq!(short(&at(NOW + 60_000).steps[0].action), "release in odoo");
    let mut book = agreed();
    let pair = book.synced.get(&pair(4)).cloned().expect("the pair");
    book.apply(&Fact::Paired(Pair {
        proof: None,
        ..pair
    }));
    let unproved = plan(
        &book,
        &Policy {
            grace: Some(0),
            ..Policy::default()
        },
        NOW,
    );
    assert_eq!(short(&unproved.steps[0].action), "prove in cloud");
}
