//! Hostile names through the whole engine, between an Odoo in memory and a store that is as strict
//! as any: each has a legal name of its own in the store, Odoo's stay as they are, and whatever is
//! renamed keeps its identity.
//!
//! `ATTACHE_NAMES` says how many names (10 000); `make names` tries a million.

mod hostile;
mod stage;
mod strict;

use attache::providers::memory::Shape;
use attache::tree::{EntryId, PairId};
use fastrand::Rng;
use stage::Stage;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::runtime::{Builder, Runtime};

/// Siblings in one folder.
const SIBLINGS: usize = 40;

/// Stores with identities and with paths only; all of them as strict as [`Strict`].
const SHAPES: [Shape; 3] = [Shape::DRIVE, Shape::GRAPH, Shape::NAS];

type Outcome<T = ()> = Result<T, String>;

/// By Odoo's identity: the pair, and the identity in the store.
type Pairs = BTreeMap<EntryId, (PairId, EntryId)>;

fn count() -> usize {
    let set = std::env::var("ATTACHE_NAMES").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(10_000)
}

#[test]
fn b22_b23_b24_u6_hostile_names_are_legal_distinct_and_keep_their_identity() {
    let wanted = count();
    let (tried, next) = (AtomicUsize::new(0), AtomicU64::new(first()));
    let play_some = || {
        let runtime = runtime();
        while tried.load(Ordering::Relaxed) < wanted {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let names = runtime.block_on(play(seed, SIBLINGS));
            let names = names.map_err(|fault| format!("seed {seed}: {fault}"))?;
            tried.fetch_add(names, Ordering::Relaxed);
        }
        Ok::<_, String>(())
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let faults: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(play_some)).collect();
        let ended = running.into_iter().map(|one| one.join());
        ended
            .filter_map(|one| one.expect("it ends").err())
            .collect()
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let folders = next.into_inner() - first();
    println!(
        "names: {} names in {folders} folders, no fault",
        tried.into_inner()
    );
}

#[test]
fn b24_many_siblings_of_one_name_are_all_there() {
    let (runtime, many) = (runtime(), 150);
    for (number, names) in [
        vec!["Offer.pdf".to_owned(); many],
        (0..many).map(|_| "\u{e9}".repeat(300)).collect(),
        (0..many)
            .map(|number| format!("x ({})", number % 7))
            .collect(),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = runtime.block_on(async {
            let stage = Stage::new(SHAPES[number], 1).await;
            stage.put(&names)?;
            stage.rest("the first plans").await?;
            stage.check().await.map(drop)
        });
        assert_eq!(outcome, Ok(()), "{:?}", names[0]);
    }
}

/// The first seed, to play one again.
fn first() -> u64 {
    let set = std::env::var("ATTACHE_NAMES_FIRST").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

/// One folder: names come, are renamed in Odoo, and are renamed in the store. Answers how many
/// names were tried.
async fn play(seed: u64, siblings: usize) -> Outcome<usize> {
    let mut random = Rng::with_seed(seed);
    let stage = Stage::new(SHAPES[random.usize(0..SHAPES.len())], seed).await;
    let names = hostile::family(&mut random, siblings);
    stage.put(&names)?;
    stage.rest("the first plans").await?;
    let first = stage.check().await?;
    stage.is_settled("once all is there").await?;

    // Some are called otherwise, some change names with each other, all at once.
    let entries = stage.here();
    let others = hostile::family(&mut random, siblings / 2);
    let mut tried = names.len() + others.len();
    for other in &others {
        let entry = &entries[random.usize(0..entries.len())];
        stage.rename(&entry.id, other)?;
    }
    for _ in 0..random.usize(0..4) {
        let [one, two] = [0, 1].map(|_| &entries[random.usize(0..entries.len())]);
        let now = |id: &EntryId| stage.odoo_name(id);
        let (first, second) = (now(&one.id), now(&two.id));
        stage.rename(&one.id, &second)?;
        stage.rename(&two.id, &first)?;
    }
    let made = stage.made();
    stage.rest("after renames in Odoo").await?;
    let second = stage.check().await?;
    if stage.made() != made {
        return Err("a rename in Odoo made something anew in the store".into());
    }
    same(&first, &second)?;
    stage.is_settled("once all is renamed").await?;

    // A person renames in the store, to whatever that takes: Odoo has exactly that name then.
    let born = hostile::family(&mut random, 3);
    for name in born.iter().filter(|name| strict::fault(name).is_none()) {
        tried += usize::from(stage.rename_in_store(&mut random, name).await?);
    }
    let third = stage.check().await?;
    // Where only paths are known, what a person renamed is recognised, and has a new identity there.
    let mut known = third.clone();
    if !stage.shape.ids {
        for (id, (_, cloud)) in &mut known {
            cloud.clone_from(&first[id].1);
        }
    }
    same(&first, &known)?;
    stage
        .is_settled("once a person renamed in the store")
        .await?;
    Ok(tried)
}

/// Nobody has another partner than before.
fn same(before: &Pairs, now: &Pairs) -> Outcome {
    if before == now {
        return Ok(());
    }
    let changed = now.iter().find(|(id, pair)| before.get(id) != Some(pair));
    Err(format!("{changed:?} has lost its identity"))
}
