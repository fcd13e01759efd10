//! How far a measurement is: a line for each group, and a bar on standard error if it is a terminal.

use common::{Result, say};
use indicatif::{ProgressBar, ProgressStyle};

/// The bar. It disappears from the terminal when it is dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// Says what is measured now, and shows a bar of so many steps. The bar is drawn only
    /// when a step begins or ends: no thread of its own takes time from what is measured.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn new(what: &str, steps: usize) -> Result<Self> {
        say!("measuring {what} ({steps} measurements) …")?;
        let bar = ProgressBar::new(steps as u64);
        let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Ok(Self(bar))
    }

    /// Names the step that begins.
    pub fn begin(&self, name: &str) {
        self.0.set_message(name.to_owned());
    }

    /// Says that a step has ended.
    pub fn advance(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
