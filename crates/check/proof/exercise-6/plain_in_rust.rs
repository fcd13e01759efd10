//! verdict: core
//! A plain answer: it maps one file after another, whole.

use std::fs::File;
use std::{env, io};

fn main() -> io::Result<()> {
    let names: Vec<String> = env::args().skip(2).collect();
    let (mut all_lines, mut all_bytes) = (0, 0);
    for name in &names {
        let memory = unsafe { memmap2::Mmap::map(&File::open(name)?)? };
        let lines = memory.iter().filter(|byte| **byte == b'\n').count();
        println!("{lines} {} {name}", memory.len());
        all_lines += lines;
        all_bytes += memory.len();
    }
    if names.len() > 1 {
        println!("{all_lines} {all_bytes} total");
    }
    Ok(())
}
