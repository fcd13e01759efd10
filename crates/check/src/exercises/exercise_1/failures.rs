//! Failures and wrong calls: told in one line, and nothing touched.

use std::path::Path;

use common::Context;
use nix::sys::stat::Mode;
use tracer::Ending;

use super::large_offsets::unchanged;
use super::shared::pattern;
use crate::counted::counted;
use crate::exercises::CheckContext;
use crate::exercises::unfit::notices_a_full_output;
use crate::observe::Run;
use crate::verdict::{Verdict, failed};

/// Runs it for at most this long: to open a FIFO is to wait for its other end for ever.
const AT_ONCE: std::time::Duration = std::time::Duration::from_secs(2);

pub(super) fn named(context: &mut CheckContext) -> Verdict {
    let content = pattern(100);
    let file = context.work_directory().write("FILE", &content)?;
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o444)).step("chmod")?;
    let run = context.run(&["poke", "FILE", "50", "x"])?;
    run.fails_naming(&["FILE"])?;
    unchanged(context, &run, &content)?;
    let run = context.run(&["poke", "no-such-directory/FILE", "0", "x"])?;
    run.fails_naming(&["no-such-directory/FILE"])?;
    context.run(&["peek", "FILE", "50", "51"])?.fails_naming(&["FILE"])?;
    context.new_work_directory()?;
    let run = context.run(&["peek", "FILE", "0", "1"])?;
    if !context.work_directory().names()?.is_empty() {
        let expected = format!("`{}` fails: there is no FILE", run.called);
        return failed("peek-creates", expected, "now there is one");
    }
    run.fails_naming(&["FILE"])
}

pub(super) fn irregular_files(context: &mut CheckContext) -> Verdict {
    irregular(context, &["poke", "FILE", "0", "x"])?;
    irregular(context, &["peek", "FILE", "0", "1"])?;
    irregular(context, &["peek", "FILE", "0", "0"])
}

/// A directory, a FIFO and a device are no regular files.
fn irregular(context: &mut CheckContext, arguments: &[&str]) -> Verdict {
    context.new_work_directory()?;
    let path = context.work_directory().path().join("FILE");
    std::fs::create_dir(&path).step_on("mkdir", &path)?;
    context.work_directory().hand_over(Path::new("FILE"))?;
    prompt(context, arguments, "FILE")?;
    context.new_work_directory()?;
    let path = context.work_directory().path().join("FILE");
    nix::unistd::mkfifo(&path, Mode::from_bits_truncate(0o666)).step_on("mkfifo", &path)?;
    context.work_directory().hand_over(Path::new("FILE"))?;
    prompt(context, arguments, "FILE")?;
    let mut arguments = arguments.to_vec();
    if let Some(file) = arguments.get_mut(1) {
        *file = "/dev/zero";
    }
    prompt(context, &arguments, "/dev/zero")
}

/// It fails, without waiting for anything.
fn prompt(context: &mut CheckContext, arguments: &[&str], name: &str) -> Verdict {
    let wall = std::mem::replace(&mut context.limits_mut().wall, AT_ONCE);
    let run = context.run(arguments);
    context.limits_mut().wall = wall;
    let run = run?;
    run.fails_naming(&[name])?;
    printed_nothing(&run)
}

fn printed_nothing(run: &Run) -> Verdict {
    if run.stdout.total == 0 {
        return Ok(());
    }
    let expected = format!("`{}` prints nothing", run.called);
    failed("prints-something-else", expected, counted(run.stdout.total, "byte"))
}

pub(super) fn full_output(context: &mut CheckContext) -> Verdict {
    context.work_directory().write("FILE", &pattern(100))?;
    notices_a_full_output(context, &["peek", "FILE", "0", "100"])?;
    // Without a newline: a buffer that holds lines writes none of these bytes before the program ends.
    context.new_work_directory()?.write("FILE", &pattern(30))?;
    notices_a_full_output(context, &["peek", "FILE", "0", "30"])
}

pub(super) fn wrong_calls(context: &mut CheckContext) -> Verdict {
    let content = pattern(100);
    context.work_directory().write("FILE", &content)?;
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
        let run = context.run(arguments)?;
        if arguments.contains(&"0x10") && run.ending == Ending::Exited(0) {
            let expected = format!("`{}` is a wrong call: exit status 2", run.called);
            return failed("not-decimal", expected, "exit status 0");
        }
        run.refuses_the_call()?;
        printed_nothing(&run)?;
        unchanged(context, &run, &content)?;
        if context.work_directory().names()? != ["FILE"] {
            let expected = format!("`{}` creates nothing", run.called);
            return failed(
                "leaves-a-new-file",
                expected,
                context.work_directory().names()?.join(", "),
            );
        }
    }
    leading_zero(context, &content)
}

/// `010` is ten. A program may refuse the leading zero.
fn leading_zero(context: &mut CheckContext, content: &[u8]) -> Verdict {
    const TEN: usize = 10;
    let run = context.run(&["peek", "FILE", "010", "1"])?;
    let right = content.get(TEN..=TEN).unwrap_or_default();
    if run.ending == Ending::Exited(0) && run.stdout.bytes != right {
        let byte = content.iter().position(|byte| run.stdout.bytes == [*byte]);
        let seen =
            byte.map_or("it printed something else".into(), |at| format!("it printed byte {at}"));
        return failed("not-decimal", format!("`{}` prints byte 10", run.called), seen);
    }
    let run = context.run(&["poke", "FILE", "010", "x"])?;
    let changed: Vec<_> = context.read("FILE")?.into_iter().enumerate().collect();
    let changed = changed.iter().filter(|(at, byte)| content.get(*at) != Some(byte));
    let changed: Vec<_> = changed.map(|(at, _)| *at).collect();
    if run.ending == Ending::Exited(0) && changed != [TEN] {
        let seen = changed
            .first()
            .map_or("no byte has changed".into(), |at| format!("byte {at} has changed"));
        return failed("not-decimal", format!("`{}` changes byte 10", run.called), seen);
    }
    Ok(())
}
