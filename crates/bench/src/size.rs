//! Sizes in bytes, as people write and read them: `64K` on the command line, `64 KiB` in a text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Size(pub usize);

/// Letters that multiply, and the power of two that each stands for.
const UNITS: [(char, u32); 4] = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];

impl Size {
    /// The size in the letters of the command line, for names: `64K`, `1M`.
    pub fn short(self) -> String {
        match self.unit() {
            Some((letter, shift)) => format!("{}{letter}", self.0 >> shift),
            None => self.0.to_string(),
        }
    }

    /// A size that is not exact, in the largest unit that fits, with three digits: `1.34 MiB`.
    pub fn about(bytes: f64) -> String {
        let fits = |(_, shift): &&(char, u32)| bytes >= 2_f64.powf(f64::from(*shift));
        match UNITS.iter().rev().find(fits) {
            Some((letter, shift)) => {
                format!("{} {letter}iB", crate::unit::digits(bytes / 2_f64.powf(f64::from(*shift))))
            }
            None => format!("{bytes:.0} B"),
        }
    }

    /// The largest unit that divides it.
    fn unit(self) -> Option<(char, u32)> {
        let divides = |(_, shift): &(char, u32)| self.0 > 0 && self.0.is_multiple_of(1 << shift);
        UNITS.into_iter().rev().find(divides)
    }
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit =
            UNITS.iter().find(|(letter, _)| text.ends_with([*letter, letter.to_ascii_lowercase()]));
        let (digits, shift) =
            unit.map_or((text, 0), |(_, shift)| (&text[..text.len() - 1], *shift));
        let number: usize = digits
            .parse()
            .map_err(|_| "expected a number of bytes, such as 4096, 64K, 1M or 1G")?;
        let bytes = number.checked_mul(1 << shift).filter(|bytes| isize::try_from(*bytes).is_ok());
        match bytes.ok_or("larger than the address space")? {
            0 => Err("expected at least 1 byte"),
            bytes => Ok(Self(bytes)),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit() {
            Some((letter, shift)) => f.pad(&format!("{} {letter}iB", self.0 >> shift)),
            None if self.0 == 1 => f.pad("1 byte"),
            None => f.pad(&format!("{} bytes", self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_and_written_as_people_do() {
        for (text, bytes) in [("1", 1), ("64K", 64 << 10), ("3m", 3 << 20), ("1G", 1 << 30)] {
            assert_eq!(text.parse(), Ok(Size(bytes)));
        }
        for wrong in ["", "K", "1.5G", "-1", "0", "0G", "1KiB", "9999999T", "é", "8388608T"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong:?}");
        }
        assert_eq!(
            [Size(1 << 30), Size(3 << 19), Size(1025), Size(1)].map(|size| size.to_string()),
            ["1 GiB", "1536 KiB", "1025 bytes", "1 byte"]
        );
        assert_eq!([Size(1 << 18), Size(64)].map(Size::short), ["256K", "64"]);
        assert_eq!(
            [100.0, 65536.0, 1_400_000.0].map(Size::about),
            ["100 B", "64.0 KiB", "1.34 MiB"]
        );
    }
}
