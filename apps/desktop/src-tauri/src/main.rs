//! The desktop shell: windows, and the agent beside them. All else is the same agent and the same IDE
//! as in the cloud.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod agent;
mod child;
mod graphics;
mod launch;
mod lines;
mod log_file;
mod navigation;
mod outside;
mod places;
mod requests;
mod restarts;
mod secret;
mod shell;
mod windows;

use agent::{Agent, Settings};
use places::Places;
use shell::Shell;
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use tauri::{App, AppHandle, Manager, RunEvent, WindowEvent};
use tauri_plugin_window_state::StateFlags;

fn main() {
    graphics::prepare();
    let remembered = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    let built = tauri::Builder::default()
        // First, so that a second start does nothing else.
        .plugin(tauri_plugin_single_instance::init(started_again))
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_state_flags(remembered)
                .map_label(|_| "ide")
                .build(),
        )
        .setup(|app| set_up(app).or_else(|error| stop(&*error)))
        .build(tauri::generate_context!());
    match built {
        Ok(app) => app.run(on_event),
        Err(error) => stop(&error),
    }
}

fn stop(why: &dyn Error) -> ! {
    eprintln!("Joy of Hardware could not start: {why}");
    std::process::exit(1);
}

fn set_up(app: &mut App) -> Result<(), Box<dyn Error>> {
    let places = places(app.handle())?;
    places.make()?;
    hold(&places.lock)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut folders =
        launch::folders(&arguments, &std::env::current_dir()?, launch::on_disk).into_iter();
    let settings = Settings {
        programs: places.programs.clone(),
        data: places.agent_data.clone(),
        log: places.log.clone(),
        port: places.last_port(),
        folder: folders.next(),
    };
    let shell = Shell::new(app.handle().clone(), places, folders.collect());
    app.manage(shell.clone());
    shell.open_window("/")?;
    let told = shell.clone();
    shell.supervise(Agent::start(settings, move |event| {
        let shell = told.clone();
        let _ = told.app.run_on_main_thread(move || shell.on_agent(event));
    }));
    // The end of the desktop session, or Ctrl-C where it was started from a terminal.
    ctrlc::set_handler(move || {
        let inner = shell.clone();
        let _ = shell.app.run_on_main_thread(move || inner.quit());
    })?;
    Ok(())
}

fn places(app: &AppHandle) -> Result<Places, Box<dyn Error>> {
    let paths = app.path();
    let state = std::env::var_os("XDG_STATE_HOME").map(Into::into);
    let state = places::state_folder(state, &paths.home_dir()?);
    Ok(Places::new(
        &paths.resource_dir()?,
        &paths.data_dir()?,
        &state,
    ))
}

/// One application a user, also where there is no session bus to find the first one by.
fn hold(lock: &Path) -> Result<(), Box<dyn Error>> {
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(lock)?;
    file.try_lock()
        .map_err(|_| "it runs already, and there is no session bus to reach it by")?;
    // For as long as the process lives.
    std::mem::forget(file);
    Ok(())
}

fn started_again(app: &AppHandle, arguments: Vec<String>, working_folder: String) {
    let Some(shell) = app.try_state::<Arc<Shell>>() else {
        return;
    };
    let shell = shell.inner().clone();
    let _ = app.run_on_main_thread(move || {
        let arguments = arguments.get(1..).unwrap_or_default();
        shell.started_again(arguments, Path::new(&working_folder));
    });
}

fn on_event(app: &AppHandle, event: RunEvent) {
    let Some(shell) = app.try_state::<Arc<Shell>>() else {
        return;
    };
    let may_close = |label: &str| {
        let window = app.get_webview_window(label);
        window.is_none_or(|window| shell.may_close(&window))
    };
    match event {
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::CloseRequested { api, .. },
            ..
        } if !may_close(&label) => api.prevent_close(),
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::Destroyed,
            ..
        } => {
            shell.on_destroyed(&label);
        }
        RunEvent::ExitRequested { api, .. } if !shell.may_exit() => api.prevent_exit(),
        _ => {}
    }
}
