//! Long work: without the interpreter's lock, and to be interrupted.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

/// How long an interrupt may go unnoticed.
const LOOK: Duration = Duration::from_millis(50);

/// Does work on a thread of its own while this one, which Python's signals come to, looks for an
/// interrupt and calls `tick`. After either fails, `stop` is set and the work is waited for.
///
/// # Errors
///
/// What an interrupt raises, what `tick` raises, and what a Python callable raised in the work.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&AtomicBool) -> T + Send,
    mut tick: impl FnMut(Python<'_>) -> PyResult<()> + Send,
) -> PyResult<T> {
    py.detach(|| {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let (done, wait) = channel();
            let stop = &stop;
            let worker = scope.spawn(move || {
                let result = catch_unwind(AssertUnwindSafe(|| work(stop)));
                // Nobody listens any more only if this function itself was unwound.
                let _ = done.send(());
                result.map_err(|panic| (panic, RAISED.take()))
            });
            let mut failure = None;
            while let Err(RecvTimeoutError::Timeout) = wait.recv_timeout(LOOK) {
                if failure.is_none() {
                    let looked = Python::attach(|py| py.check_signals().and_then(|()| tick(py)));
                    if let Err(raised) = looked {
                        stop.store(true, Ordering::Relaxed);
                        failure = Some(raised);
                    }
                }
            }
            let result = worker.join().unwrap_or_else(|panic| resume_unwind(panic));
            match (failure, result) {
                (Some(raised), _) | (None, Err((_, Some(raised)))) => Err(raised),
                (None, Ok(value)) => Ok(value),
                (None, Err((panic, None))) => resume_unwind(panic),
            }
        })
    })
}

thread_local! {
    /// What a callable raised on this thread.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Ends the run that called a Python callable: the engine has no errors of rules and policies, so
/// it is unwound, without a word of the panic hook, to where the exception is raised again. In an
/// ensemble the crate takes the text for the member's error.
pub(crate) fn give_up(raised: PyErr, who: &str) -> ! {
    let text = Python::attach(|py| {
        let kind = raised.get_type(py).name();
        let kind = kind.map_or_else(|_| String::new(), |kind| kind.to_string());
        format!("{who}: {kind}: {}", raised.value(py))
    });
    RAISED.set(Some(raised));
    resume_unwind(Box::new(text))
}
