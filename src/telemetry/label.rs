//! The words by which things are counted. Each set is closed: the number of series is known.

/// A closed set of words.
pub trait Label: Copy + 'static {
    /// Every one of them.
    const ALL: &'static [Self];

    /// The word.
    fn name(self) -> &'static str;

    /// Its place in [`ALL`](Self::ALL).
    fn place(self) -> usize;
}

/// An enum of labels, each with its word.
macro_rules! labels {
    ($($(#[$about:meta])* $set:ident { $($(#[$meaning:meta])* $label:ident = $word:literal,)+ })+) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $set { $($(#[$meaning])* $label,)+ }

        impl Label for $set {
            const ALL: &'static [Self] = &[$(Self::$label,)+];

            fn name(self) -> &'static str {
                match self { $(Self::$label => $word,)+ }
            }

            fn place(self) -> usize {
                self as usize
            }
        }
    )+};
}

labels! {
    /// What a request asks for.
    Operation {
        /// A new person.
        Create = "create",
        /// One person.
        Read = "read",
        /// A PUT.
        Replace = "replace",
        /// A PATCH.
        Patch = "patch",
        /// A DELETE.
        Delete = "delete",
        /// A list, with or without a filter.
        Search = "search",
        /// Schemas, resource types and what the service can do.
        Discovery = "discovery",
        /// Something else, or a request that was refused before anybody looked what it asks for.
        Other = "other",
    }

    /// Why a request went no further, other than for what it asks.
    Cause {
        /// No project has its path.
        NoSuchPath = "no_such_path",
        /// It has no token.
        MissingToken = "missing_token",
        /// Its token is not known.
        BadToken = "bad_token",
        /// Its peer has tried too many unknown tokens.
        TooManyFailures = "too_many_failures",
        /// Its caller comes too often.
        RateLimited = "rate_limited",
        /// Its caller may not do this.
        MissingRight = "missing_right",
        /// There were too many requests at once.
        Overloaded = "overloaded",
        /// It took too long.
        TimedOut = "timed_out",
        /// A mistake of ours.
        Internal = "internal",
    }

    /// What was asked of the upstream.
    Call {
        /// A row by its key.
        Read = "read",
        /// Rows.
        Search = "search",
        /// The next page of a search.
        Follow = "follow",
        /// What it says about itself.
        Describe = "describe",
        /// A new row.
        Create = "create",
        /// Another state of a row.
        Update = "update",
        /// The end of a row.
        Delete = "delete",
    }

    /// What came of a call: how the sidecar understood it, whatever the status was.
    Outcome {
        /// It was answered with a success.
        Done = "done",
        /// Refused: there is something with this unique value.
        Duplicate = "duplicate",
        /// Refused: a value is not accepted.
        Invalid = "invalid",
        /// Refused: it is not allowed.
        Forbidden = "forbidden",
        /// Refused: there is no such row.
        Missing = "missing",
        /// Refused: there is no room for more.
        Capacity = "capacity",
        /// Refused: the row was changed in between.
        Stale = "stale",
        /// Refused: the upstream cannot answer now.
        Unavailable = "unavailable",
        /// Refused: our credential is not accepted.
        Credential = "credential",
        /// There was no connection.
        Unreachable = "unreachable",
        /// There was no answer in time.
        TimedOut = "timed_out",
        /// The connection broke off.
        Lost = "lost",
        /// The answer could not be understood.
        Garbled = "garbled",
        /// The answer was larger than allowed.
        TooLarge = "too_large",
        /// The answer pointed elsewhere.
        Strayed = "strayed",
        /// The mapping asks for what is not offered.
        Unsupported = "unsupported",
        /// It could not be written for this upstream; nothing was sent.
        Unsendable = "unsendable",
        /// Nobody waits for the answer any more.
        Abandoned = "abandoned",
    }

    /// What was looked up.
    Sought {
        /// A person's key.
        People = "people",
        /// What a reference to another collection stands for.
        References = "references",
    }

    /// What is remembered of it.
    Recall {
        /// It was answered without a search of its own.
        Hit = "hit",
        /// The upstream had to be asked.
        Miss = "miss",
    }

    /// What an operator must look at.
    AlertKind {
        /// The upstream does not accept our credential.
        Credential = "credential",
        /// A client wrote to a row of another directory object.
        AnchorConflict = "anchor_conflict",
        /// A client wrote to a protected row.
        Protected = "protected",
        /// A token came without its caller's certificate.
        Certificate = "certificate",
    }

    /// Why there is no connection.
    HandshakeFailure {
        /// The two do not agree, or one of them left.
        Tls = "tls",
        /// It took too long.
        TimedOut = "timed_out",
    }
}
