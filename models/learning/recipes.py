"""What several stages do: logs, trainings, judgements and the tables of both."""

from tables import Report, figure, gain, interval, negated, spread, table
from workshop import OUTPUT, Absent

TRAIN = "barker-train"
BASELINES = ("boosted-trees", "popularity", "user-cf", "cooccurrence", "two-tower")
# Trees come first and towers last, so that a report has the differences to the trees, and the
# difference of the first network to the towers, which stand right before it.

SMALL_NETWORK = ("model.dim=8", "model.dot_dim=8", "model.hidden=[16, 8]", "model.dot_hidden=[8]")


def log_of(name):
    return f"{name}/log.data"


def weights(log, name):
    return f"{log}/{name}.barker"


def click_world(w, seed, users=18000, name="s1"):
    """The click world S1 with a seed, as the dataset of the log NAME-SEED."""
    log = f"{name}-{seed}"
    w.made(log_of(log), TRAIN, "generate", "click-world", "--data-out", OUTPUT, "--seed", seed,
           "--user-count", 300 if w.smoke else users)
    return log


def prepared(w, log, events, *options):
    w.made(log_of(log), TRAIN, "prepare", "--events", events, "--out", OUTPUT, *options)
    return log


def imported(w, name, layout, *options, events=None):
    """A public data set: the directory of its log, catalogue and users."""
    directory = events or f"{name}/import"
    w.made(directory, TRAIN, "import", layout, "--data", w.public(name), "--out", OUTPUT, *options)
    return directory


def beauty(w, log="amazon_beauty", *options):
    directory = imported(w, "amazon_beauty", "amazon-reviews")
    return prepared(w, log, f"{directory}/events.jsonl", *options)


def beauty_by_listing(w):
    """Beauty by a guess at when its products were listed (models/data/import/amazon_clock.h)."""
    directory = imported(w, "amazon_beauty", "amazon-reviews", "--clock", "listing",
                         events="amazon_beauty_by_listing/import")
    return prepared(w, "amazon_beauty_by_listing", f"{directory}/events.jsonl")


def trivago(w):
    directory = imported(w, "trivago_filter_clicks", "trivago")
    return prepared(w, "trivago_filter_clicks", f"{directory}/events.jsonl")


def retail(w):
    directory = imported(w, "online_retail", "online-retail")
    return prepared(w, "online_retail", f"{directory}/events.jsonl", "--split-by", "time")


def marketplace(w):
    sizes = ("--ad-count", 100, "--user-count", 60, "--search-count", 600) if w.smoke else ()
    w.made("marketplace/world", TRAIN, "generate", "marketplace", "--out", OUTPUT, *sizes)
    return prepared(w, "marketplace", "marketplace/world/events.jsonl")


def trained(w, log, name, model, *settings, seed=1, cooled=False, options=(), data=None):
    """The weights NAME of a log: the defaults of `barker-train config` but for the settings.

    The tables were made without a cool-down, but for those that name it."""
    every = [f"model.name={model}", *settings]
    if not cooled:
        every.append("cool_down.epochs=0")
    if w.smoke:
        every += ["train.max_epochs=1", *SMALL_NETWORK]
    arguments = [x for setting in every for x in ("--set", setting)]
    if w.smoke:
        arguments += ["--draws", "10"]
    file = weights(log, name)
    w.made(file, TRAIN, "train", "--data", data or log_of(log), "--out", OUTPUT, "--resume",
           "--quiet", "--created", 0, "--seed", seed, *arguments, *options)
    return file


def present(rows, notes):
    """The rows (text, function that makes what is judged, more...) with what was made.

    Where the data are absent, there is a note instead of the row."""
    for text, make, *more in rows:
        try:
            made = make()
        except Absent as absent:
            notes.append(f"\n{text}: skipped, {absent}.\n")
        else:
            yield text, made, *more


def judged(w, name, data, files, baselines=(), split="test", slices=()):
    """The report NAME of weight files and baselines, which come first."""
    arguments = [*files, "--data", data, "--split", split, "--json"]
    if baselines:
        arguments += ["--baseline", ",".join(baselines)]
    if slices:
        arguments += ["--slice", ",".join(slices)]
    if w.smoke:
        arguments += ["--draws", "10"]
    w.made(name, TRAIN, "evaluate", *arguments, keeps_output=True)
    return Report(w.json(name))


def contest(w, log, rows, baselines=BASELINES, name="contest", shipped=None):
    """The table of networks beside baselines on one log.

    `rows`: (text, name of the weights); the first is the one that all are compared with, beside the
    trees. `shipped`: a file of the repository, whose row is the last."""
    files = [weights(log, file) for _, file in rows]
    if shipped:
        files.append(shipped)
        rows = [*rows, ("shipped weights", shipped.stem)]
    beside = judged(w, f"{log}/{name}.json", log_of(log), files, baselines)
    paired = judged(w, f"{log}/{name}-paired.json", log_of(log), files)
    first = rows[0][1]
    lines = []
    for b in baselines:
        against = ""
        if b == baselines[0]:
            against = gain(negated(beside.above_first(first)))
        elif b == baselines[-1]:
            against = gain(negated(beside.above_previous(first)))
        lines.append([b, interval(beside.auc(b)), difference_to_first(beside, b), against])
    for text, file in rows:
        against = "" if file == first else gain(paired.above_first(file))
        lines.append([text, interval(beside.auc(file)), difference_to_first(beside, file), against])
    if "true probability" in beside.models:
        lines.append(["*true probability*", interval(beside.auc("true probability")), "", ""])
    note = f"{beside.instances:,} test instances of {beside.users:,} users.\n"
    head = ["AUC", f"against {baselines[0]}", f"against {rows[0][0]}"]
    return note + "\n" + table(head, lines)


def difference_to_first(report, name):
    first = next(iter(report.models))
    return "" if name == first else gain(report.above_first(name))


def decisions(reports, names):
    """Table 4 of the paper: the means over the reports of several logs."""
    lines = []
    for name in names:
        models = [r.models[name] for r in reports]
        one = interval(models[0]["auc"]) if len(models) == 1 else None
        cells = [one or spread([m["auc"]["value"] for m in models])]
        cells += [_mean_figure([m["decisions"][key] for m in models])
                  for key in ("recall", "precision", "accuracy", "f1")]
        cells.append(_mean_figure([m["rmse"] for m in models]))
        lines.append([name, *cells])
    return table(["AUC", "recall", "precision", "accuracy", "F1", "RMSE"], lines)


def _mean_figure(values):
    known = [v for v in values if v is not None]
    return figure(sum(known) / len(known), 3) if known else ""
