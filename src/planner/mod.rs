//! Deciding: a pure function from a book to a plan.
