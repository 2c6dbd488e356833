//! What the planner must do, as tables.
