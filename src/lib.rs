//! `scim-sidecar`: SCIM 2.0 for a legacy server that has only its own API.

pub mod admin;
pub mod api;
pub mod audit;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod diagnostic;
pub mod explain;
pub mod gate;
pub mod generation;
#[cfg(feature = "demo")]
pub mod legacy;
pub mod lookup;
pub mod mapping;
pub mod platform;
pub mod process;
pub mod provision;
pub mod record;
pub mod scim;
pub mod seam;
pub mod secret;
pub mod serve;
pub mod stack;
pub mod upstream;
pub mod value;
