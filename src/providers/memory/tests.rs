//! The lies of the in-memory store, and what a dropped call leaves behind.

use super::*;
use crate::tree::{Change, Fingerprint};
use futures::FutureExt as _;
use uuid::Uuid;

const OURS: ConnectionId = ConnectionId(Uuid::from_u128(1));

fn root() -> Locator {
    Locator {
        id: entry_id(ROOT),
        path: vec![],
    }
}

fn at(world: &World, path: &str) -> Locator {
    Locator {
        id: world.find(path).expect(path),
        path: path.split('/').map(str::to_owned).collect(),
    }
}

fn body(bytes: &'static [u8]) -> Body {
    Body {
        fingerprint: Fingerprint::of_bytes(bytes),
        mimetype: "text/plain".into(),
        content: super::super::body::Content::Memory(Bytes::from_static(bytes)),
        sent: super::super::body::Sent::default(),
    }
}

async fn claimed(shape: Shape) -> (World, Memory) {
    let world = World::new(shape, 1);
    let provider = world.provider(OURS);
    provider.claim(OURS).await.expect("a free root");
    (world, provider)
}

fn key(number: u128) -> OperationId {
    OperationId(Uuid::from_u128(number))
}

async fn told(provider: &Memory, cursor: &mut Cursor) -> Vec<String> {
    let page = provider.changes(Some(cursor)).await.expect("a page");
    *cursor = page.cursor;
    page.changes
        .into_iter()
        .map(|change| match change {
            Change::Present(entry) => entry.name,
            Change::Gone(id) => format!("-{id}"),
        })
        .collect()
}

#[tokio::test]
async fn the_feed_tells_each_entry_once_as_it_is_now() {
    let (world, provider) = claimed(Shape::DRIVE).await;
    let mut cursor = provider.changes(None).await.expect("the end").cursor;
    world.make_folder("a");
    world.make_file("a/b", "1");
    world.edit("a/b", "2");
    assert_eq!(told(&provider, &mut cursor).await, ["a", "b"]);
    assert!(told(&provider, &mut cursor).await.is_empty());
    let id = world.find("a").expect("a");
    world.delete("a");
    assert_eq!(told(&provider, &mut cursor).await, ["-m1"]);
    world.bring_back(&id, "again");
    assert_eq!(told(&provider, &mut cursor).await, ["again", "b"]);
    world.move_out("again/b");
    assert_eq!(told(&provider, &mut cursor).await, ["-m2"]);
    world.expire_cursors();
    let error = provider.changes(Some(&cursor)).await.expect_err("expired");
    assert_eq!(error.kind, ErrorKind::CursorExpired);
}

#[tokio::test]
async fn late_changes_come_later_and_lost_ones_never() {
    let (world, provider) = claimed(Shape::DRIVE).await;
    let mut cursor = provider.changes(None).await.expect("the end").cursor;
    world.make_file("a", "1");
    world.next_fault(Call::Changes, Fault::Late);
    assert!(told(&provider, &mut cursor).await.is_empty());
    assert_eq!(told(&provider, &mut cursor).await, ["a"]);
    world.next_fault(Call::Changes, Fault::Repeated);
    assert_eq!(told(&provider, &mut cursor).await, ["a"]);
    world.make_file("b", "1");
    world.next_fault(Call::Changes, Fault::Lost);
    assert!(told(&provider, &mut cursor).await.is_empty());
    assert!(told(&provider, &mut cursor).await.is_empty());
    assert_eq!(provider.list(&root()).await.expect("a listing").len(), 2);
}

#[tokio::test]
async fn a_page_is_full_and_says_that_more_waits() {
    let (world, provider) = claimed(Shape::GRAPH).await;
    let start = provider.changes(None).await.expect("the end").cursor;
    for number in 0..45 {
        world.make_file(&format!("f{number}"), "1");
    }
    let (mut cursor, mut pages, mut names) = (start, 0, 0);
    loop {
        let page = provider.changes(Some(&cursor)).await.expect("a page");
        (cursor, pages, names) = (page.cursor, pages + 1, names + page.changes.len());
        if !page.more {
            break;
        }
    }
    assert_eq!((pages, names), (3, 45));
}

#[tokio::test]
async fn a_stale_listing_misses_the_new_and_shows_the_gone() {
    let (world, provider) = claimed(Shape::NAS).await;
    for name in ["old", "gone", "1", "2", "3"] {
        world.make_file(name, "1");
    }
    world.delete("gone");
    world.make_file("new", "1");
    world.next_fault(Call::List, Fault::Stale);
    let names = |items: Vec<Item>| -> Vec<String> {
        let mut names: Vec<_> = items.into_iter().map(|item| item.name).collect();
        names.sort();
        names
    };
    let stale = names(provider.list(&root()).await.expect("a listing"));
    assert!(stale.contains(&"gone".to_owned()) && !stale.contains(&"new".to_owned()));
    let listed = names(provider.list(&root()).await.expect("a listing"));
    assert_eq!(listed, ["1", "2", "3", "new", "old"]);
    assert!(provider.metadata(&at(&world, "new")).await.is_ok());
}

#[tokio::test]
async fn a_lost_answer_happened_and_a_failure_before_did_not() {
    let (world, provider) = claimed(Shape::DRIVE).await;
    for (fault, there) in [
        (Fault::Before, 0),
        (Fault::RateLimited, 0),
        (Fault::After, 1),
    ] {
        world.next_fault(Call::CreateFile, fault);
        let made = provider
            .create_file(key(7), &root(), "a", &body(b"1"))
            .await;
        assert!(made.is_err());
        assert_eq!(world.tree().len(), there, "{fault:?}");
    }
    let again = provider
        .create_file(key(7), &root(), "a", &body(b"1"))
        .await;
    assert_eq!(again.expect("the same").id, world.find("a"));
    assert_eq!(world.tree().len(), 1, "the same key makes no second file");
}

#[tokio::test]
async fn a_dropped_call_happened_wholly_or_not_at_all() {
    let mut seen = std::collections::BTreeSet::new();
    for polls in 1..6 {
        let (world, provider) = claimed(Shape::NAS).await;
        let parent = root();
        let content = body(b"whole");
        let mut call = provider.create_file(key(1), &parent, "a", &content);
        for _ in 0..polls {
            if (&mut call).now_or_never().is_some() {
                break;
            }
        }
        drop(call);
        seen.insert(world.bytes("a").map(|bytes| bytes.to_vec()));
    }
    assert_eq!(seen, [None, Some(b"whole".to_vec())].into());
}

#[tokio::test]
async fn a_cut_download_ends_with_an_error() {
    let (world, provider) = claimed(Shape::NAS).await;
    world.make_file("a", vec![7; 100_000]);
    world.next_fault(Call::Read, Fault::Cut);
    let download = provider.read(&at(&world, "a"), 0).await.expect("a start");
    let parts: Vec<_> = download.bytes.collect().await;
    let good: usize = parts.iter().flatten().map(Bytes::len).sum();
    assert_eq!(good, 50_000);
    assert!(parts.last().expect("an end").is_err());
}

#[tokio::test]
async fn equal_seeds_tell_equal_lies() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (world, provider) = claimed(Shape::DRIVE).await;
        world.set_faults(Faults::of(&Fault::ALL, 0.1));
        let mut kinds = Vec::new();
        for number in 0..200_u128 {
            let name = format!("f{}", number % 7);
            let (root, body) = (root(), body(b"1"));
            let made = provider.create_file(key(number), &root, &name, &body).await;
            kinds.push(made.map(drop).map_err(|error| error.kind));
            kinds.extend(
                provider
                    .list(&root)
                    .await
                    .map_err(|error| error.kind)
                    .err()
                    .map(Err),
            );
        }
        runs.push((kinds, world.tree(), world.faults().happened().clone()));
    }
    assert!(runs[0].2.len() >= 5, "{:?}", runs[0].2);
    assert_eq!(runs[0], runs[1]);
}
