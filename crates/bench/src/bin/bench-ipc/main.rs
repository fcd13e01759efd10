//! Measures the kinds of IPC of lesson 7 on this machine: `cargo bench-ipc`. Round trips, spinning and
//! sleeping; throughput of a ring and of a pipe. Ends with a table, `target/bench/ipc.json` and `.svg`,
//! and three sentences.
#![forbid(unsafe_code)]

mod grounds;
mod latency;
mod load;
mod pictures;
mod results;
mod sentences;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use bench::{Machine, Options, Output};
use common::clap::{self, Parser, Subcommand};
use common::{Scratch, say};
use lesson_7_pipes_and_sockets::throughput::{self, Load};
use lesson_7_pipes_and_sockets::{Channel, Transport, Wait, round_trip};

use crate::grounds::Grounds;
use crate::results::{Ground, Results};

/// Measures round trips and throughput between two processes of this machine.
#[derive(Parser)]
#[command(bin_name = "cargo bench-ipc")]
struct Call {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Answers round trips.
    #[command(hide = true)]
    Answer {
        transport: Transport,
        wait: Wait,
        place: PathBuf,
        #[arg(long)]
        core: Option<usize>,
    },
    /// Receives a load.
    #[command(hide = true)]
    Receive {
        transport: Transport,
        message_bytes: usize,
        messages: u64,
        place: PathBuf,
        #[arg(long)]
        core: Option<usize>,
    },
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> common::Result<()> {
    let Call { options, role } = Call::parse();
    match role {
        None => measure(&options),
        Some(Role::Answer { transport, wait, place, core }) => {
            begin(core)?;
            round_trip::answer(Channel { transport, wait }, &place)
        }
        Some(Role::Receive { transport, message_bytes, messages, place, core }) => {
            begin(core)?;
            throughput::receive_all(
                Load {
                    transport,
                    message_bytes,
                    messages,
                    messages_per_call: 1,
                    ring_bytes: 1 << 20,
                },
                &place,
            )
        }
    }
}

fn begin(core: Option<usize>) -> common::Result<()> {
    common::end_with_parent()?;
    core.map_or(Ok(()), bench::pin)
}

fn measure(options: &Options) -> common::Result<()> {
    let output = Output::new(options.output.clone())?;
    let scratch = Scratch::new()?;
    let machine = Machine::at(scratch.path())?;
    say!("{}", machine.sentence())?;
    let grounds = Grounds::prepare(scratch.path())?;
    let latencies = latency::measure(&grounds, options.quick)?;
    let loads = load::measure(&grounds, options.quick)?;
    let ground = Ground { machine, cores: grounds.cores, quick: options.quick };
    let results = Results::of(ground, &latencies, &loads);
    table::print(&results)?;
    let json = output.json("ipc", &results)?;
    let svg = output.svg("ipc", &pictures::draw(&results, &latencies, &loads)?)?;
    say!("\n{}\n{}\n", json.display(), svg.display())?;
    sentences::of(&results).iter().try_for_each(|sentence| say!("{sentence}"))
}
