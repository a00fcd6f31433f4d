"""One endpoint, many API keys: keypool's library for Python.

    import keypool

    pool = keypool.Pool()
    pool.register("openai", "OPENAI_API_KEY")            # a value may be a list
    with pool.lease("openai", model="gpt-4.1", wait=10) as lease:
        answer = call(lease.secret)
        lease.succeed(input_tokens=100, output_tokens=50)

A lease that leaves its `with` block without a report, as by an exception, ends as abandoned. What each report does
to a key is told in keypool/lease.h.

Needs libkeypool_c.so.0 where the loader finds it, or its path in $KEYPOOL_LIBRARY. Pools may be shared between
threads; a thread that waits for a key lets others run.
"""

import ctypes
import os
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint64, c_void_p
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import IntEnum
from typing import List, Optional

__all__ = ["Dimension", "KeyState", "KeyStats", "Lease", "NoLease", "Pool", "Why", "version"]


class Why(IntEnum):
    """Why there is no lease."""

    UNKNOWN_ENDPOINT = 1
    NO_KEYS = 2
    ALL_COOLING = 3
    CIRCUIT_OPEN = 4
    FAILED = 5


class KeyState(IntEnum):
    READY = 0
    COOLING = 1
    DEPLETED = 2
    INVALID = 3
    DISABLED = 4
    DRAINING = 5


class Dimension(IntEnum):
    """What providers limit."""

    REQUESTS_PER_MINUTE = 0
    TOKENS_PER_MINUTE = 1
    INPUT_TOKENS_PER_MINUTE = 2
    OUTPUT_TOKENS_PER_MINUTE = 3
    REQUESTS_PER_DAY = 4
    TOKENS_PER_DAY = 5


class NoLease(Exception):
    """No key may be used now. `retry_after`: seconds until one may, where that is known."""

    def __init__(self, why: Why, message: str, retry_after: Optional[float]):
        super().__init__(message)
        self.why = why
        self.retry_after = retry_after


@dataclass(frozen=True)
class KeyStats:
    name: str
    state: KeyState
    reason: str
    until: Optional[datetime]
    requests: int
    successes: int
    failures: int
    rate_limits: int
    abandoned: int
    in_flight: int
    latency_ms: int
    input_tokens: int
    output_tokens: int
    load: float


class _Sized(ctypes.Structure):
    """A struct of the C interface, which begins with its own size."""

    def __init__(self, **fields):
        super().__init__(struct_size=ctypes.sizeof(type(self)), **fields)


class _Options(_Sized):
    _fields_ = [("struct_size", c_size_t), ("cooldown_ms", c_uint64), ("load_window_ms", c_uint64),
                ("unknown_call_tokens", c_uint64)]


class _Request(_Sized):
    _fields_ = [("struct_size", c_size_t), ("model", c_char_p), ("estimated_input_tokens", c_uint64),
                ("estimated_output_tokens", c_uint64), ("same_group_as", c_char_p), ("client", c_char_p)]


class _Refusal(_Sized):
    _fields_ = [("struct_size", c_size_t), ("retry_after_ms", c_int64), ("message", c_char * 512)]


class _Success(_Sized):
    _fields_ = [("struct_size", c_size_t), ("latency_ms", c_uint64), ("input_tokens", c_uint64),
                ("output_tokens", c_uint64), ("cost_micro_usd", c_uint64)]


class _LimitNotice(_Sized):
    _fields_ = [("struct_size", c_size_t), ("dimension", c_int), ("limit", c_int64), ("remaining", c_int64)]


class _KeyStats(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("state", c_int), ("reason", c_char_p),
                ("until_unix_ms", c_int64), ("requests", c_uint64), ("successes", c_uint64), ("failures", c_uint64),
                ("rate_limits", c_uint64), ("abandoned", c_uint64), ("in_flight", c_uint64), ("latency_ms", c_uint64),
                ("input_tokens", c_uint64), ("output_tokens", c_uint64), ("load", c_double)]


_OnKey = ctypes.CFUNCTYPE(None, c_void_p, POINTER(_KeyStats))

_SIGNATURES = {
    "keypool_version": (c_char_p, []),
    "keypool_new": (c_void_p, [POINTER(_Options)]),
    "keypool_free": (None, [c_void_p]),
    "keypool_register": (c_size_t, [c_void_p, c_char_p, POINTER(c_char_p), c_size_t]),
    "keypool_add_key": (c_int, [c_void_p, c_char_p, c_char_p, c_char_p, c_size_t]),
    "keypool_remove_key": (c_int, [c_void_p, c_char_p, c_char_p]),
    "keypool_disable_key": (c_int, [c_void_p, c_char_p, c_char_p]),
    "keypool_enable_key": (c_int, [c_void_p, c_char_p, c_char_p]),
    "keypool_reset_key": (c_int, [c_void_p, c_char_p, c_char_p]),
    "keypool_lease_now": (c_int, [c_void_p, c_char_p, POINTER(_Request), POINTER(c_void_p), POINTER(_Refusal)]),
    "keypool_lease_wait": (c_int, [c_void_p, c_char_p, POINTER(_Request), c_uint64, POINTER(c_void_p),
                                   POINTER(_Refusal)]),
    "keypool_lease_secret": (c_void_p, [c_void_p, POINTER(c_size_t)]),
    "keypool_lease_key_name": (c_char_p, [c_void_p]),
    "keypool_lease_free": (None, [c_void_p]),
    "keypool_lease_succeed": (None, [c_void_p, POINTER(_Success)]),
    "keypool_lease_rate_limited": (None, [c_void_p, c_int64]),
    "keypool_lease_fail": (None, [c_void_p, c_char_p]),
    "keypool_lease_key_refused": (c_int, [c_void_p, c_char_p]),
    "keypool_lease_key_leaked": (None, [c_void_p, c_char_p]),
    "keypool_lease_group_depleted": (None, [c_void_p, c_char_p, c_int64]),
    "keypool_lease_model_refused": (None, [c_void_p, c_char_p]),
    "keypool_lease_endpoint_failed": (None, [c_void_p, c_char_p]),
    "keypool_lease_release": (None, [c_void_p]),
    "keypool_lease_observe": (None, [c_void_p, POINTER(_LimitNotice), c_size_t]),
    "keypool_lease_belongs_to": (None, [c_void_p, c_char_p]),
    "keypool_stats": (c_size_t, [c_void_p, c_char_p, _OnKey, c_void_p]),
    "keypool_available_keys": (c_size_t, [c_void_p, c_char_p]),
    "keypool_save_stats": (c_int, [c_void_p, c_char_p, POINTER(_Refusal)]),
    "keypool_load_stats": (c_int, [c_void_p, c_char_p, POINTER(_Refusal)]),
}


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(os.environ.get("KEYPOOL_LIBRARY", "libkeypool_c.so.0"))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_lib = _load()


def version() -> str:
    return _lib.keypool_version().decode()


def _text(given: Optional[str]) -> Optional[bytes]:
    return None if given is None else given.encode()


def _ms(seconds: Optional[float]) -> int:
    return -1 if seconds is None else max(0, round(seconds * 1000))


class Lease:
    """The right to use one key for one call. Ends once: by the first report, or with its `with` block."""

    def __init__(self, handle: c_void_p):
        self._handle = handle

    def __enter__(self) -> "Lease":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<keypool.Lease of {self.key_name}>"

    def close(self) -> None:
        """Abandons the call where nothing was reported."""
        handle, self._handle = self._handle, None
        if handle is not None:
            _lib.keypool_lease_free(handle)

    @property
    def key_name(self) -> str:
        return _lib.keypool_lease_key_name(self._handle).decode()

    @property
    def secret(self) -> str:
        """A copy, which Python does not wipe: hand it on, keep it nowhere."""
        size = c_size_t()
        at = _lib.keypool_lease_secret(self._handle, byref(size))
        if at is None:
            raise ValueError("the lease has ended")
        return ctypes.string_at(at, size.value).decode()

    def succeed(self, *, latency: float = 0, input_tokens: int = 0, output_tokens: int = 0,
                cost_usd: float = 0) -> None:
        success = _Success(latency_ms=_ms(latency), input_tokens=input_tokens, output_tokens=output_tokens,
                           cost_micro_usd=round(cost_usd * 1_000_000))
        _lib.keypool_lease_succeed(self._handle, byref(success))

    def rate_limited(self, after: Optional[float] = None) -> None:
        """`after`: the seconds of the answer's hint."""
        _lib.keypool_lease_rate_limited(self._handle, _ms(after))

    def fail(self, why: str = "") -> None:
        _lib.keypool_lease_fail(self._handle, _text(why))

    def key_refused(self, why: str = "") -> bool:
        """False: so many keys were refused at once that the endpoint is the suspect, and the keys stay."""
        return _lib.keypool_lease_key_refused(self._handle, _text(why)) == 1

    def key_leaked(self, why: str = "") -> None:
        _lib.keypool_lease_key_leaked(self._handle, _text(why))

    def group_depleted(self, why: str = "", after: Optional[float] = None) -> None:
        _lib.keypool_lease_group_depleted(self._handle, _text(why), _ms(after))

    def model_refused(self, why: str = "") -> None:
        _lib.keypool_lease_model_refused(self._handle, _text(why))

    def endpoint_failed(self, why: str = "") -> None:
        _lib.keypool_lease_endpoint_failed(self._handle, _text(why))

    def release(self) -> None:
        """The request itself was at fault: the key is as it was before."""
        _lib.keypool_lease_release(self._handle)

    def observe(self, dimension: Dimension, *, limit: Optional[int] = None, remaining: Optional[int] = None) -> None:
        """What the answer's headers say about one limit."""
        notice = _LimitNotice(dimension=dimension, limit=-1 if limit is None else limit,
                              remaining=-1 if remaining is None else remaining)
        _lib.keypool_lease_observe(self._handle, byref(notice), 1)

    def belongs_to(self, account: str) -> None:
        _lib.keypool_lease_belongs_to(self._handle, _text(account))


class Pool:
    """Many keys for each of many endpoints, and for each call the one with the most room."""

    def __init__(self, *, cooldown: float = 0, load_window: float = 0, unknown_call_tokens: int = 0):
        """Seconds; 0: the library's defaults."""
        options = _Options(cooldown_ms=_ms(cooldown), load_window_ms=_ms(load_window),
                           unknown_call_tokens=unknown_call_tokens)
        self._handle = _lib.keypool_new(byref(options))
        if self._handle is None:
            raise MemoryError("no memory for a pool")

    def __del__(self) -> None:
        handle, self._handle = getattr(self, "_handle", None), None
        if handle is not None:
            _lib.keypool_free(handle)

    def register(self, endpoint: str, *names: str) -> int:
        """Resolves names from the environment, files and the keychain; returns how many keys were added."""
        array = (c_char_p * len(names))(*(name.encode() for name in names))
        return _lib.keypool_register(self._handle, _text(endpoint), array, len(names))

    def add_key(self, endpoint: str, key_name: str, secret: str) -> bool:
        """False: the endpoint has a key of this name, or the secret is empty."""
        bytes_ = secret.encode()
        return _lib.keypool_add_key(self._handle, _text(endpoint), _text(key_name), bytes_, len(bytes_)) == 1

    def remove_key(self, endpoint: str, key_name: str) -> bool:
        return _lib.keypool_remove_key(self._handle, _text(endpoint), _text(key_name)) == 1

    def disable_key(self, endpoint: str, key_name: str) -> bool:
        return _lib.keypool_disable_key(self._handle, _text(endpoint), _text(key_name)) == 1

    def enable_key(self, endpoint: str, key_name: str) -> bool:
        return _lib.keypool_enable_key(self._handle, _text(endpoint), _text(key_name)) == 1

    def reset_key(self, endpoint: str, key_name: str) -> bool:
        return _lib.keypool_reset_key(self._handle, _text(endpoint), _text(key_name)) == 1

    def lease(self, endpoint: str, *, model: Optional[str] = None, estimated_input_tokens: int = 0,
              estimated_output_tokens: int = 0, same_group_as: Optional[str] = None, client: Optional[str] = None,
              wait: float = 0) -> Lease:
        """The right to make one call, after at most `wait` seconds. Raises NoLease."""
        request = _Request(model=_text(model), estimated_input_tokens=estimated_input_tokens,
                           estimated_output_tokens=estimated_output_tokens, same_group_as=_text(same_group_as),
                           client=_text(client))
        handle, refusal = c_void_p(), _Refusal()
        if wait > 0:
            status = _lib.keypool_lease_wait(self._handle, _text(endpoint), byref(request), _ms(wait), byref(handle),
                                             byref(refusal))
        else:
            status = _lib.keypool_lease_now(self._handle, _text(endpoint), byref(request), byref(handle),
                                            byref(refusal))
        if status != 0:
            after = refusal.retry_after_ms
            raise NoLease(Why(status), refusal.message.decode(errors="replace"), None if after < 0 else after / 1000)
        return Lease(handle.value)

    def available_keys(self, endpoint: str) -> int:
        return _lib.keypool_available_keys(self._handle, _text(endpoint))

    def stats(self, endpoint: str) -> List[KeyStats]:
        keys: List[KeyStats] = []

        @_OnKey
        def on_key(_, key):
            told = key.contents
            until = told.until_unix_ms
            keys.append(KeyStats(
                name=told.name.decode(), state=KeyState(told.state), reason=told.reason.decode(),
                until=None if until < 0 else datetime.fromtimestamp(until / 1000, timezone.utc),
                requests=told.requests, successes=told.successes, failures=told.failures,
                rate_limits=told.rate_limits, abandoned=told.abandoned, in_flight=told.in_flight,
                latency_ms=told.latency_ms, input_tokens=told.input_tokens, output_tokens=told.output_tokens,
                load=told.load))

        _lib.keypool_stats(self._handle, _text(endpoint), on_key, None)
        return keys

    def save_stats(self, path: "os.PathLike[str] | str") -> None:
        self._transfer(_lib.keypool_save_stats, path)

    def load_stats(self, path: "os.PathLike[str] | str") -> None:
        self._transfer(_lib.keypool_load_stats, path)

    def _transfer(self, function, path) -> None:
        refusal = _Refusal()
        if not function(self._handle, os.fsencode(path), byref(refusal)):
            raise OSError(refusal.message.decode(errors="replace"))
