//! Supervises the agent: starts it, believes it only with its proof, starts it again when it dies, and
//! ends it with the shell.
use crate::child::{self, Programs};
use crate::lines::{self, AgentLine, ShellLine, Start};
use crate::log_file::LogFile;
use crate::restarts::Restarts;
use crate::secret::Secret;
use crate::updates::Updates;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A cold start from a slow disk takes seconds; past this it is not coming.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// For its last words after the end of its input.
const END_WITHIN: Duration = Duration::from_secs(2);
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(200);
/// Between SIGTERM and SIGKILL.
const TERMINATE_WITHIN: Duration = Duration::from_secs(1);

pub struct Settings {
    pub programs: Programs,
    pub data: PathBuf,
    pub log: PathBuf,
    /// The port of last time, so that the page finds its web storage; 0 for any.
    pub port: u16,
    /// What the page `/` shows, also after a restart.
    pub folder: Option<PathBuf>,
    pub updates: Option<Updates>,
}

pub enum Event {
    /// It listens there, and has proved who it is.
    Ready { port: u16, secret: Secret },
    /// A request, or the answer to `closing`.
    Said(AgentLine),
    /// It died; it is being started again.
    Restarting,
    /// It is not running and will not be, until `retry`.
    Failed { message: String },
    /// It has ended, as it was told.
    Ended,
}

/// What reaches the supervising thread.
enum Signal {
    Said {
        start: u32,
        line: AgentLine,
    },
    Exited {
        start: u32,
        status: Option<ExitStatus>,
    },
    Retry,
    Stop,
}

/// The agent, from any thread.
pub struct Agent {
    signals: Sender<Signal>,
    /// Lines for the standard input of the one that runs; dropping the sender ends that input.
    input: Arc<Mutex<Option<Sender<String>>>>,
}

impl Agent {
    /// Starts supervising on a thread that never ends, since the kernel ties the agent to it.
    pub fn start(settings: Settings, on_event: impl Fn(Event) + Send + 'static) -> Self {
        let (signals, received) = mpsc::channel();
        let input = Arc::new(Mutex::new(None));
        let mut supervisor = Supervisor {
            settings,
            log: None,
            signals: signals.clone(),
            received,
            input: input.clone(),
            starts: 0,
            restarts: Restarts::default(),
        };
        thread::spawn(move || {
            supervisor.run(&on_event);
            on_event(Event::Ended);
            loop {
                thread::park();
            }
        });
        Self { signals, input }
    }

    /// Sends a line; without an agent it is lost, as is whoever would have been answered.
    pub fn say(&self, line: &ShellLine) {
        if let Some(input) = self.input.lock().expect("no holder panics").as_ref() {
            let _ = input.send(lines::write(line));
        }
    }

    /// After `Failed`: tries again.
    pub fn retry(&self) {
        let _ = self.signals.send(Signal::Retry);
    }

    /// Ends it within about 3 s; `Ended` follows.
    pub fn stop(&self) {
        let _ = self.signals.send(Signal::Stop);
    }
}

struct Supervisor {
    settings: Settings,
    log: Option<Arc<Mutex<LogFile>>>,
    signals: Sender<Signal>,
    received: Receiver<Signal>,
    input: Arc<Mutex<Option<Sender<String>>>>,
    starts: u32,
    restarts: Restarts,
}

/// How one agent's life went.
enum Outcome {
    Stopped,
    Died { message: String, hopeless: bool },
}

impl Supervisor {
    fn run(&mut self, on_event: &dyn Fn(Event)) {
        self.log = LogFile::open(&self.settings.log)
            .ok()
            .map(|log| Arc::new(Mutex::new(log)));
        loop {
            self.restarts.started(Instant::now());
            let (message, hopeless) = match self.live(on_event) {
                Outcome::Stopped => return,
                Outcome::Died { message, hopeless } => (message, hopeless),
            };
            self.note(&message);
            match self.restarts.next(Instant::now()) {
                Some(pause) if !hopeless => {
                    on_event(Event::Restarting);
                    if self.pause(Some(pause)) {
                        return;
                    }
                }
                _ => {
                    on_event(Event::Failed { message });
                    if self.pause(None) {
                        return;
                    }
                    self.restarts.forget();
                }
            }
        }
    }

    /// Waits for `pause`, or with None for `retry`; true when it is to stop.
    fn pause(&self, pause: Option<Duration>) -> bool {
        let until = pause.map(|pause| Instant::now() + pause);
        loop {
            let signal = match until {
                Some(until) => self
                    .received
                    .recv_timeout(until.saturating_duration_since(Instant::now())),
                None => self
                    .received
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
            };
            match signal {
                Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
                Ok(Signal::Retry) | Err(RecvTimeoutError::Timeout) => return false,
                Ok(_) => {}
            }
        }
    }

    /// One agent, from its start to its end.
    fn live(&mut self, on_event: &dyn Fn(Event)) -> Outcome {
        self.starts += 1;
        let child = match child::spawn(&self.settings.programs) {
            Ok(child) => child,
            Err(error) => {
                let node = self.settings.programs.node.display();
                let message = format!("{node} could not be started: {error}");
                return Outcome::Died {
                    message,
                    hopeless: true,
                };
            }
        };
        let secret = Secret::random();
        let id = child.id();
        self.attach(child, &secret);
        let outcome = self.follow(id, &secret, on_event);
        self.input.lock().expect("no holder panics").take();
        outcome
    }

    /// Threads for its three streams and its end. None of them is the one that started it.
    fn attach(&mut self, mut child: Child, secret: &Secret) {
        let start = self.starts;
        let (lines, written) = mpsc::channel::<String>();
        let Settings {
            data,
            programs,
            port,
            folder,
            updates,
            ..
        } = &self.settings;
        let folder = folder.as_deref();
        let first = Start {
            secret: secret.text(),
            data,
            ide: &programs.ide,
            port: *port,
            folder,
            updates: updates.as_ref(),
        };
        let _ = lines.send(lines::write(&first));
        *self.input.lock().expect("no holder panics") = Some(lines);
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(mut stderr)) = streams else {
            unreachable!("all three are pipes");
        };
        thread::spawn(move || write_lines(stdin, &written));
        let (signals, log) = (self.signals.clone(), self.log.clone());
        let (read_all, all_read) = mpsc::channel::<()>();
        thread::spawn(move || {
            read_lines(stdout, &log, |line| {
                let _ = signals.send(Signal::Said { start, line });
            });
            let _ = read_all.send(());
        });
        let log = self.log.clone();
        thread::spawn(move || copy_log(&log, &mut stderr));
        let signals = self.signals.clone();
        thread::spawn(move || {
            let status = child.wait().ok();
            // Its last words come first, unless something that it started holds its output open.
            let _ = all_read.recv_timeout(LAST_WORDS_WITHIN);
            let _ = signals.send(Signal::Exited { start, status });
        });
    }

    fn follow(&mut self, id: u32, secret: &Secret, on_event: &dyn Fn(Event)) -> Outcome {
        let ready_until = Instant::now() + READY_WITHIN;
        let mut ready = false;
        let mut failed: Option<String> = None;
        loop {
            let signal = if ready || failed.is_some() {
                self.received
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                let wait = ready_until.saturating_duration_since(Instant::now());
                self.received.recv_timeout(wait)
            };
            match signal {
                Ok(Signal::Said { start, line }) if start == self.starts => match line {
                    AgentLine::Ready { port, proof } if !ready && secret.proves(port, &proof) => {
                        ready = true;
                        self.settings.port = port;
                        on_event(Event::Ready {
                            port,
                            secret: secret.clone(),
                        });
                    }
                    AgentLine::Ready { .. } => {
                        child::kill(id);
                        failed = Some("The agent did not prove that it is the agent.".into());
                    }
                    AgentLine::Failed { code, message } => {
                        failed = Some(format!("{message} ({code})"))
                    }
                    line => on_event(Event::Said(line)),
                },
                Ok(Signal::Exited { start, status }) if start == self.starts => {
                    let hopeless = failed.is_some();
                    let message = failed.unwrap_or_else(|| ended_by_itself(status));
                    return Outcome::Died { message, hopeless };
                }
                Err(RecvTimeoutError::Timeout) => {
                    child::kill(id);
                    failed = Some("The agent did not start in time.".into());
                }
                Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.end(id);
                    return Outcome::Stopped;
                }
                Ok(_) => {}
            }
        }
    }

    /// The end of its input, then SIGTERM, then SIGKILL.
    fn end(&self, id: u32) {
        self.input.lock().expect("no holder panics").take();
        if !self.exits_within(END_WITHIN) {
            child::terminate(id);
            if !self.exits_within(TERMINATE_WITHIN) {
                child::kill(id);
                self.exits_within(TERMINATE_WITHIN);
            }
        }
        // What it started and left in its group.
        child::kill(id);
    }

    fn exits_within(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        loop {
            match self
                .received
                .recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok(Signal::Exited { start, .. }) if start == self.starts => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    fn note(&self, text: &str) {
        if let Some(log) = &self.log {
            log.lock().expect("no holder panics").note(text);
        }
    }
}

fn ended_by_itself(status: Option<ExitStatus>) -> String {
    match status {
        Some(status) => format!("The agent ended by itself ({status})."),
        None => "The agent ended by itself.".into(),
    }
}

fn write_lines(mut stdin: ChildStdin, lines: &Receiver<String>) {
    while let Ok(line) = lines.recv() {
        if stdin
            .write_all(line.as_bytes())
            .and_then(|()| stdin.flush())
            .is_err()
        {
            return;
        }
    }
}

/// Calls back for each line; what is none is noted and dropped.
fn read_lines(
    stdout: impl Read,
    log: &Option<Arc<Mutex<LogFile>>>,
    mut on_line: impl FnMut(AgentLine),
) {
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = lines::LINE_BYTES_MAX as u64;
        match reader.by_ref().take(limit).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        match lines::read(String::from_utf8_lossy(&line).trim_end()) {
            Ok(line) => on_line(line),
            Err(error) => {
                if let Some(log) = log {
                    log.lock()
                        .expect("no holder panics")
                        .note(&format!("not a line: {error}"));
                }
            }
        }
    }
}

/// Holds the log no longer than a write takes, as the shell notes there too.
fn copy_log(log: &Option<Arc<Mutex<LogFile>>>, stderr: &mut impl Read) {
    let mut buffer = [0u8; 8192];
    while let Ok(count) = stderr.read(&mut buffer) {
        if count == 0 {
            return;
        }
        if let Some(log) = log {
            log.lock()
                .expect("no holder panics")
                .copy(&mut &buffer[..count]);
        }
    }
}
