"""From rows to the one table: what was measured, what it should be, and whether it is.

Everything is a ratio within one run on one machine, except where the goal itself is an absolute number.
"""

import dataclasses
import statistics

from harness import goodput
from harness.phases import median_of


@dataclasses.dataclass
class Figure:
    """One line of the table."""

    what: str
    keypool: str  # measured, with its unit
    beside: str  # what the others took
    ratio: float | None  # the number that is judged, or just told
    against: str  # what `ratio` is relative to
    goal: float | None = None  # None: nothing to reach, a price that is good to know
    at_least: bool = False

    @property
    def absolute(self):
        """Judged by itself, in the unit `against`."""
        return self.against in ("KB", "B", "s", "MB", "a call", "% failed", "per 1,000", "ms", "% of a core")

    @property
    def met(self):
        if self.goal is None or self.ratio is None:
            return None
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal


def ratio(rows, phase, field, of, to, less=None):
    """Median over the rounds of `of` ÷ `to` in the same round; both without `less` when it is given."""
    by_round = {}
    for row in rows:
        if row["phase"] == phase:
            by_round.setdefault(row["round"], {})[row["proxy"]] = row[field]
    found = []
    for values in by_round.values():
        if of in values and to in values and (less is None or less in values):
            base = values[less] if less else 0
            if values[to] - base > 0:
                found.append((values[of] - base) / (values[to] - base))
    return statistics.median(found) if found else None


class Measured:
    """The rows of the HTTP phases with words for them."""

    def __init__(self, rows):
        self.rows = rows

    def has(self, phase, proxy):
        return any(row["phase"] == phase and row["proxy"] == proxy for row in self.rows)

    def value(self, phase, proxy, field, less=None):
        found = median_of(self.rows, phase, proxy, field)
        if found is None or less is None:
            return found
        base = median_of(self.rows, phase, less, field)
        return None if base is None else found - base

    def told(self, phase, proxy, field, unit, less=None):
        found = self.value(phase, proxy, field, less)
        return "–" if found is None else f"{found:,.1f} {unit}"

    def against(self, what, phase, field, unit, rival, goal=None, of="keypool", less=None):
        """The figures of `of` and `rival`; nothing when either was not measured."""
        if not (self.has(phase, of) and self.has(phase, rival)):
            return []
        return [Figure(what, self.told(phase, of, field, unit, less),
                       f"{rival} {self.told(phase, rival, field, unit, less)}",
                       ratio(self.rows, phase, field, of, rival, less), rival, goal)]


def http_figures(rows):
    """The proxy's part of the table; the goals are docs/performance.md's."""
    seen = Measured(rows)
    figures = []
    for rival in ("nginx", "haproxy"):
        figures += seen.against("processor time per request", "saturation", "cpu_us", "µs", rival, 1.0)
    for rival in ("nginx", "haproxy"):
        goal = 1.0 if rival == "haproxy" else None
        figures += seen.against("processor time per streamed event", "streams", "cpu_us", "µs", rival, goal)
    for field, percentile in (("p50_us", "p50"), ("p99_us", "p99")):
        figures += seen.against(f"latency added at 30 % load, {percentile}", "rate", field, "µs",
                                "nginx", 1.0, less="direct")
    figures += idle_figures(seen)
    figures += scrape_figures(seen)
    figures += thread_figures(seen)
    figures += seen.against("requests per second, one core", "saturation", "per_second", "/s", "nginx")
    figures += seen.against("price of 10,000 keys instead of 8", "saturation", "cpu_us", "µs", "keypool",
                            of="keypool 10,000 keys")
    figures += seen.against("price of reading usage, per request", "saturation", "cpu_us", "µs",
                            "keypool no tap")
    figures += seen.against("price of reading usage, per event", "streams", "cpu_us", "µs", "keypool no tap")
    return figures


def idle_figures(seen):
    """An absolute goal: a stream's memory does not depend on how fast the machine is."""
    kb = seen.value("idle", "keypool", "kb")
    if kb is None:
        return []
    others = ", ".join(f"{rival} {seen.told('idle', rival, 'kb', 'KB')}" for rival in ("nginx", "haproxy")
                       if seen.has("idle", rival))
    return [Figure("memory per idle open stream", f"{kb:.1f} KB", others, kb, "KB", 8.0)]


def scrape_figures(seen):
    """Absolute goals: a watcher waits this long and takes this much, on any machine."""
    proxy = "keypool 41,000 keys"
    if not seen.has("scrapes", proxy):
        return []
    ms, size, share = (seen.value("scrapes", proxy, field) for field in ("ms", "bytes", "cpu_share"))
    return [Figure("/metrics with 41,000 keys: time", f"{ms:.0f} ms", "", ms, "ms", 250),
            Figure("/metrics with 41,000 keys: size", f"{size / 1000:.0f} KB", "", size / 1000, "KB", 2000),
            Figure("/metrics with 41,000 keys, each second", f"{share:.2%} of a core", "", 100 * share,
                   "% of a core", 1.0)]


def thread_figures(seen):
    """How much of a second thread is lost to the other: twice the processor time of one thread's request,
    divided by what it takes with two. 2 would be nothing lost."""
    one = seen.value("saturation", "keypool", "cpu_us")
    two = seen.value("saturation", "keypool × 2", "cpu_us")
    if one is None or two is None:
        return []
    others = []
    for rival in ("nginx", "haproxy"):
        found = ratio(seen.rows, "saturation", "cpu_us", rival, f"{rival} × 2")
        if found is not None:
            others.append(f"{rival} {2 * found:.2f}")
    gained = 2 * ratio(seen.rows, "saturation", "cpu_us", "keypool", "keypool × 2")
    return [Figure("two threads' throughput per core used", f"{two:,.1f} µs", ", ".join(others), gained,
                   "one thread", 1.8, at_least=True)]


def pool_figures(ours, seed):
    """The pool's part. `ours` and `seed` name their cases alike; nanoseconds a call."""
    def ns(figures, case):
        return f"{figures[case]:,.0f} ns"

    def against_seed(what, case, goal):
        return Figure(what, ns(ours, case), f"seed {ns(seed, case)}", ours[case] / seed[case], "seed", goal)

    def against_self(what, case):
        return Figure(what, ns(ours, case), f"seed {ns(seed, case)}", ours[case] / ours["keys_3_ns"],
                      "its 3 keys", 3.0)

    return [
        against_seed("lease + report, 3 keys", "keys_3_ns", 0.1),
        Figure("allocations of the same", f"{ours['allocations']:g}", f"seed {seed['allocations']:g}",
               ours["allocations"], "a call", 0.0),
        against_self("lease + report, 1,000 keys", "keys_1000_ns"),
        against_self("lease + report, 100,000 keys", "keys_100000_ns"),
        Figure("one endpoint from two threads", ns(ours, "threads_2_ns"), f"seed {ns(seed, 'threads_2_ns')}",
               ours["keys_3_ns"] / ours["threads_2_ns"], "one thread", 1.3, at_least=True),
        against_seed("10,000 endpoints × 3 keys, at random", "endpoints_10000_ns", 0.125),
        Figure("registering 100,000 keys", f"{ours['register_ms']:,.0f} ms", "", ours["register_ms"] / 1000,
               "s", 1.0),
        Figure("memory of an idle key", f"{ours['bytes_per_key']:,.0f} B", "", ours["bytes_per_key"], "B", 512.0),
    ]


def many_keys_figures(found):
    """A gateway with 41,000 keys. `found` as harness/many_keys.py has it."""
    return [
        Figure("start with 41,000 keys", f"{found['start_s']:.2f} s", "", found["start_s"], "s", 3.0),
        Figure("`keypool status` of 41,000 keys", f"{found['status_s']:.2f} s", "", found["status_s"], "s", 1.0),
        Figure("memory with 41,000 keys", f"{found['resident_mb']:.0f} MB", "", found["resident_mb"], "MB",
               150.0),
    ]


def goodput_figures(found):
    """What is served under limits. `found` are outcomes by what was known; see harness/goodput.py."""
    def failing(outcome):
        return f"{goodput.percent(outcome, 'failed'):.2f} %, p99 wait {outcome['wait_ms']['p99'] / 1000:.1f} s"

    def refusals(outcome):
        return f"{10 * goodput.percent(outcome, 'refused'):.1f}"

    def pair(what, known, goal, *besides):
        outcome = found[known]
        beside = {name: found[name] for name in besides}
        return [Figure(f"calls that fail, {what}", failing(outcome),
                       ", ".join(f"{name} {failing(other)}" for name, other in beside.items()),
                       goodput.percent(outcome, "failed"), "% failed", 0.0),
                Figure(f"429s of 1,000 calls, {what}", refusals(outcome),
                       ", ".join(f"{name} {refusals(other)}" for name, other in beside.items()),
                       10 * goodput.percent(outcome, "refused"), "per 1,000", goal)]

    figures = pair("limits known", "everything", 1.0, "one bucket", "no queue")
    figures += pair("limits from headers", "headers", 10.0) + pair("429s alone tell", "nothing", 30.0)
    if "replayed" in found:
        figures += pair("through real sockets", "replayed", 10.0, "simulated")
    return figures


def table(figures):
    """The figures in columns, for a terminal and, as it is Markdown, for docs/performance.md."""
    lines = [("what", "keypool", "beside", "ratio", "goal", "")]
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        goal = "" if figure.goal is None else f"{sign} {figure.goal:g}"
        shown = "–"
        if figure.ratio is not None:
            shown = f"{figure.ratio:.2f} {'' if figure.absolute else '× '}{figure.against}"
        verdict = {True: "met", False: "missed", None: ""}[figure.met]
        lines.append((figure.what, figure.keypool, figure.beside, shown, goal, verdict))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
            for line in lines]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)


def as_json(figure):
    return {**dataclasses.asdict(figure), "met": figure.met}
