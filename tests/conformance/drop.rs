//! Calls that nobody waits for any more.

use super::*;
use std::task::Poll;
use std::time::Duration;

/// Lets a call run for a while and drops it there: after so many steps in even rounds, which
/// finds every step of a fast store, after so long in odd ones. Answers whether it was cut.
pub async fn cut<T>(round: u64, call: impl Future<Output = Result<T>>) -> bool {
    let mut call = std::pin::pin!(call);
    let mut steps = round / 2 % 6 + 1;
    let counted = std::future::poll_fn(|context| {
        if call.as_mut().poll(context).is_ready() {
            return Poll::Ready(false);
        }
        steps = if round.is_multiple_of(2) {
            steps - 1
        } else {
            steps
        };
        if steps == 0 {
            Poll::Ready(true)
        } else {
            Poll::Pending
        }
    });
    let time = Duration::from_micros(round * 400);
    tokio::time::timeout(time.max(Duration::from_millis(1)), counted)
        .await
        .unwrap_or(true)
}

pub async fn a_dropped_call_can_be_repeated(store: &Store) {
    let mut unfinished = 0;
    for round in 0..24_u64 {
        let name = format!("f{round}");
        let operation = key();
        let fresh = vec![1_u8; 400_000];
        let content = body(&fresh);
        let root = store.root();
        let make = || {
            store
                .provider
                .create_file(operation, &root, &name, &content)
        };
        unfinished += usize::from(cut(round, make()).await);
        match make().await {
            Ok(item) => assert_eq!(item.name, name),
            Err(error) => assert_eq!(error.kind, ErrorKind::AlreadyExists, "{error}"),
        }
        let file = store.at(&name).await;
        assert_eq!(store.bytes(&file).await, fresh, "half a file");

        let item = store.provider.metadata(&file).await.expect("the file");
        let (operation, newer) = (key(), vec![2_u8; 400_000]);
        let content = body(&newer);
        let write = || write(store, operation, &file, &item.revision, &content);
        unfinished += usize::from(cut(round, write()).await);
        match write().await {
            Ok(item) => assert_eq!(item.name, name),
            // The dropped one went through, or is going through beside this one.
            Err(error) => assert_eq!(error.kind, ErrorKind::Changed, "{error}"),
        }
        settled(store, &name, &newer).await;
    }
    // How many is the machine's affair; some are dropped at their first step.
    assert!(unfinished > 0, "every call was too fast to be dropped");
    let names = store.names(&store.root()).await;
    assert_eq!(names.len(), 24, "leftovers or duplicates: {names:?}");
}

async fn write(
    store: &Store,
    operation: OperationId,
    file: &Locator,
    expect: &Revision,
    content: &Body,
) -> Result<Item> {
    store
        .provider
        .write_file(operation, file, expect, content)
        .await
}

/// Whatever still runs of a dropped call ends; then the new bytes are there, all of them.
async fn settled(store: &Store, name: &str, bytes: &[u8]) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while store.person.bytes(name).as_deref() != Some(bytes) {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{name} never settled"
        );
        tokio::task::yield_now().await;
    }
}

pub async fn a_dropped_restore_happens_wholly_or_not_at_all(store: &Store) {
    for round in 0..12_u64 {
        let name = format!("f{round}");
        let (file, item) = store.make_file(&store.root(), &name, b"kept").await;
        let trashed = store.provider.trash(key(), &file, &item.revision).await;
        let handle = trashed.expect("into the trash");
        let root = store.root();
        let restore = || store.provider.restore(&handle, &root, &name);
        cut(round, restore()).await;
        if let Err(error) = restore().await {
            let went_through = [ErrorKind::NotFound, ErrorKind::AlreadyExists];
            assert!(went_through.contains(&error.kind), "{error}");
        }
        settled(store, &name, b"kept").await;
    }
}
