"""The stages of the public logs: Beauty, trivago, online retail, and what is measured on them."""

from recipes import (BASELINES, TRAIN, beauty, click_world, contest, decisions, judged, log_of,
                     marketplace, present, retail, trained, trivago)
from tables import difference, figure, gain, interval, spread, table
from workshop import OUTPUT
from worlds import NO_DOT, NOISE, PRETRAIN, s1_defaults, small_worlds

MATCH = "model.match_inputs=true"
FIVE_SEEDS = (1, 2, 3, 4, 5)
COMPETITORS = ("boosted-trees", "rf-ffgm", "dmp-dgbm", "im12cp-wqi", "lstm-pso")


def beauty_stage(w):
    log = beauty(w)
    rows = _two_tasks(w, log)
    trained(w, log, "AMTDL-dot-pretrain", "AMTDL", PRETRAIN)
    rows.append(("AMTDL + dot product, pre-train + fine-tune", "AMTDL-dot-pretrain"))
    neighbours = ("user-cf", "fucf", "teucf", "taucf", "mucf")
    baselines = ("boosted-trees", "popularity", *neighbours, "cooccurrence", "two-tower")
    return contest(w, log, rows, baselines)


def beauty_tenth_stage(w):
    log = beauty(w, "amazon_beauty_tenth", "--main-share", "0.1")
    return contest(w, log, _two_tasks(w, log))


def _two_tasks(w, log):
    rows = []
    for model in ("BM", "MTDL", "AMTDL"):
        trained(w, log, model, model, NO_DOT)
        rows.append((model, model))
    for model in ("BM", "MTDL", "AMTDL"):
        trained(w, log, model + "-dot", model)
        rows.append((model + " + dot product", model + "-dot"))
    return rows


def unseen_words_stage(w):
    log = beauty(w)
    lines, sums = [], []
    count = 3 if w.smoke else 10
    for fold in w.few(range(5), 2):
        held, name = f"{fold}/{count}", f"amazon_beauty_held/{fold}"
        w.made(f"{name}.data", TRAIN, "prepare", "--events",
               "amazon_beauty/import/events.jsonl", "--out", OUTPUT, "--hold-out-words", held)
        base = trained(w, "amazon_beauty_held", f"BM-{fold}", "BM", NO_DOT, "train.max_epochs=4",
                       data=f"{name}.data")
        catalogue = "amazon_beauty/import/catalogue.jsonl"
        files = []
        for rows in ("zero", "titles"):
            file = f"{name}-{rows}.barker"
            dim = ("--context-dim", 8) if w.smoke else ()
            w.made(file, TRAIN, "extend", base, "--ads", catalogue, "--rows", rows, "--created", 0,
                   "--out", OUTPUT, *dim)
            files.append(file)
        report = f"{name}.json"
        w.made(report, TRAIN, "unseen", *files, "--data", log_of(log), "--hold-out-words", held,
               "--json", keeps_output=True)
        zero, titles = w.json(report)["models"]
        lines.append([str(fold), interval(zero["unseen_auc"]), interval(titles["unseen_auc"]),
                      gain(titles["unseen_gain"]), gain(titles["seen_gain"]),
                      figure(titles["unseen_over_seen"], 3), figure(titles["seen_over_unseen"], 3),
                      f"{figure(titles['unseen_mean'], 3)} / {figure(titles['seen_mean'], 3)}"])
        sums.append([zero["unseen_auc"]["value"], titles["unseen_auc"]["value"],
                     titles["unseen_gain"]["value"], titles["seen_gain"]["value"],
                     titles["unseen_over_seen"], titles["seen_over_unseen"]])
    means = [sum(column) / len(column) if None not in column else None for column in zip(*sums)]
    lines.append(["mean", figure(means[0], 3), figure(means[1], 3), difference(means[2], 3),
                  difference(means[3]), figure(means[4], 3), figure(means[5], 3), ""])
    head = ["zeros", "from titles", "gain", "seen words: gain", "P(unseen > seen)",
            "P(seen > unseen)", "mean p, unseen / seen"]
    return "By fold; rows of zeros are the baseline.\n\n" + table(head, lines)


def competitors_stage(w):
    # The last ones search for minutes, also in a small log.
    names = [*w.few(COMPETITORS, 2), "popularity"]
    reports = [judged(w, f"{log}/table4.json", log_of(log), (), names) for log in small_worlds(w)]
    against = [[f"{name} against {names[0]}", *(gain(r.above_first(name)) for r in reports)]
               for name in names[1:]]
    head = [f"world {i + 1}" for i in range(len(reports))]
    return decisions(reports, [*names, "true probability"]) + "\n" + table(head, against)


def competitors_beauty_stage(w):
    log = beauty(w)
    names = w.few(COMPETITORS, 2)
    return decisions([judged(w, f"{log}/table4.json", log_of(log), (), names)], names)


def trivago_stage(w):
    log = trivago(w)
    seeds = w.few(FIVE_SEEDS)
    files = [trained(w, log, f"BM-{s}", "BM", NO_DOT, seed=s) for s in seeds]
    files += [_trivago_abm(w, log, s) for s in seeds]
    report = judged(w, f"{log}/contest.json", log_of(log), files, BASELINES)
    lines = [[b, interval(report.auc(b)), "" if b == BASELINES[0] else gain(report.above_first(b))]
             for b in BASELINES]
    for text, name in (("BM", "BM"), ("ABM + dot product", "ABM-dot")):
        models = [f"{name}-{s}" for s in seeds]
        gains = [report.above_first(m) for m in models]
        below = sum(1 for g in gains if g["high"] is not None and g["high"] < 0)
        lines.append([text, spread([report.auc(m)["value"] for m in models]),
                      spread([g["value"] for g in gains], difference) +
                      f"; {below} of {len(seeds)} intervals below 0"])
    return f"Networks are means of {len(seeds)} seeds.\n\n" + table(
        ["AUC", f"against {BASELINES[0]}"], lines)


def _trivago_abm(w, log, seed):
    return trained(w, log, f"ABM-dot-{seed}", "ABM", seed=seed)


def retail_stage(w):
    log = retail(w)
    trained(w, log, "BM", "BM", NO_DOT)
    trained(w, log, "MTDL", "MTDL", NO_DOT)
    return contest(w, log, [("BM", "BM"), ("MTDL", "MTDL")])


def states_stage(w):
    lines, parts, notes = [], [], []
    rows = (("S1, AMTDL", lambda: s1_defaults(w, click_world(w, 1), 1)),
            ("Amazon Beauty, MTDL", lambda: trained(w, beauty(w), "MTDL-dot", "MTDL")),
            ("trivago, ABM", lambda: _trivago_abm(w, trivago(w), 1)))
    for text, file in present(rows, notes):
        log = file.split("/")[0]
        name = f"{log}/states.json"
        w.made(name, TRAIN, "replay", file, "--data", log_of(log), "--json",
               *(("--draws", 10) if w.smoke else ()), keeps_output=True)
        report = w.json(name)
        sfs, ads = report["sfs"], report["ads"]
        lines.append([text, figure(report["prior_variance"]),
                      figure(sfs[0]["auc_without"]["value"]),
                      figure(sfs[0]["auc_with"]["value"]), gain(sfs[0]["gain"]),
                      gain(ads[0]["gain"]) if ads else "no ads"])
        parts.append([text] + [f"{gain(p['gain']) or '-'} ({p['instances']:,})" for p in sfs[1:]])
    if not lines:
        return "".join(notes)
    text = table(["prior variance", "AUC without", "with states", "gain", "ads: gain"], lines)
    text += "\nBy what the user's state had learned from before (instances):\n\n"
    head = ["nothing", "1 to 9 impressions", "10 to 29", "30 and more"]
    return text + table(head, [p + [""] * (5 - len(p)) for p in parts]) + "".join(notes)


def match_inputs_stage(w):
    lines, notes = [], []
    rows = (("Amazon Beauty, BM", lambda: beauty(w), "BM", (1,)),
            ("trivago, ABM", lambda: trivago(w), "ABM", FIVE_SEEDS),
            ("demo marketplace, ABM", lambda: marketplace(w), "ABM", (1, 2, 3)),
            ("S1, BM", lambda: click_world(w, 1), "BM", (1,)))
    for text, log, model, seeds in present(rows, notes):
        cells = _with_match(w, log, model, w.few(seeds))
        lines.append([f"{text}, {len(w.few(seeds))} seeds" if len(seeds) > 1 else text, *cells])
    head = ["boosted trees, test", "validation: without", "match inputs", "exact match",
            "test: without", "match inputs", "exact match"]
    text = ("Gains of several seeds are means with the least and the greatest; those of one seed "
            "have their paired intervals.\n\n")
    return text + table(head, lines) + "".join(notes)


def _with_match(w, log, model, seeds):
    cells = []
    for split in ("validation", "test"):
        plain, match, exact = [], [], []
        for seed in seeds:
            # A single seed's plain weights are those of the stage `beauty`.
            ending = f"-{seed}" if len(seeds) > 1 else ""
            files = [trained(w, log, f"{model}-dot{ending}", model, seed=seed),
                     trained(w, log, f"{model}-dot-match{ending}", model, MATCH, seed=seed),
                     trained(w, log, f"{model}-dot-exact{ending}", model,
                             "model.exact_match=true", seed=seed)]
            report = judged(w, f"{log}/match-{split}{ending}.json", log_of(log), files, (), split)
            names = list(report.models)
            plain.append(report.auc(names[0])["value"])
            match.append(report.above_first(names[1]))
            exact.append(report.above_first(names[2]))
        cells.append(spread(plain))
        for gains in (match, exact):
            cells.append(gain(gains[0]) if len(gains) == 1 else
                         spread([g["value"] for g in gains], difference))
    trees = judged(w, f"{log}/trees.json", log_of(log), (), ("boosted-trees",))
    return [interval(trees.auc("boosted-trees")), *cells]


def match_and_tasks_stage(w):
    log = beauty(w)
    rows = (("MTDL", "MTDL-dot-cooled", "MTDL", ()),
            ("BM, match inputs", "BM-dot-match-cooled", "BM", (MATCH,)),
            ("MTDL, match inputs", "MTDL-dot-match-cooled", "MTDL", (MATCH,)),
            ("MTDL, match inputs, pre-train + fine-tune", "MTDL-dot-match-pretrain-cooled", "MTDL",
             (MATCH, PRETRAIN)),
            ("AMTDL, match inputs, pre-train + fine-tune", "AMTDL-dot-match-pretrain-cooled",
             "AMTDL", (MATCH, PRETRAIN)))
    files = [trained(w, log, name, model, *settings, cooled=True)
             for _, name, model, settings in rows]
    seen = [judged(w, f"{log}/match-and-tasks-{split}.json", log_of(log), files, (), split)
            for split in ("validation", "test")]
    beside = judged(w, f"{log}/match-and-tasks-trees.json", log_of(log), files, ("boosted-trees",))
    lines = [["boosted trees", "", "", interval(beside.auc("boosted-trees")), "", ""]]
    for text, name, _, _ in rows:
        cells = [figure(seen[0].auc(name)["value"]), "", interval(seen[1].auc(name)), ""]
        if name != rows[0][1]:
            cells[1], cells[3] = (gain(r.above_first(name)) for r in seen)
        lines.append([text, *cells, gain(beside.above_first(name))])
    head = ["validation", "against MTDL", "test", "against MTDL", "test: against boosted trees"]
    return table(head, lines)


def options_stage(w):
    """One option changed at a time, on S1 and on Beauty."""
    lines, notes = [], []
    pairs = (  # text, model, settings without, settings with
        ("`train.init = \"noise\"`, BM without the dot product", "BM", (NO_DOT,), (NO_DOT, NOISE)),
        ("`train.init = \"noise\"`, MTDL without the dot product", "MTDL", (NO_DOT,),
         (NO_DOT, NOISE)),
        ("`model.dot = \"added\"`, BM", "BM", (NO_DOT,), ()),
        ("`model.dot = \"added\"`, MTDL", "MTDL", (NO_DOT,), ()),
        ("`model.user_id = true`, MTDL", "MTDL", (), ("model.user_id=true",)),
        ("`model.user_id = true`, AMTDL", "AMTDL", (), ("model.user_id=true",)),
        ("`train.history_dropout = 0`, MTDL without the dot product", "MTDL", (NO_DOT,),
         (NO_DOT, "train.history_dropout=0")),
        ("`freeze.calibrate = false`, MTDL", "MTDL", (), ("freeze.calibrate=false",)),
    )
    logs = list(present((("S1, seed 1", lambda: click_world(w, 1)),
                         ("Amazon Beauty", lambda: beauty(w))), notes))
    for text, model, without, changed in pairs:
        cells = []
        for _, log in logs:
            files = [_option_weights(w, log, model, without),
                     _option_weights(w, log, model, changed)]
            name = f"{log}/option-{len(lines)}.json"
            report = judged(w, name, log_of(log), files)
            plain, other = list(report.models)[:2]
            errors = [figure(report.models[m]["calibration_error"], 3) for m in (plain, other)]
            cells += [figure(report.auc(plain)["value"]), gain(report.above_first(other)),
                      " to ".join(errors)]
        lines.append([text, *cells])
    trees = [judged(w, f"{log}/trees.json", log_of(log), (), ("boosted-trees",)) for _, log in logs]
    lines.append(["boosted trees"] + [c for r in trees for c in
                                      (interval(r.auc("boosted-trees")), "", "")])
    head = [h for text, _ in logs for h in (f"{text}: without", "with", "calibration error")]
    return table(head, lines) + "".join(notes)


def _option_weights(w, log, model, settings):
    """The weights, under the names of other stages where these train them, too."""
    if settings == (NO_DOT,):
        name = "MTDL-alternate" if (log, model) == ("s1-1", "MTDL") else model
    elif not settings:
        name = "defaults" if (log, model) == ("s1-1", "AMTDL") else f"{model}-dot"
    else:
        name = "-".join([model, *(s.split(".")[1].replace("=", "-") for s in settings)])
    return trained(w, log, name, model, *settings)
