//! The desktop shell: windows, and the agent beside them. All else is the same agent and the same IDE
//! as in the cloud.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod agent;
mod child;
mod graphics;
mod launch;
mod lines;
mod log_file;
mod menu;
mod navigation;
mod outside;
mod places;
mod requests;
mod restart;
mod restarts;
mod secret;
mod shell;
mod updates;
mod windows;

use agent::{Agent, Settings};
use menu::Action;
use places::Places;
use shell::Shell;
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tauri::{App, AppHandle, Manager, RunEvent, WindowEvent};
use tauri_plugin_window_state::StateFlags;
use updates::Updates;

fn main() {
    graphics::prepare();
    let pages = restart::take_pages();
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
        .setup(|app| set_up(app, pages).or_else(|error| stop(&*error)))
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

fn set_up(app: &mut App, pages: Vec<String>) -> Result<(), Box<dyn Error>> {
    let places = places(app.handle())?;
    places.make()?;
    app.manage(Mutex::new(Some(hold(&places.lock)?)));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folders = launch::folders(&arguments, &std::env::current_dir()?, launch::on_disk);
    let updates = places.updates().unwrap_or_else(|error| {
        eprintln!("Joy of Hardware asks for no newer version: {error}");
        Some(Updates::unreadable())
    });
    let shell = Shell::new(app.handle().clone(), places, folders);
    let places = &shell.places;
    let settings = Settings {
        programs: places.programs.clone(),
        data: places.agent_data.clone(),
        log: places.log.clone(),
        port: places.last_port(),
        folder: shell.first(),
        updates,
    };
    app.manage(shell.clone());
    menu::put_up(app.handle())?;
    // Before the windows: it starts while WebKit does.
    let told = shell.clone();
    shell.supervise(Agent::start(settings, move |event| {
        let shell = told.clone();
        let _ = told.app.run_on_main_thread(move || shell.on_agent(event));
    }));
    match pages.is_empty() {
        true => shell.open_window("/")?,
        false => pages.iter().try_for_each(|page| shell.open_window(page))?,
    }
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
fn hold(lock: &Path) -> Result<File, Box<dyn Error>> {
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(lock)?;
    file.try_lock()
        .map_err(|_| "it runs already, and there is no session bus to reach it by")?;
    Ok(file)
}

/// What tells others that the application runs, given back for the process that follows.
fn release(app: &AppHandle) {
    tauri_plugin_single_instance::destroy(app);
    if let Some(lock) = app.try_state::<Mutex<Option<File>>>() {
        lock.lock().expect("no holder panics").take();
    }
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
        RunEvent::MenuEvent(event) => match menu::chosen(&event) {
            Some(Action::Quit) => shell.quit(),
            Some(Action::CloseWindow) => shell.close_focused(),
            None => {}
        },
        RunEvent::Exit => {
            release(app);
            shell.on_exit();
        }
        _ => {}
    }
}
