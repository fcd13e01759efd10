//! WRONG: waits with plain loads through a reference. The reference promises that no one changes the
//! mailbox, so the compiler may load `full` once, before the loop.

/// A mailbox, as a struct of plain fields.
pub struct Mailbox {
    /// Not 0 when a message is there.
    pub full: u32,
}

/// Waits until the mailbox is full, and calls `pause` in each turn.
#[inline(never)]
pub fn wait_until_full(mailbox: &Mailbox, pause: fn()) {
    while mailbox.full == 0 {
        pause();
    }
}
