"""The pool that keypool grew out of, a Rust module: measured here when its text and cargo are at hand."""

import json
import os
import shutil
import subprocess

from harness.window import alone

HERE = os.path.dirname(os.path.abspath(__file__))
DEBIAN_CRATES = "/usr/share/cargo/registry"

# Measured once, on 2 cores at 2.6 GHz; only their order of magnitude means anything on another machine.
RECORDED = {
    "keys_3_ns": 327.0,
    "keys_1000_ns": 40_800.0,
    "keys_100000_ns": 13_998_000.0,
    "threads_2_ns": 654.0,
    "endpoints_10000_ns": 878.0,
    "allocations": 3.0,
}

MANIFEST = """\
[package]
name = "seed"
version = "0.0.0"
edition = "2021"
[[bin]]
name = "seed"
path = "main.rs"
[dependencies]
tokio = { version = "1", features = ["rt", "rt-multi-thread", "sync"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
tracing = "0.1"
car_secrets = { path = "car_secrets" }
[profile.release]
lto = "fat"
codegen-units = 1
panic = "abort"
"""

SECRETS_MANIFEST = """\
[package]
name = "car_secrets"
version = "0.0.0"
edition = "2021"
[lib]
path = "lib.rs"
"""

SECRETS = """\
pub fn resolve_env_or_keychain(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
"""

CARGO_CONFIG = f"""\
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "{DEBIAN_CRATES}"
"""


# What the cases of main.rs are called here: keys, endpoints, threads.
CASES = {
    (3, 1, 1): "keys_3_ns",
    (1000, 1, 1): "keys_1000_ns",
    (100_000, 1, 1): "keys_100000_ns",
    (3, 1, 2): "threads_2_ns",
    (3, 10_000, 1): "endpoints_10000_ns",
}


def figures(folder, say):
    """Nanoseconds a call by case, all threads' calls taken together, and a word on where they are from."""
    text = os.environ.get("SEED_TXT")
    if not text:
        return RECORDED, "recorded ones: SEED_TXT, the path of its text, is not set"
    if not shutil.which("cargo"):
        return RECORDED, "recorded ones: cargo is not installed (apt-get install cargo)"
    try:
        program = _build(text, os.path.join(folder, "seed"))
    except (OSError, subprocess.CalledProcessError) as error:
        words = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        return RECORDED, f"recorded ones: it could not be built ({words[0]})"
    output = alone([program], say, cwd=os.path.dirname(program))
    with open(f"{folder}/seed.json", "w") as file:
        file.write(output)
    return _named(json.loads(output)), "measured now"


def _named(measured):
    named = {CASES[row["keys"], row["endpoints"], row["threads"]]: row["ns_per_op"] / row["threads"]
             for row in measured["rows"]}
    return {**named, "allocations": measured["allocations"]}


def _build(text, folder):
    files = {
        "Cargo.toml": MANIFEST,
        "main.rs": _read(os.path.join(HERE, "..", "seed", "main.rs")),
        "key_pool.rs": _module(text),
        "car_secrets/Cargo.toml": SECRETS_MANIFEST,
        "car_secrets/lib.rs": SECRETS,
    }
    if os.path.isdir(DEBIAN_CRATES):
        files[".cargo/config.toml"] = CARGO_CONFIG
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(path) or _read(path) != content:
            with open(path, "w") as file:
                file.write(content)
    subprocess.run(["cargo", "build", "--release", "--offline", "--quiet"], cwd=folder, check=True,
                   capture_output=True, text=True)
    return os.path.abspath(os.path.join(folder, "target", "release", "seed"))


def _module(text):
    """The text may carry a preface before the module's own first line."""
    content = _read(text)
    begin = content.find("//! API key pool")
    if begin < 0:
        raise OSError(f"{text} is not the seed's text")
    return content[begin:]


def _read(path):
    with open(path) as file:
        return file.read()
