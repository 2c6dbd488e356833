//! The order of the steps of a plan.

use crate::planner::Step;
use std::collections::VecDeque;

/// Which steps may start.
pub(super) struct Queue {
    pub ready: Vec<usize>,
    open: Vec<usize>,
    followers: Vec<Vec<usize>>,
}

/// Whether a step may begin in this turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turnout {
    Waits,
    New,
    /// It failed before.
    Again,
}

/// Which steps a turn begins: at most so many, none before what it waits for, and those that failed
/// before only when there are no others, so that they keep nobody out.
pub(super) fn begun(steps: &[Step], most: usize, turnout: impl Fn(usize) -> Turnout) -> Vec<bool> {
    let mut begun = vec![false; steps.len()];
    let mut queue = Queue::of(steps, |at| turnout(at) != Turnout::Waits);
    let mut again = VecDeque::new();
    let mut left = most;
    while left > 0 {
        let next = queue.ready.pop();
        let is_new = next.is_some();
        let Some(at) = next.or_else(|| again.pop_back()) else {
            break;
        };
        match turnout(at) {
            Turnout::Waits => continue,
            Turnout::Again if is_new => {
                again.push_front(at);
                continue;
            }
            _ => {}
        }
        begun[at] = true;
        left -= 1;
        queue.finish(at);
    }
    begun
}

impl Queue {
    /// Those for which `may_start` answers, each once what it waits for is finished.
    pub fn of(steps: &[Step], may_start: impl Fn(usize) -> bool) -> Self {
        let mut followers = vec![Vec::new(); steps.len()];
        for (at, step) in steps.iter().enumerate() {
            for other in &step.after {
                followers[*other].push(at);
            }
        }
        let open: Vec<usize> = steps.iter().map(|step| step.after.len()).collect();
        let mut ready: Vec<usize> = (0..steps.len())
            .filter(|at| open[*at] == 0 && may_start(*at))
            .collect();
        // Taken from the end: the urgent ones last.
        ready.sort_by_key(|at| {
            (
                std::cmp::Reverse(steps[*at].action.class()),
                std::cmp::Reverse(*at),
            )
        });
        Queue {
            ready,
            open,
            followers,
        }
    }

    /// Frees those that waited for this step only. What becomes ready comes first.
    pub fn finish(&mut self, at: usize) {
        for follower in std::mem::take(&mut self.followers[at]) {
            self.open[follower] -= 1;
            if self.open[follower] == 0 {
                self.ready.push(follower);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Action, PairId, Reason};
    use uuid::Uuid;

    /// Each waits for the one after it, the last for nothing.
    fn chain(long: usize) -> Vec<Step> {
        let step = |at: usize| Step {
            action: Action::Prove {
                pair: PairId(Uuid::from_u128(at as u128)),
            },
            reason: Reason::New,
            subject: at.to_string(),
            after: (at + 1..long).take(1).collect(),
        };
        (0..long).map(step).collect()
    }

    #[test]
    fn what_is_begun_can_be_done() {
        let free = |_| Turnout::New;
        assert_eq!(begun(&chain(4), 2, free), [false, false, true, true]);
        assert_eq!(begun(&chain(4), 9, free), [true; 4]);
        assert_eq!(begun(&chain(4), 0, free), [false; 4]);
        let third_waits = |at| match at {
            2 => Turnout::Waits,
            _ => Turnout::New,
        };
        let last = [false, false, false, true];
        assert_eq!(begun(&chain(4), 9, third_waits), last);
    }

    #[test]
    fn what_failed_before_keeps_nobody_out() {
        let free = |after: Vec<usize>| Step {
            after,
            ..chain(1).remove(0)
        };
        let steps = [free(vec![]), free(vec![]), free(vec![1]), free(vec![0])];
        let first_failed = |at| match at {
            0 => Turnout::Again,
            _ => Turnout::New,
        };
        let begun = |most| begun(&steps, most, first_failed);
        assert_eq!(begun(1), [false, true, false, false]);
        assert_eq!(begun(2), [false, true, true, false]);
        assert_eq!(begun(4), [true; 4]);
    }
}
