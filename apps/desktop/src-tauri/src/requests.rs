//! What the agent asks on behalf of a page. Each is answered by one reply.
use crate::lines::{Reply, Request, ShellLine, Wish};
use crate::shell::Shell;
use crate::{outside, windows};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use tauri::WebviewWindow;

const ZOOM: RangeInclusive<f64> = 0.25..=5.0;

pub fn answer(shell: &Arc<Shell>, Request { id, page, wish }: Request) {
    let done = match wish {
        Wish::ChooseFolder { start_in } => return choose_folder(shell, id, &page, start_in),
        Wish::OpenExternal { url } => shell.open_outside(&url),
        Wish::Reveal { path } => outside::reveal(Path::new(&path)),
        Wish::NewWindow { path } => match windows::showing(shell, &path) {
            Some(window) => {
                windows::focus(&window);
                Ok(())
            }
            None => shell.open_window(&path),
        },
        Wish::Zoom { factor } => zoom(shell, &page, factor),
        Wish::CloseWindow => in_window(shell, &page, |window| window.close()),
        Wish::Quit => {
            shell.quit();
            Ok(())
        }
        Wish::Restart => {
            shell.restart();
            Ok(())
        }
    };
    shell.say(&ShellLine::Reply(Reply {
        id,
        failed: done.err(),
        ..Reply::default()
    }));
}

fn in_window(
    shell: &Shell,
    page: &str,
    act: impl FnOnce(&WebviewWindow) -> tauri::Result<()>,
) -> Result<(), String> {
    let window = windows::showing(shell, page).ok_or("This page is in no window.")?;
    act(&window).map_err(|error| error.to_string())
}

fn zoom(shell: &Shell, page: &str, factor: f64) -> Result<(), String> {
    if !ZOOM.contains(&factor) {
        return Err("A window is not made that small or large.".into());
    }
    in_window(shell, page, |window| window.set_zoom(factor))
}

/// The system's dialog, over the window that asks.
fn choose_folder(shell: &Arc<Shell>, id: u64, page: &str, start_in: Option<String>) {
    #[cfg(debug_assertions)]
    if let Some(folder) = std::env::var_os("JOH_DESKTOP_CHOICE") {
        let folder = folder
            .to_str()
            .filter(|folder| !folder.is_empty())
            .map(str::to_string);
        return shell.say(&ShellLine::Reply(Reply {
            id,
            folder,
            ..Reply::default()
        }));
    }
    let mut dialog = rfd::AsyncFileDialog::new().set_title("Open Folder");
    if let Some(window) = windows::showing(shell, page) {
        dialog = dialog.set_parent(&window);
    }
    if let Some(folder) = start_in {
        dialog = dialog.set_directory(folder);
    }
    let (chosen, shell) = (dialog.pick_folder(), shell.clone());
    tauri::async_runtime::spawn(async move {
        let folder = chosen.await;
        let path = folder
            .as_ref()
            .map(|folder| folder.path().to_str().map(str::to_string));
        let reply = match path {
            Some(None) => {
                let failed = Some("The folder's name is not text in UTF-8.".into());
                Reply {
                    id,
                    failed,
                    ..Reply::default()
                }
            }
            path => Reply {
                id,
                folder: path.flatten(),
                ..Reply::default()
            },
        };
        shell.say(&ShellLine::Reply(reply));
    });
}
