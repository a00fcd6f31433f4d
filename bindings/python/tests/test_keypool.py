"""keypool from Python, against the real library."""

import os
import tempfile
import threading
import unittest

import keypool

ENDPOINT = "https://api.openai.com"


class LeasingAKey(unittest.TestCase):
    def setUp(self):
        self.pool = keypool.Pool()
        self.assertTrue(self.pool.add_key(ENDPOINT, "FIRST", "sk-first"))
        self.assertTrue(self.pool.add_key(ENDPOINT, "SECOND", "sk-second"))

    def test_gives_the_secret_and_counts_what_the_call_used(self):
        with self.pool.lease(ENDPOINT, model="gpt-4.1") as lease:
            name, secret = lease.key_name, lease.secret
            lease.succeed(latency=0.5, input_tokens=100, output_tokens=50)

        self.assertEqual(secret, "sk-" + name.lower())
        used = next(key for key in self.pool.stats(ENDPOINT) if key.name == name)
        self.assertEqual((used.successes, used.input_tokens, used.output_tokens, used.latency_ms), (1, 100, 50, 500))

    def test_passes_a_rate_limited_key_over_until_its_hint_is_over(self):
        with self.pool.lease(ENDPOINT) as lease:
            limited = lease.key_name
            lease.rate_limited(after=20)

        names = set()
        for _ in range(4):
            with self.pool.lease(ENDPOINT) as lease:
                names.add(lease.key_name)
                lease.succeed()
        self.assertNotIn(limited, names)
        key = next(key for key in self.pool.stats(ENDPOINT) if key.name == limited)
        self.assertEqual(key.state, keypool.KeyState.COOLING)
        self.assertIsNotNone(key.until)

    def test_says_why_there_is_none_and_when_there_will_be(self):
        for _ in range(2):
            with self.pool.lease(ENDPOINT) as lease:
                lease.rate_limited(after=20)

        with self.assertRaises(keypool.NoLease) as refused:
            self.pool.lease(ENDPOINT)
        self.assertEqual(refused.exception.why, keypool.Why.ALL_COOLING)
        self.assertGreater(refused.exception.retry_after, 0)
        self.assertLessEqual(refused.exception.retry_after, 20)
        self.assertIn(ENDPOINT, str(refused.exception))

    def test_names_the_variables_that_hold_no_key(self):
        self.pool.register("groq", "KEYPOOL_TEST_NOT_SET")
        with self.assertRaisesRegex(keypool.NoLease, "KEYPOOL_TEST_NOT_SET") as refused:
            self.pool.lease("groq")
        self.assertEqual(refused.exception.why, keypool.Why.NO_KEYS)

    def test_waits_for_a_key_that_another_thread_lets_go_of(self):
        for _ in range(2):
            with self.pool.lease(ENDPOINT) as lease:
                lease.rate_limited(after=30)
        waited = []

        def wait():
            with self.pool.lease(ENDPOINT, wait=60) as lease:
                waited.append(lease.key_name)
                lease.succeed()

        waiter = threading.Thread(target=wait)
        waiter.start()
        self.assertTrue(self.pool.reset_key(ENDPOINT, "SECOND"))
        waiter.join(timeout=60)
        self.assertEqual(waited, ["SECOND"])

    def test_is_abandoned_by_an_exception(self):
        with self.assertRaises(RuntimeError):
            with self.pool.lease(ENDPOINT):
                raise RuntimeError("the caller's own")
        self.assertEqual(sum(key.abandoned for key in self.pool.stats(ENDPOINT)), 1)
        self.assertEqual(sum(key.in_flight for key in self.pool.stats(ENDPOINT)), 0)

    def test_has_no_secret_once_it_has_ended(self):
        with self.pool.lease(ENDPOINT) as lease:
            lease.succeed()
            with self.assertRaises(ValueError):
                _ = lease.secret

    def test_never_shows_the_secret_by_itself(self):
        with self.pool.lease(ENDPOINT) as lease:
            self.assertNotIn("sk-", repr(lease))
            lease.release()


class TheOperatorsCommands(unittest.TestCase):
    def test_take_a_key_out_and_bring_it_back(self):
        pool = keypool.Pool()
        pool.add_key(ENDPOINT, "ONLY", "sk-only")
        self.assertTrue(pool.disable_key(ENDPOINT, "ONLY"))
        self.assertEqual(pool.available_keys(ENDPOINT), 0)
        self.assertTrue(pool.enable_key(ENDPOINT, "ONLY"))
        self.assertEqual(pool.available_keys(ENDPOINT), 1)
        self.assertFalse(pool.disable_key(ENDPOINT, "OTHER"))


class Counts(unittest.TestCase):
    def test_go_to_a_file_and_come_back(self):
        pool = keypool.Pool()
        pool.add_key(ENDPOINT, "ONLY", "sk-only")
        with pool.lease(ENDPOINT) as lease:
            lease.succeed(input_tokens=7)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "stats.json")
            pool.save_stats(path)
            later = keypool.Pool()
            later.add_key(ENDPOINT, "ONLY", "sk-only")
            later.load_stats(path)
        self.assertEqual(later.stats(ENDPOINT)[0].input_tokens, 7)

    def test_say_why_a_file_cannot_be_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "stats.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write("{")
            with self.assertRaisesRegex(OSError, "stats.json"):
                keypool.Pool().load_stats(path)


if __name__ == "__main__":
    unittest.main()
