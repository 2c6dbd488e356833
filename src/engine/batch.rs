//! Natural batching: while one call is under way, what others ask for meanwhile gathers, and goes
//! with the next. The first to ask never waits for others.

use tokio::sync::{mpsc, oneshot};

/// A question with the place where its answer goes.
pub type Asked<Q, A> = (Q, oneshot::Sender<A>);

/// Where questions are put.
pub struct Counter<Q, A>(mpsc::UnboundedSender<Asked<Q, A>>);

/// Where they are taken up.
pub struct Queue<Q, A>(mpsc::UnboundedReceiver<Asked<Q, A>>);

/// A new pair.
pub fn counter<Q, A>() -> (Counter<Q, A>, Queue<Q, A>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Counter(sender), Queue(receiver))
}

impl<Q, A> Counter<Q, A> {
    /// Asks and waits for the answer. Never answers when nobody takes questions up any more: the
    /// whole turn is being dropped then.
    pub async fn ask(&self, question: Q) -> A {
        let (sender, receiver) = oneshot::channel();
        if self.0.send((question, sender)).is_ok()
            && let Ok(answer) = receiver.await
        {
            return answer;
        }
        std::future::pending().await
    }
}

impl<Q, A> Queue<Q, A> {
    /// Waits for a question and takes all that are there, `most` at most.
    pub async fn take(&mut self, most: usize) -> Vec<Asked<Q, A>> {
        let mut batch = Vec::new();
        self.0.recv_many(&mut batch, most).await;
        batch
    }
}
