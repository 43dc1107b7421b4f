//! What the process itself costs: memory, CPU, file descriptors.
//!
//! Always holds: what the kernel does not tell is left out, never shown as zero.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Exposition, Kind, Source};

/// The process's metrics; the start time is that of this call.
pub fn source() -> Source {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    Box::new(move |exposition| write(exposition, started))
}

fn write(exposition: &mut Exposition, started: f64) {
    exposition.metric("trefoil_build_info", Kind::Gauge, "The running version, as a label.");
    exposition.sample("trefoil_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    let help = "Start of the process, seconds since 1970.";
    exposition.single("trefoil_process_start_time_seconds", Kind::Gauge, help, started);
    let cpu = crate::process::own_cpu().as_secs_f64();
    exposition.single("trefoil_process_cpu_seconds_total", Kind::Counter, "CPU time, user and system.", cpu);
    if let Ok(bytes) = crate::process::resident_bytes(&[std::process::id()]) {
        exposition.single("trefoil_process_resident_memory_bytes", Kind::Gauge, "Resident memory.", bytes);
    }
    if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
        exposition.single("trefoil_process_open_fds", Kind::Gauge, "Open file descriptors.", entries.count());
    }
}
