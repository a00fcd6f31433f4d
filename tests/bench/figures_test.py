"""The table says met only where a goal is met, and compares only what was measured side by side."""

import unittest

from harness import figures, phases, plot


def rows(phase, field, **rounds_of):
    return [{"phase": phase, "proxy": proxy, "round": number, field: value}
            for proxy, values in rounds_of.items() for number, value in enumerate(values)]


class Ratio(unittest.TestCase):
    def test_is_the_median_of_the_rounds_own_ratios(self):
        found = rows("saturation", "cpu_us", keypool=[20, 30, 90], nginx=[20, 60, 30])

        self.assertEqual(figures.ratio(found, "saturation", "cpu_us", "keypool", "nginx"), 1.0)

    def test_leaves_out_rounds_that_one_of_both_is_missing_from(self):
        found = rows("saturation", "cpu_us", keypool=[20, 30], nginx=[40])

        self.assertEqual(figures.ratio(found, "saturation", "cpu_us", "keypool", "nginx"), 0.5)

    def test_takes_what_both_have_anyway_off_both(self):
        found = rows("rate", "p50_us", keypool=[300], nginx=[500], direct=[100])

        self.assertEqual(figures.ratio(found, "rate", "p50_us", "keypool", "nginx", less="direct"), 0.5)

    def test_is_nothing_without_a_common_round(self):
        self.assertIsNone(figures.ratio([], "rate", "p50_us", "keypool", "nginx"))


class Goodput(unittest.TestCase):
    def outcomes(self, **changed):
        plain = {"offered": 1000, "failed": 0, "refused": 0, "wait_ms": {"p99": 1500}}
        names = ("everything", "headers", "nothing", "one bucket", "no queue")
        return {name: plain for name in names} | {name: plain | fields for name, fields in changed.items()}

    def test_no_call_may_fail_and_few_may_be_refused(self):
        found = figures.goodput_figures(self.outcomes(headers={"refused": 11}, nothing={"failed": 1}))

        self.assertEqual([figure.met for figure in found], [True, True, True, False, False, True])

    def test_what_went_through_sockets_stands_beside_its_simulation(self):
        found = figures.goodput_figures(self.outcomes(simulated={}, replayed={"refused": 5}))

        self.assertEqual(found[-2].beside, "simulated 0.00 %, p99 wait 1.5 s")
        self.assertEqual(found[-1].ratio, 5.0)


class ManyKeys(unittest.TestCase):
    def test_is_judged_by_itself(self):
        found = figures.many_keys_figures({"start_s": 2.9, "status_s": 1.1, "resident_mb": 150})

        self.assertEqual([figure.met for figure in found], [True, False, True])
        self.assertTrue(all(figure.absolute for figure in found))


class Verdict(unittest.TestCase):
    def figure(self, **fields):
        return figures.Figure("what", "1 µs", "nginx 1 µs", against="nginx", **fields)

    def test_a_ratio_at_its_goal_meets_it(self):
        self.assertTrue(self.figure(ratio=1.0, goal=1.0).met)
        self.assertFalse(self.figure(ratio=1.01, goal=1.0).met)

    def test_some_goals_are_to_be_exceeded(self):
        self.assertTrue(self.figure(ratio=1.9, goal=1.8, at_least=True).met)
        self.assertFalse(self.figure(ratio=1.7, goal=1.8, at_least=True).met)

    def test_what_has_no_goal_is_neither_met_nor_missed(self):
        self.assertIsNone(self.figure(ratio=3.0).met)

    def test_the_table_tells_all_three_apart(self):
        text = figures.table([self.figure(ratio=1.0, goal=1.0), self.figure(ratio=2.0, goal=1.0),
                              self.figure(ratio=3.0)])

        self.assertEqual([line.count("met") for line in text.splitlines()[2:]], [1, 0, 0])
        self.assertEqual([line.count("missed") for line in text.splitlines()[2:]], [0, 1, 0])

    def test_the_picture_shows_every_ratio(self):
        picture = plot.svg([self.figure(ratio=1.23, goal=1.0)], "a machine")

        self.assertIn(">1.23<", picture)


class HttpFigures(unittest.TestCase):
    def test_without_keypool_there_is_nothing_to_compare(self):
        self.assertEqual(figures.http_figures(rows("saturation", "cpu_us", nginx=[30])), [])

    def test_the_memory_of_a_stream_is_judged_by_itself(self):
        [figure] = figures.http_figures(rows("idle", "kb", keypool=[7.0], nginx=[17.0]))

        self.assertEqual((figure.ratio, figure.met), (7.0, True))

    def test_two_threads_at_one_threads_cost_are_worth_two(self):
        figure = figures.thread_figures(figures.Measured(
            rows("saturation", "cpu_us", **{"keypool": [20], "keypool × 2": [20]})))[0]

        self.assertEqual((figure.ratio, figure.met), (2.0, True))


class PoolFigures(unittest.TestCase):
    SEED = {"keys_3_ns": 300.0, "keys_1000_ns": 40e3, "keys_100000_ns": 14e6, "threads_2_ns": 600.0,
            "endpoints_10000_ns": 880.0, "allocations": 3.0, "register_ms": 500.0, "bytes_per_key": 400.0}

    def test_the_seed_itself_reaches_none_of_the_goals_that_are_set_by_it(self):
        met = [figure.met for figure in figures.pool_figures(self.SEED, self.SEED)]

        self.assertEqual(met, [False] * 6 + [True] * 2)


class MedianOf(unittest.TestCase):
    def test_is_nothing_without_rows(self):
        self.assertIsNone(phases.median_of([], "rate", "nginx", "p50_us"))


if __name__ == "__main__":
    unittest.main()
