"""The stages of "Demand that moves": weights by recency and the trend of keywords."""

import re

from recipes import beauty_by_listing, judged, log_of, retail, trained, trivago
from tables import difference, figure, gain, interval, spread, table
from worlds import NO_DOT, PRETRAIN, drifting_market

MATCH = "model.match_inputs=true"


def recent(half_life):
    return f"train.recency_half_life={half_life}"


def trend(half_life):
    return f"freeze.trend_half_life={half_life}"


def _demand(w, log, rows, against):
    """Rows (text, weights, model, settings) on both splits, for all and for new users, beside
    boosted trees and towers. `against`: the names of the weights that all are compared with."""
    files = {name: trained(w, log, name, model, *settings) for _, name, model, settings in rows}
    every = list(files.values())
    validation = judged(w, f"{log}/demand-validation.json", log_of(log), every, (), "validation")
    beside = judged(w, f"{log}/demand.json", log_of(log), every, ("boosted-trees", "two-tower"),
                    slices=("user",))
    paired = {}
    for first in against:
        ordered = [files[first], *(f for n, f in files.items() if n != first)]
        paired[first] = judged(w, f"{log}/demand-{first}.json", log_of(log), ordered,
                               slices=("user",))
    texts = {name: text for text, name, _, _ in rows}
    lines = []
    for b in ("boosted-trees", "two-tower"):
        lines.append([b, "", interval(beside.auc(b)), *[""] * len(against),
                      _auc_of(beside.part(b, "new")), *[""] * len(against), "",
                      "" if b == "boosted-trees" else gain(beside.above_first(b)), ""])
    for text, name, _, _ in rows:
        ads = beside.ads(name)
        lines.append(
            [text, figure(validation.auc(name)["value"]), interval(beside.auc(name)),
             *("" if name == a else gain(paired[a].above_first(name)) for a in against),
             _auc_of(beside.part(name, "new")),
             *(_gain_of(paired[a].part(name, "new")) for a in against),
             f"{figure(ads['value'])} {_gain_of(paired[against[-1]].ads(name))}".strip()
             if ads else "",
             gain(beside.above_first(name)), _said(w, files[name])])
    new = beside.part("boosted-trees", "new")
    text = f"{beside.instances:,} test instances of {beside.users:,} users"
    if new:
        text += (f", {new['instances']:,} of them of {new['users']:,} users without a search in "
                 "training")
    head = ["validation", "test", *(f"against {texts[a]}" for a in against), "new users",
            *(f"against {texts[a]}" for a in against), "ads", "against boosted-trees", "trend"]
    return text + ".\n\n" + table(head, lines)


def _auc_of(part):
    return figure(part["value"]) if part else ""


def _gain_of(part):
    return gain(part.get("above_first")) if part else ""


def _said(w, file):
    """What training said of the trend and of what the weighted instances are worth."""
    said = w.record(file)["said"]
    found = []
    if m := re.search(r"trend of keywords: (?:coefficient )?(.*)", said):
        found.append(m[1].rstrip("."))
    for m in re.finditer(r"worth ([^\n]*)", said):
        found.append("worth " + m[1].rstrip("."))
    return "; ".join(found)


def retail_stage(w):
    log = retail(w)
    rows = (("BM without the dot product", "BM", "BM", (NO_DOT,)),
            ("MTDL", "MTDL-dot-match", "MTDL", (MATCH,)),
            ("MTDL, pre-train + fine-tune", "MTDL-dot-match-pretrain", "MTDL", (MATCH, PRETRAIN)),
            ("MTDL, trend of 7 days", "MTDL-trend-7d", "MTDL", (MATCH, trend("7d"))),
            ("BM without the dot product, half-life 30 days", "BM-30d", "BM",
             (NO_DOT, recent("30d"))),
            ("MTDL, half-life 30 days", "MTDL-30d", "MTDL", (MATCH, recent("30d"))),
            ("MTDL, half-life 10 days", "MTDL-10d", "MTDL", (MATCH, recent("10d"))),
            ("MTDL, half-life 90 days", "MTDL-90d", "MTDL", (MATCH, recent("90d"))),
            ("MTDL, half-life 30 days and trend of 7 days", "MTDL-30d-trend-7d", "MTDL",
             (MATCH, recent("30d"), trend("7d"))))
    return _demand(w, log, rows, ("BM", "MTDL-dot-match"))


def market_stage(w):
    log = drifting_market(w)
    rows = (("BM without the dot product", "BM", "BM", (NO_DOT,)),
            ("AMTDL", "AMTDL", "AMTDL", ()),
            ("AMTDL, trend of 3 days", "AMTDL-trend-3d", "AMTDL", (trend("3d"),)),
            ("half-life 10 days", "AMTDL-10d", "AMTDL", (recent("10d"),)),
            ("half-life 10 days and trend of 3 days", "AMTDL-10d-trend-3d", "AMTDL",
             (recent("10d"), trend("3d"))),
            ("half-life 30 days", "AMTDL-30d", "AMTDL", (recent("30d"),)),
            ("half-life 3 days", "AMTDL-3d", "AMTDL", (recent("3d"),)))
    return _demand(w, log, rows, ("AMTDL",))


def beauty_stage(w):
    log = beauty_by_listing(w)
    rows = (("BM without the dot product", "BM", "BM", (NO_DOT,)),
            ("MTDL", "MTDL-dot-match", "MTDL", (MATCH,)),
            ("MTDL, half-life 3,000", "MTDL-3000", "MTDL", (MATCH, recent("3000"))),
            ("MTDL, half-life 8,000", "MTDL-8000", "MTDL", (MATCH, recent("8000"))),
            ("MTDL, half-life 30,000", "MTDL-30000", "MTDL", (MATCH, recent("30000"))),
            ("MTDL, trend of 8,000", "MTDL-trend-8000", "MTDL", (MATCH, trend("8000"))))
    return _demand(w, log, rows, ("BM", "MTDL-dot-match"))


def trivago_stage(w):
    log = trivago(w)
    seeds = w.few((1, 2, 3, 4, 5))
    kinds = (("ABM", "ABM-dot-match", (MATCH,)),
             ("half-life 2 hours", "ABM-2h", (MATCH, recent("2h"))),
             ("half-life 6 hours", "ABM-6h", (MATCH, recent("6h"))),
             ("half-life 18 hours", "ABM-18h", (MATCH, recent("18h"))),
             ("trend of 2 hours", "ABM-trend-2h", (MATCH, trend("2h"))),
             ("trend of 6 hours", "ABM-trend-6h", (MATCH, trend("6h"))))
    seen = {"validation": [], "test": []}
    for seed in seeds:
        files = [trained(w, log, f"{name}-{seed}", "ABM", *settings, seed=seed)
                 for _, name, settings in kinds]
        for split, reports in seen.items():
            reports.append(judged(w, f"{log}/demand-{split}-{seed}.json", log_of(log), files, (),
                                  split))
    trees = judged(w, f"{log}/trees.json", log_of(log), (), ("boosted-trees",))
    lines = [["boosted trees", "", interval(trees.auc("boosted-trees")), "", ""]]
    for text, name, _ in kinds:
        gains = [r.above_first(f"{name}-{s}") for r, s in zip(seen["test"], seeds)]
        said = [_said(w, f"{log}/{name}-{s}.barker").split(";")[0] for s in seeds]
        lines.append(
            [text,
             *(spread([r.auc(f"{name}-{s}")["value"] for r, s in zip(reports, seeds)])
               for reports in seen.values()),
             "" if name == kinds[0][1] else spread([g["value"] for g in gains], difference),
             f"{sum('so nothing is added' in s for s in said)} of {len(seeds)} have none"
             if "trend" in name else ""])
    return f"Means of {len(seeds)} seeds.\n\n" + table(
        ["validation", "test", "test: against ABM", "trend"], lines)
