//! The famous table, made honest: the same round trip, spinning and sleeping. `cargo lesson-7` shows a
//! few of each; `cargo bench-ipc` measures.

use std::fs;

use common::{Context, Result, Stage, say};

use crate::cores;
use crate::death::second;
use crate::end::Wait;
use crate::round_trip::Traveller;
use crate::transport::{Transport, Way};

/// Round trips each.
const TRIPS: usize = 300;

/// Half of the round trips took at most so long.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (_kept, other_core) = cores::keep_apart()?;
    let several = other_core.is_some();
    if !several {
        say!("   one CPU: nobody answers while we spin, so that column stays empty")?;
    }
    say!("   half of {TRIPS} round trips took at most (varies)   spinning    sleeping")?;
    for transport in [Transport::Mapped, Transport::Pipe, Transport::Socket, Transport::Queue] {
        let [spin, block] = [Wait::Spin, Wait::Block].map(|wait| {
            let able = several || wait == Wait::Block;
            able.then(|| median(stage, Way { transport, wait }, other_core)).transpose()
        });
        let write = |ns: Option<u64>| ns.map_or("-".into(), |ns| format!("{ns} ns"));
        let (spin, block) = (write(spin?), write(block?));
        say!("   {:<46}{spin:>12}{block:>12}", transport.name())?;
    }
    Ok(())
}

fn median(stage: &Stage, way: Way, core: Option<usize>) -> Result<u64> {
    let place = stage.scratch.path().join("memory");
    let mut command = second("answer")?;
    command.args([way.transport.name(), way.wait.name()]).arg(&place);
    command.args(core.map(|core| core.to_string()));
    let mut traveller = Traveller::start(way, &place, &mut command)?;
    let mut times = [0; TRIPS];
    traveller.travel(&mut times)?;
    if place.exists() {
        fs::remove_file(&place).step_on("remove", &place)?;
    }
    times.sort_unstable();
    Ok(times[TRIPS / 2])
}
