//! How far a measurement is: a bar on standard error if that is a terminal, else nothing.

use indicatif::{ProgressBar, ProgressStyle};

/// The bar. Dropped, it is gone from the terminal.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar of so many steps. It is drawn when a step begins or ends, and at no other moment: no
    /// thread of its own takes time from what is measured.
    pub fn new(steps: usize) -> Self {
        let bar = ProgressBar::new(steps as u64);
        let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    /// Names the step that begins.
    pub fn begin(&self, name: &str) {
        self.0.set_message(name.to_owned());
    }

    /// A step has ended.
    pub fn advance(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
