//! Listings: complete, exact, without what is ours.

use super::*;

pub async fn a_listing_is_complete_and_ours_is_left_out(store: &Store) {
    store.person.make_folder("many");
    let mut expected: Vec<String> = (0..300)
        .map(|number| format!("f {number:03}.txt"))
        .collect();
    for name in &expected {
        store.person.make_file(&format!("many/{name}"), b"1");
    }
    store.person.make_folder("many/sub");
    expected.push("sub".into());
    let many = store.at("many").await;
    assert_eq!(store.names(&many).await, expected);
    assert_eq!(store.names(&store.root()).await, ["many"]);
    let items = store.provider.list(&many).await.expect("a listing");
    for item in &items {
        let folder = item.name == "sub";
        assert_eq!(item.kind == Kind::Folder, folder, "{item:?}");
        assert_eq!(item.fingerprint.is_none(), folder, "{item:?}");
        assert_eq!(item.id.is_some(), store.can().stable_ids);
    }
    let sub = store.at("many/sub").await;
    assert!(store.names(&sub).await.is_empty());
    store.person.delete("many");
    let gone = store.provider.list(&sub).await;
    assert_eq!(kind(gone), Some(ErrorKind::NotFound));
}

/// Names that are legal on the disk and trip those who build URLs or patterns from them.
pub const ODD: &[&str] = &[
    "100% +plus.txt",
    "a%20b.txt",
    "#?&=;.txt",
    " leading",
    "ü.txt",
    "<tag> \"quoted\" 'single'.txt",
    "[brackets]{braces}",
    "back\\slash",
    "日本語 😀.pdf",
    "..dots",
    "a:b*c|d",
    ".hidden",
];

pub async fn listings_tell_legal_oddities_exactly(store: &Store) {
    let mut expected: Vec<String> = ODD.iter().map(|name| (*name).to_owned()).collect();
    expected.sort();
    let folder = store.make_folder(&store.root(), "odd + 50%?").await;
    for name in ODD {
        store.make_file(&folder, name, name.as_bytes()).await;
        let theirs = store.person.bytes(&format!("odd + 50%?/{name}"));
        assert_eq!(theirs.as_deref(), Some(name.as_bytes()), "{name:?}");
    }
    assert_eq!(store.names(&folder).await, expected);
    for item in store.provider.list(&folder).await.expect("a listing") {
        let locator = store.below(&folder, &item);
        store.confirm(&locator, &item).await;
        assert_eq!(store.bytes(&locator).await, item.name.as_bytes());
    }
}
