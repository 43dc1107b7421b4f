//! Where observations land.

use super::Histogram;

#[test]
fn observations_land_in_the_bucket_whose_bound_they_do_not_exceed() {
    for (nanos, bound) in [
        (0, 16e-6),
        (16_000, 16e-6),
        (16_001, 32e-6),
        (32_000, 32e-6),
        (1_000_000_000, 1.048_576),
        (30_000_000_000, 33.554_432),
        (u64::MAX, f64::INFINITY),
    ] {
        let histogram = Histogram::default();
        histogram.observe(nanos);
        let read = histogram.read();
        assert_eq!(read.counts.len(), read.bounds.len() + 1);
        let bucket = read.counts.iter().position(|count| *count == 1).unwrap();
        assert_eq!(read.bounds.get(bucket).copied().unwrap_or(f64::INFINITY), bound, "{nanos}");
    }
}
