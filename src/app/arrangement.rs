//! The automatic folders of each paired database, arranged before its connections are drained.

use super::{End, Odoos};
use crate::engine::EngineError;
use crate::engine::arrange::{Arranger, Dirty, Records};
use crate::odoo::service::Service;
use crate::odoo::wire::MAX_PAGE;
use crate::odoo::{ErrorKind, OdooError};
use crate::rules::Warning;
use crate::store::{NewLogRow, Store};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use time::OffsetDateTime;
use tokio::sync::Mutex;

/// One arrangement for each database.
pub struct Arrangements {
    store: Store,
    odoos: Arc<Odoos>,
    by_database: Mutex<HashMap<String, Arc<Mutex<Arrangement>>>>,
}

#[derive(Default)]
struct Arrangement {
    arranger: Arranger,
    /// Where the feed was read up to, and in which epoch.
    place: Option<(String, Value)>,
    warnings: Vec<Warning>,
}

impl Arrangements {
    /// Nothing was read yet.
    pub fn new(store: Store, odoos: Arc<Odoos>) -> Self {
        Arrangements {
            store,
            odoos,
            by_database: Mutex::default(),
        }
    }

    /// Brings the folders of a database to what its rules want. Connections of one database share
    /// the work: whoever comes second finds nothing dirty. `all` believes nothing read before.
    pub async fn arrange(&self, database: &str, all: bool) -> Result<(), EngineError> {
        let arrangement = {
            let mut by_database = self.by_database.lock().await;
            Arc::clone(by_database.entry(database.to_owned()).or_default())
        };
        let person = |error: anyhow::Error| EngineError::Person(format!("{error:#}"));
        let end = self.odoos.end(database).await.map_err(person)?;
        let mut arrangement = arrangement.lock().await;
        let confirmed = self.store.database(database).await?.epoch;
        let (mut dirty, odoo): (Dirty, Arc<dyn Records>) = match end {
            End::Addon(service) => (arrangement.read(&service, &confirmed).await?, service),
            End::Plain(plain) => {
                plain.look(&confirmed, all).await?;
                (plain.dirty().await, plain)
            }
        };
        if all {
            dirty.merge(Dirty::everything());
        }
        let today = OffsetDateTime::now_utc().date();
        let Some(done) = arrangement
            .arranger
            .run(odoo.as_ref(), dirty, today)
            .await?
        else {
            return Ok(());
        };
        if done.changed > 0 {
            tracing::info!(folders = done.changed, "folders follow the rules");
        }
        for warning in done
            .warnings
            .iter()
            .filter(|one| !arrangement.warnings.contains(one))
        {
            self.tell(database, warning).await;
        }
        arrangement.warnings = done.warnings;
        Ok(())
    }

    async fn tell(&self, database: &str, warning: &Warning) {
        tracing::warn!(rule = ?warning.rule, records = warning.records, "{}", warning.message);
        let row = NewLogRow {
            who: "sidecar".into(),
            what: "warn".into(),
            subject: warning.example.clone().unwrap_or_default(),
            reason: String::new(),
            outcome: warning.message.clone(),
            detail: serde_json::json!({
                "database": database,
                "rule": warning.rule,
                "records": warning.records,
            })
            .to_string(),
        };
        if let Err(error) = self.store.log(None, row).await {
            tracing::warn!(%error, "a warning cannot be logged");
        }
    }
}

impl Arrangement {
    /// What the feed told since the last time, in the epoch that a person confirmed by pairing.
    async fn read(&mut self, service: &Service, confirmed: &str) -> Result<Dirty, OdooError> {
        let mut dirty = Dirty::default();
        loop {
            let Some((epoch, at)) = self.place.as_ref().filter(|(epoch, _)| epoch == confirmed)
            else {
                let present = service.read_feed(None, 1).await?;
                if present.epoch != confirmed {
                    return Err(other_epoch());
                }
                self.place = Some((present.epoch, present.cursor));
                return Ok(Dirty::everything());
            };
            let lines = service.read_feed(Some(at), MAX_PAGE).await?;
            if lines.epoch != *epoch {
                return Err(other_epoch());
            }
            if lines.expired {
                self.place = None;
                continue;
            }
            lines.rows.iter().for_each(|line| dirty.note(line));
            self.place = Some((lines.epoch, lines.cursor));
            if !lines.more {
                return Ok(dirty);
            }
        }
    }
}

fn other_epoch() -> OdooError {
    let message = "the Odoo database was restored, copied or moved: nothing is written until somebody confirms that this is the right one, by attache pair";
    OdooError::new(ErrorKind::EpochChanged, message)
}
