//! `MAP_FIXED` replaces whatever is at the address and reports success. `MAP_FIXED_NOREPLACE` takes
//! an address only if it is free. `cargo lesson-1` shows both.

use std::fs;

use common::{Context, Result, Stage, compare, page_size, sentence};

use crate::failures::outcome;
use crate::own_file;
use crate::picture::{self, Pages};
use crate::sys::{Area, MmapCall};

/// The step of the story: three pages of memory, and a file mapped over the second.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("intruder");
    fs::write(&path, vec![b'F'; page_size()]).step_on("write", &path)?;
    let file = own_file::open(&path)?;
    file.sync_all().step_on("fsync", &path)?; // Now the disk has every page.
    let memory = MmapCall::anonymous(3 * page_size()).make().step("mmap")?;
    (0..3).for_each(|page| memory.store(page * page_size(), b'M'));
    compare("Three pages without a file: ", first_letters(&memory), "MMM")?;
    let pages = Pages::of("this process", memory.address(), 3);
    picture::show("memory without a file", &[&pages])?;

    let taken = MmapCall {
        addr: memory.address() + page_size(),
        flags: libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE,
        ..MmapCall::shared(&file, page_size())
    };
    sentence("Map a file of Fs at the second page:")?;
    compare("with MAP_FIXED_NOREPLACE: ", outcome(taken.make()), "EEXIST")?;
    compare("the three pages: ", first_letters(&memory), "MMM")?;
    let replaced = memory.replace(1, MmapCall::shared(&file, page_size()));
    compare("with MAP_FIXED: ", outcome(replaced), "success")?;
    compare("the three pages: ", first_letters(&memory), "MFM")?;
    picture::show("after MAP_FIXED", &[&pages])?;
    sentence("MAP_FIXED at a wrong address destroys your own memory and reports success.")
}

fn first_letters(memory: &Area) -> String {
    (0..3).map(|page| char::from(memory.load(page * page_size()))).collect()
}
