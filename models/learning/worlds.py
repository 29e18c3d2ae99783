"""The stages of the simulated worlds: S1, its schedules and days, the cool-down, the market."""

import re

from recipes import (BASELINES, TRAIN, beauty, click_world, contest, judged, log_of, marketplace,
                     prepared, present, trained, trivago)
from tables import difference, figure, gain, interval, spread, table
from workshop import OUTPUT, REPOSITORY

SEEDS = (1, 2, 3)
PRETRAIN = "train.schedule=pretrain"
NO_DOT = "model.dot=none"
NOISE = "train.init=noise"
S1_ROWS = (  # text, weights, model, settings
    ("BM, random start", "BM-noise", "BM", (NO_DOT, NOISE)),
    ("MTDL, random start", "MTDL-noise", "MTDL", (NO_DOT, NOISE, PRETRAIN)),
    ("BM, co-occurrence start", "BM", "BM", (NO_DOT,)),
    ("MTDL", "MTDL", "MTDL", (NO_DOT, PRETRAIN)),
    ("AMTDL", "AMTDL", "AMTDL", (NO_DOT, PRETRAIN)),
    ("AMTDL + user id, dot product alone", "AMTDL-user-alone", "AMTDL",
     ("model.user_id=true", "model.dot=alone", PRETRAIN)),
    ("AMTDL + user id, dot product added", "AMTDL-user", "AMTDL",
     ("model.user_id=true", PRETRAIN)),
    ("the same, `alternate` with a falling rate", "AMTDL-user-falling", "AMTDL",
     ("model.user_id=true", "train.decay=0.75", "train.user_id_dropout=0")),
)


def s1_defaults(w, log, seed):
    """AMTDL as `barker-train config` has it."""
    return trained(w, log, "defaults", "AMTDL", seed=seed)


def click_world_stage(w):
    reports, oracles = [], []
    seeds = w.few(SEEDS)
    for seed in seeds:
        log = click_world(w, seed)
        files = [s1_defaults(w, log, seed)]
        files += [trained(w, log, name, model, *settings, seed=seed)
                  for _, name, model, settings in S1_ROWS]
        reports.append(judged(w, f"{log}/contest.json", log_of(log), files, BASELINES))
        oracles.append(_oracles(w, log, seed))
    rows = [(b, b) for b in BASELINES]
    rows += [(text, name) for text, name, _, _ in S1_ROWS]
    rows += [("AMTDL, defaults", "defaults"), ("*true probability*", "true probability")]
    lines = [_with_bins(text, [_values(r.models[name]) for r in reports]) for text, name in rows]
    lines += [_with_bins(f"*{name}*", [o[name] for o in oracles])
              for name in ("pooled history", "observable")]
    shares = [[b["instances"] / r.instances for b in r.models["BM"]["bins"]] for r in reports]
    lines.insert(0, ["share of test instances", ""] +
                 [f"{100 * sum(s) / len(s):.0f}%" for s in zip(*shares)])
    head = ["all", "<=6 / >21", "<=6 / <=21", ">6 / >21", ">6 / <=21"]
    text = (f"Means of the seeds {', '.join(map(str, seeds))}; of all, with the least and the "
            "greatest.\n\n")
    text += table(head, lines) + "\nAMTDL with its defaults beside what reads the same log:\n\n"
    return text + table([f"seed {s}" for s in seeds], [
        ["boosted trees"] + [interval(r.auc("boosted-trees")) for r in reports],
        ["two towers"] + [interval(r.auc("two-tower")) for r in reports],
        ["AMTDL, defaults"] + [interval(r.auc("defaults")) for r in reports],
        ["AMTDL against the trees"] + [gain(r.above_first("defaults")) for r in reports],
        ["AMTDL against the towers"] + [gain(r.above_previous("defaults")) for r in reports],
    ])


def _values(model):
    return [model["auc"]["value"], *(b["value"] for b in model["bins"])]


def _with_bins(text, values):
    """A row: all with its spread over the seeds, the bins as means."""
    columns = list(zip(*values))
    return [text, spread(columns[0])] + [spread(c).split(" ")[0] for c in columns[1:]]


def _oracles(w, log, seed):
    name = f"{log}/oracles.txt"
    w.made(name, TRAIN, "generate", "click-world", "--oracles", "--seed", seed, "--user-count",
           300 if w.smoke else 18000, keeps_output=True)
    found = {}
    for line in w.text(name).splitlines()[1:]:
        oracle, *numbers = re.split(r"  +", line.strip())
        found[oracle] = [float(n) for n in numbers]
    return found


def schedules_stage(w):
    reports = []
    kinds = (("alternate (Algorithm 1)", "alternate"), ("pre-train + fine-tune", "pretrain"),
             ("joint", "joint"))
    for seed in w.few(SEEDS):
        log = click_world(w, seed)
        files = []
        for model in ("MTDL", "AMTDL"):
            for _, schedule in kinds:
                name = model if schedule == "pretrain" else f"{model}-{schedule}"
                settings = () if schedule == "alternate" else (f"train.schedule={schedule}",)
                files.append(trained(w, log, name, model, NO_DOT, *settings, seed=seed))
        reports.append(judged(w, f"{log}/schedules.json", log_of(log), files, ("boosted-trees",)))

    def row(model, task, value):
        cells = []
        for _, schedule in kinds:
            name = model if schedule == "pretrain" else f"{model}-{schedule}"
            cells.append(spread([value(r, name) for r in reports]))
        return [f"{model}, {task} task", *cells]

    lines = []
    for model in ("MTDL", "AMTDL"):
        lines.append(row(model, "main", lambda r, n: r.auc(n)["value"]))
        lines.append(row(model, "auxiliary", lambda r, n: r.ads(n)["value"]))
    trees = spread([r.auc("boosted-trees")["value"] for r in reports])
    return (f"Means over the seeds. Boosted trees, main task: {trees}.\n\n" +
            table([text for text, _ in kinds], lines))


# Every day: the log of the click world up to a day, of which the five days before it are
# validation. A chain of increments of a day begins with the file of day 60.
FIRST_DAY = 1700000000  # seconds since 1970; click_world.cpp


def _day(number):
    return FIRST_DAY + 86400 * number


def every_day_stage(w):
    seeds = w.few((1, 2), 1)
    columns, cpu, trees = [], [], []
    for seed in seeds:
        files, data = _days(w, seed)
        report = judged(w, f"days-{seed}/judged.json", data, files.values())
        alone = judged(w, f"days-{seed}/trees.json", data, (), ("boosted-trees",))
        trees.append(interval(alone.auc("boosted-trees")))
        columns.append((files, report))
        cpu.append({key: w.record(file)["cpu_seconds"] for key, file in files.items()})
        cpu[-1]["chain"] = sum(w.record(file)["cpu_seconds"] for file in _chain(w, seed))
    rows = (("a training of the whole log", "full"),
            ("the file of the day before as it is", "yesterday"),
            ("an increment of one day", "increment"),
            ("the same without the past (`increment.past = 0`)", "no-past"),
            ("the same with all of the past (`increment.past = 80`)", "all-past"),
            ("the old file as it is", "stale"),
            ("the old file and increments, day by day", "chain"),
            ("the old file and one increment of all those days", "jump"))
    head = [h for s in seeds for h in (f"seed {s}", "against all of it", "ads", "CPU")]
    lines = [["boosted trees over the whole log"] + [c for t in trees for c in (t, "", "", "")]]
    for text, key in rows:
        cells = []
        for (files, report), seconds in zip(columns, cpu):
            name = files[key].rsplit("/", 1)[-1].removesuffix(".barker")
            as_it_is = key in ("yesterday", "stale")
            ads = report.ads(name)
            cells += [interval(report.auc(name)),
                      "" if key == "full" else gain(report.above_first(name)),
                      figure(ads["value"]) if ads else "",
                      "0" if as_it_is else f"{seconds[key]:.1f} s"]
        lines.append([text, *cells])
    return table(head, lines)


def _last_and_old(w):
    return (85, 82) if w.smoke else (85, 60)


def _day_data(w, seed, day):
    w.made(f"days-{seed}/log.jsonl", TRAIN, "generate", "click-world", "--events-out", OUTPUT,
           "--seed", seed, *(("--user-count", 300) if w.smoke else ()))
    data = f"days-{seed}/{day}.data"
    w.made(data, TRAIN, "prepare", "--events", f"days-{seed}/log.jsonl", "--out", OUTPUT,
           "--split-at", f"{_day(day - 5)},{_day(day)}")
    return data


def _learned(w, seed, day, name, *settings, after=None):
    data = _day_data(w, seed, day)
    options = ("--init", after) if after else ()
    return trained(w, f"days-{seed}", name, "AMTDL", *settings, seed=seed, data=data,
                   options=options)


def _chain(w, seed):
    last, old = _last_and_old(w)
    files, before = [], _learned(w, seed, old, "stale")
    for day in range(old + 1, last + 1):
        before = _learned(w, seed, day, f"chain-{day}", after=before)
        files.append(before)
    return files


def _days(w, seed):
    last, old = _last_and_old(w)
    full = _learned(w, seed, last, "full")
    yesterday = _learned(w, seed, last - 1, "yesterday")
    stale = _learned(w, seed, old, "stale")
    files = {
        "full": full,
        "yesterday": yesterday,
        "increment": _learned(w, seed, last, "increment", after=yesterday),
        "no-past": _learned(w, seed, last, "no-past", "increment.past=0", after=yesterday),
        "all-past": _learned(w, seed, last, "all-past", "increment.past=80", after=yesterday),
        "stale": stale,
        "chain": _chain(w, seed)[-1],
        "jump": _learned(w, seed, last, "jump", after=stale),
    }
    return files, _day_data(w, seed, last)


def cool_down_stage(w):
    lines, notes = [], []
    matched = ("model.match_inputs=true",)
    rows = (("S1, AMTDL", lambda: click_world(w, 1), "AMTDL", ()),
            ("Amazon Beauty, BM with match inputs", lambda: beauty(w), "BM", matched),
            ("trivago, ABM", lambda: trivago(w), "ABM", ()))
    for text, log, model, settings in present(rows, notes):
        plain = "defaults" if model == "AMTDL" else f"{model}-dot" + ("-match" if settings else "")
        files = [trained(w, log, plain, model, *settings),
                 trained(w, log, plain + "-cooled", model, *settings, cooled=True)]
        seen = [judged(w, f"{log}/cool-down-{split}.json", log_of(log), files, ("boosted-trees",),
                       split) for split in ("validation", "test")]
        cells = []
        for report in seen:
            cells += [figure(report.auc(plain)["value"]),
                      gain(report.above_previous(plain + "-cooled"))]
        lines.append([text, interval(seen[1].auc("boosted-trees")), *cells])
        ads = [(r.ads(plain), r.ads(plain + "-cooled")) for r in seen]
        if ads[0][0]:
            cells = [c for a, b in ads
                     for c in (figure(a["value"]), difference(b["value"] - a["value"]))]
            lines.append(["the same, ads", "", *cells])
    head = ["boosted trees, test", "validation: without", "with a cool-down", "test: without",
            "with a cool-down"]
    return table(head, lines) + "".join(notes)


def marketplace_stage(w):
    log = marketplace(w)
    trained(w, log, "AMTDL", "AMTDL", NO_DOT)
    trained(w, log, "BM", "BM", NO_DOT)
    trained(w, log, "MTDL", "MTDL", NO_DOT)
    rows = [("BM", "BM"), ("MTDL", "MTDL"), ("AMTDL without the dot product", "AMTDL")]
    return contest(w, log, rows, shipped=REPOSITORY / "models/simulate/demo.barker")


def small_worlds(w, seeds=SEEDS):
    """Click worlds of 2,000 users, in which a competitor of Table 4 is found in minutes."""
    return [click_world(w, seed, users=2000, name="small") for seed in w.few(seeds)]


def drifting_market(w):
    """60 days of 3,000 searches in a market whose tastes, shoppers and ads change."""
    sizes = (("--ad-count", 100, "--user-count", 120, "--day-count", 20, "--searches-per-day", 60,
              "--stay-days", 8) if w.smoke else ())
    w.made("drifting/log.jsonl", TRAIN, "generate", "drifting-market", "--events-out", OUTPUT,
           "--seed", 1, *sizes)
    return prepared(w, "drifting", "drifting/log.jsonl")
