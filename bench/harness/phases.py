"""The phases: each asks one question of every proxy in turn, in rounds, so that a slow minute of the
machine's falls on all alike. Ratios are made within a round; see figures.py."""

import statistics
import time

from harness.window import measure

SETTLE = 1.0  # seconds after which memory is read

STREAMS = dict(count=200, events=50, size=240, every_ms=20)


class Phase:
    """A question; `run(proxy)` gives one row of an answer, or None when the proxy has no part in it."""

    name = ""
    question = ""

    def __init__(self, bench):
        self.bench = bench

    def run(self, proxy):
        raise NotImplementedError

    def show(self, row):
        """The row in a few words, while one waits."""
        raise NotImplementedError


class Saturation(Phase):
    name = "saturation"
    question = "64 keep-alive connections, 1 KB in, 600 B out: processor time per request?"

    def run(self, proxy):
        bench = self.bench
        row = measure(proxy, bench.provider, lambda: bench.traffic.closed(proxy, bench.secs))
        row["cpu_us"] = 1e6 * row["proxy_cpu"] / row["completed"]
        return row

    def show(self, row):
        return f"{row['per_second']:8.0f} requests/s {row['cpu_us']:7.1f} µs/request"


class Rate(Phase):
    name = "rate"
    question = "a fixed pace, 30 % of what nginx can: how much later does the answer come?"

    def run(self, proxy):
        bench = self.bench
        pace = bench.pace()
        row = measure(proxy, bench.provider, lambda: bench.traffic.open(proxy, bench.secs, pace))
        row["p50_us"] = row["latency"]["p50_us"]
        row["p99_us"] = row["latency"]["p99_us"]
        row["broken"] += row["unanswered"]
        return row

    def show(self, row):
        return f"{row['per_second']:8.0f} requests/s p50 {row['p50_us']:7.0f} µs p99 {row['p99_us']:7.0f} µs"


class Streams(Phase):
    name = "streams"
    question = "200 streams, one 240-byte event each 20 ms: processor time per event?"

    def run(self, proxy):
        bench = self.bench
        row = measure(proxy, bench.provider,
                      lambda: bench.traffic.streams(proxy, bench.secs, **STREAMS))
        row["cpu_us"] = 1e6 * row["proxy_cpu"] / row["events"]
        row["delay_p50_us"] = row["event_delay"]["p50_us"]
        row["delay_p99_us"] = row["event_delay"]["p99_us"]
        return row

    def show(self, row):
        return f"{row['events']:8d} events {row['cpu_us']:11.1f} µs/event"


class Idle(Phase):
    name = "idle"
    question = "streams that stand open and silent, in a proxy started afresh: memory for each?"
    rounds = 2

    def run(self, proxy):
        if proxy.process is None:
            return None
        bench = self.bench
        bench.restart(proxy)
        bench.traffic.closed(proxy, 0.3)  # what is built on first use is not the streams' cost
        time.sleep(SETTLE)
        before = proxy.process.pss_kb()
        with bench.traffic.idle(proxy, bench.idle_streams) as streams:
            row = streams.await_open()
            time.sleep(SETTLE)
            row["kb"] = (proxy.process.pss_kb() - before) / max(1, row["open"])
        row["pss_before_kb"] = before
        row["others"] = 0.0
        return row

    def show(self, row):
        return f"{row['open']:8d} streams {row['kb']:10.1f} KB/stream"


PHASES = (Saturation, Rate, Streams, Idle)


def run_phase(phase, proxies, rounds, say):
    """Rows of all rounds; every other round goes through the proxies backwards."""
    rows = []
    for number in range(min(rounds, getattr(phase, "rounds", rounds))):
        for proxy in proxies if number % 2 == 0 else reversed(proxies):
            phase.bench.give_cores(proxy)
            row = phase.run(proxy)
            if row is None:
                continue
            row.update(phase=phase.name, proxy=proxy.label, round=number)
            rows.append(row)
            mishaps = "".join(f"  {row[what]} {what}!" for what in ("refused", "broken") if row[what])
            noise = f"  others {row['others']:.0%}" if row["others"] > 0.05 else ""
            say(f"  {phase.name} {number + 1} {proxy.label:<18}{phase.show(row)}{mishaps}{noise}")
    return rows


def median_of(rows, phase, proxy, field):
    """Over the rounds; None without rows."""
    found = [row[field] for row in rows if row["phase"] == phase and row["proxy"] == proxy]
    return statistics.median(found) if found else None
