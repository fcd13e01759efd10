//! What the optimising compiler makes of a loop that waits for another process.

use std::process::Command;

use course::scratch;

#[test]
fn the_compiler_moves_a_plain_load_out_of_a_waiting_loop_but_not_an_atomic_load() {
    assert!(!loads_in_the_loop("plain"), "plain: loaded once, before the loop");
    assert!(loads_in_the_loop("atomic"), "atomic: loaded in each turn");
}

/// Whether the optimised `wait_until_full` of a source loads anything after it has called `pause`.
fn loads_in_the_loop(source: &str) -> bool {
    let scratch = scratch();
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/claims/waiting_loops");
    let output = scratch.path().join("optimised.ll");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--crate-type=lib", "-Copt-level=2", "-Ccodegen-units=1"]);
    rustc.arg("--emit=llvm-ir").arg("-o").arg(&output).arg(format!("{here}/{source}.rs"));
    let status = rustc.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(status.success(), "{rustc:?}");
    let code = std::fs::read_to_string(output).unwrap();
    let function =
        code.split("define ").skip(1).find(|text| text.contains("wait_until_full")).unwrap();
    assert!(function.contains(" load "), "the compiler must load at least once:\n{function}");
    block_is_left(function)
}

/// Whether the block that calls `pause` jumps to another block. A block that always jumps to itself
/// is an endless loop without a load.
fn block_is_left(function: &str) -> bool {
    let mut label = "";
    let mut calls = false;
    for line in function.lines() {
        if let Some((name, _)) = line.split_once(':').filter(|_| !line.starts_with(' ')) {
            (label, calls) = (name, false);
        }
        calls |= line.contains("call ");
        if let Some(jump) = line.trim().strip_prefix("br ").filter(|_| calls) {
            return jump.split(',').next().unwrap() != format!("label %{label}");
        }
    }
    panic!("no block calls and jumps:\n{function}");
}
