"""The load generator and the mock provider, as bench/run uses them."""

import json
import os
import select
import subprocess

from harness.process import Process


class Provider:
    """The mock provider on a free port; takes any of `keys`."""

    def __init__(self, programs, folder, keys, cores):
        listed = f"{folder}/provider-keys.txt"
        with open(listed, "w") as file:
            file.write("\n".join(keys) + "\n")
        self._process = Process([f"{programs}/mock_provider", "--keys", listed], cores,
                                f"{folder}/provider.log", stdout=subprocess.PIPE)
        self.port = json.loads(self._process.stdout.readline())["port"]

    def move_to(self, cores):
        self._process.move_to(cores)

    def cpu_seconds(self):
        return self._process.cpu_seconds()

    def stop(self):
        self._process.stop()


class Traffic:
    """Load for a proxy, from cores that are not the proxy's."""

    def __init__(self, programs, keys, cores):
        self._program = f"{programs}/load_generator"
        self._keys = keys
        self._cores = cores

    def closed(self, proxy, seconds):
        return self._run(proxy, "closed", "--seconds", seconds)

    def open(self, proxy, seconds, rate):
        return self._run(proxy, "open", "--seconds", seconds, "--rate", rate)

    def streams(self, proxy, seconds, count, events, size, every_ms):
        return self._run(proxy, "streams", "--seconds", seconds, "--connections", count,
                         "--events", events, "--bytes", size, "--every-ms", every_ms)

    def idle(self, proxy, count):
        return IdleStreams(self._command(proxy, "idle", "--connections", count), self._pin(proxy))

    def _command(self, proxy, *arguments):
        return [self._program, "--port", str(proxy.port), "--path", proxy.path,
                "--credential", proxy.credential(self._keys), *map(str, arguments)]

    def _pin(self, proxy):
        cores = self._cores.of_tools(proxy.threads)
        return lambda: os.sched_setaffinity(0, cores)

    def _run(self, proxy, *arguments):
        command = self._command(proxy, *arguments)
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              preexec_fn=self._pin(proxy))
        if done.returncode != 0:
            raise RuntimeError(f"load on {proxy.label} failed: {done.stderr.strip()}")
        return json.loads(done.stdout)


class IdleStreams:
    """Streams that stand open and silent until `close`."""

    PATIENCE = 60  # seconds until all are open

    def __init__(self, command, pin):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, preexec_fn=pin)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(self.PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def await_open(self):
        """How many came to stand open, and how many did not."""
        readable, _, _ = select.select([self._process.stdout], [], [], self.PATIENCE)
        line = self._process.stdout.readline() if readable else ""
        if not line:
            raise RuntimeError("the idle streams did not open")
        return json.loads(line)
