//! What does one call cost in the pool that keypool grew out of? A call is `lease` and `report_success`,
//! through its public API. Prints one JSON object, the cases named as bench/pool knows them.
use key_pool::KeyPool;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::{Duration, Instant};

mod key_pool;

/// Counts without locking the bus, so that counting costs the timings nothing; exact with one thread.
struct Counting;
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.store(ALLOCATIONS.load(Relaxed) + 1, Relaxed);
        System.alloc(layout)
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        System.dealloc(at, layout)
    }
}
#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SECONDS: f64 = 1.0;

/// `endpoints` endpoints of `keys` keys each, every key with a history of its own.
async fn pool_of(endpoints: usize, keys: usize) -> (Arc<KeyPool>, Arc<Vec<String>>) {
    let secrets: Vec<String> = (0..keys).map(|i| format!("sk-{i:048}")).collect();
    std::env::set_var("SEED_KEYS", secrets.join(","));
    let names: Vec<String> = (0..endpoints).map(|i| format!("https://api-{i}.example.com/v1")).collect();
    let pool = KeyPool::new();
    for name in &names {
        pool.register_endpoint(name, vec!["SEED_KEYS".into()]).await;
    }
    let history: serde_json::Map<String, serde_json::Value> = names
        .iter()
        .map(|name| {
            let stats = (0..keys).map(|i| {
                serde_json::json!({
                    "env_var": format!("SEED_KEYS[{i}]"), "total_requests": 1, "successes": 1,
                    "failures": 0, "rate_limits": 0, "total_latency_ms": 250,
                    "total_input_tokens": 100 + i * 7919 % 1000, "total_output_tokens": 16 + i * 104729 % 250,
                })
            });
            (name.clone(), stats.collect())
        })
        .collect();
    let file = std::path::Path::new("history.json");
    std::fs::write(file, serde_json::to_string(&history).unwrap()).unwrap();
    assert_eq!(pool.load_stats(file).await.unwrap(), endpoints * keys);
    (Arc::new(pool), Arc::new(names))
}

/// Calls until `until`, each on an endpoint picked at random; returns how many.
async fn call(pool: Arc<KeyPool>, names: Arc<Vec<String>>, seed: u64, until: Instant) -> u64 {
    let mut state = seed | 1;
    let mut calls = 0;
    while Instant::now() < until {
        for _ in 0..if names.len() > 1 || calls > 1000 { 64 } else { 1 } {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let name = &names[state as usize % names.len()];
            let lease = pool.lease(name).await.unwrap();
            let (input, output) = (100 + (state >> 16) % 1000, 16 + (state >> 32) % 250);
            pool.report_success(name, &lease.env_var, 250, input, output).await;
            calls += 1;
        }
    }
    calls
}

/// One case as JSON; the time of a call is a thread's own.
fn row(case: &str, keys: usize, endpoints: usize, threads: usize) -> serde_json::Value {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().unwrap();
    let nanoseconds = runtime.block_on(async {
        let (pool, names) = pool_of(endpoints, keys).await;
        let warm = Instant::now() + Duration::from_secs_f64(SECONDS / 4.0);
        tokio::spawn(call(pool.clone(), names.clone(), 7, warm)).await.unwrap();
        let begin = Instant::now();
        let until = begin + Duration::from_secs_f64(SECONDS);
        let tasks: Vec<_> =
            (0..threads).map(|i| tokio::spawn(call(pool.clone(), names.clone(), 11 + i as u64, until))).collect();
        let mut calls = 0;
        for task in tasks {
            calls += task.await.unwrap();
        }
        begin.elapsed().as_nanos() as f64 * threads as f64 / calls as f64
    });
    serde_json::json!({
        "case": case, "keys": keys, "endpoints": endpoints, "threads": threads, "ns_per_op": nanoseconds,
    })
}

fn allocations() -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (pool, names) = pool_of(1, 3).await;
        let before = ALLOCATIONS.load(Relaxed);
        for _ in 0..1000 {
            let lease = pool.lease(&names[0]).await.unwrap();
            pool.report_success(&names[0], &lease.env_var, 250, 100, 50).await;
        }
        (ALLOCATIONS.load(Relaxed) - before) as f64 / 1000.0
    })
}

fn main() {
    let warm = "warm/varied tokens";
    println!(
        "{}",
        serde_json::json!({
            "rows": [
                row(warm, 3, 1, 1),
                row(warm, 3, 1, 2),
                row(warm, 1000, 1, 1),
                row(warm, 100_000, 1, 1),
                row("endpoints x 3 keys", 3, 10_000, 1),
            ],
            "allocations": allocations(),
        })
    );
}
