#!/usr/bin/env python3
"""One page of 50 ads through every door of barker: what a call takes, and are answers equal?

    bench/doors.py BUILD [--rounds N] [--calls N]

BUILD is a build tree, such as build/release, in which barker, barker_plugin, barker_sphinx,
barker_direct_host and barker_java_tests were built. Debian's python3-numpy, sphinxsearch, a JDK 17
and liblucene8-java must be there. The doors take turns in every round, so that what else the
machine does meets all of them. Prints a table; ends with 1 if an answer differs from that of the C
ABI.
"""

import argparse
import http.client
import importlib.util
import json
import os
import pathlib
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[1]
WEIGHTS = SOURCE / "models/simulate/demo.barker"
QUERY, USER = "running shoes 跑步鞋", "anna"
KEYWORDS = ["hiking boots", "防水", "waterproof"]
GROUP = ("profile", ["gender=f"])
POINTS = ["waterproof", "free shipping", "补水保湿", "lightweight", "memory foam", "包邮"]


def page():
    """Bids and scores are floats of 32 bits exactly, because searchd's attributes are."""
    english, chinese = "Trail running shoes {} <unisex>", "户外跑步鞋 男士 第{}款"
    return [{"id": f"ad{i}", "title": (chinese if i % 3 == 2 else english).format(i),
             "selling_points": [POINTS[(i + k) % len(POINTS)] for k in range(1 + i % 4)],
             "bid": 0.25 + 0.125 * (i % 7), "first_pass_score": 30 - 0.5 * i} for i in range(50)]


def timed(calls, call):
    """Microseconds of each call, and the last answer. Fifty calls warm up."""
    took = []
    for number in range(-50, calls):
        begin = time.perf_counter_ns()
        answer = call()
        if number >= 0:
            took.append((time.perf_counter_ns() - begin) / 1e3)
    return took, answer


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(is_so, what):
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.05)
    sys.exit(f"doors.py: {what} did not start")


class Doors:
    """Every method asks `calls` times and gives (microseconds, [(ad, score, title)])."""

    def __init__(self, build, directory):
        self.build, self.directory, self.ads = build, directory, page()
        self.library = build / "lib/libbarker.so"
        self.started = []

    def start(self, words, **options):
        self.started.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, **options))
        return self.started[-1]

    def stop(self):
        for process in self.started:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def c_abi(self, calls):
        asked = {"query": QUERY, "user": USER, "user_keywords": KEYWORDS,
                 "groups": dict([GROUP]), "ads": self.ads}
        told = json.loads(subprocess.run(
            [self.build / "bin/barker_direct_host", self.library, WEIGHTS, str(calls + 50)],
            input=json.dumps(asked), capture_output=True, text=True, check=True).stdout)
        return told["us"][50:], [(ad["ad"], ad["score"], ad["title"]) for ad in told["ads"]]

    def open_python(self):
        sys.path.insert(0, str(SOURCE / "plugin/adapters/python"))
        import barker
        self.plugin = barker.Plugin(library=str(self.library), weights=str(WEIGHTS))
        self.python_ads = [
            barker.Ad(ad["title"], ad["selling_points"], bid=ad["bid"],
                      first_pass_score=ad["first_pass_score"], id=ad["id"]) for ad in self.ads]

    def python(self, calls):
        took, answer = timed(calls, lambda: self.plugin.rescore(
            QUERY, self.python_ads, user=USER, user_keywords=KEYWORDS, groups=dict([GROUP])))
        return took, [(int(ad), float(score), title) for ad, score, title in
                      zip(answer.order, answer.score, answer.titles)]

    def lucene(self, calls):
        page_file = self.directory / "page.tsv"
        with page_file.open("w") as lines:
            print(QUERY, USER, "|".join(KEYWORDS), f"{GROUP[0]}: {'|'.join(GROUP[1])}",
                  sep="\n", file=lines)
            for ad in self.ads:
                print(ad["title"], "|".join(ad["selling_points"]), ad["bid"],
                      ad["first_pass_score"], sep="\t", file=lines)
        java = self.build / "plugin/adapters/java"
        jars = [java / "barker.jar", java / "barker-lucene.jar",
                self.build / "tests/plugin/adapters/java/barker_java_tests.jar",
                *sorted(pathlib.Path("/usr/share/java").glob("lucene-core-8*.jar"))]
        told = subprocess.run(
            ["java", "-cp", ":".join(map(str, jars)), f"-Dbarker.library={self.library}",
             f"-Dbarker.bridge={self.build / 'lib/libbarker_jni.so'}",
             f"-Dbarker.weights={WEIGHTS}", "com.barker.DoorTimes", page_file, "2000",
             str(calls)], capture_output=True, text=True, check=True).stdout.splitlines()
        answer = [line.split("\t") for line in told[calls:]]
        return ([float(line) for line in told[:calls]],
                [(int(ad), float(score), title) for ad, score, title in answer])

    def open_http(self):
        shop, barker = self.directory / "shop", self.build / "bin/barker"
        with open(self.directory / "log", "w") as log:
            for words in (["generate", "marketplace", "--out", shop, "--ad-count", "100"],
                          ["index", "--ads", shop / "catalogue.jsonl", "--out", shop / "index"]):
                subprocess.run([barker, *words], stdout=log, stderr=log, check=True)
            port = free_port()
            self.start([barker, "serve", "--index", shop / "index", "--weights", WEIGHTS,
                        "--listen", f"127.0.0.1:{port}"], stdout=log, stderr=log)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

        def answers():
            try:
                self.connection.connect()
                return True
            except OSError:
                return False

        wait_for(answers, "barker serve")
        self.body = json.dumps({"q": QUERY, "user": USER, "keywords": KEYWORDS,
                                "groups": dict([GROUP]), "ads": self.ads}).encode()

    def http(self, calls):
        def ask():
            self.connection.request("POST", "/v1/rescore", self.body,
                                    {"Content-Type": "application/json"})
            return self.connection.getresponse().read()

        took, answer = timed(calls, ask)
        told = json.loads(answer)
        if "ads" not in told:
            sys.exit(f"doors.py: /v1/rescore says {told}")
        places = {ad["id"]: place for place, ad in enumerate(self.ads)}
        return took, [(places[ad["id"]], ad["score"], ad["title"]) for ad in told["ads"]]

    def open_sphinx(self):
        probe = SOURCE / "plugin/adapters/sphinx/barker_sphinx_probe.py"
        spec = importlib.util.spec_from_file_location("probe", probe)
        self.probe = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.probe)
        here, port = self.directory / "sphinx", free_port()
        (here / "plugins").mkdir(parents=True)
        (here / "plugins/barker_sphinx.so").symlink_to(self.build / "lib/barker_sphinx.so")
        (here / "plugins/barker_sphinx.toml").write_text(f'weights = "{WEIGHTS}"\n')
        with (here / "ads.tsv").open("w") as lines:
            for place, ad in enumerate(self.ads):
                print(place + 1, ad["title"], "|".join(ad["selling_points"]), ad["bid"],
                      ad["first_pass_score"], sep="\t", file=lines)
        (here / "sphinx.conf").write_text(f"""common
{{
  plugin_dir = {here}/plugins
}}
source ads
{{
  type = tsvpipe
  tsvpipe_command = cat {here}/ads.tsv
  tsvpipe_field_string = title
  tsvpipe_attr_string = selling_points
  tsvpipe_attr_float = bid
  tsvpipe_attr_float = first_pass
}}
index ads
{{
  source = ads
  path = {here}/ads
}}
searchd
{{
  listen = 127.0.0.1:{port}:mysql41
  pid_file = {here}/pid
  log = {here}/searchd.log
  binlog_path =
  workers = threads
}}
""")
        with open(here / "log", "w") as log:
            subprocess.run(["indexer", "--config", here / "sphinx.conf", "--all"], stdout=log,
                           check=True)
            self.start(["searchd", "--config", here / "sphinx.conf", "--nodetach"], stdout=log,
                       stderr=log)

        def answers():
            try:
                self.sphinx_connection = self.probe.Connection("127.0.0.1", port, 30)
                return True
            except self.probe.ServerError:
                return False

        wait_for(answers, "searchd")
        for name, kind in self.probe.FUNCTIONS.items():
            self.sphinx_connection.ask(
                f"CREATE FUNCTION {name} RETURNS {kind.upper()} SONAME 'barker_sphinx.so'")

    def sphinx(self, calls, function=True):
        texts = [QUERY, USER, "|".join(KEYWORDS), f"{GROUP[0]}: {'|'.join(GROUP[1])}"]
        query, user, keywords, context = map(self.probe.quoted, texts)
        wanted = (f"barker_answer(title, selling_points, {query}, {user}, bid, first_pass, "
                  f"{keywords}, {context})" if function else "title")
        took, rows = timed(calls, lambda: self.sphinx_connection.ask(
            f"SELECT id, {wanted} answer FROM ads LIMIT 50 OPTION max_matches=50"))
        if not function:
            return took, []
        told = [(int(row[0]) - 1, json.loads(row[-1])) for row in rows]
        told.sort(key=lambda row: (-row[1]["score"], row[0]))
        return took, [(ad, answer["score"], answer["title"]) for ad, answer in told]


def float_of(score):
    """Rounded to 32 bits, as Lucene's scores are."""
    return struct.unpack("f", struct.pack("f", score))[0]


def difference(expected, found, is_float):
    """Where an answer differs from that of the C ABI; empty: it is equal to the last bit."""
    if len(expected) != len(found):
        return f"{len(found)} ads instead of {len(expected)}"
    for rank, (ours, theirs) in enumerate(zip(expected, found)):
        wanted = (ours[0], float_of(ours[1]), ours[2]) if is_float else ours
        theirs = (theirs[0], float_of(theirs[1]), theirs[2]) if is_float else theirs
        if wanted != theirs:
            return f"rank {rank}: {theirs} instead of {wanted}"
    return ""


def quantile(values, share):
    return sorted(values)[int(share * (len(values) - 1))]


def measure(doors, rounds, calls):
    asked = {"C ABI, C++": doors.c_abi, "Python": doors.python, "Lucene 8, JNI": doors.lucene,
             "searchd, barker_answer": doors.sphinx,
             "searchd, the titles alone": lambda calls: doors.sphinx(calls, function=False),
             "HTTP, /v1/rescore": doors.http}
    took = {name: [] for name in asked}
    wrong = {}
    for number in range(rounds):
        for name, ask in asked.items():
            times, answer = ask(calls)
            took[name].append(times)
            if name == "C ABI, C++":
                expected = answer
            elif answer:
                found = difference(expected, answer, is_float=name.startswith("Lucene"))
                wrong[name] = wrong.get(name) or found
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return took, wrong


def print_table(took, wrong):
    print("| door | p50, µs | p99, µs | p50 beside the C ABI | answers |\n|---|---|---|---|---|")
    base = [statistics.median(times) for times in took["C ABI, C++"]]
    for name, of_rounds in took.items():
        ratios = [statistics.median(times) / ours for times, ours in zip(of_rounds, base)]
        said = wrong.get(name)
        equal = f"DIFFER: {said}" if said else "" if said is None else "equal"
        if name == "C ABI, C++":
            equal = "the reference"
        print(f"| {name} | {statistics.median(map(statistics.median, of_rounds)):.0f} | "
              f"{statistics.median(quantile(times, .99) for times in of_rounds):.0f} | "
              f"{statistics.median(ratios):.2f} | {equal} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=500)
    options = parser.parse_args()
    if options.rounds < 1 or options.calls < 10:
        parser.error("--rounds must be at least 1, and --calls at least 10")
    if not (options.build / "bin/barker_direct_host").exists():
        parser.error(f"{options.build} is no build tree with barker_direct_host")
    os.environ["BARKER_LIBRARY"] = str(options.build / "lib/libbarker.so")
    with tempfile.TemporaryDirectory(prefix="barker-doors-") as directory:
        doors = Doors(options.build, pathlib.Path(directory))
        try:
            doors.open_python()
            doors.open_http()
            doors.open_sphinx()
            took, wrong = measure(doors, options.rounds, options.calls)
        finally:
            doors.stop()
    print_table(took, wrong)
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
