"""The pool that keypool grew out of, a Rust module: measured here when its text and cargo are at hand."""

import json
import os
import shutil
import subprocess

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


def figures(folder):
    """The seed's figures and a word on where they are from."""
    text = os.environ.get("SEED_TXT")
    if not text:
        return RECORDED, "recorded (SEED_TXT, the path of its text, is not set)"
    if not shutil.which("cargo"):
        return RECORDED, "recorded (cargo is not installed: apt-get install cargo)"
    try:
        return _measure(text, os.path.join(folder, "seed")), "measured"
    except (OSError, subprocess.CalledProcessError) as error:
        detail = getattr(error, "stderr", None) or str(error)
        return RECORDED, f"recorded (it could not be built: {detail.strip().splitlines()[-1]})"


def _measure(text, folder):
    module = _module(text)
    files = {
        "Cargo.toml": MANIFEST,
        "main.rs": _read(os.path.join(HERE, "..", "seed", "main.rs")),
        "key_pool.rs": module,
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
    _cargo(folder, "build", "--release", "--offline", "--quiet")
    ran = subprocess.run(["target/release/seed"], cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(ran.stdout)


def _module(text):
    """The text may carry a preface before the module's own first line."""
    content = _read(text)
    begin = content.find("//! API key pool")
    if begin < 0:
        raise OSError(f"{text} is not the seed's text")
    return content[begin:]


def _cargo(folder, *arguments):
    subprocess.run(["cargo", *arguments], cwd=folder, check=True, capture_output=True, text=True)


def _read(path):
    with open(path) as file:
        return file.read()
