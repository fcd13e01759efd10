//! verdict: core
//! A plain answer: it maps the whole file, privately.

use std::env;
use std::fs::File;
use std::io::{self, Write};

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().collect();
    let (old, new) = (words[3].as_bytes()[0], words[4].as_bytes()[0]);
    let file = File::open(&words[2])?;
    let mut memory = unsafe { memmap2::MmapOptions::new().map_copy(&file)? };
    for byte in memory.iter_mut() {
        if *byte == old {
            *byte = new;
        }
    }
    io::stdout().write_all(&memory)
}
