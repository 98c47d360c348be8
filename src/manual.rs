//! Why it is so: decisions worth an argument, each in half a page.
//!
//! Two chapters are a reference instead: the [language] of mapping files and its [transforms].
//!
//! How to run the program is in the README, what a room does in its own documentation. Here stands
//! what neither shows: what else was possible, and what this way costs.

#[doc = include_str!("manual/values.md")]
pub mod values {}

#[doc = include_str!("manual/documents.md")]
pub mod documents {}

#[doc = include_str!("manual/negation.md")]
pub mod negation {}

#[doc = include_str!("manual/formulas.md")]
pub mod formulas {}

#[doc = include_str!("manual/lookups.md")]
pub mod lookups {}

#[doc = include_str!("manual/nobody.md")]
pub mod nobody {}

#[doc = include_str!("manual/writes.md")]
pub mod writes {}

#[doc = include_str!("manual/drops.md")]
pub mod drops {}

#[doc = include_str!("manual/rehearsals.md")]
pub mod rehearsals {}

#[doc = include_str!("manual/lists.md")]
pub mod lists {}
#[doc = include_str!("manual/notations.md")]
pub mod notations {}

#[doc = include_str!("manual/counting.md")]
pub mod counting {}

#[doc = include_str!("manual/reload.md")]
pub mod reload {}

#[doc = include_str!("manual/clients.md")]
pub mod clients {}

#[doc = include_str!("manual/rest.md")]
pub mod rest {}

#[doc = include_str!("manual/rooms.md")]
pub mod rooms {}

#[doc = include_str!("manual/services.md")]
pub mod services {}

#[doc = include_str!("manual/keys.md")]
pub mod keys {}

#[doc = include_str!("manual/proposals.md")]
pub mod proposals {}

#[doc = include_str!("manual/language.md")]
pub mod language {}

#[doc = include_str!("manual/transforms.md")]
pub mod transforms {}

#[cfg(test)]
mod tests;
