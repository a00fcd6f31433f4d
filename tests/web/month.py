"""month.py DATABASE: a month of usage in the ledger of a gateway that does not run, for the pictures."""
import random
import sqlite3
import sys
import time

KEYS = {"OPENAI_API_KEY_0": 5, "OPENAI_API_KEY_1": 5, "TEAM_SEARCH_KEY": 3, "TEAM_SUPPORT_KEY": 4, "CI_KEY": 2}
MODELS = {  # share of the calls, tokens in and out of one, USD per million of them
    "gpt-4.1": (0.3, 1900, 320, 2.0, 8.0),
    "gpt-4.1-mini": (0.45, 1400, 260, 0.4, 1.6),
    "o4-mini": (0.15, 1100, 900, 1.1, 4.4),
    "gpt-4.1-nano": (0.1, 700, 90, 0.1, 0.4),
}
CLIENTS = {"support": 0.5, "search": 0.35, "ci": 0.15}


def calls_in(hour, chance):
    at = time.gmtime(hour * 3600)
    weekend = 0.3 if at.tm_wday >= 5 else 1
    awake = 1 if 7 <= at.tm_hour <= 18 else 0.25
    return weekend * awake * chance.uniform(0.7, 1.3) * 90


def main(path):
    chance = random.Random(1)
    database = sqlite3.connect(path)
    now = int(time.time() // 3600)
    for key, keys_share in KEYS.items():
        for model, (model_share, taken, given, price_in, price_out) in MODELS.items():
            for client, client_share in CLIENTS.items():
                series = database.execute(
                    "INSERT INTO series (endpoint, key, model, client) VALUES ('openai', ?, ?, ?) RETURNING id",
                    (key, model, client)).fetchone()[0]
                for hour in range(now - 30 * 24, now):
                    calls = round(calls_in(hour, chance) * keys_share * model_share * client_share)
                    if calls == 0:
                        continue
                    limited = round(calls * chance.uniform(0, 0.008))
                    tokens_in = round(calls * taken * chance.uniform(0.8, 1.2))
                    tokens_out = round(calls * given * chance.uniform(0.8, 1.2))
                    cost = round(tokens_in * price_in * 0.8 + tokens_out * price_out)
                    reasoning = tokens_out // 2 if model == "o4-mini" else 0
                    database.execute(
                        "INSERT INTO ledger VALUES (?, ?, ?, ?, 0, 0, 0, 0, ?, ?, 0, 0, 0, ?, ?, 0, ?)",
                        (hour, series, calls - limited, limited, tokens_in, tokens_in * 2 // 5, tokens_out,
                         reasoning, cost))
    database.commit()


main(sys.argv[1])
