//! Where a window may go: the shell's own page, and the agent's port. Pure.
use tauri::Url;

/// What the shell's page asks for by going to `joy-shell:<name>`; no page has commands (IPC).
#[derive(Debug, PartialEq, Clone, Copy)]
pub enum Button {
    Retry,
    ShowLog,
    Quit,
}

#[derive(Debug, PartialEq)]
pub enum Verdict {
    Allow,
    Press(Button),
    Deny,
}

/// `port` is the agent's while it is ready; `own_page` says that the window shows the shell's page.
pub fn judge(url: &Url, port: Option<u16>, own_page: bool) -> Verdict {
    let allowed = match url.scheme() {
        "joy-shell" => {
            return if own_page {
                button(url.path())
            } else {
                Verdict::Deny
            };
        }
        "tauri" => url.host_str() == Some("localhost"),
        "http" => is_agent(url, port) || is_own_on_windows(url),
        // Frames and downloads that a page makes of its own bytes.
        "blob" => Url::parse(url.path()).is_ok_and(|inner| is_agent(&inner, port)),
        "about" => matches!(url.path(), "blank" | "srcdoc"),
        _ => false,
    };
    if allowed {
        Verdict::Allow
    } else {
        Verdict::Deny
    }
}

/// Whether the system's browser or mail program may be given this.
pub fn is_external(url: &Url) -> bool {
    match url.scheme() {
        "http" | "https" => url.has_host(),
        "mailto" => true,
        _ => false,
    }
}

/// Whether a page is the agent's: exactly its host and port, and no name before it.
fn is_agent(url: &Url, port: Option<u16>) -> bool {
    url.scheme() == "http"
        && url.host_str() == Some("127.0.0.1")
        && port.is_some()
        && url.port_or_known_default() == port
        && url.username().is_empty()
        && url.password().is_none()
}

fn is_own_on_windows(url: &Url) -> bool {
    cfg!(windows) && url.host_str() == Some("tauri.localhost") && url.port().is_none()
}

fn button(name: &str) -> Verdict {
    match name {
        "retry" => Verdict::Press(Button::Retry),
        "log" => Verdict::Press(Button::ShowLog),
        "quit" => Verdict::Press(Button::Quit),
        _ => Verdict::Deny,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(url: &str, port: Option<u16>) -> Verdict {
        judge(&Url::parse(url).expect(url), port, false)
    }

    #[test]
    fn allows_the_agents_port_alone() {
        for url in [
            "http://127.0.0.1:4711/",
            "http://127.0.0.1:4711/folder/a#t=1",
            "http://127.0.0.1:4711/session/session_0123456789abcdef",
            "tauri://localhost/index.html",
            "about:blank",
            "about:srcdoc",
            "blob:http://127.0.0.1:4711/0a",
        ] {
            assert_eq!(verdict(url, Some(4711)), Verdict::Allow, "{url}");
        }
        for url in [
            "http://127.0.0.1:4712/",
            "http://127.0.0.1/",
            "http://localhost:4711/",
            "https://127.0.0.1:4711/",
            "http://127.0.0.1:4711@example.org/",
            "http://ada@127.0.0.1:4711/",
            "http://example.org/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "blob:http://example.org/0a",
            "tauri://elsewhere/",
            "joy-shell:quit",
            "ipc://localhost/x",
            "view-source:http://127.0.0.1:4711/",
        ] {
            assert_eq!(verdict(url, Some(4711)), Verdict::Deny, "{url}");
        }
        assert_eq!(verdict("http://127.0.0.1:4711/", None), Verdict::Deny);
    }

    #[test]
    fn has_buttons_on_its_own_page_alone() {
        let press = |url: &str| judge(&Url::parse(url).expect(url), None, true);
        assert_eq!(press("joy-shell:retry"), Verdict::Press(Button::Retry));
        assert_eq!(press("joy-shell:log"), Verdict::Press(Button::ShowLog));
        assert_eq!(press("joy-shell:quit"), Verdict::Press(Button::Quit));
        assert_eq!(press("joy-shell:run"), Verdict::Deny);
    }

    #[test]
    fn gives_other_programs_only_pages_and_mail() {
        for url in [
            "https://example.org/x?y#z",
            "http://127.0.0.1:8080/",
            "mailto:ada@example.org",
        ] {
            assert!(is_external(&Url::parse(url).expect(url)), "{url}");
        }
        for url in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "smb://host/share",
            "tauri://localhost/",
        ] {
            assert!(!is_external(&Url::parse(url).expect(url)), "{url}");
        }
    }
}
