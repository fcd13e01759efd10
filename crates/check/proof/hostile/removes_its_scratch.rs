//! verdict: refused
//! Removes and renames whatever it finds, its own directory too.

fn main() {
    let here = std::env::current_dir().unwrap();
    let _ = std::fs::remove_file("FILE");
    let _ = std::os::unix::fs::symlink("/etc/passwd", "FILE");
    let _ = std::fs::remove_dir_all(&here);
    let _ = std::fs::rename(&here, here.with_extension("gone"));
    let _ = std::fs::remove_dir(&here);
}
