//! Where a claim's sentence is true. A test passes on more kernels and file systems than those of its
//! sentence, because it knows what the others do. So the bullet `holds` says where the sentence is true:
//!
//! ```text
//! /// - holds: since 6.16 on ext4; since 6.6 on xfs
//! /// - holds: from 6.1 to 6.12 not on tmpfs, btrfs
//! /// - holds: in 6.18
//! /// - holds: everywhere
//! ```

use crate::runs::numbers;

/// The file systems, and what the record of the runs calls each.
const FILE_SYSTEMS: [(&str, &str); 5] = [
    ("ext4", "ext4"),
    ("xfs", "xfs"),
    ("btrfs", "btrfs"),
    ("tmpfs", "tmpfs"),
    ("overlayfs", "overlay"),
];

/// Where a sentence is true: where one of the parts says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holds(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    kernels: Kernels,
    /// As the record calls them; `None` for all.
    file_systems: Option<Vec<&'static str>>,
}

/// Versions of Linux.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kernels {
    All,
    Since(String),
    Before(String),
    /// Both belong to it.
    Between(String, String),
}

/// Whether a sentence is true on a kernel and a file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    /// Not yet: from this version on.
    From(String),
    /// Not on this kernel.
    NotOnThisKernel,
    /// On no kernel with this file system.
    NotOnThisFileSystem,
}

impl Holds {
    /// From this version on, on all file systems; without a version, everywhere.
    pub(crate) fn since(version: Option<&str>) -> Self {
        let kernels = version.map_or(Kernels::All, |version| Kernels::Since(version.into()));
        Self(vec![Part { kernels, file_systems: None }])
    }

    /// Reads the bullet's text.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text == "everywhere" {
            return Ok(Self::since(None));
        }
        let parts = text.split("; ").map(part).collect::<Option<Vec<_>>>();
        parts.map(Self).ok_or_else(|| {
            format!(
                "{text:?} does not say where it holds, as `since 6.16 on ext4, xfs; in 6.1` does"
            )
        })
    }

    /// Whether it says that the sentence is true from this version on, at least on one file system.
    pub(crate) fn begins_with(&self, version: &str) -> bool {
        self.0.iter().any(|part| part.kernels == Kernels::Since(version.into()))
    }

    /// Whether the sentence is true there. `file_system` is as the record calls it.
    pub(crate) fn on(&self, kernel: &str, file_system: &str) -> Answer {
        let on_it = |part: &&Part| {
            part.file_systems.as_ref().is_none_or(|systems| systems.contains(&file_system))
        };
        let parts: Vec<_> = self.0.iter().filter(on_it).map(|part| &part.kernels).collect();
        if parts.is_empty() {
            return Answer::NotOnThisFileSystem;
        }
        if parts.iter().any(|kernels| kernels.contain(kernel)) {
            return Answer::Yes;
        }
        match parts[..] {
            [Kernels::Since(version)] => Answer::From(version.clone()),
            _ => Answer::NotOnThisKernel,
        }
    }
}

impl Kernels {
    fn contain(&self, kernel: &str) -> bool {
        let kernel = numbers(kernel);
        match self {
            Self::All => true,
            Self::Since(first) => kernel >= numbers(first),
            Self::Before(end) => kernel < numbers(end),
            Self::Between(first, last) => (numbers(first)..=numbers(last)).contains(&kernel),
        }
    }
}

/// Reads one part: `since 6.16 on ext4, xfs`.
fn part(text: &str) -> Option<Part> {
    let at = ["not on ", "on "].into_iter().find_map(|word| Some((text.find(word)?, word)));
    let (kernels, named) = match at {
        Some((start, word)) => {
            (text[..start].trim_end(), Some((&text[start + word.len()..], word)))
        }
        None => (text, None),
    };
    if kernels.is_empty() && named.is_none() {
        return None;
    }
    let file_systems = match named {
        Some((names, word)) => Some(file_systems(names, word == "not on ")?),
        None => None,
    };
    Some(Part { kernels: self::kernels(kernels)?, file_systems })
}

/// Reads `since 6.16`, `before 6.19`, `in 6.18` or `from 6.1 to 6.12`.
fn kernels(text: &str) -> Option<Kernels> {
    let words: Vec<_> = text.split(' ').collect();
    let versions = words.iter().skip(1).step_by(2);
    let is_version = |word: &&&str| {
        word.contains('.') && word.split('.').all(|number| number.parse::<u32>().is_ok())
    };
    if !versions.clone().all(|word| is_version(&word)) {
        return None;
    }
    match words[..] {
        [""] => Some(Kernels::All),
        ["since", first] => Some(Kernels::Since(first.into())),
        ["before", end] => Some(Kernels::Before(end.into())),
        ["in", only] => Some(Kernels::Between(only.into(), only.into())),
        ["from", first, "to", last] => Some(Kernels::Between(first.into(), last.into())),
        _ => None,
    }
}

/// Reads `ext4, xfs`, or all but these.
fn file_systems(names: &str, all_but: bool) -> Option<Vec<&'static str>> {
    let names: Vec<_> = names.split(", ").collect();
    let known = |name: &&str| FILE_SYSTEMS.iter().any(|(known, _)| known == name);
    if !names.iter().all(known) {
        return None;
    }
    let chosen = FILE_SYSTEMS.iter().filter(|(name, _)| names.contains(name) != all_but);
    Some(chosen.map(|(_, recorded)| *recorded).collect())
}

/// Whether a claim must say where it holds. Its level, or the start of its sentence, names a file system;
/// or its level names a kernel in another way than `since`, which is read without a bullet.
pub(crate) fn must_say(sentence: &str, level: &str, since: Option<&str>) -> bool {
    let names = |text: &str| {
        let is_part = |c: char| !c.is_ascii_alphanumeric();
        text.split(is_part).any(|word| FILE_SYSTEMS.iter().any(|(name, _)| *name == word))
    };
    let start = ["On ", "In "].iter().any(|word| sentence.starts_with(word));
    let start = if start { sentence.split(',').next().unwrap_or_default() } else { "" };
    // `in 6.1` is a kernel, `in 2.41` is a glibc.
    let a_kernel = |rest: &str| rest.starts_with(|c: char| ('3'..='9').contains(&c));
    let other = ["before Linux ", "only on Linux "].iter().any(|word| level.contains(word))
        || level.split("in ").skip(1).any(a_kernel);
    names(level) || names(start) || other && since.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_claim_holds_is_read_and_answered() {
        let from = |version: &str| Answer::From(version.into());
        for (text, kernel, file_system, right) in [
            ("everywhere", "5.10", "tmpfs", Answer::Yes),
            ("since 6.16 on ext4; since 6.6 on xfs", "6.12", "ext4", from("6.16")),
            ("since 6.16 on ext4; since 6.6 on xfs", "6.12", "xfs", Answer::Yes),
            ("since 6.16 on ext4; since 6.6 on xfs", "7.2", "ext4", Answer::Yes),
            ("since 6.16 on ext4; since 6.6 on xfs", "7.2", "btrfs", Answer::NotOnThisFileSystem),
            ("not on tmpfs, overlayfs", "6.1", "overlay", Answer::NotOnThisFileSystem),
            ("not on tmpfs, overlayfs", "6.1", "ext4", Answer::Yes),
            ("since 6.4 not on tmpfs", "6.1", "ext4", from("6.4")),
            ("in 6.18", "6.12", "ext4", Answer::NotOnThisKernel),
            ("in 6.18", "6.18", "ext4", Answer::Yes),
            ("in 6.18", "6.19", "ext4", Answer::NotOnThisKernel),
            ("before 6.19 on tmpfs", "6.19", "tmpfs", Answer::NotOnThisKernel),
            ("before 6.19 on tmpfs", "6.9", "tmpfs", Answer::Yes),
            ("from 6.1 to 6.12", "6.12", "xfs", Answer::Yes),
            ("from 6.1 to 6.12", "7.2", "xfs", Answer::NotOnThisKernel),
            ("not on btrfs; in 6.18 on btrfs", "6.12", "btrfs", Answer::NotOnThisKernel),
        ] {
            let holds = Holds::read(text).expect(text);
            assert_eq!(holds.on(kernel, file_system), right, "{text}: {kernel} on {file_system}");
        }
        for bad in [
            "",
            "here",
            "since",
            "since Linux",
            "on ntfs",
            "since 6.1 on",
            "6.1",
            "on ext4 and xfs",
        ] {
            assert!(Holds::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_level_that_names_a_kernel_or_a_file_system_needs_more_words() {
        for (sentence, level, since, right) in [
            ("It works", "Linux", None, false),
            ("It works", "Linux (since Linux 6.10)", Some("6.10"), false),
            ("It works", "Linux (since Linux 6.10; before, `EINVAL`)", Some("6.10"), false),
            (
                "Since Linux 6.13, it works",
                "Linux (before Linux 6.13 `EINVAL`)",
                Some("6.13"),
                false,
            ),
            ("It works", "observed (since Linux 6.10, on xfs)", Some("6.10"), true),
            ("It works", "observed (not on tmpfs)", None, true),
            ("It works", "observed (only on Linux 6.18)", None, true),
            ("It works", "observed (before Linux 6.19)", None, true),
            ("It works", "observed (in 5.10 and 6.1, it fails)", None, true),
            ("It works", "observed (a file; in 5.10 and 6.1, it fails)", None, true),
            ("It works", "observed (glibc 2.36; in 2.41, it fails)", None, false),
            ("On ext4, it works", "observed", None, true),
            ("On a full btrfs, it works", "observed", None, true),
            ("On a kernel, it works, but not on tmpfs", "observed", None, false),
        ] {
            assert_eq!(must_say(sentence, level, since), right, "{sentence} {level}");
        }
    }
}
