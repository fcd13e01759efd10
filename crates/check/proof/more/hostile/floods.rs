//! verdict: refused, waits
//! Writes without end, to both outputs.

use std::io::Write;

fn main() {
    let line = [b'x'; 1 << 16];
    loop {
        let _ = std::io::stdout().write_all(&line);
        let _ = std::io::stderr().write_all(&line);
    }
}
