//! The agent as a process: started so that it cannot outlive the shell, and ended in steps.
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Programs and folders that the shell needs.
#[derive(Clone, Debug)]
pub struct Programs {
    pub node: PathBuf,
    /// The agent's bundle.
    pub agent: PathBuf,
    /// The IDE's bundle.
    pub ide: PathBuf,
}

/// Starts the agent. The calling thread has to live as long as the child may: the kernel ends the child
/// when the thread that started it ends.
pub fn spawn(programs: &Programs) -> io::Result<Child> {
    let mut command = Command::new(&programs.node);
    command
        .arg(&programs.agent)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in crate::graphics::OURS
        .iter()
        .chain(&["TAURI_WEBVIEW_AUTOMATION"])
    {
        command.env_remove(name);
    }
    tie(&mut command);
    command.spawn()
}

/// A process group of its own, so that a Ctrl-C meant for the shell reaches the shell alone; and
/// SIGKILL when the shell is gone, which also ends an agent that is too busy to see its input end.
#[cfg(target_os = "linux")]
fn tie(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    let shell = std::process::id();
    command.process_group(0);
    // SAFETY: prctl and getppid are safe between fork and exec.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The shell may have gone before the kernel was asked.
            if libc::getppid() as u32 != shell {
                return Err(io::Error::other("the shell is gone"));
            }
            Ok(())
        });
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn tie(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(windows)]
fn tie(_command: &mut Command) {}

/// Asks the agent and what is in its group to end (SIGTERM).
#[cfg(unix)]
pub fn terminate(id: u32) {
    signal(id, libc::SIGTERM);
}

/// Ends the agent and what is in its group (SIGKILL).
#[cfg(unix)]
pub fn kill(id: u32) {
    signal(id, libc::SIGKILL);
}

#[cfg(unix)]
fn signal(id: u32, signal: i32) {
    if let Ok(group) = i32::try_from(id) {
        // SAFETY: sends a signal; a group that is gone is an error that nobody needs.
        unsafe { libc::kill(-group, signal) };
    }
}

#[cfg(windows)]
pub fn terminate(_id: u32) {}

#[cfg(windows)]
pub fn kill(id: u32) {
    let _ = Command::new("taskkill")
        .args(["/T", "/F", "/PID", &id.to_string()])
        .status();
}
