//! The agent's standard error in a file that does not grow without end.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// `agent.log`, and before it `agent.log.1`; only their owner reads them.
pub struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    bytes_max: u64,
}

impl LogFile {
    /// Opens or makes it, with its folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::bounded(path, FILE_BYTES_MAX)
    }

    fn bounded(path: &Path, bytes_max: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = append(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self {
            path: path.to_path_buf(),
            file,
            bytes,
            bytes_max,
        })
    }

    /// Copies until the end of `from`. A full disk loses lines and nothing else: `from` is read on, as
    /// an agent whose standard error is full would stand still.
    pub fn copy(&mut self, from: &mut impl Read) {
        let mut buffer = [0u8; 8192];
        while let Ok(count) = from.read(&mut buffer) {
            if count == 0 {
                return;
            }
            let _ = self.write(&buffer[..count]);
        }
    }

    /// Writes a line of the shell's own.
    pub fn note(&mut self, text: &str) {
        let _ = self.write(format!("shell: {text}\n").as_bytes());
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.bytes + bytes.len() as u64 > self.bytes_max && self.bytes > 0 {
            fs::rename(&self.path, self.path.with_added_extension("1"))?;
            self.file = append(&self.path)?;
            self.bytes = 0;
        }
        self.file.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_newest_and_one_older_file() -> io::Result<()> {
        let folder = std::env::temp_dir().join(format!("joh-log-{}", std::process::id()));
        let path = folder.join("state/agent.log");
        let mut log = LogFile::bounded(&path, 10)?;
        for line in ["one\n", "two\n", "three\n", "four\n"] {
            log.copy(&mut line.as_bytes());
        }
        drop(log);
        let mut log = LogFile::bounded(&path, 10)?;
        log.note("5");
        let read = |path: &Path| fs::read_to_string(path);
        assert_eq!(read(&path)?, "shell: 5\n");
        assert_eq!(read(&path.with_added_extension("1"))?, "four\n");
        fs::remove_dir_all(folder)
    }
}
