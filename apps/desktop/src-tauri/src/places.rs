//! Where things are: programs beside the shell, data and logs of the user.
use crate::child::Programs;
use crate::updates::{self, Updates};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const NAME: &str = "joy-of-hardware";

#[derive(Clone, Debug)]
pub struct Places {
    pub programs: Programs,
    /// The agent's: settings, layouts, unsaved text, recent folders.
    pub agent_data: PathBuf,
    /// The webview's: a cache of the same.
    pub web_data: PathBuf,
    /// Held while the application runs.
    pub lock: PathBuf,
    pub log: PathBuf,
    port: PathBuf,
    resources: PathBuf,
}

impl Places {
    /// `resources` is the folder of what was installed with the shell; `data` and `state` are the
    /// user's folders for all programs.
    pub fn new(resources: &Path, data: &Path, state: &Path) -> Self {
        let (data, state) = (data.join(NAME), state.join(NAME));
        Self {
            programs: programs(resources),
            agent_data: data.join("agent"),
            web_data: data.join("web"),
            lock: data.join("lock"),
            log: state.join("agent.log"),
            port: state.join("port"),
            resources: resources.to_path_buf(),
        }
    }

    /// Makes the folders, for their owner alone.
    pub fn make(&self) -> io::Result<()> {
        for path in [&self.lock, &self.log] {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
                #[cfg(unix)]
                fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
            }
        }
        Ok(())
    }

    /// Where newer versions are told of; tests have a folder of their own.
    pub fn updates(&self) -> Result<Option<Updates>, String> {
        #[cfg(debug_assertions)]
        if let Some(folder) = std::env::var_os("JOH_DESKTOP_UPDATES") {
            return updates::configured(Path::new(&folder), &self.resources);
        }
        updates::configured(&updates::administrator(), &self.resources)
    }

    /// The port of last time, or 0.
    pub fn last_port(&self) -> u16 {
        let text = fs::read_to_string(&self.port).unwrap_or_default();
        text.trim()
            .parse()
            .ok()
            .filter(|port| *port >= 1024)
            .unwrap_or(0)
    }

    /// Where it cannot be kept, the next start takes another.
    pub fn keep_port(&self, port: u16) {
        let _ = fs::write(&self.port, format!("{port}\n"));
    }
}

/// The folder for logs and the like: `XDG_STATE_HOME`, or its default below `home`.
pub fn state_folder(xdg: Option<PathBuf>, home: &Path) -> PathBuf {
    xdg.filter(|path| path.is_absolute())
        .unwrap_or_else(|| home.join(".local/state"))
}

/// What was installed with the shell. A shell that a developer built finds the parts in the checkout,
/// and tests name parts of their own; neither is in a release.
fn programs(resources: &Path) -> Programs {
    let installed = Programs {
        node: resources
            .join("runtime")
            .join(if cfg!(windows) { "node.exe" } else { "node" }),
        agent: resources.join("agent/desktop.js"),
        ide: resources.join("ide"),
    };
    #[cfg(debug_assertions)]
    return seams(if installed.node.exists() {
        installed
    } else {
        checkout()
    });
    #[cfg(not(debug_assertions))]
    return installed;
}

#[cfg(debug_assertions)]
fn checkout() -> Programs {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let root = root.canonicalize().unwrap_or(root);
    Programs {
        node: root.join("node_modules/.bin/node"),
        agent: root.join("apps/agent/dist/desktop.js"),
        ide: root.join("apps/ide/dist"),
    }
}

#[cfg(debug_assertions)]
fn seams(programs: Programs) -> Programs {
    let or = |name: &str, path: PathBuf| std::env::var_os(name).map_or(path, PathBuf::from);
    Programs {
        node: or("JOH_DESKTOP_NODE", programs.node),
        agent: or("JOH_DESKTOP_AGENT", programs.agent),
        ide: or("JOH_DESKTOP_IDE", programs.ide),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_a_port_and_survives_a_broken_one() -> io::Result<()> {
        let folder = std::env::temp_dir().join(format!("joh-places-{}", std::process::id()));
        let places = Places::new(
            Path::new("/usr/lib/x"),
            &folder.join("data"),
            &folder.join("state"),
        );
        assert_eq!(places.last_port(), 0);
        places.make()?;
        places.keep_port(47_110);
        assert_eq!(places.last_port(), 47_110);
        for broken in ["", "x", "80", "70000", "-1"] {
            fs::write(&places.port, broken)?;
            assert_eq!(places.last_port(), 0, "{broken}");
        }
        fs::remove_dir_all(folder)
    }

    #[test]
    fn keeps_logs_where_the_desktop_wants_them() {
        let home = Path::new("/home/ada");
        assert_eq!(
            state_folder(None, home),
            Path::new("/home/ada/.local/state")
        );
        assert_eq!(state_folder(Some("/s".into()), home), Path::new("/s"));
        assert_eq!(
            state_folder(Some("s".into()), home),
            Path::new("/home/ada/.local/state")
        );
    }
}
