//! When an agent that ended by itself is started again. Pure.
use std::time::{Duration, Instant};

const WITHIN: Duration = Duration::from_secs(60);
const STARTS_MAX: usize = 4;
const PAUSE: Duration = Duration::from_millis(400);

/// The starts of the last minute.
#[derive(Default)]
pub struct Restarts(Vec<Instant>);

impl Restarts {
    /// Notes a start.
    pub fn started(&mut self, now: Instant) {
        self.0.retain(|start| now.duration_since(*start) < WITHIN);
        self.0.push(now);
    }

    /// How long to wait before the next start, or None when it failed too often to go on.
    pub fn next(&self, now: Instant) -> Option<Duration> {
        let recent = self
            .0
            .iter()
            .filter(|start| now.duration_since(**start) < WITHIN)
            .count();
        let again = u32::try_from(recent).ok()?.saturating_sub(1);
        (recent < STARTS_MAX).then(|| PAUSE * again)
    }

    /// The user asked: what was before does not count.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_at_once_then_slower_then_not_at_all() {
        let mut restarts = Restarts::default();
        let begin = Instant::now();
        let mut pauses = Vec::new();
        for second in 0..STARTS_MAX as u64 {
            let now = begin + Duration::from_secs(second);
            restarts.started(now);
            pauses.push(restarts.next(now));
        }
        assert_eq!(
            pauses,
            [Some(Duration::ZERO), Some(PAUSE), Some(PAUSE * 2), None]
        );
        assert_eq!(
            restarts.next(begin + WITHIN + Duration::from_secs(9)),
            Some(Duration::ZERO)
        );
        restarts.forget();
        assert_eq!(restarts.next(begin), Some(Duration::ZERO));
    }
}
