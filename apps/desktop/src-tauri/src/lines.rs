//! The lines between shell and agent: `packages/protocol/src/desktop.ts` says what each means.
use serde::{Deserialize, Serialize};
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
    Quit,
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

/// Whether a path is one of the agent's pages: `/`, `/start`, `/folder/<id>`.
pub fn is_page(path: &str) -> bool {
    match path.strip_prefix("/folder/") {
        Some(id) => {
            (1..=40).contains(&id.len())
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        }
        None => path == "/" || path == "/start",
    }
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
        assert!(read(r#"{"request":{"id":3,"page":"/","kind":"quit"}}"#).is_ok());
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
        };
        assert_eq!(
            write(&start),
            "{\"secret\":\"00\",\"data\":\"/d\",\"ide\":\"/i\",\"port\":0,\"folder\":null}\n"
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
        for page in ["/", "/start", "/folder/a", "/folder/0123456789"] {
            assert!(is_page(page), "{page}");
        }
        for page in [
            "",
            "start",
            "/start/",
            "/folder/",
            "/folder/A",
            "/folder/a/b",
            "/x",
            "//h/",
        ] {
            assert!(!is_page(page), "{page}");
        }
    }
}
