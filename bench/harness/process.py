"""Processes that the benchmarks start, watch and end. Nothing else is ever ended."""

import contextlib
import os
import signal
import subprocess

from harness.machine import TICKS_PER_SECOND

PATIENCE = 10  # seconds for a process to end by itself


def _stat(pid):
    """The fields of /proc/PID/stat after the name, which may hold blanks."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()


def _family(pid):
    """`pid` and all that descend from it."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat(entry)[1]), []).append(int(entry))
    found, unseen = [], [pid]
    while unseen:
        found.append(unseen.pop())
        unseen += children.get(found[-1], [])
    return found


class Process:
    """A program running on `cores`, with its helpers; what it says goes to `log`."""

    def __init__(self, command, cores, log, env=None, stdout=None):
        with open(log, "ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stdout or output,
                stderr=output,
                text=True,
                env={**os.environ, **(env or {})},
                preexec_fn=lambda: os.sched_setaffinity(0, cores),
            )
        self._log = log

    @property
    def stdout(self):
        return self._process.stdout

    def running(self):
        return self._process.poll() is None

    def pids(self):
        return _family(self._process.pid)

    def move_to(self, cores):
        """For programs with one thread."""
        os.sched_setaffinity(self._process.pid, cores)

    def cpu_seconds(self):
        """Processor time used so far, user and system."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                fields = _stat(pid)
                total += int(fields[11]) + int(fields[12])
        return total / TICKS_PER_SECOND

    def pss_kb(self):
        """Memory, pages shared among its processes counted once. The kernel's socket buffers are not in it."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as smaps:
                total += sum(int(line.split()[1]) for line in smaps if line.startswith("Pss:"))
        return total

    def last_words(self, lines=8):
        with open(self._log, errors="replace") as log:
            return "".join(log.readlines()[-lines:]).strip()

    def stop(self):
        if not self.running():
            return
        family = self.pids()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            for pid in family:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
