//! What a command line asks for. Arguments come from desktop files, links on web pages and other
//! programs of the user, so nothing of them is believed that is not checked here.
use std::path::{Component, Path, PathBuf};
use tauri::Url;

/// How links to the application begin: `joy-of-hardware://open?folder=/home/ada/blinky`.
const LINK_SCHEME: &str = "joy-of-hardware";
/// A file manager gives one a folder; more in one start is a mistake or an attack.
const FOLDERS_MAX: usize = 8;

/// Folders to open, in order, each once. `arguments` are without the program's own name; `is_folder`
/// asks the file system. A file stands for the folder that it is in.
pub fn folders(
    arguments: &[String],
    working_folder: &Path,
    is_folder: impl Fn(&Path) -> Option<bool>,
) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for argument in arguments {
        let Some(path) = path_of(argument, working_folder) else {
            continue;
        };
        let folder = match is_folder(&path) {
            Some(true) => path,
            Some(false) => match path.parent() {
                Some(parent) => parent.to_path_buf(),
                None => continue,
            },
            None => continue,
        };
        if !found.contains(&folder) && found.len() < FOLDERS_MAX {
            found.push(folder);
        }
    }
    found
}

/// Whether a path is a folder (or some other thing), or None when nothing is there.
pub fn on_disk(path: &Path) -> Option<bool> {
    std::fs::metadata(path).ok().map(|found| found.is_dir())
}

fn path_of(argument: &str, working_folder: &Path) -> Option<PathBuf> {
    if argument.is_empty() || argument.len() > 4096 || argument.contains('\0') {
        return None;
    }
    if argument.starts_with('-') {
        return None;
    }
    if argument.starts_with("file:") {
        return plain(&Url::parse(argument).ok()?.to_file_path().ok()?);
    }
    if argument.starts_with(&format!("{LINK_SCHEME}:")) {
        return path_of_link(&Url::parse(argument).ok()?);
    }
    if Url::parse(argument).is_ok_and(|url| url.has_host()) {
        return None;
    }
    plain(&working_folder.join(argument))
}

/// A link may name a folder and nothing else; what it opens is untrusted until the user says so.
fn path_of_link(url: &Url) -> Option<PathBuf> {
    if url.host_str() != Some("open") {
        return None;
    }
    let mut pairs = url.query_pairs();
    let (name, value) = pairs.next()?;
    if name != "folder" || pairs.next().is_some() || value.contains('\0') {
        return None;
    }
    let path = Path::new(value.as_ref());
    let climbs = path.components().any(|part| part == Component::ParentDir);
    (path.is_absolute() && !climbs).then(|| plain(path))?
}

/// The path as text of the agent's protocol, without `.` and `..`.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out.to_str()?;
    out.is_absolute().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(arguments: &[&str]) -> Vec<String> {
        let arguments: Vec<String> = arguments.iter().map(|one| one.to_string()).collect();
        let looks = |path: &Path| match path.to_str()? {
            "/home/ada" | "/home/ada/blinky" | "/srv/my boards" => Some(true),
            "/home/ada/blinky/top.v" => Some(false),
            _ => None,
        };
        folders(&arguments, Path::new("/home/ada"), looks)
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }

    #[test]
    fn opens_folders_and_the_folders_of_files() {
        assert_eq!(opened(&["blinky"]), ["/home/ada/blinky"]);
        assert_eq!(opened(&["./blinky/../blinky/"]), ["/home/ada/blinky"]);
        assert_eq!(opened(&["/home/ada/blinky/top.v"]), ["/home/ada/blinky"]);
        assert_eq!(
            opened(&["file:///srv/my%20boards", "blinky", "blinky/top.v"]),
            ["/srv/my boards", "/home/ada/blinky"]
        );
    }

    #[test]
    fn opens_nothing_that_is_not_there_or_not_a_path() {
        for argument in [
            "",
            "--inspect",
            "-x",
            "gone",
            "blinky\0",
            "https://example.org/blinky",
            "file://elsewhere/home/ada/blinky",
            "javascript:alert(1)",
            "data:text/html,x",
        ] {
            assert_eq!(opened(&[argument]), Vec::<String>::new(), "{argument:?}");
        }
    }

    #[test]
    fn a_link_names_one_existing_folder() {
        let link = "joy-of-hardware://open?folder=/home/ada/blinky";
        assert_eq!(opened(&[link]), ["/home/ada/blinky"]);
        for link in [
            "joy-of-hardware://run?folder=/home/ada/blinky",
            "joy-of-hardware://open?folder=blinky",
            "joy-of-hardware://open?folder=/home/ada/x/../blinky",
            "joy-of-hardware://open?folder=/home/ada/blinky&command=rm",
            "joy-of-hardware://open?command=rm",
            "joy-of-hardware:open",
            "joy-of-hardware://open?folder=/home/ada/blinky%00",
        ] {
            assert_eq!(opened(&[link]), Vec::<String>::new(), "{link}");
        }
    }

    #[test]
    fn bounds_how_many() {
        let names: Vec<String> = (0..50).map(|n| format!("/f/{n}")).collect();
        assert_eq!(
            folders(&names, Path::new("/"), |_| Some(true)).len(),
            FOLDERS_MAX
        );
    }
}
