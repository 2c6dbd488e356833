//! The order of the steps of a plan.

use crate::planner::Step;

/// Which steps may start.
pub(super) struct Queue {
    pub ready: Vec<usize>,
    open: Vec<usize>,
    followers: Vec<Vec<usize>>,
}

/// Which steps a turn begins: at most so many, none before what it waits for.
pub(super) fn begun(steps: &[Step], most: usize, may_start: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut begun = vec![false; steps.len()];
    let mut queue = Queue::of(steps, &may_start);
    let mut left = most;
    while left > 0
        && let Some(at) = queue.ready.pop()
    {
        if may_start(at) {
            begun[at] = true;
            left -= 1;
            queue.finish(at);
        }
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
        let free = |_| true;
        assert_eq!(begun(&chain(4), 2, free), [false, false, true, true]);
        assert_eq!(begun(&chain(4), 9, free), [true; 4]);
        assert_eq!(begun(&chain(4), 0, free), [false; 4]);
        assert_eq!(
            begun(&chain(4), 9, |at| at != 2),
            [false, false, false, true]
        );
    }
}
