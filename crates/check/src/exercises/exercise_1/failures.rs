//! Failures and wrong calls: told in one line, and nothing touched.

use std::fs::File;
use std::path::Path;

use common::Context;
use nix::sys::stat::Mode;

use super::far::unchanged;
use super::shared::pattern;
use crate::exercises::Bench;
use crate::observe::{NoopObserver, Run};
use crate::verdict::{CheckError, Finding, Verdict, failed};

/// Runs it for at most this long: to open a FIFO is to wait for its other end for ever.
const AT_ONCE: std::time::Duration = std::time::Duration::from_secs(2);

pub(super) fn of_poke(bench: &mut Bench) -> Verdict {
    irregular(bench, &["poke", "FILE", "0", "x"])?;
    bench.new_work_directory()?;
    let content = pattern(100);
    let file = bench.work_directory().write("FILE", &content)?;
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o444)).step("chmod")?;
    let run = bench.run(&["poke", "FILE", "50", "x"])?;
    run.fails_naming(&["FILE"])?;
    unchanged(bench, &run, &content)?;
    let run = bench.run(&["poke", "no-such-directory/FILE", "0", "x"])?;
    run.fails_naming(&["no-such-directory/FILE"])
}

pub(super) fn of_peek(bench: &mut Bench) -> Verdict {
    irregular(bench, &["peek", "FILE", "0", "1"])?;
    irregular(bench, &["peek", "FILE", "0", "0"])?;
    bench.new_work_directory()?;
    let run = bench.run(&["peek", "FILE", "0", "1"])?;
    if !bench.work_directory().names()?.is_empty() {
        let expected = format!("`{}` fails: there is no FILE", run.called);
        return failed("peek-creates", expected, "now there is one");
    }
    run.fails_naming(&["FILE"])
}

/// A directory, a FIFO and a device are no regular files.
fn irregular(bench: &mut Bench, arguments: &[&str]) -> Verdict {
    bench.new_work_directory()?;
    let path = bench.work_directory().path().join("FILE");
    std::fs::create_dir(&path).step_on("mkdir", &path)?;
    bench.work_directory().hand_over(Path::new("FILE"))?;
    prompt(bench, arguments, "FILE")?;
    bench.new_work_directory()?;
    let path = bench.work_directory().path().join("FILE");
    nix::unistd::mkfifo(&path, Mode::from_bits_truncate(0o666)).step_on("mkfifo", &path)?;
    bench.work_directory().hand_over(Path::new("FILE"))?;
    prompt(bench, arguments, "FILE")?;
    let mut arguments = arguments.to_vec();
    if let Some(file) = arguments.get_mut(1) {
        *file = "/dev/zero";
    }
    prompt(bench, &arguments, "/dev/zero")
}

/// It fails, without waiting for anything.
fn prompt(bench: &mut Bench, arguments: &[&str], name: &str) -> Verdict {
    let wall = std::mem::replace(&mut bench.limits().wall, AT_ONCE);
    let run = bench.run(arguments);
    bench.limits().wall = wall;
    let run = match run {
        Err(CheckError::Ended(finding)) if finding.diagnosis == "hang" => {
            let finding = Finding { diagnosis: "waits-for-a-fifo", ..*finding };
            return Err(finding.into());
        }
        run => run?,
    };
    run.fails_naming(&[name])?;
    printed_nothing(&run)
}

fn printed_nothing(run: &Run) -> Verdict {
    if run.stdout.total == 0 {
        return Ok(());
    }
    let expected = format!("`{}` prints nothing", run.called);
    failed("prints-something-else", expected, format!("{} bytes", run.stdout.total))
}

pub(super) fn full_output(bench: &mut Bench) -> Verdict {
    bench.work_directory().write("FILE", &pattern(100))?;
    let full = File::options().write(true).open("/dev/full");
    let full = full.step_on("open", Path::new("/dev/full"))?;
    let start = bench.start(&["peek", "FILE", "0", "100"]).stdout(full);
    let run = bench.observe(&start, &mut NoopObserver)?;
    run.notices_a_full_output()
}

pub(super) fn wrong_calls(bench: &mut Bench) -> Verdict {
    let content = pattern(100);
    bench.work_directory().write("FILE", &content)?;
    let wrong: [&[&str]; 20] = [
        &[],
        &["poke"],
        &["peek", "FILE"],
        &["peek", "FILE", "0"],
        &["poke", "FILE", "0"],
        &["poke", "FILE", "0", "x", "y"],
        &["peek", "FILE", "0", "1", "2"],
        &["prod", "FILE", "0", "x"],
        &["poke", "FILE", "x", "x"],
        &["poke", "FILE", "", "x"],
        &["poke", "FILE", "-1", "x"],
        &["poke", "FILE", "1.5", "x"],
        &["poke", "FILE", "0x10", "x"],
        &["poke", "NEW", "9223372036854775808", "x"],
        &["poke", "NEW", "18446744073709551616", "x"],
        &["peek", "FILE", "9223372036854775808", "0"],
        &["peek", "FILE", "0", "67108865"],
        &["peek", "FILE", "0", "-1"],
        &["peek", "FILE", "0", "many"],
        &["peek", "FILE", "5 ", "1"],
    ];
    for arguments in wrong {
        let run = bench.run(arguments)?;
        run.refuses_the_call()?;
        printed_nothing(&run)?;
        unchanged(bench, &run, &content)?;
        if bench.work_directory().names()? != ["FILE"] {
            let expected = format!("`{}` creates nothing", run.called);
            return failed(
                "leaves-a-new-file",
                expected,
                bench.work_directory().names()?.join(", "),
            );
        }
    }
    Ok(())
}
