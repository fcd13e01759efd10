//! Makes one program of all Rust answers: each file `exercise-N/NAME.rs`, also of `more`, becomes a module as it
//! stands, with one function appended that calls its `main`. One link instead of sixty. A file
//! `NAME.diff` is what its answer does otherwise than the `reference.rs` beside it.
#![allow(clippy::expect_used, reason = "a build fails by panicking, with the step's name")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo::rerun-if-changed=."); // A new folder, too.
    let (mut modules, mut table) = (String::new(), String::new());
    let folders = [".", "more"].into_iter().flat_map(|place| sorted(Path::new(place)));
    for folder in folders.filter(|path| path.is_dir()) {
        for file in sorted(&folder).into_iter().filter(|path| path.is_file()) {
            let (Some(group), Some(name)) = (folder.file_name(), file.file_stem()) else {
                continue;
            };
            let key = format!("{}/{}", group.to_string_lossy(), name.to_string_lossy());
            let module = key.replace(['/', '-'], "_");
            let text = fs::read_to_string(&file).expect("read an answer");
            let source = match file.extension().and_then(|extension| extension.to_str()) {
                Some("rs") => text,
                Some("diff") => changed(&folder.join("reference.rs"), &text),
                _ => continue,
            };
            let entry = "\npub(crate) fn entry() -> std::process::ExitCode {\n    \
                         std::process::Termination::report(main())\n}\n";
            let copy = out.join(format!("{module}.rs"));
            fs::write(&copy, source + entry).expect("write a module");
            writeln!(modules, "#[path = {copy:?}]\nmod {module};").expect("a String takes all");
            writeln!(table, "    ({key:?}, {module}::entry),").expect("a String takes all");
        }
    }
    let table = format!("const ANSWERS: &[(&str, fn() -> ExitCode)] = &[\n{table}];\n");
    fs::write(out.join("answers.rs"), modules + &table).expect("write the table");
}

/// The reference with an answer's changes.
fn changed(reference: &Path, changes: &str) -> String {
    let reference = fs::read_to_string(reference).expect("read the reference");
    let changes = diffy::Patch::from_str(changes).expect("a unified diff");
    diffy::apply(&reference, &changes).expect("a diff of the reference as it is")
}

/// What is in a directory, in the order of the names.
fn sorted(directory: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(directory).expect("list the answers");
    let mut paths: Vec<_> = listing.map(|entry| entry.expect("list the answers").path()).collect();
    paths.sort();
    paths
}
