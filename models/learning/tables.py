"""Figures of reports as cells of a Markdown table."""

import math


def _is_number(value):
    return value is not None and not math.isnan(value)


def figure(value, digits=4):
    """0.70071 as .7007."""
    if not _is_number(value):
        return ""
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def difference(value, digits=4):
    """0.0013 as +.0013, and what is nothing at that precision as .0000."""
    if not _is_number(value):
        return ""
    if round(value, digits) == 0:
        return figure(0.0, digits)
    text = f"{value:+.{digits}f}"
    return text[0] + text[2:] if text[1:].startswith("0.") else text


def interval(i, show=figure):
    """{"value", "low", "high"} as .631 [.627, .635]; nothing for nothing."""
    if not i or not _is_number(i["value"]):
        return ""
    if not _is_number(i["low"]):
        return show(i["value"])
    return f"{show(i['value'])} [{show(i['low'])}, {show(i['high'])}]"


def gain(i):
    return interval(i, difference)


def negated(i):
    """The difference b - a of the difference a - b."""
    if not i or not _is_number(i["value"]):
        return None
    turned = {"value": -i["value"], "low": None, "high": None}
    if _is_number(i["low"]):
        turned |= {"low": -i["high"], "high": -i["low"]}
    return turned


def spread(values, show=figure):
    """The mean with the least and the greatest of several values; a single one as it is."""
    values = [v for v in values if _is_number(v)]
    if not values:
        return ""
    mean = show(sum(values) / len(values))
    return mean if len(values) == 1 else f"{mean} ({show(min(values))} to {show(max(values))})"


def table(head, rows):
    """A Markdown table; `head` has the columns behind the first, which has no name."""
    lines = ["| | " + " | ".join(head) + " |", "|---" * (len(head) + 1) + "|"]
    for row in rows:
        assert len(row) == len(head) + 1, (head, row)
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


class Report:
    """The JSON of `barker-train evaluate`, with models by the names of their files."""

    def __init__(self, report):
        self.instances = report["instances"]
        self.users = report["users"]
        self.models = {_short(m["name"]): m for m in report["models"]}

    def auc(self, model):
        return self.models[model]["auc"]

    def above_first(self, model):
        return self.models[model]["above_first"]

    def above_previous(self, model):
        return self.models[model]["above_previous"]

    def ads(self, model):
        return self.models[model].get("auxiliary")

    def part(self, model, value, by="user", task="main"):
        """A slice of `evaluate --slice`; None where nothing is in it."""
        for part in self.models[model]["slices"]:
            if (part["by"], part["task"], part["name"]) == (by, task, value):
                return part
        return None


def _short(name):
    return name.rsplit("/", 1)[-1].removesuffix(".barker")
