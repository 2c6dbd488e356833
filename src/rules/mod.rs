//! What is wanted: from records to folders. Pure.
