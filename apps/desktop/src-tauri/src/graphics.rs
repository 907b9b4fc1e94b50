//! What WebKitGTK needs to be told before it starts.
use std::path::Path;

const NO_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
const NO_COMPOSITING: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// Variables that the shell sets for its own window; the agent and its terminals do not get them.
pub const OURS: [&str; 2] = [NO_DMABUF, NO_COMPOSITING];

/// Sets what this computer's graphics need; who set a variable knows better. To be called before GTK and
/// any thread start.
pub fn prepare() {
    let drivers = Drivers::read(Path::new("/"));
    for name in wanted(&drivers) {
        if std::env::var_os(name).is_none() {
            // SAFETY: no other thread runs yet.
            unsafe { std::env::set_var(name, "1") };
        }
    }
}

/// Drivers that draw.
struct Drivers {
    nvidia: bool,
    /// NVIDIA's, one of the kernel's own, or that of Windows below WSL.
    any: bool,
}

impl Drivers {
    fn read(root: &Path) -> Self {
        let nvidia = root.join("proc/driver/nvidia/version").exists();
        let renders = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("renderD");
        let kernels = std::fs::read_dir(root.join("dev/dri"))
            .is_ok_and(|list| list.flatten().any(|one| renders(&one.file_name())));
        let any = nvidia || kernels || root.join("dev/dxg").exists();
        Self { nvidia, any }
    }
}

/// With NVIDIA's driver the DMA-BUF renderer shows an empty window. Without a graphics card compositing means
/// that Mesa plays one: 120 MB, and a third of the processor time of a start.
fn wanted(drivers: &Drivers) -> Vec<&'static str> {
    match drivers {
        Drivers { nvidia: true, .. } => vec![NO_DMABUF],
        Drivers { any: false, .. } => vec![NO_COMPOSITING],
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn with(files: &[&str]) -> Vec<&'static str> {
        let root = std::env::temp_dir().join(format!("joh-graphics-{}", std::process::id()));
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = wanted(&Drivers::read(&root));
        let _ = fs::remove_dir_all(&root);
        found
    }

    #[test]
    fn composites_only_where_a_card_does_it() {
        assert_eq!(with(&[]), [NO_COMPOSITING]);
        assert_eq!(with(&["dev/dri/card0"]), [NO_COMPOSITING]);
        assert!(with(&["dev/dri/card0", "dev/dri/renderD128"]).is_empty());
        assert!(with(&["dev/dxg"]).is_empty());
        assert_eq!(with(&["proc/driver/nvidia/version"]), [NO_DMABUF]);
    }
}
