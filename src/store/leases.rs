//! Leases: who may work on a connection. Each new holder gets a higher fence, and every write to
//! the ledger checks the fence in its own transaction, so a holder that slept too long cannot
//! write after another took over.

use super::{Result, Store, StoreError};
use crate::tree::ConnectionId;
use sqlx::PgConnection;
use std::time::Duration;

/// The right to work on one connection, until another holder takes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    pub connection: ConnectionId,
    /// Higher than that of every holder before.
    pub fence: i64,
    /// The fence of the holder before, if it gave its lease back.
    pub follows: Option<i64>,
}

impl Store {
    /// Takes the lease when nobody holds it or its time has passed; `None` when somebody does.
    /// `holder` is only shown to people. Renew it well before `time` is over.
    pub async fn take_lease(
        &self,
        connection: ConnectionId,
        holder: &str,
        time: Duration,
    ) -> Result<Option<Lease>> {
        // clock_timestamp(): the statement may have waited for the row while the time passed.
        let taken: Option<(i64, Option<bool>)> = sqlx::query_as(
            "with before as (select until = '-infinity' as given_back from leases where connection = $1)
             insert into leases as l (connection, holder, fence, until)
             values ($1, $2, 1, clock_timestamp() + $3 * interval '1 ms')
             on conflict (connection) do update
               set holder = excluded.holder, fence = l.fence + 1, until = excluded.until
               where l.until < clock_timestamp()
             returning fence, (select given_back from before)",
        )
        .bind(connection.0)
        .bind(holder)
        .bind(milliseconds(time))
        .fetch_optional(&self.pool)
        .await?;
        Ok(taken.map(|(fence, given_back)| Lease {
            connection,
            fence,
            // Giving it back counts as well. Should somebody have come after `before` was read and
            // given it back, the fence is higher by two, and theirs is the one named; should theirs
            // have expired, it is higher by one, and nobody had the one named.
            follows: given_back.unwrap_or(false).then_some(fence - 2),
        }))
    }

    /// Prolongs a lease from now on. `LeaseLost` when another holder has it. One whose time has
    /// passed but that nobody took is still good.
    pub async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<()> {
        let done = sqlx::query(
            "update leases set until = clock_timestamp() + $3 * interval '1 ms'
             where connection = $1 and fence = $2",
        )
        .bind(lease.connection.0)
        .bind(lease.fence)
        .bind(milliseconds(time))
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::LeaseLost);
        }
        Ok(())
    }

    /// Gives a lease back; the next taker need not wait. Already lost: nothing. The row stays,
    /// since fences must never start again.
    pub async fn release_lease(&self, lease: &Lease) -> Result<()> {
        sqlx::query(
            "update leases set until = '-infinity', fence = fence + 1
             where connection = $1 and fence = $2",
        )
        .bind(lease.connection.0)
        .bind(lease.fence)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Ends every lease at once. Only for whoever knows that no other sidecar runs, such as the
    /// one that has just started the private cluster.
    pub async fn break_leases(&self) -> Result<()> {
        sqlx::query("update leases set until = '-infinity', fence = fence + 1")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// How many connections are to be worked on (not paused), and how many of them somebody holds
    /// a live lease of.
    pub async fn lease_counts(&self) -> Result<(u64, u64)> {
        let (all, leased): (i64, i64) = sqlx::query_as(
            "select count(*), count(*) filter (where l.until > now())
             from connections c left join leases l on l.connection = c.id
             where c.state <> 'paused'",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok((all.unsigned_abs(), leased.unsigned_abs()))
    }
}

/// Fails unless the lease is held, and keeps it held until the transaction ends: the lock stops
/// a new holder, who writes to this row, and lets the present one's other transactions pass.
pub(super) async fn fence(transaction: &mut PgConnection, lease: &Lease) -> Result<()> {
    let held: Option<i32> =
        sqlx::query_scalar("select 1 from leases where connection = $1 and fence = $2 for share")
            .bind(lease.connection.0)
            .bind(lease.fence)
            .fetch_optional(transaction)
            .await?;
    held.map(drop).ok_or(StoreError::LeaseLost)
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
