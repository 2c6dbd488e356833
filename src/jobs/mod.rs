//! When: apalis wiring, queues, schedules, leases.
