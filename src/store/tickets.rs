//! What the HTTP side asks for and no other table family answers: used tickets, the state of the
//! leases, the names of what the guard holds.

use super::{Result, Store};
use crate::tree::ConnectionId;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Deepest path that is followed; deeper means that parents run in a circle.
const DEEPEST: i32 = 1000;

impl Store {
    /// Takes a ticket, named by a digest, for good: true the first time, false after, however many
    /// replicas ask at once. It is forgotten some time after `until`, when it has expired anyway.
    pub async fn use_ticket(&self, digest: &str, until: OffsetDateTime) -> Result<bool> {
        sqlx::query("delete from tickets where until < now() - interval '1 hour'")
            .execute(&self.pool)
            .await?;
        let done = sqlx::query(
            "insert into tickets (digest, until) values ($1, $2) on conflict do nothing",
        )
        .bind(digest)
        .bind(until)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
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

    /// Odoo's names from below the root down to each pair, joined by `/`; unknown pairs are left
    /// out.
    pub async fn pair_paths(
        &self,
        connection: ConnectionId,
        pairs: &[Uuid],
    ) -> Result<HashMap<Uuid, String>> {
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            "with recursive up (leaf, parent, name, depth) as (
               select id, parent, odoo_name, 0 from pairs where connection = $1 and id = any($2)
               union all
               select up.leaf, p.parent, p.odoo_name, up.depth + 1 from up
                 join pairs p on p.connection = $1 and p.id = up.parent
                 where up.depth < $3
             )
             select leaf, string_agg(name, '/' order by depth desc)
             from up where parent is not null or depth = 0 group by leaf",
        )
        .bind(connection.0)
        .bind(pairs)
        .bind(DEEPEST)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().collect())
    }
}
