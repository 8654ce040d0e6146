//! The log lines that were written last in this process, for the operations page.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

/// The number of lines that are kept.
const LIMIT: usize = 500;

/// The lines that were written last, as JSON. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct RecentLogs(Arc<Mutex<VecDeque<String>>>);

impl RecentLogs {
    /// The lines, the oldest first. Each ends with a newline.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Adds a line. Each event is written at once.
pub struct Line(RecentLogs);

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(String::from_utf8_lossy(line).into_owned());
        if lines.len() > LIMIT {
            lines.pop_front();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for RecentLogs {
    type Writer = Line;

    fn make_writer(&'w self) -> Line {
        Line(self.clone())
    }
}
