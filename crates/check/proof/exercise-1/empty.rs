//! verdict: refused
fn main() {}
