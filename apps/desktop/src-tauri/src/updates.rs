//! Where newer versions are told of, and whose signature is believed: configured by who packs or who
//! administers the computer, never by a user's own files. The agent does the asking.
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const FILE: &str = "updates.json";
const BYTES_MAX: u64 = 16 * 1024;

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Updates {
    /// Of the list of newest versions; https.
    pub url: String,
    /// The second line of a `minisign.pub`.
    pub key: String,
}

impl Updates {
    /// For a configuration that is there and says nothing: the agent asks nobody, and tells the user who asks.
    pub fn unreadable() -> Self {
        Self {
            url: String::new(),
            key: String::new(),
        }
    }
}

/// The configuration, or None when nothing is to be asked. The administrator's file wins over that of the
/// package; `null` in it switches asking off. One that cannot be read is an error: neither is guessed.
pub fn configured(administrator: &Path, resources: &Path) -> Result<Option<Updates>, String> {
    for path in [administrator.join(FILE), resources.join(FILE)] {
        match read(&path) {
            Ok(Some(text)) => {
                return serde_json::from_str(&text)
                    .map_err(|error| format!("{}: {error}", path.display()));
            }
            Ok(None) => {}
            Err(error) => return Err(format!("{}: {error}", path.display())),
        }
    }
    Ok(None)
}

/// Where administrators of this system keep what holds for all users of the application.
pub fn administrator() -> PathBuf {
    PathBuf::from("/etc/joy-of-hardware")
}

fn read(path: &Path) -> Result<Option<String>, String> {
    let size = match fs::metadata(path) {
        Ok(found) if found.is_file() => found.len(),
        Ok(_) => return Err("it is not a file".into()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if size > BYTES_MAX {
        return Err(format!("it has more than {BYTES_MAX} bytes"));
    }
    fs::read_to_string(path)
        .map(Some)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_administrators_before_the_packages() -> std::io::Result<()> {
        let folder = std::env::temp_dir().join(format!("joh-updates-{}", std::process::id()));
        let (etc, lib) = (folder.join("etc"), folder.join("lib"));
        fs::create_dir_all(&etc)?;
        fs::create_dir_all(&lib)?;
        let found = || configured(&etc, &lib);
        assert_eq!(found(), Ok(None));
        let of = |url: &str| Updates {
            url: url.into(),
            key: "RW".into(),
        };
        fs::write(lib.join(FILE), r#"{"url":"https://packer","key":"RW"}"#)?;
        assert_eq!(found(), Ok(Some(of("https://packer"))));
        fs::write(etc.join(FILE), r#"{"url":"https://admin","key":"RW"}"#)?;
        assert_eq!(found(), Ok(Some(of("https://admin"))));
        fs::write(etc.join(FILE), "null")?;
        assert_eq!(found(), Ok(None));
        for broken in [
            "",
            "{}",
            "[]",
            r#"{"url":"https://x","key":"RW","run":"sh"}"#,
        ] {
            fs::write(etc.join(FILE), broken)?;
            assert!(found().is_err(), "{broken}");
        }
        fs::write(etc.join(FILE), "x".repeat(BYTES_MAX as usize + 1))?;
        assert!(found().is_err());
        fs::remove_file(etc.join(FILE))?;
        fs::create_dir(etc.join(FILE))?;
        assert!(found().is_err());
        fs::remove_dir_all(folder)
    }
}
