//! What may become of one who is inside: the columns of the crash matrix. `cargo lesson-5` brings
//! each of them about, for each primitive.

use common::{Context, Peer, Result};

/// What becomes of the one inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// SIGKILL.
    Killed,
    /// It ends by itself, without leaving.
    Exits,
    /// It runs another program; its descriptors are close-on-exec, as Rust opens them.
    Execs,
    /// The same, with descriptors that stay open.
    KeepsAndExecs,
    /// It forks, then is killed; the child lives.
    Forks,
}

impl Fate {
    /// All of them, in the order of the columns.
    pub const ALL: [Self; 5] =
        [Self::Killed, Self::Exits, Self::Execs, Self::KeepsAndExecs, Self::Forks];

    /// Brings it about, and waits until it is over.
    ///
    /// # Errors
    /// The system's, on the step that failed.
    pub fn befall(self, holder: &mut Peer) -> Result<()> {
        let told = |holder: &mut Peer, word| holder.tell(word).and_then(|()| holder.hear());
        match self {
            Self::Killed => kill(holder)?,
            Self::Exits => {
                holder.tell("exit")?;
                holder.process.wait().step("wait for the holder")?;
            }
            Self::Execs => drop(told(holder, "exec")?),
            Self::KeepsAndExecs => drop(told(holder, "keep-exec")?),
            Self::Forks => {
                told(holder, "fork")?;
                kill(holder)?;
            }
        }
        Ok(())
    }
}

fn kill(holder: &mut Peer) -> Result<()> {
    holder.process.kill().step("kill the holder")?;
    holder.process.wait().step("wait for the holder")?; // Reaped: the kernel is done with it.
    Ok(())
}
