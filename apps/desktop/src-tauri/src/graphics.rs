//! What WebKitGTK needs to be told before it starts.

/// Variables that the shell sets for its own window; the agent and its terminals do not get them.
pub const OURS: [&str; 1] = ["WEBKIT_DISABLE_DMABUF_RENDERER"];

/// With NVIDIA's driver WebKitGTK's DMA-BUF renderer shows an empty window; who set the variable knows
/// better. To be called before GTK and any thread start.
pub fn prepare() {
    let nvidia = std::path::Path::new("/proc/driver/nvidia/version").exists();
    if nvidia && std::env::var_os(OURS[0]).is_none() {
        // SAFETY: no other thread runs yet.
        unsafe { std::env::set_var(OURS[0], "1") };
    }
}
