//! `MAP_FIXED` takes the address and replaces what is there without a word; `MAP_FIXED_NOREPLACE`
//! takes it only if it is free. `cargo lesson-1` shows it.

use std::fs;

use common::{Context, Result, Stage, page_size, say};

use crate::failures::name_of;
use crate::line::compare;
use crate::own_file;
use crate::picture::{self, Pages};
use crate::sys::{Area, Call};

/// The step of the story: three pages of memory, the middle one in the way.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("intruder");
    fs::write(&path, vec![b'F'; page_size()]).step_on("write", &path)?;
    let file = own_file::open(&path)?;
    file.sync_all().step_on("fsync", &path)?; // So far the disk has all.
    let memory = Call::anonymous(3 * page_size()).make().step("mmap")?;
    (0..3).for_each(|page| memory.store(page * page_size(), b'M'));
    compare("three pages of memory (M):         ", &letters(&memory), "M M M")?;
    let pages = Pages::of("three pages", memory.address(), 3);
    picture::show(&[&pages])?;

    let taken = Call {
        addr: memory.address() + page_size(),
        flags: libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE,
        ..Call::shared(&file, page_size())
    };
    let refused = name_of(taken.make());
    let seen = format!("{} {refused}", letters(&memory));
    compare("MAP_FIXED_NOREPLACE of a file (F): ", &seen, "M M M EEXIST")?;

    let replaced = name_of(memory.replace(1, Call::shared(&file, page_size())));
    let seen = format!("{} {replaced}", letters(&memory));
    compare("MAP_FIXED of it on the second:     ", &seen, "M F M success")?;
    picture::show(&[&pages])?;
    say!("   So: MAP_FIXED at a wrong address destroys your own memory, and says success.")
}

fn letters(memory: &Area) -> String {
    let letter = |page| char::from(memory.load(page * page_size()));
    format!("{} {} {}", letter(0), letter(1), letter(2))
}
