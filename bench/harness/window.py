"""A window of measurement: some load, what it cost the proxy, and whether others disturbed it."""

import os
import resource
import subprocess
import time

from harness import machine

DISTURBED = 0.05  # of one core, taken by processes that are none of ours
REPEATS = 2


def alone(command, say, **options):
    """What a program of ours printed that measures by itself, as often as `measure` repeats."""
    best = None
    for _ in range(1 + REPEATS):
        begin, before = time.monotonic(), (machine.busy_seconds(), os.times())
        output = subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout
        after = machine.busy_seconds(), os.times()
        ours = sum(after[1][:4]) - sum(before[1][:4])
        others = max(0.0, after[0] - before[0] - ours) / (time.monotonic() - begin)
        if best is None or others < best[0]:
            best = others, output
        if others <= DISTURBED:
            break
    if best[0] > DISTURBED:
        say(f"  {os.path.basename(command[0])}: others took {best[0]:.0%} of a core meanwhile, also when repeated")
    return best[1]


def _spent(proxy, provider):
    """Processor seconds of everything that is ours: proxy, provider, load generators, this program."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "proxy": proxy.cpu_seconds(),
        "provider": provider.cpu_seconds(),
        "load": ended.ru_utime + ended.ru_stime,
        "harness": time.process_time(),
        "all": machine.busy_seconds(),
    }


def measure(proxy, provider, load):
    """What `load()` returns, with the processor seconds spent meanwhile. A disturbed window is measured
    again, and the least disturbed one counts: others on the machine cost caches and turns, not only time."""
    best = None
    for _ in range(1 + REPEATS):
        result = _measure_once(proxy, provider, load)
        if best is None or result["others"] < best["others"]:
            best = result
        if best["others"] <= DISTURBED:
            break
    return best


def _measure_once(proxy, provider, load):
    begin, before = time.monotonic(), _spent(proxy, provider)
    result = load()
    took = time.monotonic() - begin
    spent = {who: after - before[who] for who, after in _spent(proxy, provider).items()}
    ours = spent["proxy"] + spent["provider"] + spent["load"] + spent["harness"]
    result["seconds"] = took
    result["proxy_cpu"] = spent["proxy"]
    result["provider_cpu"] = spent["provider"]
    result["load_cpu"] = spent["load"]
    result["others"] = max(0.0, spent["all"] - ours) / took
    return result
