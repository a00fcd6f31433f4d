"""The pool's micro-benchmarks: bench/pool's program, run here and its figures named."""

import json
import os

from harness.window import alone

# What the cases of bench/pool are called here; each name begins so.
CASES = {
    "lease_and_report/keys:3/endpoints:1/real_time/threads:1": "keys_3_ns",
    "lease_and_report/keys:3/endpoints:1/real_time/threads:2": "threads_2_ns",
    "lease_and_report/keys:1000/endpoints:1/real_time/threads:1": "keys_1000_ns",
    "lease_and_report/keys:100000/endpoints:1/real_time/threads:1": "keys_100000_ns",
    "random_endpoint/keys:3/endpoints:10000/real_time/threads:1": "endpoints_10000_ns",
    "register_keys/100000": "register_ms",
}


def figures(build, folder, quick, say):
    """The best of several runs of each case, all threads' calls taken together; nothing without the program."""
    program = f"{build}/bench/pool/pool_bench"
    if not os.path.exists(program):
        say(f"  left out: there is no {program} (make bench builds it)")
        return None
    out = f"{folder}/pool.json"
    alone([program, f"--benchmark_out={out}", "--benchmark_out_format=json",
           "--benchmark_filter=" + "|".join(f"^{case}$" for case in CASES),
           f"--benchmark_repetitions={1 if quick else 5}"], say)
    with open(out) as file:
        return _named(json.load(file)["benchmarks"])


def _named(runs):
    named = {}
    for run in runs:
        if run["run_type"] != "iteration":
            continue
        case = CASES[run["run_name"]]
        named[case] = min(named.get(case, run["real_time"]), run["real_time"])
        if case == "keys_3_ns":
            named["allocations"] = round(run["allocs"], 2)
        if case == "register_ms":
            named["bytes_per_key"] = run["bytes_per_key"]
    return named
