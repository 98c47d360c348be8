//! Why it is so: decisions worth an argument, each in half a page.
//!
//! How to run the program is in the README, what a room does in its own documentation. Here stands
//! what neither shows: what else was possible, and what this way costs.

#[doc = include_str!("manual/values.md")]
pub mod values {}

#[doc = include_str!("manual/documents.md")]
pub mod documents {}

#[doc = include_str!("manual/negation.md")]
pub mod negation {}

#[doc = include_str!("manual/lookups.md")]
pub mod lookups {}

#[doc = include_str!("manual/nobody.md")]
pub mod nobody {}

#[doc = include_str!("manual/writes.md")]
pub mod writes {}

#[doc = include_str!("manual/drops.md")]
pub mod drops {}

#[doc = include_str!("manual/lists.md")]
pub mod lists {}

#[doc = include_str!("manual/reload.md")]
pub mod reload {}

#[doc = include_str!("manual/rooms.md")]
pub mod rooms {}
