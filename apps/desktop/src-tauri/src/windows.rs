//! The application's windows. A window shows the shell's own page while there is no agent, and one of
//! the agent's pages otherwise. No page can call the shell: there are no commands and no capabilities.
use crate::lines::is_page;
use crate::navigation::{self, Verdict};
use crate::shell::Shell;
use std::sync::Arc;
use tauri::utils::config::Color;
use tauri::webview::{NewWindowResponse, WebviewWindowBuilder};
use tauri::{Manager, Url, WebviewUrl, WebviewWindow};

/// Behind every page until it is drawn: the IDE's own dark grey.
const GROUND: Color = Color(0x1e, 0x1d, 0x1b, 0xff);
const OWN_PAGE: &str = if cfg!(windows) {
    "http://tauri.localhost/index.html"
} else {
    "tauri://localhost/index.html"
};

/// Opens an empty window; what it shows is a second step. WebKit gives every site a process of its own, so one
/// that began with the shell's page would start two of them.
pub fn open(shell: &Arc<Shell>, label: &str) -> tauri::Result<WebviewWindow> {
    let (navigating, pressed, opening) = (shell.clone(), label.to_string(), shell.clone());
    let nothing = WebviewUrl::External(Url::parse("about:blank").expect("it is an address"));
    let window = WebviewWindowBuilder::new(&shell.app, label, nothing)
        .title("Joy of Hardware")
        .inner_size(1280.0, 800.0)
        .min_inner_size(480.0, 320.0)
        .background_color(GROUND)
        .data_directory(shell.places.web_data.clone())
        // Drops of files belong to the page; the shell has no use for them.
        .disable_drag_drop_handler()
        .enable_clipboard_access()
        .on_document_title_changed(|window, title| {
            let _ = window.set_title(&title);
        })
        .on_navigation(move |url| match navigating.judge(url, &pressed) {
            Verdict::Allow => true,
            Verdict::Press(button) => {
                navigating.press(button);
                false
            }
            Verdict::Deny => false,
        })
        .on_new_window(move |url, _features| {
            if navigation::is_external(&url) {
                let _ = opening.open_outside(url.as_str());
            }
            NewWindowResponse::Deny
        })
        .build()?;
    watch(shell, &window);
    Ok(window)
}

/// Two ends of a page would leave an empty window. One whose process has ended is loaded again; one that
/// has closed itself takes the window along.
#[cfg(target_os = "linux")]
fn watch(shell: &Arc<Shell>, window: &WebviewWindow) {
    use gtk::prelude::WidgetExt;
    use webkit2gtk::WebViewExt;
    let (reviving, again) = (shell.clone(), window.clone());
    let (closing, gone) = (shell.clone(), window.clone());
    let _ = window.with_webview(move |view| {
        let view = view.inner();
        view.connect_web_process_terminated(move |_, _| reviving.on_page_ended(&again));
        // wry destroys a view whose page has closed itself.
        view.connect_destroy(move |_| closing.on_view_gone(&gone));
    });
}

#[cfg(not(target_os = "linux"))]
fn watch(_shell: &Arc<Shell>, _window: &WebviewWindow) {}

/// What the shell's own page tells.
pub enum Notice<'a> {
    Starting,
    Failed(&'a str),
}

pub fn show_notice(window: &WebviewWindow, notice: &Notice) {
    let Ok(mut url) = Url::parse(OWN_PAGE) else {
        return;
    };
    match notice {
        Notice::Starting => url.set_fragment(Some("starting")),
        Notice::Failed(message) => {
            // The query is there to encode the text; it goes where no request carries it.
            url.query_pairs_mut().append_pair("failed", message);
            let text = url.query().map(str::to_string);
            url.set_query(None);
            url.set_fragment(text.as_deref());
        }
    }
    let _ = window.navigate(url);
}

/// Shows a page of the agent. `start` counts the agents of this run: with another address the window
/// loads anew, where a new fragment alone would leave the page of the agent before.
pub fn show_page(window: &WebviewWindow, port: u16, page: &str, start: u32, secret: &str) {
    let again = if start > 1 {
        format!("?start={start}")
    } else {
        String::new()
    };
    if let Ok(url) = Url::parse(&format!("http://127.0.0.1:{port}{page}{again}#t={secret}")) {
        let _ = window.navigate(url);
    }
}

/// The agent's page that a window shows now, if it does.
pub fn page_of(window: &WebviewWindow) -> Option<String> {
    let url = window.url().ok()?;
    (url.host_str() == Some("127.0.0.1") && is_page(url.path())).then(|| url.path().to_string())
}

/// Brings a window to the front.
pub fn focus(window: &WebviewWindow) {
    let _ = window.unminimize();
    let _ = window.show();
    let _ = window.set_focus();
}

/// The window that shows a page.
pub fn showing(shell: &Shell, page: &str) -> Option<WebviewWindow> {
    let windows = shell.app.webview_windows();
    windows
        .into_values()
        .find(|window| page_of(window).as_deref() == Some(page))
}
