//! No page may call the shell, so the list of commands is empty.
fn main() {
    let manifest = tauri_build::AppManifest::new().commands(&[]);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes).expect("the configuration is whole");
}
