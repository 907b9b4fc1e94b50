//! Other programs of the desktop: browser, mail, file manager.
use crate::navigation::is_external;
use std::path::Path;
use std::time::{Duration, Instant};
use tauri::Url;

const OPENED_MAX: usize = 6;
const WITHIN: Duration = Duration::from_secs(10);

/// Bounds how often a page can bring up other programs.
#[derive(Default)]
pub struct Openings(Vec<Instant>);

impl Openings {
    /// Notes one, or refuses it.
    pub fn may_open(&mut self, now: Instant) -> bool {
        self.0.retain(|opened| now.duration_since(*opened) < WITHIN);
        let may = self.0.len() < OPENED_MAX;
        if may {
            self.0.push(now);
        }
        may
    }
}

/// Opens a page or a mail in the user's program for it, or says why not.
pub fn open_link(link: &str) -> Result<(), String> {
    let url = Url::parse(link).map_err(|_| "This is not a link.".to_string())?;
    if !is_external(&url) {
        return Err("Only web pages and mail addresses are opened outside.".into());
    }
    open_with_desktop(url.as_str())
}

/// Opens the folder, or the folder of the file, in the file manager. Files themselves are not opened:
/// that would run them.
pub fn reveal(path: &Path) -> Result<(), String> {
    let folder = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Some(path),
        Ok(_) => path.parent(),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let folder = folder
        .and_then(Path::to_str)
        .ok_or("This path has no folder.")?;
    open_with_desktop(folder)
}

/// Tests name a file in which to find what would have been opened.
fn open_with_desktop(what: &str) -> Result<(), String> {
    #[cfg(debug_assertions)]
    if let Some(record) = std::env::var_os("JOH_DESKTOP_OPENED") {
        use std::io::Write;
        let mut options = std::fs::OpenOptions::new();
        let file = options.append(true).create(true).open(record);
        return file
            .and_then(|mut file| writeln!(file, "{what}"))
            .map_err(|error| error.to_string());
    }
    open::that_detached(what).map_err(|error| format!("No program opened {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_a_few_then_waits() {
        let mut openings = Openings::default();
        let begin = Instant::now();
        for _ in 0..OPENED_MAX {
            assert!(openings.may_open(begin));
        }
        assert!(!openings.may_open(begin));
        assert!(openings.may_open(begin + WITHIN));
    }

    #[test]
    fn refuses_what_is_no_page_or_mail() {
        for link in [
            "file:///etc/passwd",
            "x",
            "javascript:alert(1)",
            "--version",
            "/bin/sh",
        ] {
            assert!(open_link(link).is_err(), "{link}");
        }
        assert!(reveal(Path::new("/no/such/place")).is_err());
    }
}
