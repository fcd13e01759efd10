//! The whole model: one object for one exercise, an array for several.

use common::{Context, Result};

use super::Report;

pub(super) fn written(reports: &[Report]) -> Result<String> {
    let text = match reports {
        [one] => serde_json::to_string_pretty(one),
        several => serde_json::to_string_pretty(several),
    };
    text.step("write JSON")
}
