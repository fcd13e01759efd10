//! What the optimising compiler makes of plain accesses: in a loop that waits for another process, and
//! one after the other.

use std::process::Command;

use course::scratch;

/// The compiler moves a plain load out of a waiting loop, but not an atomic load.
///
/// - call: compiled code, edge
/// - source: rustc, opt-level 2
/// - level: observed
#[test]
fn the_compiler_moves_a_plain_load_out_of_a_waiting_loop_but_not_an_atomic_load() {
    assert!(!loads_in_the_loop("plain"), "plain: loaded once, before the loop");
    assert!(loads_in_the_loop("atomic"), "atomic: loaded in each turn");
}

/// The compiler drops the first of two plain stores, but not if a call comes between them.
///
/// - call: compiled code, edge
/// - source: rustc, opt-level 2
/// - level: observed
#[test]
fn the_compiler_drops_the_first_of_two_plain_stores_but_not_if_a_call_comes_between_them() {
    let stores = |name| optimised("plain_stores.rs", name).matches("store i32 ").count();
    assert_eq!(stores("store_twice"), 1);
    assert_eq!(stores("store_before_and_after_a_call"), 2);
}

/// Whether the optimised `wait_until_full` of a source loads anything after it has called `pause`.
fn loads_in_the_loop(source: &str) -> bool {
    let function = optimised(&format!("waiting_loops/{source}.rs"), "wait_until_full");
    assert!(function.contains(" load "), "the compiler must load at least once:\n{function}");
    block_is_left(&function)
}

/// What the compiler makes of a function of a source.
fn optimised(source: &str, function: &str) -> String {
    let scratch = scratch();
    let source = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/claims/{}"), source);
    let output = scratch.path().join("optimised.ll");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--crate-type=lib", "-Copt-level=2", "-Ccodegen-units=1"]);
    rustc.arg("--emit=llvm-ir").arg("-o").arg(&output).arg(source);
    let status = rustc.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(status.success(), "{rustc:?}");
    let code = std::fs::read_to_string(output).unwrap();
    let named = |text: &&str| text.lines().next().is_some_and(|line| line.contains(function));
    code.split("define ").skip(1).find(named).unwrap().to_owned()
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
