//! `keypool.h`, as Rust sees it.

use std::os::raw::{c_char, c_int, c_void};

#[repr(C)]
pub struct Pool {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct Lease {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct Options {
    pub struct_size: usize,
    pub cooldown_ms: u64,
    pub load_window_ms: u64,
    pub unknown_call_tokens: u64,
}

#[repr(C)]
pub struct Request {
    pub struct_size: usize,
    pub model: *const c_char,
    pub estimated_input_tokens: u64,
    pub estimated_output_tokens: u64,
    pub same_group_as: *const c_char,
    pub client: *const c_char,
}

#[repr(C)]
pub struct Refusal {
    pub struct_size: usize,
    pub retry_after_ms: i64,
    pub message: [c_char; 512],
}

#[repr(C)]
pub struct Success {
    pub struct_size: usize,
    pub latency_ms: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cost_micro_usd: u64,
}

#[repr(C)]
pub struct LimitNotice {
    pub struct_size: usize,
    pub dimension: c_int,
    pub limit: i64,
    pub remaining: i64,
}

#[repr(C)]
pub struct KeyStats {
    pub struct_size: usize,
    pub name: *const c_char,
    pub state: c_int,
    pub reason: *const c_char,
    pub until_unix_ms: i64,
    pub requests: u64,
    pub successes: u64,
    pub failures: u64,
    pub rate_limits: u64,
    pub abandoned: u64,
    pub in_flight: u64,
    pub latency_ms: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub load: f64,
}

pub type OnKey = extern "C" fn(context: *mut c_void, stats: *const KeyStats);

#[link(name = "keypool_c")]
extern "C" {
    pub fn keypool_new(options: *const Options) -> *mut Pool;
    pub fn keypool_free(pool: *mut Pool);
    pub fn keypool_register(
        pool: *mut Pool,
        endpoint: *const c_char,
        names: *const *const c_char,
        count: usize,
    ) -> usize;
    pub fn keypool_add_key(
        pool: *mut Pool,
        endpoint: *const c_char,
        key_name: *const c_char,
        secret: *const u8,
        secret_size: usize,
    ) -> c_int;
    pub fn keypool_remove_key(pool: *mut Pool, endpoint: *const c_char, name: *const c_char) -> c_int;
    pub fn keypool_disable_key(pool: *mut Pool, endpoint: *const c_char, name: *const c_char) -> c_int;
    pub fn keypool_enable_key(pool: *mut Pool, endpoint: *const c_char, name: *const c_char) -> c_int;
    pub fn keypool_reset_key(pool: *mut Pool, endpoint: *const c_char, name: *const c_char) -> c_int;
    pub fn keypool_lease_now(
        pool: *mut Pool,
        endpoint: *const c_char,
        request: *const Request,
        lease: *mut *mut Lease,
        refusal: *mut Refusal,
    ) -> c_int;
    pub fn keypool_lease_wait(
        pool: *mut Pool,
        endpoint: *const c_char,
        request: *const Request,
        timeout_ms: u64,
        lease: *mut *mut Lease,
        refusal: *mut Refusal,
    ) -> c_int;
    pub fn keypool_lease_secret(lease: *const Lease, size: *mut usize) -> *const u8;
    pub fn keypool_lease_key_name(lease: *const Lease) -> *const c_char;
    pub fn keypool_lease_free(lease: *mut Lease);
    pub fn keypool_lease_succeed(lease: *mut Lease, success: *const Success);
    pub fn keypool_lease_rate_limited(lease: *mut Lease, after_ms: i64);
    pub fn keypool_lease_fail(lease: *mut Lease, why: *const c_char);
    pub fn keypool_lease_key_refused(lease: *mut Lease, why: *const c_char) -> c_int;
    pub fn keypool_lease_key_leaked(lease: *mut Lease, why: *const c_char);
    pub fn keypool_lease_group_depleted(lease: *mut Lease, why: *const c_char, after_ms: i64);
    pub fn keypool_lease_model_refused(lease: *mut Lease, why: *const c_char);
    pub fn keypool_lease_endpoint_failed(lease: *mut Lease, why: *const c_char);
    pub fn keypool_lease_release(lease: *mut Lease);
    pub fn keypool_lease_observe(lease: *mut Lease, notices: *const LimitNotice, count: usize);
    pub fn keypool_lease_belongs_to(lease: *mut Lease, account: *const c_char);
    pub fn keypool_stats(
        pool: *const Pool,
        endpoint: *const c_char,
        on_key: Option<OnKey>,
        context: *mut c_void,
    ) -> usize;
    pub fn keypool_available_keys(pool: *const Pool, endpoint: *const c_char) -> usize;
    pub fn keypool_save_stats(pool: *const Pool, path: *const c_char, refusal: *mut Refusal) -> c_int;
    pub fn keypool_load_stats(pool: *mut Pool, path: *const c_char, refusal: *mut Refusal) -> c_int;
}
