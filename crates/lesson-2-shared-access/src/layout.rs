//! The layout of a thermometer's file. Each field is an atomic of a fixed size at a fixed offset:
//! no padding, no `usize`, no `bool`, no enum, no pointer.
//! `cargo lesson-2 measure FILE` makes such a file, `od -A d -t d8 FILE` prints it.
//!
//! ```text
//! byte 0       8        12       16         24       32             40            48      64
//!      | magic | version | spare | sequence | number | millidegrees | nanoseconds | spare |
//! ```

use std::fmt;
use std::mem::{offset_of, size_of};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};

/// Marks a thermometer. On a machine with the other byte order the number reads differently, so
/// that machine refuses the file.
pub const MAGIC: u64 = 0x54_48_45_52_4d_4f_01_0a;

/// Changes with every change of the layout.
pub const VERSION: u32 = 1;

/// Bytes in the file.
pub const SIZE: usize = size_of::<Thermometer>();

/// The shared memory. A process that maps it read-only uses `Relaxed` loads and fences.
#[repr(C)]
pub struct Thermometer {
    /// Stored last when a thermometer is made: a reader that sees it sees the version as well.
    pub(crate) magic: AtomicU64,
    pub(crate) version: AtomicU32,
    spare: AtomicU32,
    /// Odd while a reading is being stored. Each reading adds 2.
    pub(crate) sequence: AtomicU64,
    pub(crate) number: AtomicU64,
    pub(crate) millidegrees: AtomicI64,
    pub(crate) nanoseconds: AtomicI64,
    more_spare: [AtomicU64; 2],
}

const _: () = assert!(SIZE == 64);
const _: () = assert!(offset_of!(Thermometer, sequence) == 16);
const _: () = assert!(offset_of!(Thermometer, nanoseconds) == 40);

/// Offset, length and name of each field, for a figure.
pub(crate) const FIELDS: [(u64, u64, &str); 8] = [
    (offset_of!(Thermometer, magic) as u64, 8, "magic number"),
    (offset_of!(Thermometer, version) as u64, 4, "version"),
    (offset_of!(Thermometer, spare) as u64, 4, "spare"),
    (offset_of!(Thermometer, sequence) as u64, 8, "sequence"),
    (offset_of!(Thermometer, number) as u64, 8, "number"),
    (offset_of!(Thermometer, millidegrees) as u64, 8, "millidegrees"),
    (offset_of!(Thermometer, nanoseconds) as u64, 8, "nanoseconds"),
    (offset_of!(Thermometer, more_spare) as u64, 16, "spare"),
];

/// A reading, copied into memory that only this process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The first reading has number 1.
    pub number: u64,
    /// Thousandths of a degree Celsius.
    pub millidegrees: i64,
    /// The time of the measurement, in nanoseconds since 1970.
    pub nanoseconds: i64,
}

impl Reading {
    /// A reading for demonstrations, whose words show which reading they belong to: number 2 has
    /// 2000 millidegrees and 2000000 nanoseconds.
    pub(crate) fn number(number: u32) -> Self {
        let wide = i64::from(number);
        Self { number: number.into(), millidegrees: wide * 1_000, nanoseconds: wide * 1_000_000 }
    }
}

/// A temperature as people write it: `-0.250 °C`.
pub(crate) struct Temperature(i64);

impl Reading {
    pub(crate) fn temperature(self) -> Temperature {
        Temperature(self.millidegrees)
    }
}

impl fmt::Display for Temperature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (degrees, thousandths) = (self.0.unsigned_abs() / 1_000, self.0.unsigned_abs() % 1_000);
        write!(f, "{sign}{degrees}.{thousandths:03} °C")
    }
}

/// `Reading 1: -0.250 °C`.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reading {}: {}", self.number, self.temperature())
    }
}
