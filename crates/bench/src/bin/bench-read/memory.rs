//! The bytes, already in memory: what the files are written from, what every count must agree with,
//! and the limit that every method is measured against.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Deref;
use std::path::Path;

use common::{Context, Failure, Result};
use memmap2::{Advice, MmapMut};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::fits;
use crate::size::Size;
use crate::space::Notes;

/// Anonymous memory, in huge pages where the kernel grants them: the fastest that there is.
pub(crate) struct Memory(MmapMut);

impl Memory {
    /// `size` bytes of made lines, or the first `size` bytes of `file`; less where memory is short.
    ///
    /// # Errors
    /// `open`'s and `read`'s own; a refusal if `file` is no regular file or has no bytes.
    pub(crate) fn of(
        size: Option<Size>,
        file: Option<&Path>,
        quick: bool,
        notes: &mut Notes,
    ) -> Result<Self> {
        let default = Size(if quick { 1 << 20 } else { 1 << 30 });
        let Some(path) = file else {
            let length = fits::in_memory(size.unwrap_or(default), notes)?;
            let mut memory = Self::reserved(length)?;
            memory.fill_with_lines();
            return Ok(memory);
        };
        // Asked before it is opened: a pipe would wait for a writer.
        let metadata = fs::metadata(path).step_on("stat", path)?;
        let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        if !metadata.is_file() || length == 0 {
            let sentence = if metadata.is_file() { "it is empty" } else { "not a regular file" };
            return Err(Failure::refusal("measure", path, sentence));
        }
        let mut source = File::open(path).step_on("open", path)?;
        let wanted = size.map_or(length, |size| size.0.min(length));
        let mut memory = Self::reserved(fits::in_memory(Size(wanted), notes)?)?;
        source.read_exact(&mut memory.0).step_on("read", path)?;
        Ok(memory)
    }

    fn reserved(length: usize) -> Result<Self> {
        let memory = MmapMut::map_anon(length).step("mmap")?;
        match memory.advise(Advice::HugePage) {
            // A kernel without huge pages: its memory is as fast as it gets all the same.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
            advised => advised.step("madvise MADV_HUGEPAGE")?,
        }
        Ok(Self(memory))
    }

    /// Lines of 10 to 70 bytes, the same on every run.
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
