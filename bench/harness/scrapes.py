"""What it costs to be watched: a gateway with as many keys as there may be, scraped each second."""

import statistics
import time
import urllib.request

from harness.phases import SETTLE, Phase


class Scrapes(Phase):
    name = "scrapes"
    question = "41,000 keys, /metrics once a second: how long, how large, how much of a core?"
    rounds = 2

    def run(self, proxy):
        """The processor time is the whole process's, so more than what the calls can notice of it."""
        if not hasattr(proxy, "admin"):
            return None
        self.bench.restart(proxy)
        time.sleep(SETTLE)
        scrapes = max(5, round(self.bench.secs))
        idle = self._spent(proxy, lambda: time.sleep(scrapes))
        taken = []
        watched = self._spent(proxy, lambda: taken.extend(self._once_a_second(proxy, scrapes)))
        return {"ms": statistics.median(ms for ms, _ in taken), "bytes": taken[-1][1],
                "cpu_share": (watched - idle) / scrapes, "refused": 0, "broken": 0, "others": 0.0}

    @staticmethod
    def _spent(proxy, during):
        before = proxy.cpu_seconds()
        during()
        return proxy.cpu_seconds() - before

    @staticmethod
    def _once_a_second(proxy, scrapes):
        for _ in range(scrapes):
            began = time.monotonic()
            with urllib.request.urlopen(f"http://127.0.0.1:{proxy.admin}/metrics", timeout=10) as answer:
                size = len(answer.read())
            took = time.monotonic() - began
            yield 1000 * took, size
            time.sleep(max(0.0, 1 - took))

    def show(self, row):
        return f"{row['ms']:8.0f} ms {row['bytes'] / 1000:10.0f} KB {row['cpu_share']:10.1%} of a core"
