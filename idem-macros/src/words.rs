//! The words of the attribute: its arguments, and what people write in their place.

/// One argument as messages show it.
#[derive(Debug)]
pub(crate) struct Argument {
    /// Name, as written before the `=`.
    pub(crate) name: &'static str,
    /// What its value has to be.
    pub(crate) value: &'static str,
    /// The whole argument, as a user would write it.
    pub(crate) example: &'static str,
}

pub(crate) static KEY: Argument = key("key", r#"key = "$.orderId""#);
pub(crate) static FINGERPRINT: Argument = key("fingerprint", r#"fingerprint = "$.lines""#);
pub(crate) static TTL: Argument = string("ttl", r#"ttl = "1h""#);
pub(crate) static NAME: Argument = string("name", r#"name = "payments/charge""#);
pub(crate) static LEASE: Argument = string("lease", r#"lease = "30s""#);
pub(crate) static EVENT: Argument = Argument {
    name: "event",
    value: "the name of a parameter",
    example: "event = order",
};
pub(crate) static RUNTIME: Argument = Argument {
    name: "runtime",
    value: "an expression",
    example: "runtime = self.idempotency",
};
pub(crate) static CODEC: Argument = Argument {
    name: "codec",
    value: "a codec",
    example: "codec = SEALED",
};
pub(crate) static CRATE: Argument = Argument {
    name: "crate",
    value: "a path",
    example: "crate = renamed",
};

/// All arguments, in the order in which messages list them; the required ones come first.
pub(crate) static ARGUMENTS: [&Argument; 9] = [
    &KEY,
    &TTL,
    &FINGERPRINT,
    &NAME,
    &EVENT,
    &LEASE,
    &CODEC,
    &RUNTIME,
    &CRATE,
];

/// Names that mean an argument in other libraries and languages, or in a first guess; in the same order.
const GUESSES: [&str; 9] = [
    "by event_key_jmespath expression field id idempotency_key json_path jsonpath key_path path",
    "duration expiration expires expires_after expires_after_seconds expires_in \
        expires_in_seconds expiry max_age retention time_to_live ttl_ms ttl_secs ttl_seconds",
    "checksum hash payload_validation payload_validation_jmespath validate validation",
    "function_name key_prefix namespace prefix scope",
    "arg data_index_argument data_keyword_argument input param parameter payload",
    "in_progress_expiration in_progress_timeout lock lock_duration lock_timeout lock_ttl",
    "compress compression encode encoder encoding encrypt encryption format output_serializer serializer",
    "config idempotency persistence_layer persistence_store store",
    "crate_name crate_path krate",
];

/// One form of a key that is written as a word.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) takes: &'static str,
    pub(crate) example: &'static str,
    /// Other names that mean it.
    guesses: &'static str,
}

pub(crate) static JSON: Form = Form {
    name: "json",
    takes: "a key and the path in the JSON that it gives",
    example: r#"json("$.body", "$.orderId")"#,
    guesses: "from_json json_path jsonpath parse_json powertools_json",
};
pub(crate) static BASE64: Form = Form {
    name: "base64",
    takes: "one key",
    example: r#"base64("$.body")"#,
    guesses: "b64 base_64 from_base64 powertools_base64",
};
pub(crate) static HEADER: Form = Form {
    name: "header",
    takes: "one name in quotes",
    example: r#"header("Idempotency-Key")"#,
    guesses: "headers http_header",
};
pub(crate) static REQUEST_ID: Form = Form {
    name: "request_id",
    takes: "no arguments",
    example: "request_id",
    guesses: "aws_request_id invocation_id lambda_request_id requestid",
};
pub(crate) static VOLATILE: Form = Form {
    name: "volatile",
    takes: "one key",
    example: r#"volatile("$.requestContext.requestId")"#,
    guesses: "allow_volatile unstable",
};

/// All forms, in the order in which messages list them.
pub(crate) static FORMS: [&Form; 5] = [&JSON, &BASE64, &HEADER, &REQUEST_ID, &VOLATILE];

/// The form of this name.
pub(crate) fn form(name: &str) -> Option<&'static Form> {
    FORMS.into_iter().find(|form| form.name == name)
}

/// The form that an unknown name was meant to be, if it can be told.
pub(crate) fn meant_form(name: &str) -> Option<&'static Form> {
    let name = name.to_lowercase();
    let meant = |form: &&Form| {
        let mut guesses = form.guesses.split_whitespace();
        is_slip(name.as_bytes(), form.name.as_bytes()) || guesses.any(|guess| guess == name)
    };
    FORMS.into_iter().find(meant)
}

const fn key(name: &'static str, example: &'static str) -> Argument {
    let value = "a path in quotes or a closure";
    Argument {
        name,
        value,
        example,
    }
}

const fn string(name: &'static str, example: &'static str) -> Argument {
    let value = "a string literal";
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

/// Whether one letter is too many, missing or wrong, or two neighbours are swapped.
fn is_slip(written: &[u8], meant: &[u8]) -> bool {
    match (written, meant) {
        ([a, written @ ..], [b, meant @ ..]) if a == b => is_slip(written, meant),
        ([written @ .., a], [meant @ .., b]) if a == b => is_slip(written, meant),
        ([a, b], [c, d]) => (a, b) == (d, c),
        (written, meant) => written.len() <= 1 && meant.len() <= 1,
    }
}
