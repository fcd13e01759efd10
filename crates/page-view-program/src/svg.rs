//! Views as one SVG picture.

use page_view::{Mapping, View};

use crate::drawing::draw;
use crate::moment::{Moment, add};
use crate::text::harmless;

/// The views of one process, or of two, as they are now.
pub(crate) fn of(views: &[View]) -> String {
    let mut moment = Moment { title: String::new(), processes: Vec::new() };
    for view in views {
        add(&mut moment, &format!("process {}", view.pid), view, name);
    }
    let path = views.iter().flat_map(|view| &view.mappings).find_map(|map| map.path.as_deref());
    draw(&format!("Pages of {}", harmless(path.unwrap_or("anonymous memory"))), &[moment])
}

fn name(mapping: &Mapping) -> String {
    harmless(mapping.path.as_deref().and_then(|path| path.rsplit('/').next()).unwrap_or_default())
}
