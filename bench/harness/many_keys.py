"""What a gateway with 41,000 keys in one list takes: time to start, time to show them, memory."""

import os
import re
import subprocess
import time

from harness.process import Process

KEYS = 41_000
PATIENCE = 60  # seconds

CONFIGURATION = """
listen: 127.0.0.1:0
admin: {{ listen: 127.0.0.1:0 }}
state: {folder}/state
endpoints:
  - {{ name: many, base_url: "http://127.0.0.1:1", dialect: openai, keys: [MANY_KEYS] }}
"""


def figures(build, folder, rounds, say):
    """Medians over the rounds; nothing without the program."""
    binary = f"{build}/keypool"
    if not os.path.exists(binary):
        say(f"  left out: there is no {binary} (make build)")
        return None
    folder = f"{folder}/many_keys"
    os.makedirs(folder, exist_ok=True)
    _write(f"{folder}/keypool.yaml", CONFIGURATION.format(folder=folder))
    _write(f"{folder}/keys", "".join(f"sk-many-{number:08}-{'0' * 36}\n" for number in range(KEYS)))
    found = [_measure(binary, folder) for _ in range(rounds)]
    median = {name: sorted(one[name] for one in found)[len(found) // 2] for name in found[0]}
    say(f"  start {median['start_s']:.2f} s, status {median['status_s']:.2f} s, "
        f"resident {median['resident_mb']:.0f} MB")
    return median


def _measure(binary, folder):
    began = time.monotonic()
    gateway = Process([binary, "serve", "--config", f"{folder}/keypool.yaml"], os.sched_getaffinity(0),
                      f"{folder}/keypool.log", {"MANY_KEYS_FILE": f"{folder}/keys"}, stdout=subprocess.PIPE)
    try:
        admin = _admin_of(gateway)
        start = time.monotonic() - began
        began = time.monotonic()
        subprocess.run([binary, "status", "--admin", admin], check=True, stdout=subprocess.DEVNULL,
                       timeout=PATIENCE)
        status = time.monotonic() - began
        time.sleep(3)  # the state is written once a second
        return {"start_s": start, "status_s": status, "resident_mb": gateway.pss_kb() / 1024}
    finally:
        gateway.stop()


def _admin_of(gateway):
    """The URL that it prints once it listens."""
    for line in gateway.stdout:
        if found := re.search(r"admin +(http://\S+)", line):
            return found[1]
    raise RuntimeError(f"keypool did not start: {gateway.last_words()}")


def _write(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
