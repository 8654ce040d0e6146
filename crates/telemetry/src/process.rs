//! Metrics of the process, under the names that Prometheus' client libraries share.

use crate::metrics::{FloatCounter, Gauge, Metrics};
use crate::schema::metrics::{
    BUILD_INFO, PROCESS_CPU, PROCESS_MAX_FDS, PROCESS_MEMORY, PROCESS_OPEN_FDS, PROCESS_START_TIME, PROCESS_THREADS,
};

#[cfg(target_os = "linux")]
use {
    procfs::WithCurrentSystemInfo,
    procfs::process::{LimitValue, Process},
    std::time::Duration,
};

/// The metrics of this process. They are read on Linux; elsewhere only the version is known.
#[derive(Clone)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "read on Linux only"))]
pub struct ProcessMetrics {
    cpu: FloatCounter<0>,
    memory: Gauge<0>,
    open_files: Gauge<0>,
    max_files: Gauge<0>,
    threads: Gauge<0>,
    start: Gauge<0>,
}

impl ProcessMetrics {
    pub fn new(metrics: &Metrics) -> Self {
        metrics.gauge(&BUILD_INFO).set_count(1, [env!("CARGO_PKG_VERSION")]);
        Self {
            cpu: metrics.float_counter(&PROCESS_CPU),
            memory: metrics.gauge(&PROCESS_MEMORY),
            open_files: metrics.gauge(&PROCESS_OPEN_FDS),
            max_files: metrics.gauge(&PROCESS_MAX_FDS),
            threads: metrics.gauge(&PROCESS_THREADS),
            start: metrics.gauge(&PROCESS_START_TIME),
        }
    }

    /// Reads the numbers of the operating system. A number that cannot be read keeps its last value.
    pub fn sample(&self) {
        #[cfg(target_os = "linux")]
        if let Err(error) = self.read() {
            tracing::debug!(%error, "the metrics of the process cannot be read");
        }
    }

    #[cfg(target_os = "linux")]
    fn read(&self) -> procfs::ProcResult<()> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        // The kernel counts time in ticks.
        let time = |ticks: u64| {
            Duration::from_millis(
                ticks.saturating_mul(1000).checked_div(procfs::ticks_per_second()).unwrap_or_default(),
            )
        };
        self.cpu.raise_to(time(stat.utime.saturating_add(stat.stime)).as_secs_f64(), []);
        self.memory.set_count(stat.rss_bytes().get(), []);
        self.threads.set_count(u64::try_from(stat.num_threads).unwrap_or_default(), []);
        self.open_files.set_count(u64::try_from(process.fd_count()?).unwrap_or(u64::MAX), []);
        if let LimitValue::Value(limit) = process.limits()?.max_open_files.soft_limit {
            self.max_files.set_count(limit, []);
        }
        let start = Duration::from_secs(procfs::boot_time_secs()?).saturating_add(time(stat.starttime));
        self.start.set(start.as_secs_f64(), []);
        Ok(())
    }
}
