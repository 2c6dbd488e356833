//! The book in Postgres and its in-memory twin are one and the same.

use super::twin::history;
use super::{Fresh, connected, fresh, lease};
use attache::store::Shelf;
use attache::tree::{Book, Entry, EntryId, Fact, Fingerprint, Pair, PairId, Revision, Side};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use uuid::Uuid;

async fn shelf(fresh: &Fresh) -> Shelf {
    let connection = connected(&fresh.store).await;
    fresh.store.shelf(lease(&fresh.store, connection).await)
}

#[test]
fn random_facts_come_to_equal_books() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let fresh = runtime.block_on(fresh());
    let mut runner = TestRunner::new(Config {
        cases: 150,
        failure_persistence: None,
        ..Config::default()
    });
    let number = std::cell::Cell::new(0);
    let outcome = runner.run(&history(), |calls| {
        number.set(number.get() + 1);
        let connection = attache::tree::ConnectionId(Uuid::from_u128(number.get()));
        runtime.block_on(async {
            let shelf = fresh.store.shelf(lease(&fresh.store, connection).await);
            let mut twin = Book::new();
            for facts in &calls {
                shelf
                    .record(facts)
                    .await
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
                facts.iter().for_each(|fact| twin.apply(fact));
                let book = shelf
                    .load()
                    .await
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
                proptest::prop_assert_eq!(&book, &twin);
                // The same facts again, as after a crash that hid the answer, may only repeat
                // what the twin repeats too.
                shelf
                    .record(facts)
                    .await
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
                facts.iter().for_each(|fact| twin.apply(fact));
            }
            let book = shelf
                .load()
                .await
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            proptest::prop_assert_eq!(&book, &twin);
            proptest::prop_assert_eq!(
                &shelf
                    .operations()
                    .await
                    .map_err(|error| TestCaseError::fail(error.to_string()))?,
                &twin.operations
            );
            fresh
                .store
                .verify_log(Some(connection))
                .await
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            Ok(())
        })
    });
    outcome.expect("equal books");
}

#[tokio::test]
async fn books_of_connections_do_not_mix() {
    let fresh = fresh().await;
    let one = shelf(&fresh).await;
    let other = super::connection("Other");
    fresh.store.put_connection(&other).await.expect("put");
    let other = fresh.store.shelf(lease(&fresh.store, other.id).await);
    let root = Entry::folder(EntryId::new("root"), None, "");
    one.record(&[Fact::Observed(Side::Odoo, root.clone())])
        .await
        .expect("recorded");
    other
        .record(&[Fact::Observed(Side::Odoo, root.clone())])
        .await
        .expect("recorded");
    other
        .record(&[Fact::Vanished(Side::Odoo, root.id.clone())])
        .await
        .expect("recorded");
    assert_eq!(one.load().await.expect("loads").odoo.len(), 1);
    assert_eq!(other.load().await.expect("loads"), Book::new());
}

#[tokio::test]
async fn a_call_that_fails_leaves_nothing() {
    let fresh = fresh().await;
    let shelf = shelf(&fresh).await;
    let root = Entry::folder(EntryId::new("root"), None, "");
    let bad = Entry::folder(EntryId::new("bad"), None, "no \0 in Postgres");
    let facts = [
        Fact::Observed(Side::Odoo, root),
        Fact::Observed(Side::Cloud, bad),
    ];
    shelf.record(&facts).await.expect_err("refused");
    assert_eq!(shelf.load().await.expect("loads"), Book::new());
}

#[tokio::test]
async fn ten_thousand_files_take_a_few_statements() {
    let fresh = fresh().await;
    let shelf = shelf(&fresh).await;
    let mut facts = Vec::new();
    for number in 0..10_000_u128 {
        let print = Fingerprint::of_bytes(&number.to_be_bytes());
        let pair = Pair {
            id: PairId(Uuid::from_u128(number)),
            odoo: EntryId::new(format!("file:{number}")),
            cloud: EntryId::new(format!("c{number}")),
            kind: attache::tree::Kind::File,
            parent: None,
            odoo_name: format!("{number}.txt"),
            cloud_name: format!("{number}.txt"),
            odoo_revision: Revision::new("1"),
            cloud_revision: Revision::new("1"),
            fingerprint: Some(print.clone()),
            proof: None,
        };
        let root = EntryId::new("root");
        let at = Revision::new("1");
        let entry = Entry::file(pair.odoo.clone(), root, &pair.odoo_name, at, print);
        facts.push(Fact::Observed(Side::Odoo, entry));
        facts.push(Fact::Paired(pair));
    }
    sqlx::raw_sql(
        "create table ran (what text); create function ran() returns trigger language plpgsql
           as $$ begin insert into ran values (tg_op || ' ' || tg_table_name); return null; end $$;
         create trigger ran after insert or delete on entries execute function ran();
         create trigger ran after insert or delete on pairs execute function ran()",
    )
    .execute(fresh.store.pool())
    .await
    .expect("triggers for each statement");
    shelf.record(&facts).await.expect("recorded");
    let ran: Vec<String> = sqlx::query_scalar("select what from ran order by what")
        .fetch_all(fresh.store.pool())
        .await
        .expect("read");
    assert_eq!(ran, ["DELETE pairs", "INSERT entries", "INSERT pairs"]);
    assert_eq!(shelf.load().await.expect("loads").synced.len(), 10_000);
}
