//! verdict: core
//! A plain answer: `File::lock` is flock, which the kernel takes away from the dead.

use std::fs::OpenOptions;
use std::io::{self, Error};
use std::{env, ptr};

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().collect();
    let numbers: Vec<u64> = words[3..].iter().map(|word| word.parse().unwrap()).collect();
    let file = OpenOptions::new().read(true).write(true).create(true).open(&words[2])?;
    file.lock()?;
    file.set_len(4096)?;
    let memory = memmap2::MmapOptions::new().len(4096).map_raw(&file)?;
    let start: *mut u64 = memory.as_mut_ptr().cast();
    let load = |word: u64| unsafe { ptr::read_volatile(start.add(word as usize)) };
    let store = |word: u64, value| unsafe { ptr::write_volatile(start.add(word as usize), value) };
    match numbers[..] {
        [times] => (0..times).for_each(|_| store(0, load(0) + 1)),
        [from, to, amount] if load(from) >= amount => {
            store(from, load(from) - amount);
            store(to, load(to) + amount);
        }
        _ => return Err(Error::other("too little money")),
    }
    Ok(())
}
