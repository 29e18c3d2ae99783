"""The stages of tested titles (Upworthy) and of the speed of training."""

from recipes import TRAIN
from tables import figure, gain, interval, table
from workshop import OUTPUT

BROKEN_WEEKS = "201326..201402"  # their randomisation was broken
WINDOWS = (201422, 201429, 201436, 201443, 201449)  # each up to the next


def _tests(w):
    file = w.public("upworthy") / "exploratory.tsv.gz"
    arguments = ["--tests", file, "--test-column", "clickability_test_id", "--time-column",
                 "test_week", "--group-column", "eyecatcher_id", "--title-column", "headline"]
    return arguments + (["--least-impressions", 100] if w.smoke else [])


def _learned(w, name, validation, test, *options):
    small = ["--set", "train.max_epochs=1"] if w.smoke else []
    w.made(name, TRAIN, "train-titles", *_tests(w), "--validation-from", validation, "--test-from",
           test, "--out", OUTPUT, "--quiet", "--created", 0, *options, *small)
    return name


def _judged(w, name, files, first, last, validation, *baselines):
    before = ["--before", last] if last else []
    w.made(name, TRAIN, "evaluate-titles", *files, *_tests(w), "--leave-out", BROKEN_WEEKS,
           "--from", first, *before, "--validation-from", validation, "--baseline",
           ",".join(baselines), "--json", keeps_output=True)
    return w.json(name)["models"]


def last_weeks_stage(w):
    last = WINDOWS[-1]
    network = _learned(w, "titles/last.barker", 201436, last, "--set", "train.dropout=0.3")
    models = {m["name"]: m for m in _judged(w, "titles/last.json", [network], last, None, 201436,
                                            "linear", "length", "words")}
    lines = [[text, *(interval(models[name][kind], _three) for kind in ("significant", "all"))]
             for text, name in (("the longer title", "length"),
                                ("the title of more words", "words"),
                                ("linear model, penalty chosen on validation", "linear"),
                                ("network, through the serving kernels", network))]
    # What is compared with the first is compared with the network.
    over = models["linear"].get("over_first") or models[network]["over_first"]
    turn = -1 if "over_first" in models["linear"] else 1
    lines.append(["the network's lead over the linear model",
                  *(_turned(over[kind], turn) for kind in ("significant", "all"))])
    pairs = models[network]["significant"], models[network]["all"]
    head = [f"{pairs[0]['pairs']:,} sure pairs of {pairs[0]['tests']:,} tests",
            f"{pairs[1]['pairs']:,} pairs of {pairs[1]['tests']:,} tests"]
    return f"Weeks from {last} on, seed 1.\n\n" + table(head, lines)


def _three(value):
    return figure(value, 3)


def _turned(i, sign):
    ends = sorted((sign * i["low"], sign * i["high"])) if i["low"] is not None else (None, None)
    return gain({"value": sign * i["value"], "low": ends[0], "high": ends[1]})


WINDOW_ROWS = (  # text, name, options
    ("network, default options, without the broken weeks, as the linear model", "default",
     ("--leave-out", BROKEN_WEEKS)),
    ("network, default options, also learning from the broken weeks", "broken", ()),
    # A rate of 1e-7 for an epoch leaves the start as it is.
    ("the same, only the linear model from which it starts", "start",
     ("--set", "train.max_epochs=1", "--set", "train.learning_rate=1e-7")),
    ("dropout .3 instead of .1", "dropout", ("--set", "train.dropout=0.3")),
    *((f"started from SVD alone, dim 32, learning rate 2e-3, seed {seed}", f"svd-{seed}",
       ("--no-linear-start", "--set", "model.dim=32", "--set", "train.learning_rate=0.002",
        "--seed", seed)) for seed in (1, 2, 3)),
    ("the same without a penalty of the embeddings", "svd-free",
     ("--no-linear-start", "--set", "model.dim=32", "--set", "train.learning_rate=0.002", "--set",
      "train.embedding_l2=0")),
    *((f"the same with the penalty, with dim 128, seed {seed}", f"svd-128-{seed}",
       ("--no-linear-start", "--set", "model.dim=128", "--set", "train.learning_rate=0.002",
        "--seed", seed)) for seed in (1, 2)),
    ("the same with the penalty, from noise instead of SVD", "noise",
     ("--no-linear-start", "--set", "model.dim=32", "--set", "train.learning_rate=0.002", "--set",
      "train.init=noise")),
    ("logistic loss instead of log rates, default options", "logistic", ("--loss", "logistic")),
)


def windows_stage(w):
    names = {"length": "the longer title",
             "linear": "linear model of words and word pairs, penalty chosen before the window"}
    sums = {}
    for first, last in w.few(zip(WINDOWS, WINDOWS[1:])):
        validation = first - 7  # the seven weeks before; all of them are of one year
        files = []
        for text, name, options in WINDOW_ROWS:
            file = f"titles/{first}-{name}.barker"
            files.append(_learned(w, file, validation, first, *options))
            names[file] = text
        for model in _judged(w, f"titles/{first}.json", files, first, last, validation, "length",
                             "linear"):
            hits = sums.setdefault(names[model["name"]], [[0, 0], [0, 0]])
            for of_kind, kind in zip(hits, ("significant", "all")):
                if model[kind]["value"] is None:
                    continue
                of_kind[0] += model[kind]["pairs"] * model[kind]["value"]
                of_kind[1] += model[kind]["pairs"]
    lines = [[text, *(figure(s / n, 3) if n else "" for s, n in sums[text])]
             for text in dict.fromkeys([*list(names.values())[:2], *(r[0] for r in WINDOW_ROWS)])]
    pairs = next(iter(sums.values()))
    return table([f"{pairs[0][1]:,} sure pairs", f"{pairs[1][1]:,} pairs"], lines)


def speed_stage(w):
    """Of the same network in the trainer and in libtorch as one would write it down."""
    sizes = "100000" if w.smoke else "100000|1000000|10000000"
    kinds = "BM_Trainer/BM|BM_PlainLibtorch" if w.smoke else "BM_Trainer/.*|BM_PlainLibtorch"
    w.made("speed.json", "train_bench", "--benchmark_format=json",
           f"--benchmark_filter=({kinds})/({sizes})(/|$)", keeps_output=True)
    found = {}
    for run in w.json("speed.json")["benchmarks"]:
        kind, size = run["name"].split("/")[:2] if "Plain" in run["name"] else \
            run["name"].split("/")[1:3]
        found.setdefault(int(size), {})[kind] = run
    lines = []
    for size, runs in sorted(found.items()):
        cells = [f"{size:,}"]
        for kind in ("BM", "MTDL", "BM_PlainLibtorch"):
            run = runs.get(kind)
            cells.append(f"{run['instances/s']:,.0f} ({run['own_MiB']:.0f} MiB)" if run else "")
        lines.append(cells)
    return table(["BM: instances/s (own memory)", "MTDL", "plain libtorch, BM"], lines)
