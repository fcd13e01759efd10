//! verdict: refused
//! Leaves three thousand directories one in the other, closed to everybody, and some links.

use std::os::unix::fs::PermissionsExt;

fn main() {
    let _ = std::os::unix::fs::symlink("/etc/passwd", "passwd");
    let _ = std::os::unix::fs::symlink("/", "root");
    let top = std::env::current_dir().unwrap();
    for _ in 0..3_000 {
        std::fs::create_dir("d").unwrap();
        let _ = std::fs::write("f", "x");
        std::env::set_current_dir("d").unwrap();
    }
    let _ = std::env::set_current_dir(top);
    std::fs::set_permissions("d", std::fs::Permissions::from_mode(0)).unwrap();
    std::fs::set_permissions(".", std::fs::Permissions::from_mode(0)).unwrap();
}
