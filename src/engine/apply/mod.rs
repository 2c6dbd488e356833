//! Applying: doing what the plan says, several steps at once, each after those it waits for.
//!
//! Every intent is recorded before its call. A step that finds the world other than the plan saw
//! it changes nothing, records what it found, and is planned anew.

mod agree;
mod arriving;
mod backward;
mod before;
mod content;
mod direct;
mod listing;
mod outcome;
mod queue;
mod tally;
#[cfg(test)]
mod tests;
mod whole;
mod work;

use super::desk::Desk;
use super::error::EngineError;
use super::{Engine, Turn};
use crate::planner::{Plan, Step};
use crate::tree::{Action, Book, Fact, Operation, OperationId, Retry, Side, State};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use queue::{Queue, Turnout};
use std::collections::HashSet;
use std::time::Duration;
use work::Work;

/// How a step ended.
enum End {
    Done,
    Failed,
    /// The failure concerns every step: start no more.
    Stop(EngineError),
}

impl Engine<'_> {
    /// Works through a plan. Steps that wait for a later attempt, or for a person, are left out.
    pub(super) async fn apply(&self, desk: &Desk<'_>, plan: Plan) -> Result<Turn, EngineError> {
        let held = plan.is_held();
        let mut next = plan.next;
        let mut work = Work::new(self, desk);
        let left = work
            .left_behind(&plan.steps)
            .await
            .map_err(|failure| failure.error)?;
        if !left.is_empty() {
            desk.record(&left).await?;
            return Ok(Turn {
                held,
                next: Some((self.clock)()),
                ..Turn::default()
            });
        }
        let intents = self.intend(desk, &plan.steps, &mut next).await?;
        if self.cloud.capability().whole_folders {
            work.first_files =
                whole::first_files(&desk.book(), &plan.steps, &intents, &self.limits);
        }
        let deadline = tokio::time::Instant::now() + self.limits.turn;
        let mut turn = tokio::select! {
            biased;
            turn = self.run(&work, &plan.steps, intents, deadline) => turn?,
            never = work.serve() => match never {},
        };
        turn.held = held;
        if turn.done + turn.failed == 0 {
            turn.next = next;
        } else {
            turn.next = Some((self.clock)());
        }
        Ok(turn)
    }

    /// Records what is going to be done, and drops what is not called for any more. `None` stands
    /// for a step that has to wait, be it for another turn: a plan of many thousand steps is worked
    /// through in parts, and planned anew after each.
    async fn intend(
        &self,
        desk: &Desk<'_>,
        steps: &[Step],
        next: &mut Option<i64>,
    ) -> Result<Vec<Option<Operation>>, EngineError> {
        let now = (self.clock)();
        let mut facts = Vec::new();
        let mut intents = Vec::new();
        {
            let book = desk.book();
            let open = |step: &Step| book.operations.get(&step.action.key());
            let turnout: Vec<Turnout> = steps
                .iter()
                .map(|step| {
                    let same = open(step).filter(|known| known.action == step.action);
                    match same {
                        Some(known) if known.state == State::Stuck => Turnout::Waits,
                        Some(known) if known.state == State::Waiting && known.run_at > now => {
                            *next = Some(next.map_or(known.run_at, |next| next.min(known.run_at)));
                            Turnout::Waits
                        }
                        Some(known) if known.attempts > 0 => Turnout::Again,
                        _ => Turnout::New,
                    }
                })
                .collect();
            let begun = queue::begun(steps, self.limits.begun, |at| turnout[at]);
            for (step, is_begun) in steps.iter().zip(begun) {
                if !is_begun {
                    intents.push(None);
                    continue;
                }
                let known = open(step);
                let same = known.filter(|known| known.action == step.action);
                let operation = Operation {
                    id: known.map_or_else(|| OperationId(self.mint()), |known| known.id),
                    action: step.action.clone(),
                    reason: step.reason,
                    subject: step.subject.clone(),
                    state: State::Intended,
                    attempts: same.map_or(0, |known| known.attempts),
                    run_at: now,
                    message: None,
                };
                if same.is_none_or(|known| *known != operation) {
                    facts.push(Fact::Operation(operation.clone()));
                }
                intents.push(Some(operation));
            }
            let called: HashSet<String> = steps.iter().map(|step| step.action.key()).collect();
            let over = book.operations.iter().filter(|(key, operation)| {
                !called.contains(*key) && !is_attempt(&book, &operation.action)
            });
            facts.extend(over.map(|(_, operation)| {
                Fact::Operation(Operation {
                    state: State::Dropped,
                    ..operation.clone()
                })
            }));
        }
        desk.record(&facts).await?;
        Ok(intents)
    }

    async fn run(
        &self,
        work: &Work<'_>,
        steps: &[Step],
        intents: Vec<Option<Operation>>,
        deadline: tokio::time::Instant,
    ) -> Result<Turn, EngineError> {
        let mut queue = Queue::of(steps, |at| intents[at].is_some());
        let mut running = FuturesUnordered::new();
        let mut turn = Turn::default();
        let mut stop = None;
        loop {
            while stop.is_none()
                && running.len() < self.limits.steps
                && tokio::time::Instant::now() < deadline
                && let Some(at) = queue.ready.pop()
            {
                if let Some(operation) = &intents[at] {
                    running.push(async move { (at, self.step(work, operation).await) });
                }
            }
            let Some((at, end)) = running.next().await else {
                break;
            };
            match end? {
                End::Done => {
                    turn.done += 1;
                    queue.finish(at);
                }
                End::Failed => turn.failed += 1,
                End::Stop(error) => stop = Some(error),
            }
        }
        match stop {
            // What was done is recorded; the caller decides when to go on.
            Some(error) => Err(error),
            None => Ok(turn),
        }
    }

    /// Does one step and records how it ended. `Err` only when that cannot be recorded.
    async fn step(&self, work: &Work<'_>, operation: &Operation) -> Result<End, EngineError> {
        let _arrival = work.arriving.expect(&work.desk.book(), operation);
        let (facts, end) = match work.perform(operation).await {
            Ok(outcome) => {
                let mut facts = outcome.facts;
                facts.push(Fact::Operation(Operation {
                    state: State::Done,
                    message: outcome.message,
                    ..operation.clone()
                }));
                (facts, End::Done)
            }
            Err(failure) => {
                let mut facts = work.without_others(failure.facts, operation.id);
                let mut failed = self.failed(operation, &failure.error);
                if failure.spent {
                    failed.state = State::Dropped;
                }
                facts.push(Fact::Operation(failed));
                let stops = failure.error.stops_all();
                (
                    facts,
                    if stops {
                        End::Stop(failure.error)
                    } else {
                        End::Failed
                    },
                )
            }
        };
        if let End::Stop(EngineError::Ledger(error)) = end {
            return Err(error.into());
        }
        work.desk.note(facts).await?;
        Ok(end)
    }

    /// Where an operation stands after a failure: the error's own answer decides.
    fn failed(&self, operation: &Operation, error: &EngineError) -> Operation {
        let attempts = operation.attempts + 1;
        let (state, wait) = match error.retry() {
            // A few times at once, since the next turn sees more; then ever more slowly, so that
            // two sides that keep moving do not keep us busy.
            Retry::Replan if attempts <= 5 => (State::Waiting, Duration::ZERO),
            Retry::Replan | Retry::Soon => (State::Waiting, backoff(operation, attempts)),
            Retry::After(wait) => (State::Waiting, wait),
            Retry::AskPerson if error.stops_all() => (State::Waiting, Duration::ZERO),
            Retry::AskPerson | Retry::Never => (State::Stuck, Duration::ZERO),
        };
        Operation {
            state,
            attempts,
            run_at: (self.clock)() + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2),
            message: Some(error.to_string()),
            ..operation.clone()
        }
    }
}

/// Whether an intent tells the planner what may have come of it without our hearing so: a copy that
/// lies in the cloud is looked for until its source has a partner, or is gone; and what we took out
/// of the cloud is nobody's deletion for as long as Odoo's half of the pair is there.
fn is_attempt(book: &Book, action: &Action) -> bool {
    match action {
        Action::Trash {
            to: Side::Cloud,
            pair,
        } => book.synced.get(pair).is_some_and(|pair| {
            book.odoo.get(&pair.odoo).is_some() && book.cloud.get(&pair.cloud).is_none()
        }),
        Action::Create {
            to: Side::Cloud,
            source,
            ..
        } => book.odoo.get(source).is_some() && book.synced.of(Side::Odoo, source).is_none(),
        _ => false,
    }
}

/// From 2 s on, doubling to 15 minutes, spread by the operation's own identity so that many that
/// failed together do not all come back together.
fn backoff(operation: &Operation, attempts: u32) -> Duration {
    let base = 2_000_u64.saturating_mul(1 << attempts.min(10).saturating_sub(1));
    let base = base.min(15 * 60 * 1000);
    let spread = u64::from(operation.id.0.as_bytes()[15]);
    Duration::from_millis(base + base * spread / 1024)
}
