//! What was left out and why: printed at once, and kept in the record.

use common::{Result, say};

/// The notes of a run, a sentence each.
#[derive(Default)]
pub struct Notes(pub Vec<String>);

impl Notes {
    /// Prints a sentence and keeps it; one that was said before is not repeated.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn say(&mut self, sentence: String) -> Result<()> {
        if self.0.contains(&sentence) {
            return Ok(());
        }
        say!("note: {sentence}")?;
        self.0.push(sentence);
        Ok(())
    }

    /// What was made, or `None` and a sentence that says why it is left out.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn made<T>(&mut self, what: &str, made: Result<T>) -> Result<Option<T>> {
        match made {
            Ok(made) => Ok(Some(made)),
            Err(failure) => self.say(format!("{what}: left out: {failure}")).map(|()| None),
        }
    }
}
