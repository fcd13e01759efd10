//! Views as one SVG picture.

use page_view::{Mapping, View};

use crate::drawing::draw;
use crate::moment::{Moment, add};
use crate::output::harmless;

/// The views of one process, or of two, as they are now.
pub(crate) fn of(views: &[View]) -> String {
    let mut moment = Moment { title: String::new(), processes: Vec::new() };
    for view in views {
        add(&mut moment, &format!("process {}", view.pid), view, name);
    }
    draw("Pages of a mapping", &[moment])
}

fn name(mapping: &Mapping) -> String {
    harmless(mapping.path.as_deref().unwrap_or_default())
}
