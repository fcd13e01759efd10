//! FILE's pages at one moment: which process maps them, and what the page cache and the disk have of them.
//! The fixture looks; the page map of the book draws it, so the fields are those of its recordings.

use serde::Serialize;

/// FILE's pages at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pages {
    /// The processes that live.
    pub processes: Vec<ProcessPages>,
    /// FILE; none if there is no FILE.
    pub files: Vec<FilePages>,
}

/// What one process maps of FILE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProcessPages {
    /// How it is called.
    pub name: String,
    /// Its mappings of FILE.
    pub parts: Vec<MappedPages>,
}

/// One mapping of FILE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappedPages {
    /// `shared mapping` or `private mapping`.
    pub kind: &'static str,
    /// The place of its file in [`Pages::files`].
    pub file: Option<usize>,
    /// Its pages.
    pub entries: Vec<PageEntry>,
}

/// A page's entry in a page table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageEntry {
    /// The number of the page in the picture.
    pub label: u64,
    /// The page of the file.
    pub page: u64,
    /// What it leads to, in words.
    pub leads: &'static str,
    /// Which memory it leads to, if that belongs to no file. Equal numbers are one memory.
    pub own: Option<usize>,
}

/// What the page cache and the disk have of FILE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilePages {
    /// Its name.
    pub name: String,
    /// Does its file system keep files on a disk?
    pub on_disk: bool,
    /// Each of its pages.
    pub pages: Vec<CachedPage>,
}

/// A page of FILE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CachedPage {
    /// Its number.
    pub page: u64,
    /// What the page cache and the disk have of it, in words.
    pub state: &'static str,
}
