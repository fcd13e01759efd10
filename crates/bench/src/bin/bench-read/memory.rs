//! The bytes in memory: the files are written from them, and counting them without any file is what
//! no method can beat by much.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Deref;
use std::path::Path;

use bench::{Notes, Size};
use common::{Context, Failure, Result};
use memmap2::{Advice, MmapMut};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::capacity;

/// Anonymous memory, in huge pages where the kernel grants them.
pub(crate) struct Memory(MmapMut);

impl Memory {
    /// `size` bytes of generated lines, or the first `size` bytes of `file`; less if memory is short.
    ///
    /// # Errors
    /// Those of `open` and `read`; a refusal if `file` is not a regular file or is empty.
    pub(crate) fn of(
        size: Option<Size>,
        file: Option<&Path>,
        quick: bool,
        notes: &mut Notes,
    ) -> Result<Self> {
        let default = Size(if quick { 1 << 20 } else { 1 << 30 });
        let Some(path) = file else {
            let length = capacity::in_memory(size.unwrap_or(default), notes)?;
            let mut memory = Self::reserved(length)?;
            memory.fill_with_lines();
            return Ok(memory);
        };
        // Checked before opening: to open a FIFO would wait for a writer.
        let metadata = fs::metadata(path).step_on("stat", path)?;
        let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        if !metadata.is_file() || length == 0 {
            let sentence =
                if metadata.is_file() { "the file is empty" } else { "not a regular file" };
            return Err(Failure::refusal("measure", path, sentence));
        }
        let mut source = File::open(path).step_on("open", path)?;
        let wanted = size.map_or(length, |size| size.0.min(length));
        let mut memory = Self::reserved(capacity::in_memory(Size(wanted), notes)?)?;
        source.read_exact(&mut memory.0).step_on("read", path)?;
        Ok(memory)
    }

    fn reserved(length: usize) -> Result<Self> {
        let memory = MmapMut::map_anon(length).step("mmap")?;
        match memory.advise(Advice::HugePage) {
            // A kernel without huge pages.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
            advised => advised.step("madvise MADV_HUGEPAGE")?,
        }
        Ok(Self(memory))
    }

    /// Lines of 10 to 70 bytes, the same in every run.
    fn fill_with_lines(&mut self) {
        self.0.fill(b'x');
        let (mut random, mut end) = (StdRng::seed_from_u64(6), 0);
        loop {
            end += random.random_range(10..=70);
            match self.0.get_mut(end) {
                Some(byte) => *byte = b'\n',
                None => return,
            }
        }
    }
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
