//! A program reaches nothing outside its work directory, and leaves nothing in the kernel.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs::{self, Permissions};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use course::is_root;

use crate::judge::{CHECK, Judge, compile, open_directory, source};

/// A right exercise 4 that ends with status 77 if it can reach something outside.
fn reaches(how: &str, more: &[&str]) -> Judge {
    let how = format!("-DHOW={how}");
    Judge::of(4, "reaches.c", &[&[how.as_str()], more].concat())
}

/// The same by an ordinary user's judge: the program runs as the same user.
fn reaches_its_judge(how: &str) {
    reaches(how, &[]).by_ordinary_user().run().must_be_contained();
}

#[test]
fn a_program_cannot_take_the_judges_descriptors() {
    reaches_its_judge("NO_DESCRIPTORS");
}

#[test]
fn a_program_cannot_take_the_judges_cpu_time() {
    reaches_its_judge("NO_PROCESSOR");
}

#[test]
fn a_program_cannot_take_the_judges_files() {
    reaches_its_judge("NO_FILES");
}

#[test]
fn a_program_cannot_send_the_judge_a_signal() {
    reaches_its_judge("SIGNALS");
}

#[test]
fn a_program_cannot_read_the_judges_memory() {
    reaches_its_judge("MEMORY");
}

#[test]
fn a_program_cannot_change_the_judges_nice_value() {
    reaches_its_judge("PRIORITY");
}

#[test]
fn a_program_cannot_change_the_judges_processors() {
    reaches_its_judge("AFFINITY");
}

#[test]
fn a_program_cannot_change_the_judges_scheduling_policy() {
    reaches_its_judge("SCHEDULER");
}

#[test]
fn a_program_cannot_change_the_judges_priority_for_the_disk() {
    reaches_its_judge("IO_PRIORITY");
}

/// A program that changes a file of its user outside the work directory.
fn reaches_a_file(how: &str) {
    let directory = open_directory();
    let victim = directory.path().join("outside");
    fs::write(&victim, "a file of the same user").expect("write");
    let define = format!("-DVICTIM=\"{}\"", victim.display());
    let program = compile(directory.path(), "reaches.c", &[&format!("-DHOW={how}"), &define]);
    Judge::of_program(4, directory, program).by_ordinary_user().run().must_be_contained();
}

#[test]
fn a_program_cannot_change_the_mode_of_a_file_elsewhere() {
    reaches_a_file("CHMOD");
}

#[test]
fn a_program_cannot_change_the_times_of_a_file_elsewhere() {
    reaches_a_file("UTIMES");
}

#[test]
fn a_program_cannot_give_a_file_elsewhere_an_attribute() {
    reaches_a_file("XATTR");
}

/// A program that connects to a server of this test.
fn reaches_a_server(how: &str) {
    let server = TcpListener::bind(("127.0.0.1", 0)).expect("bind");
    let port = server.local_addr().expect("an address").port();
    let datagrams = UdpSocket::bind(("127.0.0.1", port)).expect("bind");
    reaches(how, &[&format!("-DPORT={port}")]).run().must_be_contained();
    server.set_nonblocking(true).expect("fcntl");
    assert!(server.accept().is_err(), "the program has connected");
    datagrams.set_nonblocking(true).expect("fcntl");
    assert!(datagrams.recv(&mut [0]).is_err(), "the program has sent a datagram");
}

#[test]
fn a_program_cannot_connect_by_multipath_tcp() {
    reaches_a_server("MPTCP");
}

#[test]
fn a_program_cannot_connect_by_tcp_fast_open() {
    reaches_a_server("FAST_OPEN");
}

#[test]
fn a_program_cannot_send_a_datagram() {
    reaches_a_server("DATAGRAM");
}

#[test]
fn a_program_cannot_listen_at_a_port_that_the_kernel_chooses() {
    reaches("LISTENS", &[]).run().must_be_contained();
}

/// A right exercise 4 that leaves something in the kernel.
fn leaves(what: &str) -> Judge {
    Judge::of(4, "leaves.c", &[&format!("-DLEAVES={what}")])
}

#[test]
fn a_semaphore_set_does_not_outlive_its_program() {
    leaves("SEMAPHORES").run().must_be_a_verdict();
}

#[test]
fn a_shared_memory_segment_does_not_outlive_its_program() {
    leaves("SEGMENT").run().must_be_a_verdict();
}

#[test]
fn a_system_v_message_queue_does_not_outlive_its_program() {
    leaves("MESSAGES").run().must_be_a_verdict();
}

#[test]
fn a_posix_message_queue_does_not_outlive_its_program() {
    leaves("QUEUE").run().must_be_a_verdict();
}

/// Another student's program, judged before.
fn another(directory: &Path, name: &str, define: &str) -> std::path::PathBuf {
    let before = directory.join("before");
    fs::create_dir(&before).expect("mkdir");
    compile(&before, name, &[define])
}

#[test]
fn a_right_program_does_not_meet_the_semaphore_set_of_a_wrong_one() {
    let right = Judge::of(5, "semaphore_set.c", &["-DUNDO=SEM_UNDO"]);
    let wrong = another(right.directory(), "semaphore_set.c", "-DUNDO=0");
    right.after_another(&wrong).run().must_be_accepted();
}

#[test]
fn a_program_does_not_find_the_segment_of_the_one_before() {
    let finds = leaves("FINDS_SEGMENT");
    let before = another(finds.directory(), "leaves.c", "-DLEAVES=SEGMENT");
    finds.after_another(&before).run().must_be_accepted();
}

#[test]
fn a_program_does_not_find_the_key_of_the_one_before() {
    let finds = leaves("FINDS_KEY");
    let before = another(finds.directory(), "leaves.c", "-DLEAVES=KEY");
    finds.after_another(&before).run().must_be_accepted();
}

/// A program that closes an ordinary user's judge out of its directories.
fn locks_out(how: &str) {
    let judge = Judge::of(4, "locks_out.c", &[&format!("-DHOW={how}")]);
    judge.by_ordinary_user().run().must_be_a_verdict();
}

#[test]
fn a_work_directory_of_mode_0_is_removed() {
    locks_out("MODE_0");
}

#[test]
fn a_directory_of_mode_0_above_the_work_directory_is_removed() {
    locks_out("ABOVE");
}

#[test]
fn directories_of_mode_0_all_the_way_up_are_removed() {
    locks_out("ALL_ABOVE");
}

#[test]
fn a_thousand_directories_of_mode_0_are_removed() {
    locks_out("DEEP");
}

#[test]
fn a_closed_file_in_a_closed_directory_is_removed() {
    locks_out("NESTED");
}

#[test]
fn a_work_directory_that_was_renamed_is_removed() {
    locks_out("RENAMED");
}

/// Files, one of them below a directory that compilers need. In the mount namespace of these tests
/// each is a file of the test's own, which only root may read.
const SECRET: &str = "/etc/hostname";
const SECRET_OF_THE_TOOLCHAIN: &str = "/usr/lib/os-release";

/// A batch's report does not show the secret, for which this source asks. Whether anything was
/// judged depends on the source: a link may be passed over.
fn tells_no_secret(hidden: &str, is_judged: bool, student: impl FnOnce(&Path)) {
    if !is_root() || !Path::new(hidden).exists() {
        return; // There is no file that the judge may read and its student may not.
    }
    let directory = open_directory();
    let secret = directory.path().join("secret");
    fs::write(&secret, "int the_secret_4711 = ;\n").expect("write");
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).expect("chmod");
    let folder = directory.path().join("students/ann");
    fs::create_dir_all(&folder).expect("mkdir");
    student(&folder.join("exercise-1.c"));
    let scratch = course::scratch();
    // The compiler runs as an ordinary user, who must pass it.
    fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).expect("chmod");
    for format in ["json", "markdown"] {
        let mut check = std::process::Command::new("unshare");
        let hide = format!("mount --bind \"$0\" {hidden} && exec \"$@\"");
        check.args(["--mount", "--", "sh", "-c", &hide]).arg(&secret).arg(CHECK);
        check.arg("--batch").arg(directory.path().join("students")).args(["--format", format]);
        let ended = check.env("LESSON_SCRATCH", scratch.path()).output().expect("run the judge");
        let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
        assert!(
            !is_judged || said.to_lowercase().contains("exercise"),
            "nothing was judged: {said}"
        );
        assert!(!said.contains("4711"), "the secret is told, as {format}");
    }
}

#[test]
fn the_report_does_not_show_what_the_compiler_included() {
    tells_no_secret(SECRET, true, |source| {
        fs::write(source, format!("#include \"{SECRET}\"\n")).expect("write");
    });
}

#[test]
fn the_report_does_not_show_what_only_root_may_read_beside_the_compiler() {
    tells_no_secret(SECRET_OF_THE_TOOLCHAIN, true, |source| {
        fs::write(source, format!("#include \"{SECRET_OF_THE_TOOLCHAIN}\"\n")).expect("write");
    });
}

#[test]
fn the_report_does_not_show_what_only_root_may_read_beside_rustc() {
    tells_no_secret(SECRET_OF_THE_TOOLCHAIN, true, |source| {
        let text = format!("include!(\"{SECRET_OF_THE_TOOLCHAIN}\");\nfn main() {{}}\n");
        fs::write(source.with_extension("rs"), text).expect("write");
    });
}

/// What it compiles is judged: an ordinary user reaches the toolchain, wherever it lies.
#[test]
fn rustc_compiles_a_students_source_as_an_ordinary_user() {
    let directory = open_directory();
    let folder = directory.path().join("students/ann");
    fs::create_dir_all(&folder).expect("mkdir");
    let reference = source("../exercise-4/reference.rs");
    fs::copy(reference, folder.join("exercise-4.rs")).expect("copy");
    let mut check = std::process::Command::new(CHECK);
    check.arg("--batch").arg(directory.path().join("students")).args(["--format", "csv"]);
    let ended = check.output().expect("run the judge");
    let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    assert!(said.contains("solved"), "{said}");
}

#[test]
fn the_report_does_not_show_what_the_assembler_included() {
    tells_no_secret(SECRET, true, |source| {
        let text = format!(
            "#include <stdio.h>\nextern char secret[];\n\
             __asm__(\".data\\n.globl secret\\nsecret: .incbin \\\"{SECRET}\\\"\\n.byte 0\\n\");\n\
             int main(void) {{ fputs(secret, stderr); return 1; }}\n"
        );
        fs::write(source, text).expect("write");
    });
}

#[test]
fn the_report_does_not_show_what_a_linked_source_holds() {
    tells_no_secret(SECRET, false, |source| symlink(SECRET, source).expect("symlink"));
}
