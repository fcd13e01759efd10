//! A control for claims that a page *stays* dirty: the kernel may write dirty pages at any moment.

/// Runs `attempt` until it returns `Some`, at most five times. It returns `None` if its control was
/// written too: a second file, stored to at the same moment and left alone. Then the kernel wrote both.
/// An attempt also returns `None` if another process was in its way.
pub fn undisturbed<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    (0..5)
        .find_map(|_| attempt())
        .expect("the control was written, or another process was in the way, five times in a row")
}
