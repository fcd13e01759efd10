//! Looks at everything, in the order in which it is told.

use common::Scratch;

use crate::finding::Finding;
use crate::resources::Limits;
use crate::{calls, devices, ground, resources, tools};

/// What was found. `limits` are those with which this process was started.
pub(crate) fn examine(limits: &Limits) -> Vec<Finding> {
    let scratch = Scratch::new();
    let mut findings = vec![
        ground::kernel(),
        ground::architecture(),
        ground::page_size(),
        tools::user(),
        ground::checkout(),
        ground::scratch(&scratch),
        devices::shared_memory(),
        calls::cachestat(),
        calls::ptrace(&scratch),
        calls::proc_files(),
        calls::user_namespaces(),
        calls::namespaces(),
        calls::landlock(),
        devices::loop_devices(&scratch),
        resources::cpus(),
        resources::memory(),
        limits.finding(),
    ];
    findings.extend(tools::rust());
    findings.push(tools::c_compiler());
    findings.extend(tools::languages());
    findings.push(tools::just());
    findings.extend(tools::tools_of_root());
    findings
}
