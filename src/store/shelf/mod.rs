//! The shelf: where the book of one connection lies in Postgres, for whoever holds its lease.
//!
//! [`Book::apply`](crate::tree::Book::apply) says what each fact means; this keeper must come to
//! the same book, but writes hundreds of facts with a handful of statements. Facts about different
//! tables never depend on each other, so they are sorted by table, folded to their net effect
//! there, and written in bulk.

mod batch;
mod entries;
mod operations;
mod pairs;
mod rest;

pub(super) use rest::load_held;

use super::leases::fence;
use super::{Lease, Result, Store};
use crate::tree::{Book, Fact, Held, Operation, Side};
use batch::Batch;
use std::collections::BTreeMap;

/// The book of one connection, open for its lease holder. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shelf {
    store: Store,
    lease: Lease,
}

impl Store {
    /// Opens the book that a lease is for.
    pub fn shelf(&self, lease: Lease) -> Shelf {
        Shelf {
            store: self.clone(),
            lease,
        }
    }
}

impl Shelf {
    /// The lease that it writes under.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The whole book, as of one moment. `LeaseLost` when another holder took over.
    pub async fn load(&self) -> Result<Book> {
        let connection = self.lease.connection.0;
        let mut transaction = self.store.pool.begin().await?;
        sqlx::query("set transaction isolation level repeatable read")
            .execute(&mut *transaction)
            .await?;
        fence(&mut transaction, &self.lease).await?;
        let mut book = Book::new();
        entries::load(&mut transaction, connection, &mut book).await?;
        pairs::load(&mut transaction, connection, &mut book).await?;
        book.operations = operations::load(&mut transaction, connection).await?;
        rest::load(&mut transaction, connection, &mut book).await?;
        transaction.commit().await?;
        Ok(book)
    }

    /// Records facts in order, all or none, and only while the lease is held (`LeaseLost`
    /// otherwise). When it returns, they survive a crash. Operations that are done or stuck are
    /// logged with it.
    pub async fn record(&self, facts: &[Fact]) -> Result<()> {
        if facts.is_empty() {
            return Ok(());
        }
        let connection = self.lease.connection.0;
        let batch = Batch::of(facts);
        let mut transaction = self.store.pool.begin().await?;
        fence(&mut transaction, &self.lease).await?;
        for (side, steps) in [(Side::Odoo, &batch.odoo), (Side::Cloud, &batch.cloud)] {
            for step in steps {
                entries::write(&mut transaction, connection, side, step).await?;
            }
        }
        pairs::write(&mut transaction, connection, &batch.pairs).await?;
        operations::write(&mut transaction, connection, &batch.operations).await?;
        rest::write(&mut transaction, connection, &batch).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What the guard holds, with a person's answer: the part of the book that people change.
    pub async fn held(&self) -> Result<Option<Held>> {
        let mut taken = self.store.pool.acquire().await?;
        rest::load_held(&mut taken, self.lease.connection.0).await
    }

    /// Open operations by key; people change these too, when they ask for another try.
    pub async fn operations(&self) -> Result<BTreeMap<String, Operation>> {
        let mut taken = self.store.pool.acquire().await?;
        operations::load(&mut taken, self.lease.connection.0).await
    }
}
