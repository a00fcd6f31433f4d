"""The machine: its cores, what else keeps it busy, and how to tell a reader which one it was."""

import os
import platform
import re
import resource
import shutil
import socket
import subprocess

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Cores:
    """Who runs where: a proxy with one thread alone on the last core, load and provider on the others.

    A proxy with more threads takes as many of the last cores; load and provider then get what is left,
    or, when nothing is left, every core: its processor time still counts true, its throughput does not.
    """

    def __init__(self):
        self.all = sorted(os.sched_getaffinity(0))

    def of_proxy(self, threads):
        return set(self.all[-threads:])

    def of_tools(self, threads):
        return set(self.all[:-threads]) or set(self.all)

    def enough_for(self, threads):
        return len(self.all) >= threads


def busy_seconds():
    """Processor time that anything at all has used since the machine started, of all cores."""
    with open("/proc/stat") as stat:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_open_file_limit():
    """Children inherit it: 5,000 streams through a proxy are 10,000 sockets."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def program(name):
    """Where it is installed; servers stand in /usr/sbin, which is not on everybody's path."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")


def version(command, pattern):
    answer = subprocess.run(command, capture_output=True, text=True)
    found = re.search(pattern, answer.stdout + answer.stderr)
    return found.group(1) if found else "of unknown version"


def description():
    """`AMD EPYC, 2 cores, Linux 6.1.0`"""
    model = "unknown processor"
    with open("/proc/cpuinfo") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"
