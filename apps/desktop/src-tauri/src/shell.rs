//! What the shell knows, and what it does when something happens. Everything here runs on the main
//! thread, but for `open_outside`; the lock is never held while a window is spoken to.
use crate::agent::{Agent, Event};
use crate::lines::{AgentLine, ShellLine};
use crate::navigation::{self, Button, Verdict};
use crate::outside::{self, Openings};
use crate::places::Places;
use crate::restarts::Restarts;
use crate::secret::Secret;
use crate::windows::{self, Notice};
use crate::{launch, requests, restart};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};
use tauri::{AppHandle, Manager, Url, WebviewWindow};

/// The agent answers `closing` within 10 s, and at once when no page is left to ask. Text that was not
/// saved is worth that wait.
const CLOSE_WITHIN: Duration = Duration::from_secs(11);
/// A start that takes longer is said to be one.
const NOTICE_AFTER: Duration = Duration::from_millis(700);
const WINDOWS_MAX: usize = 16;

pub struct Shell {
    pub app: AppHandle,
    pub places: Places,
    /// What the page `/` shows; None: the start page.
    first: Option<PathBuf>,
    agent: OnceLock<Agent>,
    state: Mutex<State>,
    openings: Mutex<Openings>,
}

#[derive(Default)]
struct State {
    phase: Phase,
    /// By label; `page` is what is shown once there is an agent.
    windows: BTreeMap<String, Shown>,
    opened: u32,
    /// Folders of this start that wait for the agent.
    folders: Vec<PathBuf>,
    starts: u32,
    quitting: bool,
    /// Pages to be opened by a new process when this one has ended.
    again: Option<Vec<String>>,
    ended: bool,
    /// Of pages whose process ended by itself.
    revivals: Restarts,
}

#[derive(Default)]
enum Phase {
    #[default]
    Starting,
    Ready {
        port: u16,
        secret: Secret,
    },
    Failed(String),
}

#[derive(Default)]
struct Shown {
    page: String,
    own_page: bool,
    closing: bool,
}

impl Shell {
    /// `folders` are those of this start: the first is what the page `/` shows.
    pub fn new(app: AppHandle, places: Places, mut folders: Vec<PathBuf>) -> Arc<Self> {
        let first = (!folders.is_empty()).then(|| folders.remove(0));
        let state = State {
            folders,
            ..State::default()
        };
        Arc::new(Self {
            app,
            places,
            first,
            agent: OnceLock::new(),
            state: Mutex::new(state),
            openings: Mutex::default(),
        })
    }

    pub fn first(&self) -> Option<PathBuf> {
        self.first.clone()
    }

    /// Gives it the agent, once.
    pub fn supervise(&self, agent: Agent) {
        let _ = self.agent.set(agent);
    }

    pub fn say(&self, line: &ShellLine) {
        if let Some(agent) = self.agent.get() {
            agent.say(line);
        }
    }

    /// Opens a window on a page of the agent, or says why not.
    pub fn open_window(self: &Arc<Self>, page: &str) -> Result<(), String> {
        let label = {
            let mut state = self.lock();
            if state.quitting || state.windows.len() >= WINDOWS_MAX {
                return Err("There are too many windows.".into());
            }
            state.opened += 1;
            let label = format!("ide-{}", state.opened);
            let shown = Shown {
                page: page.into(),
                own_page: true,
                closing: false,
            };
            state.windows.insert(label.clone(), shown);
            label
        };
        match windows::open(self, &label) {
            Ok(window) => {
                if matches!(self.lock().phase, Phase::Starting) {
                    self.later(NOTICE_AFTER, move |shell| shell.show_if_starting(&window));
                } else {
                    self.show(&window);
                }
                Ok(())
            }
            Err(error) => {
                self.lock().windows.remove(&label);
                Err(error.to_string())
            }
        }
    }

    /// A second start of the program, in the first one.
    pub fn started_again(self: &Arc<Self>, arguments: &[String], working_folder: &Path) {
        let folders = launch::folders(arguments, working_folder, launch::on_disk);
        if folders.is_empty()
            && let Some(window) = self.app.webview_windows().into_values().next()
        {
            windows::focus(&window);
        }
        self.open_folders(folders);
    }

    /// The agent answers with a request for a window.
    fn open_folders(&self, folders: Vec<PathBuf>) {
        let mut state = self.lock();
        if !matches!(state.phase, Phase::Ready { .. }) {
            state.folders.extend(folders);
            return;
        }
        drop(state);
        for folder in folders {
            self.say(&ShellLine::Open {
                folder: folder.display().to_string(),
            });
        }
    }

    pub fn on_agent(self: &Arc<Self>, event: Event) {
        match event {
            Event::Ready { port, secret } => {
                self.places.keep_port(port);
                let folders = {
                    let mut state = self.lock();
                    state.phase = Phase::Ready { port, secret };
                    state.starts += 1;
                    std::mem::take(&mut state.folders)
                };
                self.show_all();
                self.open_folders(folders);
            }
            // The pages stay: they tell of it themselves, and keep what was typed.
            Event::Restarting => self.lock().phase = Phase::Starting,
            Event::Failed { message } => {
                self.lock().phase = Phase::Failed(message);
                self.show_all();
            }
            Event::Said(AgentLine::Request(request)) => requests::answer(self, request),
            Event::Said(AgentLine::Closed { page }) => self.on_closed(page.as_deref()),
            Event::Said(_) => {}
            Event::Ended => {
                self.lock().ended = true;
                self.app.exit(0);
            }
        }
    }

    fn show_if_starting(&self, window: &WebviewWindow) {
        if matches!(self.lock().phase, Phase::Starting) {
            self.show(window);
        }
    }

    fn show_all(&self) {
        for window in self.app.webview_windows().values() {
            self.show(window);
        }
    }

    /// Shows what belongs into a window now.
    fn show(&self, window: &WebviewWindow) {
        let now = windows::page_of(window);
        let mut state = self.lock();
        let starts = state.starts;
        let notice = match &state.phase {
            Phase::Ready { port, secret } => {
                let (port, secret) = (*port, secret.clone());
                let Some(shown) = state.windows.get_mut(window.label()) else {
                    return;
                };
                shown.own_page = false;
                let page = now.unwrap_or_else(|| shown.page.clone());
                drop(state);
                return windows::show_page(window, port, &page, starts, secret.text());
            }
            Phase::Starting => None,
            Phase::Failed(message) => Some(message.clone()),
        };
        if let Some(shown) = state.windows.get_mut(window.label()) {
            shown.own_page = true;
            shown.page = now.unwrap_or_else(|| shown.page.clone());
        }
        drop(state);
        match notice {
            Some(message) => windows::show_notice(window, &Notice::Failed(&message)),
            None => windows::show_notice(window, &Notice::Starting),
        }
    }

    pub fn judge(&self, url: &Url, label: &str) -> Verdict {
        let state = self.lock();
        let port = match state.phase {
            Phase::Ready { port, .. } => Some(port),
            _ => None,
        };
        let own_page = state.windows.get(label).is_some_and(|shown| shown.own_page);
        navigation::judge(url, port, own_page)
    }

    /// A button of the shell's own page.
    pub fn press(self: &Arc<Self>, button: Button) {
        match button {
            Button::Retry => {
                let mut state = self.lock();
                let is_down = matches!(state.phase, Phase::Failed(_));
                if is_down {
                    state.phase = Phase::Starting;
                }
                drop(state);
                self.show_all();
                if let Some(agent) = self.agent.get().filter(|_| is_down) {
                    agent.retry();
                }
            }
            Button::ShowLog => {
                let _ = outside::reveal(&self.places.log);
            }
            Button::Quit => self.quit(),
        }
    }

    pub fn open_outside(&self, link: &str) -> Result<(), String> {
        let mut openings = self.openings.lock().expect("no holder panics");
        if !openings.may_open(Instant::now()) {
            return Err("Too many pages were opened within a few seconds.".into());
        }
        drop(openings);
        outside::open_link(link)
    }

    /// The user closes a window: true when it may go at once. Otherwise the page is asked to keep what
    /// is unsaved, and the window goes when it has, or in `CLOSE_WITHIN`.
    pub fn may_close(self: &Arc<Self>, window: &WebviewWindow) -> bool {
        let page = windows::page_of(window);
        let mut state = self.lock();
        let ready = matches!(state.phase, Phase::Ready { .. });
        let (Some(page), true) = (page, ready) else {
            return true;
        };
        let others = state
            .windows
            .iter()
            .any(|(label, shown)| label != window.label() && !shown.closing);
        let Some(shown) = state.windows.get_mut(window.label()) else {
            return true;
        };
        if std::mem::replace(&mut shown.closing, true) || state.quitting {
            return false;
        }
        drop(state);
        if others {
            self.say(&ShellLine::Closing { page: Some(page) });
            let window = window.clone();
            self.later(CLOSE_WITHIN, move |_| {
                let _ = window.destroy();
            });
        } else {
            self.quit();
        }
        false
    }

    /// For a menu that belongs to no window.
    pub fn close_focused(&self) {
        let windows = self.app.webview_windows().into_values();
        for window in windows.filter(|window| window.is_focused().unwrap_or(false)) {
            let _ = window.close();
        }
    }

    /// Every window goes, after its page has kept what is unsaved.
    pub fn quit(self: &Arc<Self>) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.quitting, true) {
            return;
        }
        let ready = matches!(state.phase, Phase::Ready { .. });
        drop(state);
        if !ready {
            return self.destroy_all();
        }
        self.say(&ShellLine::Closing { page: None });
        self.later(CLOSE_WITHIN, |shell| shell.destroy_all());
    }

    /// The same, and a new process opens the same pages.
    pub fn restart(self: &Arc<Self>) {
        let windows: BTreeMap<_, _> = self.app.webview_windows().into_iter().collect();
        let pages = windows.values().filter_map(windows::page_of).collect();
        let mut state = self.lock();
        if state.quitting {
            return;
        }
        state.again = Some(pages);
        drop(state);
        self.quit();
    }

    /// The process ends: starts the new one, if there is to be one.
    pub fn on_exit(&self) {
        let Some(pages) = self.lock().again.take() else {
            return;
        };
        let folder = self.first.as_deref();
        let started = tauri::process::current_binary(&self.app.env())
            .and_then(|program| restart::start(&program, &pages, folder));
        if let Err(error) = started {
            eprintln!("Joy of Hardware could not start again: {error}");
        }
    }

    fn on_closed(&self, page: Option<&str>) {
        let Some(page) = page else {
            if self.lock().quitting {
                self.destroy_all();
            }
            return;
        };
        for window in self.app.webview_windows().values() {
            let closing = self
                .lock()
                .windows
                .get(window.label())
                .is_some_and(|shown| shown.closing);
            if closing && windows::page_of(window).as_deref() == Some(page) {
                let _ = window.destroy();
            }
        }
    }

    fn destroy_all(&self) {
        for window in self.app.webview_windows().values() {
            let _ = window.destroy();
        }
    }

    /// A view has gone. When its window has not, the page has closed itself (`window.close()`), and there is
    /// nobody to ask and nothing to show.
    pub fn on_view_gone(self: &Arc<Self>, window: &WebviewWindow) {
        let mut state = self.lock();
        let quitting = state.quitting;
        let Some(shown) = state.windows.get_mut(window.label()) else {
            return;
        };
        if std::mem::replace(&mut shown.closing, true) || quitting {
            return;
        }
        let is_last = state.windows.values().all(|shown| shown.closing);
        drop(state);
        let window = window.clone();
        // Not at once: the view is in the middle of its end.
        self.later(Duration::ZERO, move |shell| {
            if is_last {
                let _ = window.hide();
                shell.quit();
            } else {
                let _ = window.destroy();
            }
        });
    }

    /// The process of a page ended by itself, as that of an agent may.
    pub fn on_page_ended(&self, window: &WebviewWindow) {
        let now = Instant::now();
        let mut state = self.lock();
        state.revivals.started(now);
        let again = state.revivals.next(now).is_some();
        if !again && let Some(shown) = state.windows.get_mut(window.label()) {
            shown.own_page = true;
        }
        drop(state);
        match again {
            true => self.show(window),
            false => windows::show_notice(
                window,
                &Notice::Failed("The page ended by itself, again and again."),
            ),
        }
    }

    pub fn on_destroyed(&self, label: &str) {
        self.lock().windows.remove(label);
    }

    /// The last window has gone: true when the agent has ended too. Otherwise it is told to.
    pub fn may_exit(&self) -> bool {
        let ended = self.lock().ended;
        match self.agent.get() {
            Some(agent) if !ended => {
                agent.stop();
                false
            }
            _ => true,
        }
    }

    fn later(self: &Arc<Self>, wait: Duration, work: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let shell = self.clone();
        std::thread::spawn(move || {
            std::thread::sleep(wait);
            let inner = shell.clone();
            let _ = shell.app.run_on_main_thread(move || work(&inner));
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}
