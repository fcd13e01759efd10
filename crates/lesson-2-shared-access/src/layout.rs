//! What lies in a thermometer's file. Every field has one size on every machine, stands at an offset
//! that is written down, and is an atomic: no padding, no `usize`, no `bool`, no enum, no pointer.
//! `cargo lesson-2 measure FILE` makes one, `od -A d -t d8 FILE` shows it.
//!
//! ```text
//! byte 0       8        12       16         24       32             40            48      64
//!      | magic | version | spare | sequence | number | millidegrees | nanoseconds | spare |
//! ```

use std::mem::{offset_of, size_of};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};

/// A number, not a text: a machine of the other byte order sees another number, and refuses.
pub const MAGIC: u64 = 0x54_48_45_52_4d_4f_01_0a;

/// Changes with every change of the layout.
pub const VERSION: u32 = 1;

/// Bytes in the file.
pub const SIZE: usize = size_of::<Thermometer>();

/// The shared memory. Whoever maps it for reading only loads it `Relaxed` and orders with fences.
#[repr(C)]
pub struct Thermometer {
    /// Stored last when a thermometer is made: who sees it sees the rest.
    pub(crate) magic: AtomicU64,
    pub(crate) version: AtomicU32,
    spare: AtomicU32,
    /// Odd while a reading is being stored; each reading adds 2.
    pub(crate) sequence: AtomicU64,
    pub(crate) number: AtomicU64,
    pub(crate) millidegrees: AtomicI64,
    pub(crate) nanoseconds: AtomicI64,
    more_spare: [AtomicU64; 2],
}

const _: () = assert!(SIZE == 64);
const _: () = assert!(offset_of!(Thermometer, sequence) == 16);
const _: () = assert!(offset_of!(Thermometer, nanoseconds) == 40);

/// A reading, in memory of this process's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The first has number 1.
    pub number: u64,
    /// Thousandths of a degree Celsius.
    pub millidegrees: i64,
    /// When it was measured: since 1970.
    pub nanoseconds: i64,
}

impl Reading {
    /// A reading whose three words are easily told from another's: 2, 2000, 2000000.
    pub(crate) fn number(number: u64) -> Self {
        let wide = i64::try_from(number).unwrap_or(0);
        Self { number, millidegrees: wide * 1_000, nanoseconds: wide * 1_000_000 }
    }
}
