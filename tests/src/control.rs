//! A control for claims that a page *stays* dirty: the kernel may flush at any moment by itself.

/// Runs an attempt that ends in `None` if its control (a twin file stored to at the same moment and
/// left alone) was flushed too, which says that the machine did it. At most five attempts.
pub fn undisturbed<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    (0..5)
        .find_map(|_| attempt())
        .expect("the machine flushed the control file five times in a row")
}
