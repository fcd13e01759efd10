//! `scanf` and `sscanf` with a text in a mapping.
//!
//! # Safety
//! Both functions load the text up to its first zero byte, which the caller of this module has checked, and
//! store a number only to memory of this module.
#![expect(unsafe_code, reason = "functions of the C library with any number of arguments")]

use libc::c_int;

use super::Reserved;

impl Reserved {
    /// `scanf(byte offset, "%d", &n)`: what it returns, and `n`, which is `before` at first. The text in the
    /// memory is the format.
    ///
    /// # Panics
    /// If the text has a `%`, or no zero byte before the end of its page.
    pub fn scanf(&self, offset: usize, before: c_int) -> (c_int, c_int) {
        assert!(!self.text(offset).contains(&b'%'), "a format could store anywhere");
        let mut number = before;
        let format = self.at(offset, 1).cast_const().cast();
        // SAFETY: the format ends with a zero byte and converts nothing, so nothing is stored.
        let result = unsafe { libc::scanf(format, c"%d".as_ptr(), &raw mut number) };
        (result, number)
    }

    /// `sscanf(byte offset, "%d", &n)`: what it returns, and `n`, which is `before` at first.
    ///
    /// # Panics
    /// If the text has no zero byte before the end of its page.
    pub fn sscanf(&self, offset: usize, before: c_int) -> (c_int, c_int) {
        assert!(!self.text(offset).is_empty(), "there is no text");
        let mut number = before;
        let text = self.at(offset, 1).cast_const().cast();
        // SAFETY: the text ends with a zero byte, and the only conversion stores one int to `number`.
        let result = unsafe { libc::sscanf(text, c"%d".as_ptr(), &raw mut number) };
        (result, number)
    }

    /// The bytes from `offset` to the first zero byte.
    fn text(&self, offset: usize) -> Vec<u8> {
        let end = (offset + 1).next_multiple_of(common::page_size());
        let text: Vec<u8> =
            (offset..end).map(|at| self.load(at)).take_while(|byte| *byte != 0).collect();
        assert!(offset + text.len() < end, "no zero byte in the page");
        text
    }
}
