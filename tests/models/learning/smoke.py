"""smoke.py BIN DIR PART PARTS: a part of the stages of `./dev learning`, small, on public sets in
miniature. Each makes its table, nothing is skipped, and a second run makes nothing again."""

import shutil
import subprocess
import sys
from pathlib import Path

from tiny_sets import write_tiny_sets

LEARNING = Path(__file__).resolve().parents[3] / "models/learning"


def learning(binaries, out, data, *arguments):
    done = subprocess.run([sys.executable, LEARNING, binaries, out, data, *arguments],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"smoke.py: learning ended with {done.returncode}:\n{done.stderr}")
    return done


def main(binaries, directory, part, parts):
    directory = Path(directory)
    shutil.rmtree(directory, ignore_errors=True)
    data, out = directory / "data", directory / "out"
    write_tiny_sets(data)
    listed = learning(binaries, out, data, "--list").stdout.splitlines()
    names = [line.split()[0] for line in listed]
    if not (Path(binaries) / "train_bench").exists():  # a build without benchmarks
        names.remove("speed")
    share = [n for i, n in enumerate(names) if i * parts // len(names) == part]
    learning(binaries, out, data, *share, "--smoke")
    for name in share:
        text = (out / f"smoke/tables/{name}.md").read_text(encoding="utf-8")
        if "skipped" in text.lower():
            sys.exit(f"smoke.py: {name} was skipped, in part or whole:\n{text}")
        if text.count("\n| ") < 2:
            sys.exit(f"smoke.py: {name} made no table:\n{text}")
    again = learning(binaries, out, data, *share, "--smoke").stderr
    if again:
        sys.exit(f"smoke.py: a second run made anew what was there:\n{again}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
