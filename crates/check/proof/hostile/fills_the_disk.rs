//! verdict: too-much-disk
//! Writes zeros without end into a file that has no name any more.

use std::io::Write;

fn main() {
    let mut file = std::fs::File::create("zeros").unwrap();
    std::fs::remove_file("zeros").unwrap();
    loop {
        file.write_all(&[0; 1 << 20]).unwrap();
    }
}
