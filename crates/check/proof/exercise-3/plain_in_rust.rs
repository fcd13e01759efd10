//! verdict: core
//! A plain answer: a flush after each record, and the directory is not its concern.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use memmap2::{Mmap, MmapMut};

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().collect();
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    if words[1] == "record" {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).open(&words[2])?;
        for text in &words[3..] {
            let size = file.metadata()?.len() as usize;
            let old = unsafe { Mmap::map(&file)? };
            let slot = (0..size / 64).find(|slot| old[slot * 64] == 0).unwrap_or(size / 64);
            if slot * 64 >= size {
                file.set_len(((size / page + 1) * page) as u64)?;
            }
            let mut memory = unsafe { MmapMut::map_mut(&file)? };
            memory[slot * 64..][..64].fill(0);
            memory[slot * 64..][..text.len()].copy_from_slice(text.as_bytes());
            memory.flush()?;
            file.sync_all()?;
            println!("durable {slot}");
        }
    } else {
        let memory = unsafe { Mmap::map(&File::open(&words[2])?)? };
        for slot in memory.chunks(64).filter(|slot| slot[0] != 0) {
            let text = slot.split(|byte| *byte == 0).next().unwrap_or_default();
            io::stdout().write_all(text)?;
            println!();
        }
    }
    Ok(())
}
