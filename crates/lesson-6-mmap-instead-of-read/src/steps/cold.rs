//! Step 3: a cold file. Mapping it loads nothing, the first touch waits for the disk, and advice
//! changes how much is read ahead.

use common::{Context, Result, Stage, compare, file_system, page_size, sentence};
use memmap2::Advice;

use crate::View;
use crate::cost::{cached, cost_of, make_cold, write_lines};
use crate::picture::draw_here;

/// The pages of the file: one row of the picture.
const PAGES: usize = 32;

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

/// Step 3.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let directory = stage.scratch.path().to_path_buf();
    let length = PAGES * page_size();
    sentence(&format!(
        "A file of {PAGES} pages, made cold before each row. In the first three rows, one load of page {}; in the last two, no load.",
        PAGES / 2
    ))?;
    sentence(
        "(How much is read ahead varies, and the disk may still be busy when the row is drawn.)",
    )?;
    let mut major = 0;
    for (index, Use { name, advice, load }) in USES.into_iter().enumerate() {
        let path = directory.join(name.replace(' ', "-"));
        let file = write_lines(&path, length, page_size())?;
        make_cold(&file, &path)?;
        let view = View::of(&file, length).step_on("mmap", &path)?;
        if index == 0 {
            if cached(view.address(), length)? > 0 {
                let name = file_system(&directory)?;
                return sentence(&format!(
                    "Not here: {name} did not drop the pages. A file system that keeps its files in memory, such as tmpfs, has no cold files."
                ));
            }
            let cold = draw_here("mapped", view.address(), length)?;
            page_view::explain_new(std::slice::from_ref(&cold))?;
            page_view::pause()?;
        }
        view.advise(advice).step_on("madvise", &path)?;
        let touch = || {
            view.copy_to(length / 2, &mut [0]);
            Ok(())
        };
        if load {
            major += cost_of(touch)?.1.major;
        }
        draw_here(name, view.address(), length)?;
        page_view::pause()?;
    }
    compare("loads that waited for the disk: ", major, 3)
}
