//! Who asks: bytes, admin page, nudges, health, metrics.
