//! verdict: core
//! A plain answer: it maps from the page of OFFSET on, and checks little.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::{env, process};

use memmap2::MmapOptions;

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().collect();
    let offset: u64 = words[3].parse().unwrap();
    if words[1] == "poke" {
        let text = words[4].as_bytes();
        let end = offset + text.len() as u64;
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).open(&words[2])?;
        if file.metadata()?.len() < end {
            file.set_len(end)?;
        }
        let mut memory =
            unsafe { MmapOptions::new().offset(offset).len(text.len()).map_mut(&file)? };
        memory.copy_from_slice(text);
    } else {
        let length: usize = words[4].parse().unwrap();
        let file = OpenOptions::new().read(true).open(&words[2])?;
        if offset + length as u64 > file.metadata()?.len() {
            process::exit(1);
        }
        let memory = unsafe { MmapOptions::new().offset(offset).len(length).map(&file)? };
        io::stdout().write_all(&memory)?;
    }
    Ok(())
}
