//! Which columns and keys the readers have asked for: for the test that all are read.

use std::cell::RefCell;
use std::collections::BTreeSet;

type Asked = BTreeSet<(String, String)>;

thread_local! {
    static ASKED: RefCell<Asked> = const { RefCell::new(Asked::new()) };
}

pub(in crate::scenario) fn note(table: &str, name: &str) {
    ASKED.with_borrow_mut(|asked| asked.insert((table.to_owned(), name.to_owned())));
}

/// Whether this thread has asked for it.
pub(super) fn is(table: &str, name: &str) -> bool {
    ASKED.with_borrow(|asked| asked.contains(&(table.to_owned(), name.to_owned())))
}
