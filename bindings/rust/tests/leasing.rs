//! keypool from Rust, against the real library.

use keypool::{Dimension, KeyState, Pool, Request, Success, Why};
use std::time::Duration;

const ENDPOINT: &str = "https://api.openai.com";

fn pool() -> Pool {
    let pool = Pool::new();
    assert!(pool.add_key(ENDPOINT, "FIRST", "sk-first"));
    assert!(pool.add_key(ENDPOINT, "SECOND", "sk-second"));
    pool
}

#[test]
fn a_lease_gives_the_secret_and_counts_what_the_call_used() {
    let pool = pool();
    let lease = pool.lease(ENDPOINT, &Request { model: "gpt-4.1", ..Request::default() }).unwrap();
    let name = lease.key_name().to_owned();
    assert_eq!(lease.secret(), format!("sk-{}", name.to_lowercase()));
    lease.succeed(Success {
        latency: Duration::from_millis(500),
        input_tokens: 100,
        output_tokens: 50,
        ..Success::default()
    });

    let stats = pool.stats(ENDPOINT);
    let used = stats.iter().find(|key| key.name == name).unwrap();
    assert_eq!((used.successes, used.input_tokens, used.output_tokens), (1, 100, 50));
    assert_eq!(used.latency, Duration::from_millis(500));
}

#[test]
fn a_rate_limited_key_is_passed_over() {
    let pool = pool();
    let lease = pool.lease(ENDPOINT, &Request::default()).unwrap();
    let limited = lease.key_name().to_owned();
    lease.rate_limited(Some(Duration::from_secs(20)));

    for _ in 0..4 {
        let lease = pool.lease(ENDPOINT, &Request::default()).unwrap();
        assert_ne!(lease.key_name(), limited);
        lease.succeed(Success::default());
    }
    let stats = pool.stats(ENDPOINT);
    let key = stats.iter().find(|key| key.name == limited).unwrap();
    assert_eq!(key.state, KeyState::Cooling);
    assert!(key.until.is_some());
}

#[test]
fn a_refusal_says_why_and_when_there_will_be_room() {
    let pool = pool();
    for _ in 0..2 {
        let lease = pool.lease(ENDPOINT, &Request::default()).unwrap();
        lease.rate_limited(Some(Duration::from_secs(20)));
    }
    let refusal = pool.lease(ENDPOINT, &Request::default()).unwrap_err();
    assert_eq!(refusal.why, Why::AllCooling);
    assert!(refusal.retry_after.unwrap() <= Duration::from_secs(20));
    assert!(refusal.to_string().contains(ENDPOINT));

    assert_eq!(pool.lease("nowhere", &Request::default()).unwrap_err().why, Why::UnknownEndpoint);
}

#[test]
fn a_thread_waits_until_another_makes_room() {
    let pool = pool();
    for _ in 0..2 {
        let lease = pool.lease(ENDPOINT, &Request::default()).unwrap();
        lease.rate_limited(Some(Duration::from_secs(30)));
    }
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let lease = pool
                .lease_wait(ENDPOINT, &Request::default(), Duration::from_secs(60))
                .unwrap();
            let name = lease.key_name().to_owned();
            lease.succeed(Success::default());
            name
        });
        assert!(pool.reset_key(ENDPOINT, "SECOND"));
        assert_eq!(waiter.join().unwrap(), "SECOND");
    });
}

#[test]
fn a_dropped_lease_is_abandoned_and_shows_no_secret() {
    let pool = pool();
    {
        let mut lease = pool.lease(ENDPOINT, &Request::default()).unwrap();
        lease.observe(Dimension::RequestsPerMinute, Some(500), Some(499));
        lease.belongs_to("org-1");
        assert!(!format!("{:?}", lease).contains("sk-"));
    }
    let stats = pool.stats(ENDPOINT);
    assert_eq!(stats.iter().map(|key| key.abandoned).sum::<u64>(), 1);
    assert_eq!(stats.iter().map(|key| key.in_flight).sum::<u64>(), 0);
}
