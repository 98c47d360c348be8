//! What happens on a request's way, for somebody who wants to see it: `explain` does, serving does
//! not.

use std::fmt;

use crate::mapping::write::Dropped;
use crate::record::Delta;
use crate::scim::{Document, ScimError, SlotSet, UnmappedPaths};

/// Something that was decided.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// The request holds attributes that the mapping does not.
    Unmapped(&'e UnmappedPaths),
    /// A value of a wrong type was left out.
    Invalid {
        /// The attribute's path.
        path: &'e str,
        /// Why.
        error: &'e ScimError,
    },
    /// A reference to somebody who is not there was left out.
    Nobody {
        /// The attribute's path.
        path: &'e str,
    },
    /// What is to be written.
    Written {
        /// The person as stored; `None` for a new one.
        now: Option<&'e Document<'e>>,
        /// The person as wished.
        wished: &'e Document<'e>,
        /// The attributes that the request states.
        stated: SlotSet,
        /// The fields and their new values.
        delta: &'e Delta<'e>,
        /// What was left out.
        dropped: &'e [Dropped],
    },
}

/// Somebody who wants to see it.
pub trait Observer: fmt::Debug + Send + Sync {
    /// Takes notice.
    fn notice(&self, event: Event<'_>);
}
