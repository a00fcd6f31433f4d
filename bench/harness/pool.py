"""The pool's micro-benchmarks: programs of bench/pool, run here and their figures named."""

import os


def figures(build, quick, say):
    program = f"{build}/bench/pool/pool_bench"
    if not os.path.exists(program):
        say(f"  left out: there is no {program} (make bench builds it)")
        return None
