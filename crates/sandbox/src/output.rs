//! What a process wrote: read as it comes, so that it never blocks, and cut where it is too much.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

/// What came out of a process, and whether that was all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The bytes, as many as are kept.
    pub bytes: Vec<u8>,
    /// How many there were.
    pub total: u64,
}

impl Output {
    /// Whether some were thrown away.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.total > self.bytes.len() as u64
    }

    /// As text, with a notice where it was cut.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.bytes).into_owned();
        if self.is_cut() {
            text += &format!("\n[cut: {} of {} bytes]", self.bytes.len(), self.total);
        }
        text
    }
}

/// The reading end of a pipe, and what came out of it so far.
pub(crate) struct Source {
    pipe: Arc<File>,
    output: Output,
    most: usize,
    open: bool,
}

impl Source {
    pub(crate) fn new(pipe: OwnedFd, most: usize) -> io::Result<Self> {
        fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let _ = fcntl(&pipe, FcntlArg::F_SETPIPE_SZ(1 << 20)); // Refused: more turns, that is all.
        let pipe = Arc::new(pipe.into());
        Ok(Self { pipe, output: Output::default(), most, open: true })
    }

    /// Reads what is there now, through this buffer.
    pub(crate) fn pump(&mut self, buffer: &mut [u8]) {
        // A writer that never pauses must not keep us here for ever.
        for _ in 0..1024 {
            match self.pipe.as_ref().read(buffer) {
                Ok(0) => self.open = false,
                Ok(count) => {
                    let room = self.most.saturating_sub(self.output.bytes.len()).min(count);
                    self.output.bytes.extend_from_slice(buffer.get(..room).unwrap_or_default());
                    self.output.total += count as u64;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => self.open = false, // A pipe's end has no other failure to tell of.
            }
            return;
        }
    }

    pub(crate) fn output(&self) -> &Output {
        &self.output
    }

    /// What to poll; nothing once every writer has gone.
    pub(crate) fn pipe(&self) -> Option<Arc<File>> {
        self.open.then(|| Arc::clone(&self.pipe))
    }
}
