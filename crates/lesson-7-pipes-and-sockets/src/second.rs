//! The parts that second processes play; `cargo lesson-7` starts them itself.

use std::io;
use std::path::PathBuf;

use common::clap::{self, Subcommand};
use common::{Context, Result, say};

use crate::end::{End, Wait};
use crate::ring_ends::{Receiving, Sending};
use crate::transport::{Transport, Way};
use crate::{across, cores, round_trip};

/// What a second process is to do.
#[derive(Subcommand)]
#[expect(missing_docs, reason = "each leads to the function that says what it does")]
pub enum Part {
    Answer { transport: Transport, wait: Wait, place: PathBuf, core: Option<usize> },
    Verify { ring: PathBuf },
    Linger,
    Attach { sending: PathBuf, receiving: PathBuf },
    SendAndLinger { ring: PathBuf, messages: usize },
    Sleep { ring: PathBuf },
}

impl Part {
    /// Plays the part, at most as long as the process lives that asked for it.
    ///
    /// # Errors
    /// The part's own.
    pub fn play(&self) -> Result<()> {
        common::end_with_parent()?;
        match self {
            Self::Answer { transport, wait, place, core } => {
                core.map_or(Ok(()), cores::keep)?;
                round_trip::answer(Way { transport: *transport, wait: *wait }, place)
            }
            Self::Verify { ring } => across::verify(ring),
            Self::Linger => linger(),
            Self::Attach { sending, receiving } => {
                let _ends = (Sending::attach(sending)?, Receiving::attach(receiving)?);
                say!("attached")?;
                linger()
            }
            Self::SendAndLinger { ring, messages } => {
                let mut sending = Sending::attach(ring)?;
                (0..*messages).try_for_each(|_| sending.send(b"message")).step("send")?;
                say!("sent")?;
                linger()
            }
            Self::Sleep { ring } => {
                let mut receiving = Receiving::attach(ring)?;
                say!("attached")?;
                let received = receiving.next(&mut [0; 64]);
                say!("received {}", crate::death::name(&received))
            }
        }
    }
}

/// Does nothing until it is killed. A signal with a handler would end it too: it has none.
fn linger() -> Result<()> {
    nix::unistd::pause();
    Err(io::Error::from(io::ErrorKind::Interrupted)).step("pause")
}
