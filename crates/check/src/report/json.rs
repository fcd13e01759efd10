//! The whole model: one object for one exercise, an array for several; or a line each.

use common::{Context, Result};

use super::Named;

pub(super) fn written(reports: &[Named]) -> Result<String> {
    let text = match reports {
        [one] => serde_json::to_string_pretty(one),
        several => serde_json::to_string_pretty(several),
    };
    text.step("write JSON")
}

pub(super) fn lines(reports: &[Named]) -> Result<String> {
    let lines = reports.iter().map(|report| serde_json::to_string(report).step("write JSON"));
    Ok(lines.collect::<Result<Vec<_>>>()?.join("\n"))
}
