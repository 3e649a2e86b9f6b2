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
    begun: Instant,
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
            begun: Instant::now(),
            shown: Instant::now(),
            drawn: false,
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// One step more.
    pub(crate) fn step(&mut self) {
        self.at(self.done + 1);
    }

    /// So many steps are done. Threads may tell of fewer after more; the most counts.
    pub(crate) fn at(&mut self, done: usize) {
        self.done = self.done.max(done);
        if self.terminal && self.shown.elapsed() >= Self::EVERY {
            self.shown = Instant::now();
            self.drawn = true;
            let (what, done, total) = (&self.what, self.done, self.total);
            let bar = bar(done, total);
            let left = self.left();
            // Nobody is worse off where progress cannot be shown.
            let _ = write!(
                std::io::stderr(),
                "\r\x1b[2K{bar} {what}: {done} of {total}{left}"
            );
        }
    }

    /// How long the rest will take, if it is more than a moment and goes on as it went.
    fn left(&self) -> String {
        let part = self.done as f64 / self.total as f64;
        let seconds = self.begun.elapsed().as_secs_f64() * (1.0 - part) / part;
        if seconds < 2.0 {
            return String::new();
        }
        let seconds = seconds as u64;
        format!(", {}:{:02} left", seconds / 60, seconds % 60)
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

/// What part is done, drawn.
fn bar(done: usize, total: usize) -> String {
    const WIDE: usize = 24;
    let full = (WIDE * done.min(total)).checked_div(total).unwrap_or(0);
    format!("[{}{}]", "#".repeat(full), " ".repeat(WIDE - full))
}
