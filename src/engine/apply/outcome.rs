//! Outcomes: what a step that went well, or did not, makes true.

use crate::engine::EngineError;
use crate::tree::Fact;

/// What a step that went well makes true.
#[derive(Debug, Default)]
pub struct Outcome {
    pub facts: Vec<Fact>,
    /// For people, where the action and its reason do not say it all.
    pub message: Option<String>,
}

impl Outcome {
    /// These facts.
    pub fn of(facts: impl IntoIterator<Item = Fact>) -> Self {
        Outcome {
            facts: facts.into_iter().collect(),
            message: None,
        }
    }

    /// With a sentence for people.
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

/// Why a step did not happen, and what was found instead.
#[derive(Debug)]
pub struct Failure {
    pub error: EngineError,
    pub facts: Vec<Fact>,
    /// The operation's key stands for something else by now: another attempt needs a new one.
    pub spent: bool,
}

impl<E: Into<EngineError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure {
            error: error.into(),
            facts: Vec::new(),
            spent: false,
        }
    }
}

impl Failure {
    /// The world has moved, and this is how it is now.
    pub fn moved(why: &'static str, facts: impl IntoIterator<Item = Fact>) -> Self {
        Failure::found(EngineError::Moved(why), facts)
    }

    /// An error, and what was found.
    pub fn found(error: EngineError, facts: impl IntoIterator<Item = Fact>) -> Self {
        Failure {
            error,
            facts: facts.into_iter().collect(),
            spent: false,
        }
    }

    /// The same, with the key spent.
    pub fn spent(mut self) -> Self {
        self.spent = true;
        self
    }
}

/// What every step answers.
pub type Done = Result<Outcome, Failure>;
