"""Load generator and mock provider agree on what passed between them, at every kind of load."""

import http.client
import json
import os
import tempfile
import unittest

from harness import machine, proxies, traffic

PROGRAMS = os.environ["BENCH_HTTP_PROGRAMS"]
KEYS = ["sk-test-0", "sk-test-1"]


class Traffic(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        cores = machine.Cores()
        self.provider = traffic.Provider(PROGRAMS, folder.name, KEYS, cores.of_tools(1))
        self.addCleanup(self.provider.stop)
        self.traffic = traffic.Traffic(PROGRAMS, KEYS, cores)
        self.direct = proxies.Direct()
        self.direct.start(folder.name, self.provider.port, KEYS, cores)

    def counts(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.provider.port, timeout=10)
        self.addCleanup(connection.close)
        connection.request("GET", "/")
        return json.loads(connection.getresponse().read())

    def test_closed_loop(self):
        result = self.traffic.closed(self.direct, 0.2)

        self.assertGreater(result["completed"], 0)
        self.assertEqual((result["refused"], result["broken"]), (0, 0))
        # Each of the 64 connections may have left one call behind when the time was up.
        self.assertLessEqual(self.counts()["requests"] - result["completed"], 64)

    def test_open_loop_makes_every_call_that_was_due(self):
        result = self.traffic.open(self.direct, 0.5, 100)

        self.assertEqual(result["completed"] + result["unanswered"], 50)
        self.assertEqual(result["latency"]["count"], result["completed"])

    def test_streams_arrive_event_by_event(self):
        result = self.traffic.streams(self.direct, 0.1, count=5, events=4, size=240, every_ms=1)

        self.assertGreaterEqual(result["streams"], 5)
        self.assertEqual(result["events"], 4 * result["streams"])
        self.assertEqual(self.counts()["events"], result["events"])
        self.assertEqual((result["refused"], result["broken"]), (0, 0))

    def test_idle_streams_stand_open_until_they_are_let_go(self):
        with self.traffic.idle(self.direct, 100) as streams:
            self.assertEqual(streams.await_open(), {"open": 100, "refused": 0, "broken": 0})
            self.assertEqual(self.counts()["cut_off"], 0)

    def test_the_provider_refuses_a_credential_that_is_none_of_the_pools(self):
        self.direct.credential = lambda keys: "sk-somebody-else"

        result = self.traffic.closed(self.direct, 0.1)

        self.assertEqual(result["completed"], 0)
        self.assertGreater(result["refused"], 0)


if __name__ == "__main__":
    unittest.main()
