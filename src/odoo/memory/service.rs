//! The trait as the engine calls it.

use super::super::{ErrorKind, Given, Odoo, OdooError, Result, Wanted, Write, Written};
use super::World;
use super::state::number;
use crate::tree::{Change, Cursor, Entry, EntryId, Page};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use std::collections::BTreeSet;
use tokio::task::yield_now;

/// Rows in one page of the feed or the scan.
const PAGE: usize = 7;

#[async_trait]
impl Odoo for World {
    async fn feed(&self, cursor: Option<&Cursor>) -> Result<Page> {
        self.before().await?;
        let page = {
            let state = self.lock();
            let end = state.feed.len();
            let from = match cursor {
                None => end,
                Some(cursor) => cursor.0.parse().unwrap_or(0),
            };
            if from < state.oldest {
                return Err(OdooError::new(
                    ErrorKind::CursorExpired,
                    "the feed was vacuumed",
                ));
            }
            let to = end.min(from + PAGE);
            // Each once, folders first, by number: not in the order of what happened.
            let mut told: Vec<Change> = state.feed[from..to]
                .iter()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .map(|id| state.told(*id))
                .collect();
            told.sort_by_key(|change| change.id().as_str().starts_with("file"));
            Page {
                changes: told,
                cursor: Cursor(to.to_string()),
                more: to < end,
            }
        };
        self.after(page).await
    }

    async fn scan(&self, after: Option<&Cursor>) -> Result<Page> {
        self.before().await?;
        let page = {
            let state = self.lock();
            let from: u64 = after.and_then(|after| after.0.parse().ok()).unwrap_or(0);
            let live = state
                .rows
                .keys()
                .filter(|id| **id > from && state.is_live(**id));
            let ids: Vec<u64> = live.take(PAGE).copied().collect();
            Page {
                changes: ids
                    .iter()
                    .map(|id| Change::Present(state.entry(*id)))
                    .collect(),
                cursor: Cursor(ids.last().copied().unwrap_or(u64::MAX).to_string()),
                more: ids.len() == PAGE,
            }
        };
        self.after(page).await
    }

    async fn read(&self, ids: &[EntryId]) -> Result<Vec<Option<Entry>>> {
        self.before().await?;
        let entries = {
            let state = self.lock();
            let live = |id: &EntryId| number(id).filter(|id| state.is_live(*id));
            ids.iter()
                .map(|id| live(id).map(|id| state.entry(id)))
                .collect()
        };
        self.after(entries).await
    }

    async fn bytes(
        &self,
        wanted: &[Wanted],
    ) -> Result<BoxStream<'static, Result<(EntryId, Given)>>> {
        self.before().await?;
        let mut state = self.lock();
        let mut given = Vec::new();
        for one in wanted {
            given.push(state.stumble().map(|()| (one.id.clone(), state.given(one))));
        }
        Ok(stream::iter(given)
            .then(|one| async {
                yield_now().await;
                one
            })
            .boxed())
    }

    async fn large(
        &self,
        wanted: &Wanted,
        offset: u64,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        self.before().await?;
        let mut state = self.lock();
        let bytes = match state.given(wanted) {
            Given::Bytes(bytes) => {
                bytes.slice(usize::try_from(offset).unwrap_or(0).min(bytes.len())..)
            }
            Given::Missing => {
                return Err(OdooError::new(ErrorKind::NotFound, "it is gone in Odoo"));
            }
            _ => {
                return Err(OdooError::new(
                    ErrorKind::Changed,
                    "it has other bytes in Odoo now",
                ));
            }
        };
        let mut parts = Vec::new();
        for start in (0..bytes.len()).step_by(40) {
            parts.push(
                state
                    .stumble()
                    .map(|()| bytes.slice(start..bytes.len().min(start + 40))),
            );
        }
        Ok(stream::iter(parts)
            .then(|part| async {
                yield_now().await;
                part
            })
            .boxed())
    }

    fn keeps_bytes(&self) -> Option<u64> {
        self.lock().keeps.then_some(u64::MAX)
    }

    async fn write(&self, writes: &[Write]) -> Result<Vec<Written>> {
        self.before().await?;
        let answers = {
            let mut state = self.lock();
            writes.iter().map(|write| state.write(write)).collect()
        };
        self.after(answers).await
    }
}
