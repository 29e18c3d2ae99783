#!/usr/bin/env python3
"""What training takes in 1, 2 and 4 processes on this machine (models/train/README.md).

    bench/train_processes.py BUILD [--searches N] [--rounds N] [--batch N]

A log of the demo's marketplace in two shards becomes one dataset; `barker-train train` passes over
it once, in 1, 2 and 4 processes that are connected over loopback, one thread each. The arrangements
take turns. Prints medians: instances a second of the pass on the wall, and CPU seconds of all
processes together, which depend less on how many others want the cores.
"""

import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile


def run(words, log):
    subprocess.run(list(map(str, words)), stdout=log, stderr=log, check=True)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def train(build, here, ranks, batch, log):
    """(instances a second of the pass, CPU seconds of all processes for all that they do)."""
    port, before = free_port(), os.times()
    processes = []
    for rank in range(ranks):
        words = [build / "bin/barker-train", "train", "--data", here / "data", "--out",
                 here / f"{rank}.barker", "--set", "train.max_epochs=1", "--set",
                 "cool_down.epochs=0", "--set",
                 "train.schedule=joint", "--set", f"train.batch_searches={batch}", "--quiet",
                 "--draws", "10", "--log-json", here / f"{rank}.json"]
        if ranks > 1:
            words += ["--peers", f"127.0.0.1:{port}", "--rank", rank, "--ranks", ranks]
        processes.append(subprocess.Popen(list(map(str, words)), stdout=log, stderr=log,
                                          env={**os.environ, "OMP_NUM_THREADS": "1"}))
    if any([process.wait() for process in processes]):
        sys.exit(f"train_processes.py: a process of {ranks} failed; see the log above")
    after = os.times()
    epoch = json.loads((here / "0.json").read_text().splitlines()[0])
    cpu = [time.children_user + time.children_system for time in (before, after)]
    return epoch["instances_per_second"], cpu[1] - cpu[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--searches", type=int, default=60000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=256,
                        help="searches of a step, of all processes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="barker-train-") as directory:
        here = pathlib.Path(directory)
        with open(here / "log", "w+") as log:
            run([options.build / "bin/barker", "generate", "marketplace", "--out", here,
                 "--search-count", options.searches], log)
            shards = [here / "shard0.jsonl", here / "shard1.jsonl"]
            with open(here / "events.jsonl") as events, open(shards[0], "w") as even, \
                    open(shards[1], "w") as odd:
                for number, line in enumerate(events):
                    (odd if number % 2 else even).write(line)
            run([options.build / "bin/barker-train", "prepare", "--events", shards[0], "--events",
                 shards[1], "--out", here / "data"], log)
            took = {1: [], 2: [], 4: []}
            try:
                for number in range(options.rounds):
                    for ranks, results in took.items():
                        results.append(train(options.build, here, ranks, options.batch, log))
                    print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            except BaseException:
                log.seek(0)
                sys.stderr.write(log.read())
                raise
    print("| processes | instances/s | beside one process | CPU s | beside one process |\n"
          "|---|---|---|---|---|")
    for ranks, results in took.items():
        speed = statistics.median(mine[0] / one[0] for mine, one in zip(results, took[1]))
        cost = statistics.median(mine[1] / one[1] for mine, one in zip(results, took[1]))
        print(f"| {ranks} | {statistics.median(mine[0] for mine in results):.0f} | {speed:.2f} | "
              f"{statistics.median(mine[1] for mine in results):.1f} | {cost:.2f} |")


if __name__ == "__main__":
    main()
