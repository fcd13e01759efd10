//! What can happen to a process that holds a lock: the columns of the crash matrix.
//! `cargo lesson-5` tries each of them on each primitive.

use common::{Context, Peer, Result};

/// What happens to the process that holds the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderEnd {
    /// It is killed with SIGKILL.
    Killed,
    /// It exits without unlocking.
    Exits,
    /// It runs another program (`exec`). Rust opens files close-on-exec, so `exec` closes them.
    Execs,
    /// It runs another program, and its files stay open.
    KeepsAndExecs,
    /// It forks, and is then killed; its child lives on.
    Forks,
}

impl HolderEnd {
    /// All of them, in the order of the columns.
    pub const ALL: [Self; 5] =
        [Self::Killed, Self::Exits, Self::Execs, Self::KeepsAndExecs, Self::Forks];

    /// Makes it happen to `holder`, and waits until it has happened.
    ///
    /// # Errors
    /// Those of the step that failed.
    pub fn apply(self, holder: &mut Peer) -> Result<()> {
        let ask = |holder: &mut Peer, word| holder.tell(word).and_then(|()| holder.hear());
        match self {
            Self::Killed => kill(holder)?,
            Self::Exits => {
                holder.tell("exit")?;
                holder.process.wait().step("wait for the holder")?;
            }
            Self::Execs => drop(ask(holder, "exec")?), // It answers when the new program runs.
            Self::KeepsAndExecs => drop(ask(holder, "keep-exec")?),
            Self::Forks => {
                ask(holder, "fork")?;
                kill(holder)?;
            }
        }
        Ok(())
    }
}

fn kill(holder: &mut Peer) -> Result<()> {
    holder.process.kill().step("kill the holder")?;
    // Once the holder is waited for, the kernel has released what it releases.
    holder.process.wait().step("wait for the holder")?;
    Ok(())
}
