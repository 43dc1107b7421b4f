//! The histogram against a sorted list.

use std::time::Duration;

use trefoil_core::random::{Random, SeededRandom};

use super::{BUCKETS, Histogram, bucket, upper};

#[test]
fn buckets_are_contiguous_and_within_their_precision() {
    let mut last = 0;
    for nanos in (0..100_000).chain((17..40).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 1])) {
        let index = bucket(nanos);
        assert!(index == last || index >= last, "{nanos}");
        last = index;
        assert!(upper(index) >= nanos, "{nanos}: {}", upper(index));
        assert!(upper(index) - nanos <= nanos / 64, "{nanos}: {}", upper(index));
    }
    assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    for index in 1..BUCKETS {
        assert_eq!(bucket(upper(index - 1) + 1), index);
    }
}

#[test]
fn percentiles_agree_with_a_sorted_list() {
    let random = SeededRandom::new(7);
    let mut values: Vec<u64> =
        (0..10_000).map(|_| 1_000 + random.next_u64() % (1 << (10 + random.next_u64() % 20))).collect();
    let (mut one, mut other) = (Histogram::default(), Histogram::default());
    for (index, value) in values.iter().enumerate() {
        (if index % 2 == 0 { &mut one } else { &mut other }).record(Duration::from_nanos(*value));
    }
    one.add(&other);
    values.sort_unstable();
    assert_eq!((one.count(), one.max()), (10_000, Duration::from_nanos(values[9_999])));
    for (share, rank) in [(0.5, 5_000), (0.99, 9_900), (0.999, 9_990), (1.0, 10_000), (0.0, 1)] {
        let exact = values[rank - 1];
        let shown = u64::try_from(one.percentile(share).as_nanos()).unwrap();
        assert!(shown >= exact && shown - exact <= exact / 64, "{share}: {shown} for {exact}");
    }
}

#[test]
fn an_empty_one_is_zero() {
    assert_eq!(Histogram::default().percentile(0.99), Duration::ZERO);
}
