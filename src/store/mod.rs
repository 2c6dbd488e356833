//! Postgres: the ledger, connections, sealed secrets, leases.
