//! The suite that every engine is held to.
