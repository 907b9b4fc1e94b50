//! Starting again, after an update: the new process opens the pages of the old one.
use crate::lines::is_page;
use std::path::Path;
use std::process::Command;

/// Names the pages to the new process, which takes it from its environment at once.
const PAGES: &str = "JOH_DESKTOP_PAGES";
const PAGES_MAX: usize = 16;

/// Pages of the process before this one. To be called before any thread starts.
pub fn take_pages() -> Vec<String> {
    let text = std::env::var(PAGES).unwrap_or_default();
    // SAFETY: no other thread runs yet.
    unsafe { std::env::remove_var(PAGES) };
    pages(&text)
}

fn pages(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for page in text.split(',').filter(|page| is_page(page)) {
        if found.len() < PAGES_MAX && !found.iter().any(|one| one == page) {
            found.push(page.into());
        }
    }
    found
}

/// Starts `program` beside this process, which ends now; `folder` is what the page `/` shows.
pub fn start(program: &Path, pages: &[String], folder: Option<&Path>) -> std::io::Result<()> {
    Command::new(program)
        .env(PAGES, pages.join(","))
        .args(folder)
        .spawn()
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_pages_and_nothing_else() {
        assert_eq!(pages(""), Vec::<String>::new());
        assert_eq!(
            pages("/folder/a1,/start,/folder/a1,//example.org,,https://x"),
            ["/folder/a1", "/start"]
        );
        let many: Vec<String> = (0..50).map(|n| format!("/folder/{n}")).collect();
        assert_eq!(pages(&many.join(",")).len(), PAGES_MAX);
    }
}
