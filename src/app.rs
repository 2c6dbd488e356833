//! The composition root: the only place that builds pools, clients and registries.
