//! Numbers in sentences.

/// A number of things: `1 byte`, `2 bytes`.
pub(crate) fn counted(number: u64, thing: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{end}")
}
