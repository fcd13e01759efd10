//! Sizes as people write them: `64K`, `1M`, `1G`.

use std::fmt;
use std::str::FromStr;

/// A number of bytes, more than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(pub(crate) usize);

const UNITS: [(char, u32); 4] = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit =
            UNITS.iter().find(|(letter, _)| text.ends_with([*letter, letter.to_ascii_lowercase()]));
        let (digits, shift) =
            unit.map_or((text, 0), |(_, shift)| (&text[..text.len() - 1], *shift));
        let number: usize =
            digits.parse().map_err(|_| "a number of bytes, or such as 64K, 1M, 1G")?;
        let bytes = number.checked_mul(1 << shift).filter(|bytes| isize::try_from(*bytes).is_ok());
        match bytes.ok_or("more than there are addresses")? {
            0 => Err("nothing to measure"),
            bytes => Ok(Self(bytes)),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, shift): &&(char, u32)| self.0 > 0 && self.0.is_multiple_of(1 << shift);
        match UNITS.iter().rev().find(whole) {
            Some((letter, shift)) => write!(f, "{}{letter}", self.0 >> shift),
            None => write!(f, "{} bytes", self.0),
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
            [Size(1 << 30), Size(3 << 19), Size(1025)].map(|size| size.to_string()),
            ["1G", "1536K", "1025 bytes"]
        );
    }
}
