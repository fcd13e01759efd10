//! Where results go: `target/bench/NAME.json` and `NAME-CHART.svg`, each complete or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result, say};

use crate::{Run, table};

/// The directory for results.
pub struct Output(PathBuf);

/// The charts of a run: the end of each file's name, and the SVG.
pub type Figures = Vec<(&'static str, String)>;

/// What a program makes of a run: sentences, each of which follows from a verdict, and charts.
#[derive(Clone, Copy)]
pub struct Report {
    /// The program's name.
    pub program: &'static str,
    /// The conclusions.
    pub conclusions: fn(&Run) -> Vec<String>,
    /// The charts.
    pub figures: fn(&Run) -> Figures,
}

impl Report {
    /// Writes a run's JSON and its charts, and prints its tables and conclusions.
    ///
    /// # Errors
    /// `ENOSPC` on a full disk, and the system's others.
    pub fn finish(self, run: &Run, output: &Output) -> Result<()> {
        let json = output.json(run)?;
        self.show(run, output)?;
        say!("record: {}", json.display())
    }

    /// Draws the charts of a recorded run, and prints its tables and conclusions.
    ///
    /// # Errors
    /// `open`'s own; a refusal if the file is no record of this program.
    pub fn draw_recorded(self, record: &Path, output: &Output) -> Result<()> {
        let program = self.program;
        let text = fs::read(record).step_on("read", record)?;
        let run: Run = serde_json::from_slice(&text).map_err(|error| {
            Failure::refusal("draw", record, format!("not a record of {program}: {error}"))
        })?;
        if run.program != program {
            let sentence = format!("a record of {}, not of {program}", run.program);
            return Err(Failure::refusal("draw", record, sentence));
        }
        self.show(&run, output)
    }

    fn show(self, run: &Run, output: &Output) -> Result<()> {
        table::print(run, &(self.conclusions)(run))?;
        for (name, figure) in (self.figures)(run) {
            say!("chart: {}", output.svg(&format!("{}-{name}", run.program), &figure)?.display())?;
        }
        Ok(())
    }
}

impl Output {
    /// Makes the directory: this one, or the workspace's `target/bench`.
    ///
    /// # Errors
    /// `mkdir`'s own.
    pub fn new(directory: Option<PathBuf>) -> Result<Self> {
        let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
        let directory = directory.unwrap_or_else(default);
        fs::create_dir_all(&directory).step_on("create", &directory)?;
        directory.canonicalize().step_on("resolve", &directory).map(Self)
    }

    /// Writes `PROGRAM.json`; returns its path.
    fn json(&self, run: &Run) -> Result<PathBuf> {
        let path = self.0.join(format!("{}.json", run.program));
        let mut text = serde_json::to_vec_pretty(run).step_on("write", &path)?;
        text.push(b'\n');
        replace(path, &text)
    }

    /// Writes `NAME.svg`; returns its path.
    fn svg(&self, name: &str, figure: &str) -> Result<PathBuf> {
        replace(self.0.join(format!("{name}.svg")), figure.as_bytes())
    }
}

/// Writes a file beside `path` and then renames it: nobody sees an incomplete file.
fn replace(path: PathBuf, content: &[u8]) -> Result<PathBuf> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let write = || {
        File::create(&new)?.write_all(content)?;
        fs::rename(&new, &path)
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&new); // It may never have been created.
    }
    written.step_on("write", &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_replaces_the_older_one_and_leaves_nothing_else() {
        let scratch = course::scratch();
        let directory = scratch.path().join("bench");
        let output = Output::new(Some(directory.clone())).unwrap();
        output.svg("read", "old").unwrap();
        let path = output.svg("read", "new").unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "new");
        assert_eq!(fs::read_dir(directory).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_in_the_way_is_named_in_one_line() {
        let scratch = course::scratch();
        fs::create_dir(scratch.path().join("read.svg")).unwrap();
        let output = Output::new(Some(scratch.path().into())).unwrap();
        let failed = output.svg("read", "chart").unwrap_err().to_string();
        assert!(failed.starts_with("write \"") && failed.contains("read.svg\": "), "{failed}");
        let left = fs::read_dir(scratch.path()).unwrap();
        assert_eq!(left.count(), 2, "the scratch lock, and the directory in the way");
    }
}
