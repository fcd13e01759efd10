//! Sizes for people.

/// A number of bytes, rounded down, as `512 MiB` or `3.4 GiB`.
pub(crate) fn size(bytes: u64) -> String {
    let tenths = ((bytes >> 20) * 10) >> 10;
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ if tenths < 100 => format!("{}.{} GiB", tenths / 10, tenths % 10),
        _ => format!("{} GiB", bytes >> 30),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_size_is_short_and_never_more_than_there_is() {
        let sizes = [0, 1 << 12, 64 << 20, (1 << 30) - 1, 1 << 30, 7 << 29, 24 << 30];
        let shown = ["0 bytes", "4 KiB", "64 MiB", "1023 MiB", "1.0 GiB", "3.5 GiB", "24 GiB"];
        assert_eq!(sizes.map(size), shown);
    }
}
