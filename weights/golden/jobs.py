"""What the timing scripts share: jobs on standard input, answers on standard output, one line of JSON each.

site/dev/bench sends the same jobs to thaw, turn by turn; core/cmd/thaw/benchjobs.go says what is in them.
"""

import json
import sys
import time

SAMPLES = 64


def timed(repeat, work):
    """Does work as often as asked; returns the milliseconds of each time, and the last result."""
    ms, result = [], None
    for _ in range(repeat):
        start = time.perf_counter()
        result = work()
        ms.append(1000 * (time.perf_counter() - start))
    return ms, result


def sample(values):
    """Numbers evenly spread over a flat list of them."""
    return [float(values[i * len(values) // SAMPLES]) for i in range(SAMPLES)]


def serve(work):
    """Answers jobs until standard input ends. work(job) returns the milliseconds and the sample."""
    for line in sys.stdin:
        try:
            ms, some = work(json.loads(line))
            answer = {"ms": ms, "sample": some}
        except Exception as error:  # told to the driver, which ends
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
