//! One endpoint, many API keys: keypool's library for Rust.
//!
//! ```no_run
//! # fn call(_secret: &str) {}
//! use keypool::{Pool, Request, Success};
//! use std::time::Duration;
//!
//! let pool = Pool::new();
//! pool.register("openai", &["OPENAI_API_KEY"]); // a value may be a list
//! let request = Request { model: "gpt-4.1", ..Request::default() };
//! let lease = pool.lease_wait("openai", &request, Duration::from_secs(10))?;
//! call(lease.secret());
//! lease.succeed(Success { input_tokens: 100, output_tokens: 50, ..Success::default() });
//! # Ok::<(), keypool::Refusal>(())
//! ```
//!
//! A lease that is dropped without a report ends as abandoned. What each report does to a key is
//! told in `keypool/lease.h`. Texts with a zero byte in them end there.

mod ffi;

use std::ffi::{CStr, CString};
use std::fmt;
use std::os::raw::{c_char, c_int, c_void};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Why there is no lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    UnknownEndpoint,
    /// Registered, but no name resolved to a secret.
    NoKeys,
    /// Keys exist, none may be used now.
    AllCooling,
    /// The endpoint itself fails for this model.
    CircuitOpen,
    Failed,
}

/// Why there is no lease, in words, and when there will be one.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub why: Why,
    pub message: String,
    /// Until the first key opens, where that is known.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

/// What a call is about to ask for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// Empty: none named.
    pub model: &'a str,
    /// 0: unknown, here and below.
    pub estimated_input_tokens: u64,
    pub estimated_output_tokens: u64,
    /// A key's name: only keys of its quota group. Empty: any.
    pub same_group_as: &'a str,
    /// Whose call it is: clients that wait take turns.
    pub client: &'a str,
}

/// How a successful call went.
#[derive(Debug, Clone, Copy, Default)]
pub struct Success {
    pub latency: Duration,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// What the caller reckons it cost; for spending caps.
    pub cost_micro_usd: u64,
}

/// What providers limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    RequestsPerMinute = 0,
    TokensPerMinute = 1,
    InputTokensPerMinute = 2,
    OutputTokensPerMinute = 3,
    RequestsPerDay = 4,
    TokensPerDay = 5,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyState {
    Ready,
    Cooling,
    Depleted,
    Invalid,
    Disabled,
    Draining,
    /// Of a later version of the library.
    Other,
}

/// One key's counts and state at the time of asking.
#[derive(Debug, Clone)]
pub struct KeyStats {
    pub name: String,
    pub state: KeyState,
    pub reason: String,
    pub until: Option<SystemTime>,
    pub requests: u64,
    pub successes: u64,
    pub failures: u64,
    pub rate_limits: u64,
    pub abandoned: u64,
    pub in_flight: u64,
    pub latency: Duration,
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub load: f64,
}

/// Many keys for each of many endpoints, and for each call the one with the most room.
pub struct Pool {
    handle: *mut ffi::Pool,
}

// keypool.h: a pool may be used by any thread at any time.
unsafe impl Send for Pool {}
unsafe impl Sync for Pool {}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl Pool {
    /// # Panics
    /// When there is no memory left.
    pub fn new() -> Self {
        let handle = unsafe { ffi::keypool_new(std::ptr::null()) };
        assert!(!handle.is_null(), "no memory for a pool");
        Self { handle }
    }

    /// Resolves names from the environment, files and the keychain; how many keys were added.
    pub fn register(&self, endpoint: &str, names: &[&str]) -> usize {
        let texts: Vec<CString> = names.iter().map(|name| text(name)).collect();
        let pointers: Vec<*const c_char> = texts.iter().map(|name| name.as_ptr()).collect();
        unsafe {
            ffi::keypool_register(self.handle, text(endpoint).as_ptr(), pointers.as_ptr(), pointers.len())
        }
    }

    /// False: the endpoint has a key of this name, or the secret is empty.
    pub fn add_key(&self, endpoint: &str, key_name: &str, secret: &str) -> bool {
        let (endpoint, key_name) = (text(endpoint), text(key_name));
        unsafe {
            ffi::keypool_add_key(
                self.handle,
                endpoint.as_ptr(),
                key_name.as_ptr(),
                secret.as_ptr(),
                secret.len(),
            ) == 1
        }
    }

    /// The operator's commands; false when there is no such key.
    pub fn remove_key(&self, endpoint: &str, key_name: &str) -> bool {
        unsafe { ffi::keypool_remove_key(self.handle, text(endpoint).as_ptr(), text(key_name).as_ptr()) == 1 }
    }

    pub fn disable_key(&self, endpoint: &str, key_name: &str) -> bool {
        unsafe { ffi::keypool_disable_key(self.handle, text(endpoint).as_ptr(), text(key_name).as_ptr()) == 1 }
    }

    pub fn enable_key(&self, endpoint: &str, key_name: &str) -> bool {
        unsafe { ffi::keypool_enable_key(self.handle, text(endpoint).as_ptr(), text(key_name).as_ptr()) == 1 }
    }

    pub fn reset_key(&self, endpoint: &str, key_name: &str) -> bool {
        unsafe { ffi::keypool_reset_key(self.handle, text(endpoint).as_ptr(), text(key_name).as_ptr()) == 1 }
    }

    /// The right to make one call now.
    pub fn lease(&self, endpoint: &str, request: &Request<'_>) -> Result<Lease, Refusal> {
        self.ask(endpoint, request, |endpoint, request, lease, refusal| unsafe {
            ffi::keypool_lease_now(self.handle, endpoint, request, lease, refusal)
        })
    }

    /// As `lease`, but waits in arrival order until a key has room, for `longest` at most.
    pub fn lease_wait(
        &self,
        endpoint: &str,
        request: &Request<'_>,
        longest: Duration,
    ) -> Result<Lease, Refusal> {
        let timeout = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        self.ask(endpoint, request, |endpoint, request, lease, refusal| unsafe {
            ffi::keypool_lease_wait(self.handle, endpoint, request, timeout, lease, refusal)
        })
    }

    /// Keys that a call without a model could get now.
    pub fn available_keys(&self, endpoint: &str) -> usize {
        unsafe { ffi::keypool_available_keys(self.handle, text(endpoint).as_ptr()) }
    }

    /// In order of registration.
    pub fn stats(&self, endpoint: &str) -> Vec<KeyStats> {
        let mut keys: Vec<KeyStats> = Vec::new();
        unsafe {
            ffi::keypool_stats(
                self.handle,
                text(endpoint).as_ptr(),
                Some(note_key),
                &mut keys as *mut Vec<KeyStats> as *mut c_void,
            );
        }
        keys
    }

    pub fn save_stats(&self, path: &Path) -> Result<(), Refusal> {
        transfer(path, |path, refusal| unsafe { ffi::keypool_save_stats(self.handle, path, refusal) })
    }

    pub fn load_stats(&self, path: &Path) -> Result<(), Refusal> {
        transfer(path, |path, refusal| unsafe { ffi::keypool_load_stats(self.handle, path, refusal) })
    }

    fn ask(
        &self,
        endpoint: &str,
        request: &Request<'_>,
        take: impl FnOnce(*const c_char, *const ffi::Request, *mut *mut ffi::Lease, *mut ffi::Refusal) -> c_int,
    ) -> Result<Lease, Refusal> {
        let (model, group, client) =
            (text(request.model), text(request.same_group_as), text(request.client));
        let asked = ffi::Request {
            struct_size: std::mem::size_of::<ffi::Request>(),
            model: model.as_ptr(),
            estimated_input_tokens: request.estimated_input_tokens,
            estimated_output_tokens: request.estimated_output_tokens,
            same_group_as: group.as_ptr(),
            client: client.as_ptr(),
        };
        let mut handle = std::ptr::null_mut();
        let mut refusal = no_refusal();
        let status = take(text(endpoint).as_ptr(), &asked, &mut handle, &mut refusal);
        if status == 0 {
            Ok(Lease { handle })
        } else {
            Err(read_refusal(status, &refusal))
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        unsafe { ffi::keypool_free(self.handle) }
    }
}

/// The right to use one key for one call. Reports consume it; dropped, it ends as abandoned.
pub struct Lease {
    handle: *mut ffi::Lease,
}

// keypool.h: it may end on another thread than it began on.
unsafe impl Send for Lease {}

impl Lease {
    pub fn key_name(&self) -> &str {
        borrowed(unsafe { ffi::keypool_lease_key_name(self.handle) })
    }

    /// Borrowed from the pool, which wipes it; what the caller copies is the caller's to wipe.
    /// Empty where it is not UTF-8, which no provider's key is.
    pub fn secret(&self) -> &str {
        let mut size = 0;
        let bytes = unsafe { ffi::keypool_lease_secret(self.handle, &mut size) };
        if bytes.is_null() {
            return "";
        }
        std::str::from_utf8(unsafe { std::slice::from_raw_parts(bytes, size) }).unwrap_or("")
    }

    pub fn succeed(self, success: Success) {
        let told = ffi::Success {
            struct_size: std::mem::size_of::<ffi::Success>(),
            latency_ms: u64::try_from(success.latency.as_millis()).unwrap_or(u64::MAX),
            input_tokens: success.input_tokens,
            output_tokens: success.output_tokens,
            cost_micro_usd: success.cost_micro_usd,
        };
        unsafe { ffi::keypool_lease_succeed(self.handle, &told) }
    }

    /// `after`: the answer's hint.
    pub fn rate_limited(self, after: Option<Duration>) {
        unsafe { ffi::keypool_lease_rate_limited(self.handle, milliseconds(after)) }
    }

    pub fn fail(self, why: &str) {
        unsafe { ffi::keypool_lease_fail(self.handle, text(why).as_ptr()) }
    }

    /// False: so many keys were refused at once that the endpoint is the suspect; the keys stay.
    pub fn key_refused(self, why: &str) -> bool {
        unsafe { ffi::keypool_lease_key_refused(self.handle, text(why).as_ptr()) == 1 }
    }

    pub fn key_leaked(self, why: &str) {
        unsafe { ffi::keypool_lease_key_leaked(self.handle, text(why).as_ptr()) }
    }

    /// `after`: until the date the provider named.
    pub fn group_depleted(self, why: &str, after: Option<Duration>) {
        unsafe { ffi::keypool_lease_group_depleted(self.handle, text(why).as_ptr(), milliseconds(after)) }
    }

    pub fn model_refused(self, why: &str) {
        unsafe { ffi::keypool_lease_model_refused(self.handle, text(why).as_ptr()) }
    }

    pub fn endpoint_failed(self, why: &str) {
        unsafe { ffi::keypool_lease_endpoint_failed(self.handle, text(why).as_ptr()) }
    }

    /// The request itself was at fault: the key is as it was before.
    pub fn release(self) {
        unsafe { ffi::keypool_lease_release(self.handle) }
    }

    /// What the answer's headers say about one limit.
    pub fn observe(&mut self, dimension: Dimension, limit: Option<u64>, remaining: Option<u64>) {
        let notice = ffi::LimitNotice {
            struct_size: std::mem::size_of::<ffi::LimitNotice>(),
            dimension: dimension as c_int,
            limit: count(limit),
            remaining: count(remaining),
        };
        unsafe { ffi::keypool_lease_observe(self.handle, &notice, 1) }
    }

    /// The answer named the account that the key belongs to.
    pub fn belongs_to(&mut self, account: &str) {
        unsafe { ffi::keypool_lease_belongs_to(self.handle, text(account).as_ptr()) }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Lease of {}", self.key_name())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        unsafe { ffi::keypool_lease_free(self.handle) }
    }
}

fn text(given: &str) -> CString {
    let end = given.find('\0').unwrap_or(given.len());
    CString::new(&given[..end]).unwrap_or_default()
}

fn borrowed<'a>(given: *const c_char) -> &'a str {
    unsafe { CStr::from_ptr(given) }.to_str().unwrap_or("")
}

fn milliseconds(time: Option<Duration>) -> i64 {
    time.map_or(-1, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

fn count(number: Option<u64>) -> i64 {
    number.map_or(-1, |number| i64::try_from(number).unwrap_or(i64::MAX))
}

fn no_refusal() -> ffi::Refusal {
    ffi::Refusal {
        struct_size: std::mem::size_of::<ffi::Refusal>(),
        retry_after_ms: -1,
        message: [0; 512],
    }
}

fn read_refusal(status: c_int, refusal: &ffi::Refusal) -> Refusal {
    let why = match status {
        1 => Why::UnknownEndpoint,
        2 => Why::NoKeys,
        3 => Why::AllCooling,
        4 => Why::CircuitOpen,
        _ => Why::Failed,
    };
    let message = unsafe { CStr::from_ptr(refusal.message.as_ptr()) };
    Refusal {
        why,
        message: message.to_string_lossy().into_owned(),
        retry_after: u64::try_from(refusal.retry_after_ms).ok().map(Duration::from_millis),
    }
}

fn transfer(
    path: &Path,
    function: impl FnOnce(*const c_char, *mut ffi::Refusal) -> c_int,
) -> Result<(), Refusal> {
    let mut refusal = no_refusal();
    let path = text(&path.to_string_lossy());
    match function(path.as_ptr(), &mut refusal) {
        1 => Ok(()),
        _ => Err(read_refusal(-1, &refusal)),
    }
}

extern "C" fn note_key(context: *mut c_void, stats: *const ffi::KeyStats) {
    let keys = unsafe { &mut *(context as *mut Vec<KeyStats>) };
    let told = unsafe { &*stats };
    keys.push(KeyStats {
        name: borrowed(told.name).to_owned(),
        state: match told.state {
            0 => KeyState::Ready,
            1 => KeyState::Cooling,
            2 => KeyState::Depleted,
            3 => KeyState::Invalid,
            4 => KeyState::Disabled,
            5 => KeyState::Draining,
            _ => KeyState::Other,
        },
        reason: borrowed(told.reason).to_owned(),
        until: u64::try_from(told.until_unix_ms)
            .ok()
            .map(|until| UNIX_EPOCH + Duration::from_millis(until)),
        requests: told.requests,
        successes: told.successes,
        failures: told.failures,
        rate_limits: told.rate_limits,
        abandoned: told.abandoned,
        in_flight: told.in_flight,
        latency: Duration::from_millis(told.latency_ms),
        input_tokens: told.input_tokens,
        output_tokens: told.output_tokens,
        load: told.load,
    });
}
