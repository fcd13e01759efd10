//! A cold file: mapping it loads nothing, the first touch waits for the disk, and advice changes
//! how much is read ahead. `cargo lesson-6` shows it.

use common::{Context, Result, Stage, file_system, page_size, say};
use memmap2::Advice;

use crate::View;
use crate::cost::{chill, cost_of, write_lines};
use crate::picture::draw_here;

/// Pages of the file: a row of the picture.
const PAGES: usize = 48;

/// What is done to the mapping of a cold file.
struct Use {
    name: &'static str,
    advice: Advice,
    load: bool,
}

const USES: [Use; 5] = [
    Use { name: "no advice", advice: Advice::Normal, load: true },
    Use { name: "MADV_SEQUENTIAL", advice: Advice::Sequential, load: true },
    Use { name: "MADV_RANDOM", advice: Advice::Random, load: true },
    Use { name: "MADV_WILLNEED", advice: Advice::WillNeed, load: false },
    Use { name: "MADV_POPULATE_READ", advice: Advice::PopulateRead, load: false },
];

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let directory = stage.scratch.path().to_path_buf();
    if file_system(&directory)? == "tmpfs" {
        return say!("   tmpfs cannot show it: its files are nowhere but in memory");
    }
    say!(
        "   {PAGES} pages, on the disk only. In the first three one load, of page {};",
        PAGES / 2
    )?;
    say!("   in the others none. What is read ahead varies, and it may still be going on.")?;
    let length = PAGES * page_size();
    let mut major = Vec::new();
    for Use { name, advice, load } in USES {
        let path = directory.join(name.replace(' ', "-"));
        let file = write_lines(&path, length, page_size())?;
        chill(&file, &path)?;
        let view = View::of(&file, length).step_on("mmap", &path)?;
        if major.is_empty() {
            draw_here("mapped", view.address(), length)?;
        }
        view.advise(advice).step_on("madvise", &path)?;
        let touch = || {
            view.copy_to(length / 2, &mut [0]);
            Ok(())
        };
        if load {
            major.push(cost_of(touch)?.1.major.to_string());
        }
        draw_here(name, view.address(), length)?;
        page_view::pause()?;
    }
    say!("   Each load was one fault that waited for the disk: {} (major ones)", major.join(", "))
}
