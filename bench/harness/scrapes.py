"""What it costs to be watched: a gateway with as many keys as there may be, and its metrics."""

import statistics
import time
import urllib.request

from harness.phases import SETTLE, Phase

SCRAPES = 100  # one after another: the kernel counts processor time in hundredths of a second


class Scrapes(Phase):
    name = "scrapes"
    question = "41,000 keys, /metrics: how long, how large, how much of a core when asked each second?"
    rounds = 2

    def run(self, proxy):
        """The processor time is the whole process's, so more than what its calls can notice."""
        if not hasattr(proxy, "admin"):
            return None
        self.bench.restart(proxy)
        time.sleep(SETTLE)
        before = proxy.cpu_seconds()
        taken = [self._scrape(proxy) for _ in range(SCRAPES)]
        cpu = proxy.cpu_seconds() - before
        return {"ms": statistics.median(ms for ms, _ in taken), "bytes": taken[-1][1],
                "cpu_share": cpu / SCRAPES, "refused": 0, "broken": 0, "others": 0.0}

    @staticmethod
    def _scrape(proxy):
        began = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{proxy.admin}/metrics", timeout=10) as answer:
            size = len(answer.read())
        return 1000 * (time.monotonic() - began), size

    def show(self, row):
        return f"{row['ms']:8.0f} ms {row['bytes'] / 1000:10.1f} KB {row['cpu_share']:10.2%} of a core"
