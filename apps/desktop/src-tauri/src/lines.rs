//! The lines between shell and agent: `packages/protocol/src/desktop.ts` says what each means.
use crate::updates::Updates;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::path::Path;

/// A longer line is no line of ours.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

#[derive(Serialize)]
pub struct Start<'a> {
    pub secret: &'a str,
    pub data: &'a Path,
    pub ide: &'a Path,
    pub port: u16,
    pub folder: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updates: Option<&'a Updates>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ShellLine {
    Reply(Reply),
    Open { folder: String },
    Closing { page: Option<String> },
}

#[derive(Serialize, Default)]
pub struct Reply {
    pub id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum AgentLine {
    Ready { port: u16, proof: String },
    Request(Request),
    Closed { page: Option<String> },
    Failed { code: String, message: String },
}

#[derive(Deserialize, Debug, PartialEq)]
pub struct Request {
    pub id: u64,
    /// The page on whose behalf the agent asks.
    pub page: String,
    #[serde(flatten)]
    pub wish: Wish,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Wish {
    #[serde(rename_all = "camelCase")]
    ChooseFolder {
        start_in: Option<String>,
    },
    OpenExternal {
        url: String,
    },
    NewWindow {
        path: String,
    },
    Reveal {
        path: String,
    },
    Zoom {
        factor: f64,
    },
    CloseWindow,
    Quit,
    Restart,
}

/// One line with its end.
pub fn write(line: &impl Serialize) -> String {
    let mut text = serde_json::to_string(line).expect("lines have only text and numbers");
    text.push('\n');
    text
}

/// The line, or why it is none.
pub fn read(line: &str) -> Result<AgentLine, String> {
    let parsed: AgentLine = serde_json::from_str(line).map_err(|error| error.to_string())?;
    match &parsed {
        AgentLine::Ready { port: 0, .. } => Err("port 0".into()),
        AgentLine::Request(Request { page, .. }) if !is_page(page) => Err("not a page".into()),
        AgentLine::Request(Request {
            wish: Wish::NewWindow { path },
            ..
        }) if !is_page(path) => Err("not a page".into()),
        AgentLine::Closed { page: Some(page) } if !is_page(page) => Err("not a page".into()),
        _ => Ok(parsed),
    }
}

/// Whether a path is one of the agent's pages: `/`, `/start`, `/folder/<id>`, `/session/session_<id>`.
pub fn is_page(path: &str) -> bool {
    if let Some(id) = path.strip_prefix("/folder/") {
        return is_id(id, 1..=40);
    }
    if let Some(id) = path.strip_prefix("/session/session_") {
        return is_id(id, 16..=32);
    }
    path == "/" || path == "/start"
}

fn is_id(id: &str, length: RangeInclusive<usize>) -> bool {
    let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    length.contains(&id.len()) && id.bytes().all(is_good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_line_of_the_agent() {
        assert_eq!(
            read(r#"{"ready":{"port":4711,"proof":"ab"}}"#),
            Ok(AgentLine::Ready {
                port: 4711,
                proof: "ab".into()
            })
        );
        assert_eq!(
            read(r#"{"request":{"id":1,"page":"/start","kind":"choose-folder","startIn":null}}"#),
            Ok(AgentLine::Request(Request {
                id: 1,
                page: "/start".into(),
                wish: Wish::ChooseFolder { start_in: None }
            }))
        );
        assert_eq!(
            read(r#"{"request":{"id":2,"page":"/","kind":"new-window","path":"/folder/a1"}}"#),
            Ok(AgentLine::Request(Request {
                id: 2,
                page: "/".into(),
                wish: Wish::NewWindow {
                    path: "/folder/a1".into()
                }
            }))
        );
        for kind in ["quit", "restart", "close-window"] {
            let line = format!(r#"{{"request":{{"id":3,"page":"/","kind":"{kind}"}}}}"#);
            assert!(read(&line).is_ok(), "{line}");
        }
        assert_eq!(
            read(r#"{"request":{"id":4,"page":"/","kind":"zoom","factor":1.2}}"#),
            Ok(AgentLine::Request(Request {
                id: 4,
                page: "/".into(),
                wish: Wish::Zoom { factor: 1.2 }
            }))
        );
        assert_eq!(
            read(r#"{"closed":{"page":null}}"#),
            Ok(AgentLine::Closed { page: None })
        );
        assert!(read(r#"{"failed":{"code":"E_INTERNAL","message":"no"}}"#).is_ok());
    }

    #[test]
    fn refuses_what_is_no_line() {
        for line in [
            "",
            "ready",
            "{}",
            r#"{"ready":{"port":0,"proof":"ab"}}"#,
            r#"{"ready":{"port":70000,"proof":"ab"}}"#,
            r#"{"request":{"id":1,"page":"/","kind":"run","path":"/bin/sh"}}"#,
            r#"{"request":{"id":1,"page":"//example.org","kind":"quit"}}"#,
            r#"{"request":{"id":1,"page":"/","kind":"new-window","path":"@example.org/"}}"#,
            r#"{"closed":{"page":"/folder/../x"}}"#,
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }

    #[test]
    fn writes_lines_as_the_agent_reads_them() {
        let start = Start {
            secret: "00",
            data: Path::new("/d"),
            ide: Path::new("/i"),
            port: 0,
            folder: None,
            updates: None,
        };
        assert_eq!(
            write(&start),
            "{\"secret\":\"00\",\"data\":\"/d\",\"ide\":\"/i\",\"port\":0,\"folder\":null}\n"
        );
        let updates = Updates {
            url: "https://u".into(),
            key: "RW".into(),
        };
        let configured = Start {
            updates: Some(&updates),
            ..start
        };
        assert!(
            write(&configured).ends_with(",\"updates\":{\"url\":\"https://u\",\"key\":\"RW\"}}\n")
        );
        let reply = Reply {
            id: 7,
            folder: Some("/a\nb".into()),
            ..Reply::default()
        };
        assert_eq!(
            write(&ShellLine::Reply(reply)),
            "{\"reply\":{\"id\":7,\"folder\":\"/a\\nb\"}}\n"
        );
        assert_eq!(
            write(&ShellLine::Closing { page: None }),
            "{\"closing\":{\"page\":null}}\n"
        );
        assert_eq!(
            write(&ShellLine::Open {
                folder: "/x".into()
            }),
            "{\"open\":{\"folder\":\"/x\"}}\n"
        );
    }

    #[test]
    fn knows_the_pages() {
        for page in [
            "/",
            "/start",
            "/folder/a",
            "/folder/0123456789",
            "/session/session_0123456789abcdefghijklmnop",
        ] {
            assert!(is_page(page), "{page}");
        }
        for page in [
            "",
            "start",
            "/start/",
            "/folder/",
            "/folder/A",
            "/folder/a/b",
            "/session/a",
            "/session/session_",
            "/session/session_0123456789abcdefghijklmnopqrstuvwx",
            "/session/session_0123456789abcdef/../../start",
            "/session/session_0123456789ABCDEF",
            "/x",
            "//h/",
        ] {
            assert!(!is_page(page), "{page}");
        }
    }
}
