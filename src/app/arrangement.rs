//! The automatic folders of each paired database, arranged before its connections are drained.

use super::odoos::unreached;
use super::{End, Odoos};
use crate::engine::EngineError;
use crate::engine::arrange::{self, Arranger, Dirty, Records};
use crate::odoo::service::Service;
use crate::odoo::wire::{Draft, MAX_PAGE};
use crate::odoo::{ErrorKind, OdooError};
use crate::rules::Warning;
use crate::store::{NewLogRow, Store};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
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
    /// Previews that wait for an answer.
    asked: BTreeSet<i64>,
    /// What Odoo shows of them.
    reported: Option<Vec<Warning>>,
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
        let arrangement = self.of(database).await;
        let end = self.odoos.end(database).await.map_err(unreached)?;
        let mut arrangement = arrangement.lock().await;
        let confirmed = self.store.database(database).await?.epoch;
        let (mut dirty, odoo, service): (Dirty, Arc<dyn Records>, Option<Arc<Service>>) = match end
        {
            End::Addon(service) => {
                let dirty = arrangement.read(&service, &confirmed).await?;
                (dirty, Arc::clone(&service) as _, Some(service))
            }
            End::Plain(plain) => {
                let looked = plain.look(&confirmed, all).await;
                for warning in plain.take_warnings().await {
                    self.tell(database, &warning).await;
                }
                looked?;
                (plain.take_dirty().await, plain, None)
            }
        };
        arrangement.asked.append(&mut dirty.previews);
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
        if let Some(service) = service
            && arrangement.reported.as_ref() != Some(&done.warnings)
        {
            match service.report_rules(&problems(&done.warnings)).await {
                Ok(()) => arrangement.reported = Some(done.warnings.clone()),
                Err(error) => tracing::warn!(%error, "Odoo is not told what is wrong with rules"),
            }
        }
        arrangement.warnings = done.warnings;
        Ok(())
    }

    async fn of(&self, database: &str) -> Arc<Mutex<Arrangement>> {
        let mut by_database = self.by_database.lock().await;
        Arc::clone(by_database.entry(database.to_owned()).or_default())
    }

    /// Answers the previews of a database that somebody asked for. Nothing is changed but what is
    /// known: whatever else the feed told waits for the next arrangement.
    pub async fn answer_previews(&self, database: &str) -> anyhow::Result<()> {
        let arrangement = self.of(database).await;
        let End::Addon(service) = self.odoos.end(database).await? else {
            // Nobody asks for one there.
            return Ok(());
        };
        loop {
            // Let go between two answers, so that drains are not kept waiting by a queue of them.
            let mut arrangement = arrangement.lock().await;
            let confirmed = self.store.database(database).await?.epoch;
            let mut dirty = arrangement.read(&service, &confirmed).await?;
            arrangement.asked.append(&mut dirty.previews);
            arrangement.arranger.note(dirty);
            // The newest first: whoever asks again no longer looks at what was asked before.
            let Some(id) = arrangement.asked.pop_last() else {
                return Ok(());
            };
            if let Some(draft) = service.read_preview(id).await? {
                let answer = arrangement.preview(&service, draft).await;
                service.put_preview(id, &answer).await?;
            }
        }
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
    /// The answer to a preview; an error is one as well, since somebody waits for it.
    async fn preview(&mut self, service: &Service, draft: Draft) -> Value {
        match self.try_out(service, draft).await {
            Ok(answer) => answer,
            Err(error) => serde_json::json!({
                "error": { "field": null, "position": null, "message": error.to_string() },
            }),
        }
    }

    async fn try_out(&mut self, service: &Service, draft: Draft) -> Result<Value, OdooError> {
        let mut settings = service.settings().await?;
        settings.rules = draft.rules;
        let used = settings.rules.iter().find(|rule| rule.id == draft.rule);
        let used = used.map(|rule| rule.connection.clone()).unwrap_or_default();
        let connection = settings.connections.iter().find(|one| one.uuid == used);
        let connection =
            connection.map(|one| serde_json::json!({ "name": one.name, "provider": one.provider }));
        let today = OffsetDateTime::now_utc().date();
        let setup = arrange::setup(settings);
        let seen = self
            .arranger
            .preview(service, setup, draft.rule, today)
            .await?;
        let mut answer = serde_json::json!(seen);
        answer["connection"] = serde_json::json!(connection);
        Ok(answer)
    }

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

/// Warnings as sentences for whoever looks at a rule. Names of records are left out: not everybody
/// who may see a rule may see its records.
fn problems(warnings: &[Warning]) -> Vec<(i64, String)> {
    let sentence = |warning: &Warning| {
        let message = match warning.records {
            0 => warning.message.clone(),
            1 => format!("{} (1 record)", warning.message),
            records => format!("{} ({records} records)", warning.message),
        };
        Some((warning.rule?, message))
    };
    warnings.iter().filter_map(sentence).collect()
}

fn other_epoch() -> OdooError {
    let message = "the Odoo database was restored, copied or moved: nothing is written until somebody confirms that this is the right one, by attache pair";
    OdooError::new(ErrorKind::EpochChanged, message)
}
