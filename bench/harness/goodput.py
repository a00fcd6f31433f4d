"""What is served under limits: the pool's code on a virtual clock, and the gateway through real sockets."""

import json
import os
import subprocess


def figures(build, quick, say):
    """Outcomes by what the pool knows of limits, on a plain day, and beside it what is possible and what there
    was before; nothing without the program. KEYPOOL_TRACE names a recorded trace; else traffic is made up."""
    program = f"{build}/keypool"
    if not os.path.exists(program):
        say(f"  left out: there is no {program} (make build)")
        return None
    trace = os.environ.get("KEYPOOL_TRACE")
    say(f"  over {trace}" if trace else "  over made-up traffic: KEYPOOL_TRACE, a recorded trace, is not set")
    traffic = ["--trace", trace] if trace else []
    compared = _run([program, "lab", "simulate", "--json", "--compare", "--load", "0.95", *traffic])
    found = {row["known"]: row["days"][0] for row in compared["comparison"]}
    plain = _run([program, "lab", "simulate", "--json", "--load", "0.95", *traffic])
    found["no queue"] = plain["outcomes"][-1]
    for known, outcome in found.items():
        say(f"  {known:<11}{told(outcome)}")
    replay = f"{build}/bench/goodput/goodput_replay"
    if not quick and os.path.exists(replay):
        say("  a piece of the same through gateway and simulated provider, two and a half minutes long")
        found |= _run([replay, *traffic])
        for known in ("simulated", "replayed"):
            say(f"  {known:<11}{told(found[known])}")
    return found


def told(outcome):
    """`0.00 % failed, 6.5 429s per 1,000, p99 14.1 s`"""
    return (f"{percent(outcome, 'failed'):.2f} % failed, {10 * percent(outcome, 'refused'):.1f} 429s per 1,000, "
            f"p99 {outcome['wait_ms']['p99'] / 1000:.1f} s")


def percent(outcome, field):
    return 100 * outcome[field] / outcome["offered"]


def _run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
