//! Folders that are no longer synced.

use super::*;

#[test]
fn u2_nothing_is_done_in_a_folder_that_is_no_longer_synced() {
    use Did::{Delete, Edit, Move, Nothing};
    // The file moves into the automatic folder, where both agree on it; that folder is stopped.
    let mut book = agreed();
    let mut folder = book.odoo.get(&id(Side::Odoo, 2)).cloned().expect("A");
    folder.stopped = true;
    let file = book.synced.get(&pair(4)).cloned().expect("the pair");
    for side in [Side::Odoo, Side::Cloud] {
        let mut entry = book.tree(side).get(&id(side, 4)).cloned().expect("f");
        entry.parent = Some(id(side, 2));
        book.apply(&Fact::Observed(side, entry));
    }
    book.apply(&Fact::Paired(Pair {
        parent: Some(pair(2)),
        ..file
    }));
    assert_eq!(told(book.clone()), [""; 0]);
    book.apply(&Fact::Observed(Side::Odoo, folder.clone()));
    for odoo in [Nothing, Edit, Delete] {
        for cloud in [Nothing, Edit, Delete] {
            let mut book = book.clone();
            act(&mut book, Side::Odoo, odoo);
            act(&mut book, Side::Cloud, cloud);
            let both_gone = matches!((odoo, cloud), (Delete, Delete));
            let expected: &[&str] = if both_gone { &["forget in cloud"] } else { &[] };
            assert_eq!(told(book), expected, "{odoo:?} {cloud:?}");
        }
    }
    // What is new in it is left alone on both sides, and so is the folder itself.
    let mut news = book.clone();
    for side in [Side::Odoo, Side::Cloud] {
        let mut entry = news.tree(side).get(&id(side, 4)).cloned().expect("f");
        (entry.id, entry.name) = (id(side, 9), format!("new in {}", side.as_str()));
        news.apply(&Fact::Observed(side, entry));
    }
    let mut renamed = news.cloud.get(&id(Side::Cloud, 2)).cloned().expect("A");
    renamed.name = "B".into();
    news.apply(&Fact::Observed(Side::Cloud, renamed));
    assert_eq!(told(news), [""; 0]);
    // A file that is moved out of it in Odoo is synced again.
    let mut out = book.clone();
    act(&mut out, Side::Odoo, Move);
    assert_eq!(told(out), ["place as moved in odoo in cloud"]);
    // In scope again, what happened meanwhile is done.
    act(&mut book, Side::Cloud, Edit);
    folder.stopped = false;
    book.apply(&Fact::Observed(Side::Odoo, folder));
    assert_eq!(told(book), ["content in odoo"]);
}
