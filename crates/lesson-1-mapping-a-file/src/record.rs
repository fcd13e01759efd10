//! A file can hold a record as its bytes, without text and without parsing. `#[repr(C)]` fixes the
//! order of the fields and the position of each. `cargo lesson-1` shows it.
//!
//! ```text
//! byte  0               8       12      16
//!       | passed        | fare  | gate  |
//! ```

use std::mem::offset_of;

use common::{Context, Result, Stage, compare, say};

use crate::{Mapping, own_file};

/// The record of a turnstile. It has no padding, no `bool` and no pointer, so any 16 bytes are a
/// valid record.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Turnstile {
    pub passed: u64,
    pub fare: f32,
    pub gate: [u8; 4],
}

const _: () = assert!(size_of::<Turnstile>() == 16, "8 + 4 + 4 bytes: no padding");

impl Turnstile {
    /// Stores the record in the first bytes of a mapping, in this machine's byte order.
    pub fn store(&self, mapping: &Mapping) {
        mapping.store(offset_of!(Self, passed), &self.passed.to_ne_bytes());
        mapping.store(offset_of!(Self, fare), &self.fare.to_ne_bytes());
        mapping.store(offset_of!(Self, gate), &self.gate);
    }

    /// Loads the record from the first bytes of a mapping.
    pub fn load(mapping: &Mapping) -> Self {
        Self {
            passed: u64::from_ne_bytes(field(mapping, offset_of!(Self, passed))),
            fare: f32::from_ne_bytes(field(mapping, offset_of!(Self, fare))),
            gate: field(mapping, offset_of!(Self, gate)),
        }
    }
}

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("turnstile");
    let (file, _) = own_file::open_or_create(&path)?;
    own_file::reserve(&file, &path, size_of::<Turnstile>())?;
    let mapping = Mapping::of(&file, size_of::<Turnstile>()).step_on("mmap", &path)?;
    let stored = Turnstile { passed: 1000, fare: 2.5, gate: *b"EAST" };
    stored.store(&mapping);
    let bytes = std::fs::read(&path).step_on("read", &path)?;
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    say!("   The file: {hex}")?;
    let Turnstile { passed, fare, gate } = Turnstile::load(&mapping);
    let gate = String::from_utf8_lossy(&gate).into_owned();
    let found = format!("{passed}, {fare}, {gate}");
    compare("The record: ", found, "1000, 2.5, EAST")?;
    page_view::pause()
}

fn field<const N: usize>(mapping: &Mapping, offset: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&mapping.load(offset, N));
    bytes
}
