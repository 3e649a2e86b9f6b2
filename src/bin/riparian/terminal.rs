//! Terminals: where colours are welcome, and progress.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Whether a stream takes colours: it is a terminal, and `NO_COLOR` (no-color.org) is not set.
fn welcome(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether standard output takes colours.
pub(crate) fn colours() -> bool {
    welcome(&std::io::stdout())
}

/// Whether standard error does.
pub(crate) fn error_colours() -> bool {
    welcome(&std::io::stderr())
}

/// How far something long has come, on standard error; silent where that is no terminal.
pub(crate) struct Progress {
    what: String,
    total: usize,
    done: usize,
    shown: Instant,
    /// Whether there is anything to wipe away.
    drawn: bool,
    terminal: bool,
}

impl Progress {
    const EVERY: Duration = Duration::from_millis(100);

    pub(crate) fn new(what: impl Into<String>, total: usize) -> Self {
        Self {
            what: what.into(),
            total,
            done: 0,
            shown: Instant::now(),
            drawn: false,
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// One step more.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        if self.terminal && self.shown.elapsed() >= Self::EVERY {
            self.shown = Instant::now();
            self.drawn = true;
            // Nobody is worse off where progress cannot be shown.
            let (what, done, total) = (&self.what, self.done, self.total);
            let _ = write!(std::io::stderr(), "\r\x1b[2K{what}: {done} of {total}");
        }
    }

    /// Says what is being done where it has no countable steps.
    pub(crate) fn say(what: &str) -> Self {
        let mut progress = Self::new(what, 0);
        progress.drawn = true;
        if progress.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[2K{what} ...");
        }
        progress
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal && self.drawn {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}
