//! verdict: refused
//! Does nothing and says that all is well.

fn main() {}
