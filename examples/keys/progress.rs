//! How far the work is, on the terminal.

use std::cell::Cell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// From here on the work is long enough for a bar: bytes to read, and events to compare.
const BYTES: u64 = 64 << 20;
const EVENTS: u64 = 1 << 20;

/// A bar on standard error, if that is a terminal and there is much to do.
pub(crate) struct Progress {
    bar: ProgressBar,
    long: u64,
    done: Cell<u64>,
    is_shown: Cell<bool>,
}

impl Progress {
    /// Of reading so many bytes, where that is known.
    pub(crate) fn reading(bytes: Option<u64>) -> Self {
        let template = match bytes {
            Some(_) => "reading {wide_bar} {bytes} of {total_bytes}, {eta} left",
            None => "reading {spinner} {bytes}, {elapsed}",
        };
        Self::new(bytes, BYTES, template)
    }

    /// Of comparing so many events.
    pub(crate) fn comparing(events: u64) -> Self {
        let template = "comparing {wide_bar} {human_pos} of {human_len} events, {eta} left";
        Self::new(Some(events), EVENTS, template)
    }

    fn new(total: Option<u64>, long: u64, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let progress = Self {
            bar,
            long,
            done: Cell::new(0),
            is_shown: Cell::new(false),
        };
        progress.show_if(total.is_some_and(|total| total >= long));
        progress
    }

    pub(crate) fn advance(&self, by: u64) {
        self.done.set(self.done.get() + by);
        self.show_if(self.done.get() >= self.long);
        if self.is_shown.get() {
            self.bar.set_position(self.done.get());
        }
    }

    fn show_if(&self, is_long: bool) {
        if is_long && !self.is_shown.replace(is_long) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
