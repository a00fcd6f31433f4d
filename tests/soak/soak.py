"""Does a gateway that runs for long under load, before a provider that fails at random, grow?

    soak.py --keypool build/release/keypool --load build/release/bench/http/load_generator --seconds 1200

Finds out first how many calls a second pass at most, and offers 70 % of that for the time given. The provider resets, cuts,
stalls, garbles and refuses some of them. Resident memory and open descriptors of the gateway are looked at all the while: the
last third of the time must not differ from the first, once warm, by more than 2 %. In the end no call may be in flight.
"""

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

SHARE = 0.7  # of what passes at most
CONNECTIONS = 64
MOST_GROWTH = 0.02
# A short run is noisier than its share: a page cache here, a kept connection there.
SPARE_KIB = 1024
SPARE_DESCRIPTORS = 8

SECRETS = [f"sk-lab-soak-{i}" for i in range(5)]
FAULTS = [
    {"probability": 0.02, "says": "openai.overloaded"},
    {"probability": 0.02, "says": "openai.rate_limit_in_ms"},
    {"probability": 0.01, "reset": "before_head"},
    {"probability": 0.01, "reset": "mid_body"},
    {"probability": 0.01, "cut": "mid_body"},
    {"probability": 0.005, "garbage": True},
    {"probability": 0.001, "stall": "before_head"},
]


class Program:
    """A program that says on its first lines where it listens."""

    def __init__(self, command, pattern, env=None):
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
        )
        self.pid = self._process.pid
        said = ""
        for line in self._process.stdout:
            said += line
            found = re.search(pattern, said, re.DOTALL)
            if found:
                self.groups = found.groups()
                break
        else:
            raise RuntimeError(f"{command[1]} ended and had said: {said}")
        # Whatever it says later must not fill the pipe.
        threading.Thread(target=self._process.stdout.read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


class Watch:
    """Resident memory (KiB) and descriptors of a process, each second."""

    def __init__(self, pid):
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.samples = []

    def _look(self):
        while not self._over.wait(1.0):
            self.samples.append(look_at(self._pid))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


def look_at(pid):
    with open(f"/proc/{pid}/status") as status:
        resident = int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))
    return resident, len(os.listdir(f"/proc/{pid}/fd"))


def load(program, port, mode, seconds, *more):
    command = [program, mode, "--port", port, "--path", "/lab/v1/chat/completions"]
    command += ["--connections", str(CONNECTIONS), "--seconds", str(seconds), *more]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def growth(samples, place):
    """From the first third, once warm, to the last: what it was, and what it became."""
    third = max(1, len(samples) // 3)
    first = statistics.median(sample[place] for sample in samples[:third])
    last = statistics.median(sample[place] for sample in samples[-third:])
    return first, last


def idle(admin, patience=30):
    """Waits until no call is in flight."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with urllib.request.urlopen(f"{admin}/api/v1/overview") as answer:
            if json.load(answer)["in_flight"] == 0:
                return True
        time.sleep(0.2)
    return False


def soak(options, folder):
    scenario = os.path.join(folder, "scenario.json")
    with open(scenario, "w") as out:
        keys = [{"name": f"key-{i}", "secret": secret} for i, secret in enumerate(SECRETS)]
        json.dump({"seed": 7, "answers": {"tokens": 20}, "keys": keys, "faults": FAULTS}, out)
    with Program([options.keypool, "lab", "provider", "--scenario", scenario], r"(http://[\d.]+:\d+)") as provider:
        config = os.path.join(folder, "keypool.yaml")
        with open(config, "w") as out:
            # JSON is YAML.
            json.dump(
                {
                    "listen": "127.0.0.1:0",
                    "admin": {"listen": "127.0.0.1:0"},
                    "state": ":memory:",
                    "limits": {"first_byte_time": "2s", "idle_time": "2s"},
                    "endpoints": [
                        {
                            "name": "lab",
                            "base_url": provider.groups[0],
                            "dialect": "openai",
                            "keys": [f"SOAK_{i}" for i in range(len(SECRETS))],
                        }
                    ],
                },
                out,
            )
        environment = {"HOME": folder, "PATH": os.environ["PATH"]}
        environment |= {f"SOAK_{i}": secret for i, secret in enumerate(SECRETS)}
        serve = [options.keypool, "serve", "--config", config, "--log-level", "off"]
        with Program(serve, r"http://[\d.]+:(\d+).*?(http://[\d.]+:\d+)", environment) as gateway:
            port, admin = gateway.groups
            most = load(options.load, port, "closed", options.warm)["per_second"]
            rate = max(1.0, SHARE * most)
            with Watch(gateway.pid) as watch:
                result = load(options.load, port, "open", options.seconds, "--rate", f"{rate:.1f}")
            settled = idle(admin)
            return {
                "calls_per_second_at_most": round(most, 1),
                "offered_per_second": round(rate, 1),
                "seconds": options.seconds,
                "completed": result["completed"],
                "refused": result["refused"],
                "broken": result["broken"],
                "resident_kib": growth(watch.samples, 0),
                "descriptors": growth(watch.samples, 1),
                "settled": settled,
            }


def verdict(figures):
    """What is wrong with them."""
    wrong = []
    for name, spare in (("resident_kib", SPARE_KIB), ("descriptors", SPARE_DESCRIPTORS)):
        first, last = figures[name]
        if last > first * (1 + MOST_GROWTH) + spare:
            wrong.append(f"{name} grew from {first:.0f} to {last:.0f}")
    if not figures["settled"]:
        wrong.append("calls are still in flight")
    if figures["completed"] == 0:
        wrong.append("no call was answered")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keypool", required=True, help="the program under test")
    parser.add_argument("--load", required=True, help="bench/http/load_generator")
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--warm", type=int, default=10, help="seconds at full load before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keypool-soak-") as folder:
        with contextlib.suppress(KeyboardInterrupt):
            figures = soak(options, folder)
            wrong = verdict(figures)
            print(json.dumps(figures))
            for line in wrong:
                print(line, file=sys.stderr)
            return 1 if wrong else 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
