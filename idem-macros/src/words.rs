//! The words of the attribute: its arguments, those in their values, and what people write in their place.

mod policies;

use std::fmt;

pub(crate) use self::policies::{
    ON_ABANDONED, ON_BUSY, ON_ERROR, ON_MISSING_KEY, ON_OVERRUN, ON_STORE_FAILURE, POLICIES,
};

/// One argument as messages show it.
#[derive(Debug)]
pub(crate) struct Argument {
    /// Name, as written before the `=`.
    pub(crate) name: &'static str,
    /// What its value has to be.
    pub(crate) value: Expected,
    /// The whole argument, as a user would write it.
    pub(crate) example: &'static str,
}

/// What the value of an argument has to be.
#[derive(Debug)]
pub(crate) enum Expected {
    This(&'static str),
    OneOf(&'static [Word]),
}

impl Argument {
    /// The words that its value can be.
    pub(crate) fn words(&self) -> &'static [Word] {
        match self.value {
            Expected::This(_) => &[],
            Expected::OneOf(words) => words,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::This(noun) => f.write_str(noun),
            Self::OneOf(words) => {
                write!(f, "one of {}", list(words.iter().map(|word| word.example)))
            }
        }
    }
}

pub(crate) static KEY: Argument = key("key", r#"key = "$.orderId""#);
pub(crate) static FINGERPRINT: Argument = key("fingerprint", r#"fingerprint = "$.lines""#);
pub(crate) static TTL: Argument = string("ttl", r#"ttl = "1h""#);
pub(crate) static NAME: Argument = string("name", r#"name = "payments/charge""#);
pub(crate) static LEASE: Argument = string("lease", r#"lease = "30s""#);
pub(crate) static EVENT: Argument = Argument {
    name: "event",
    value: Expected::This("the name of a parameter"),
    example: "event = order",
};
pub(crate) static ON_REPLAY: Argument = Argument {
    name: "on_replay",
    value: Expected::This("a function or a closure"),
    example: "on_replay = refresh",
};
pub(crate) static RUNTIME: Argument = Argument {
    name: "runtime",
    value: Expected::This("an expression"),
    example: "runtime = self.idempotency",
};
pub(crate) static CODEC: Argument = Argument {
    name: "codec",
    value: Expected::This("a codec"),
    example: "codec = SEALED",
};
pub(crate) static CRATE: Argument = Argument {
    name: "crate",
    value: Expected::This("a path"),
    example: "crate = renamed",
};

/// All arguments, in the order in which messages list them; the required ones come first.
pub(crate) static ARGUMENTS: [&Argument; 16] = [
    &KEY,
    &TTL,
    &FINGERPRINT,
    &NAME,
    &EVENT,
    &LEASE,
    &ON_ERROR,
    &ON_ABANDONED,
    &ON_BUSY,
    &ON_OVERRUN,
    &ON_MISSING_KEY,
    &ON_STORE_FAILURE,
    &ON_REPLAY,
    &CODEC,
    &RUNTIME,
    &CRATE,
];

/// Names that mean an argument in other libraries and languages, or in a first guess; in the same order.
const GUESSES: [&str; 16] = [
    "by event_key_jmespath expression field id idempotency_key json_path jsonpath key_path path",
    "duration expiration expires expires_after expires_after_seconds expires_in \
        expires_in_seconds expiry max_age retention time_to_live ttl_ms ttl_secs ttl_seconds",
    "checksum hash payload_validation payload_validation_jmespath validate validation",
    "function_name key_prefix namespace prefix scope",
    "arg data_index_argument data_keyword_argument input param parameter payload",
    "in_progress_expiration in_progress_timeout lock lock_duration lock_timeout lock_ttl",
    "cache_errors error errors ignore_errors on_err on_exception on_fail on_failure on_panic remember_errors \
        store_errors",
    "on_abandon on_crash on_expired on_lost on_orphan on_stale on_timeout on_unknown reconcile",
    "busy on_concurrent on_conflict on_duplicate on_in_progress on_lock on_locked poll wait wait_for wait_timeout",
    "on_lease_end on_lease_lost on_overtime overrun",
    "missing_key on_empty_key on_no_key on_null_key raise_on_no_idempotency_key skip_on_missing_key \
        throw_on_no_idempotency_key throwonnoidempotencykey",
    "fail_closed fail_open on_outage on_persistence_error on_store_down on_store_error on_unavailable \
        store_failure",
    "after_replay hook on_cache_hit on_cached on_hit on_replayed on_response replay_hook response_hook",
    "compress compression encode encoder encoding encrypt encryption format output_serializer serializer",
    "config idempotency persistence_layer persistence_store store",
    "crate_name crate_path krate",
];

/// What is written in a value without quotes: a form of a key, or what a policy does.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) takes: &'static str,
    pub(crate) example: &'static str,
    /// Other names that mean it.
    guesses: &'static str,
}

pub(crate) static JSON: Word = Word {
    name: "json",
    takes: "a key and the path in the JSON that it gives",
    example: r#"json("$.body", "$.orderId")"#,
    guesses: "from_json json_path jsonpath parse_json powertools_json",
};
pub(crate) static BASE64: Word = Word {
    name: "base64",
    takes: "one key",
    example: r#"base64("$.body")"#,
    guesses: "b64 base_64 from_base64 powertools_base64",
};
pub(crate) static HEADER: Word = Word {
    name: "header",
    takes: "one name in quotes",
    example: r#"header("Idempotency-Key")"#,
    guesses: "headers http_header",
};
pub(crate) static REQUEST_ID: Word = Word {
    name: "request_id",
    takes: "no arguments",
    example: "request_id",
    guesses: "aws_request_id invocation_id lambda_request_id requestid",
};
pub(crate) static VOLATILE: Word = Word {
    name: "volatile",
    takes: "one key",
    example: r#"volatile("$.requestContext.requestId")"#,
    guesses: "allow_volatile unstable",
};

/// All forms, in the order in which messages list them.
pub(crate) static FORMS: [&Word; 5] = [&JSON, &BASE64, &HEADER, &REQUEST_ID, &VOLATILE];

/// The word of this name.
pub(crate) fn word<'w>(words: impl IntoIterator<Item = &'w Word>, name: &str) -> Option<&'w Word> {
    words.into_iter().find(|word| word.name == name)
}

/// The word that an unknown name was meant to be, if it can be told.
pub(crate) fn meant_word<'w>(
    words: impl IntoIterator<Item = &'w Word>,
    name: &str,
) -> Option<&'w Word> {
    let name = name.to_lowercase();
    let meant = |word: &&Word| {
        let mut guesses = word.guesses.split_whitespace();
        is_slip(name.as_bytes(), word.name.as_bytes()) || guesses.any(|guess| guess == name)
    };
    words.into_iter().find(meant)
}

const fn key(name: &'static str, example: &'static str) -> Argument {
    let value = Expected::This("a path in quotes or a closure");
    Argument {
        name,
        value,
        example,
    }
}

const fn string(name: &'static str, example: &'static str) -> Argument {
    let value = Expected::This("a string literal");
    Argument {
        name,
        value,
        example,
    }
}

/// The argument of this name.
pub(crate) fn known(name: &str) -> Option<&'static Argument> {
    ARGUMENTS.into_iter().find(|argument| argument.name == name)
}

/// The argument that an unknown name was meant to be, if it can be told.
pub(crate) fn meant(name: &str) -> Option<&'static Argument> {
    let name = name.to_lowercase();
    let guessed = |guesses: &str| guesses.split_whitespace().any(|guess| guess == name);
    let slipped = |argument: &&Argument| is_slip(name.as_bytes(), argument.name.as_bytes());
    let guessed = GUESSES.iter().position(|guesses| guessed(guesses));
    guessed
        .map(|position| ARGUMENTS[position])
        .or_else(|| ARGUMENTS.into_iter().find(slipped))
}

/// The names in backticks.
pub(crate) fn list(names: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let quoted = names.into_iter().map(|name| format!("`{name}`"));
    quoted.collect::<Vec<_>>().join(", ")
}

/// Whether one letter is too many, missing or wrong, or two neighbours are swapped.
fn is_slip(written: &[u8], meant: &[u8]) -> bool {
    match (written, meant) {
        ([a, written @ ..], [b, meant @ ..]) if a == b => is_slip(written, meant),
        ([written @ .., a], [meant @ .., b]) if a == b => is_slip(written, meant),
        ([a, b], [c, d]) => (a, b) == (d, c),
        (written, meant) => written.len() <= 1 && meant.len() <= 1,
    }
}
