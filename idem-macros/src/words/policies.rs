//! The words of the policies.

use super::{Argument, Expected, Word};

pub(crate) static ON_ERROR: Argument = Argument {
    name: "on_error",
    value: Expected::OneOf(&[
        plain(
            "release",
            "clear delete drop evict fail forget free propagate raise remove reraise reset rethrow retry rollback throw \
                unlock",
        ),
        plain(
            "remember",
            "cache complete keep memoise memoize persist record replay return save store",
        ),
        plain("hold", HELD),
    ]),
    example: "on_error = remember",
};
pub(crate) static ON_ABANDONED: Argument = Argument {
    name: "on_abandoned",
    value: Expected::OneOf(&[
        plain(
            "retry",
            "again delete ignore reclaim rerun release repeat restart resume run steal take_over takeover",
        ),
        plain("hold", HELD),
        Word {
            name: "reconcile",
            takes: "one function or closure",
            example: "reconcile(ask)",
            guesses: "ask call check confirm look_up lookup probe query reconcile_with resolve verify",
        },
    ]),
    example: "on_abandoned = hold",
};
pub(crate) static ON_BUSY: Argument = Argument {
    name: "on_busy",
    value: Expected::OneOf(&[
        plain(
            "fail",
            "abort cancel conflict drop err error ignore panic raise refuse reject return skip throw",
        ),
        Word {
            name: "wait",
            takes: "one duration in quotes",
            example: r#"wait("5s")"#,
            guesses: "await block delay lock poll queue replay retry sleep wait_for",
        },
    ]),
    example: r#"on_busy = wait("5s")"#,
};
pub(crate) static ON_OVERRUN: Argument = Argument {
    name: "on_overrun",
    value: Expected::OneOf(&[
        plain(
            "stop",
            "abort break cancel drop error fail halt interrupt kill panic raise terminate throw",
        ),
        plain("run", "allow complete continue finish go_on keep"),
    ]),
    example: "on_overrun = run",
};
pub(crate) static ON_MISSING_KEY: Argument = Argument {
    name: "on_missing_key",
    value: Expected::OneOf(&[plain("fail", FAILING), plain("run", RUNNING)]),
    example: "on_missing_key = run",
};
pub(crate) static ON_STORE_FAILURE: Argument = Argument {
    name: "on_store_failure",
    value: Expected::OneOf(&[plain("fail", FAILING), plain("run", RUNNING)]),
    example: "on_store_failure = run",
};

/// All policies, in the order in which messages list them.
pub(crate) static POLICIES: [&Argument; 6] = [
    &ON_ERROR,
    &ON_ABANDONED,
    &ON_BUSY,
    &ON_OVERRUN,
    &ON_MISSING_KEY,
    &ON_STORE_FAILURE,
];

/// What `fail` is elsewhere, where its opposite is `run`.
const FAILING: &str =
    "abort cancel closed drop err error fail_closed panic raise refuse reject return throw";
/// And `run`.
const RUNNING: &str = "allow bypass continue execute fail_open ignore none open pass proceed skip";
/// What `hold` is elsewhere.
const HELD: &str = "block dead_letter freeze halt lock manual park pause quarantine stop suspend";

/// A word that takes no arguments.
const fn plain(name: &'static str, guesses: &'static str) -> Word {
    Word {
        name,
        takes: "no arguments",
        example: name,
        guesses,
    }
}
