//! Ctrl-C: what is being done is ended in order, or not begun.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::answer::{Failure, code};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Whether somebody asked to stop.
pub(crate) fn asked() -> &'static AtomicBool {
    &ASKED
}

/// From now on Ctrl-C asks; pressed again, it ends the program at once.
pub(crate) fn heed() -> Result<(), Failure> {
    let set = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(code::STOPPED));
        }
    });
    set.map_err(|error| Failure::told(format!("Ctrl-C cannot be heeded: {error}")))
}

/// What is told of a run that was stopped.
pub(crate) fn stopped(message: String) -> Failure {
    Failure::Told {
        message,
        code: code::STOPPED,
    }
}
