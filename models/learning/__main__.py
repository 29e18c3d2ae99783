"""models/learning BIN OUT [DATA [STAGE...]]: makes the tables of models/LEARNING.md anew.

BIN has the commands of a build, OUT is where everything is made, DATA has the public data sets.
Each stage writes its table to OUT/tables/STAGE.md, and all that are there stand in OUT/tables.md.
A stage whose data are not there is skipped, and says so. A run that was killed goes on where it
was.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import demand
import public
import titles
import worlds
from workshop import Absent, Failed, Workshop


@dataclass(frozen=True)
class Stage:
    name: str
    section: str  # of LEARNING.md
    takes: str  # about, on a core of its own, as estimated from single trainings
    make: Callable[[Workshop], str]


STAGES = (
    Stage("click-world", "The click world (S1)", "2 hours", worlds.click_world_stage),
    Stage("schedules", "Schedules (S1, means of three seeds)", "45 minutes",
          worlds.schedules_stage),
    Stage("every-day", "Every day (S1)", "30 minutes", worlds.every_day_stage),
    Stage("cool-down", "Cooling down", "15 minutes", worlds.cool_down_stage),
    Stage("beauty", "Amazon Beauty", "40 minutes", public.beauty_stage),
    Stage("beauty-tenth", "Amazon Beauty: a tenth of the main events", "25 minutes",
          public.beauty_tenth_stage),
    Stage("unseen-words", "Words that training never saw (Beauty)", "15 minutes",
          public.unseen_words_stage),
    Stage("competitors", "The competitors of Table 4: small click worlds", "15 minutes",
          public.competitors_stage),
    Stage("competitors-beauty", "The competitors of Table 4: Amazon Beauty", "2 hours",
          public.competitors_beauty_stage),
    Stage("trivago", "Other logs: trivago", "5 minutes", public.trivago_stage),
    Stage("retail", "Other logs: online retail", "30 minutes", public.retail_stage),
    Stage("marketplace", "Other logs: the demo marketplace", "5 minutes",
          worlds.marketplace_stage),
    Stage("states", "Users' own states, without training", "20 minutes", public.states_stage),
    Stage("match-inputs", "Whether the keyword stands in the user's history", "20 minutes",
          public.match_inputs_stage),
    Stage("match-and-tasks",
          "Whether the keyword stands in the user's history: with the second task", "20 minutes",
          public.match_and_tasks_stage),
    Stage("demand-retail", "Demand that moves: online retail", "1.5 hours", demand.retail_stage),
    Stage("demand-market", "Demand that moves: a drifting market", "20 minutes",
          demand.market_stage),
    Stage("demand-beauty", "Demand that moves: Beauty by a reconstructed clock", "25 minutes",
          demand.beauty_stage),
    Stage("demand-trivago", "Demand that moves: trivago", "5 minutes", demand.trivago_stage),
    Stage("titles", "Titles that were tested (Upworthy): the last weeks", "1 minute",
          titles.last_weeks_stage),
    Stage("titles-windows", "Titles that were tested (Upworthy): four windows", "5 minutes",
          titles.windows_stage),
    Stage("options", "What else was tried", "45 minutes", public.options_stage),
    Stage("speed", "Speed of training", "5 minutes", titles.speed_stage),
)


def arguments_of(argv):
    parser = argparse.ArgumentParser(prog="dev learning", description=(
        "Make the tables of models/LEARNING.md anew; a killed run goes on."))
    parser.add_argument("bin", metavar="BIN", help="directory of barker-train and train_bench")
    parser.add_argument("out", metavar="OUT", help="directory in which all is made")
    parser.add_argument("data", metavar="DATA", nargs="?", default="../shared/data",
                        help="directory of the public data sets (default: %(default)s)")
    parser.add_argument("stages", metavar="STAGE", nargs="*", help="stages to run (default: all)")
    parser.add_argument("--list", action="store_true",
                        help="print the stages with their section and about how long they take")
    parser.add_argument("--smoke", action="store_true",
                        help="make everything small, in OUT/smoke, to see that every stage runs; "
                        "the figures mean nothing")
    return parser.parse_intermixed_args(argv)


def run(workshop, stages):
    """Runs the stages and returns the names of those that were skipped."""
    tables = workshop.out / "tables"
    tables.mkdir(exist_ok=True)
    skipped = []
    for stage in stages:
        file = tables / f"{stage.name}.md"
        try:
            text = stage.make(workshop)
        except Absent as absent:
            skipped.append(stage.name)
            text = f"Skipped: {absent}.\n"
        # The table that an earlier run made stays where this one has not the data.
        if stage.name not in skipped or not file.exists():
            file.write_text(f"## {stage.section}\n\n{text}", encoding="utf-8")
        print(f"\n## {stage.section} ({stage.name})\n\n{text}", flush=True)
        whole = [(tables / f"{s.name}.md").read_text(encoding="utf-8")
                 for s in STAGES if (tables / f"{s.name}.md").exists()]
        (workshop.out / "tables.md").write_text("\n".join(whole), encoding="utf-8")
    return skipped


def main(argv):
    o = arguments_of(argv)
    known = {s.name: s for s in STAGES}
    wrong = [name for name in o.stages if name not in known]
    if wrong:
        print(f"dev learning: {', '.join(wrong)}: expected stages among {', '.join(known)}",
              file=sys.stderr)
        return 64
    stages = [s for s in STAGES if not o.stages or s.name in o.stages]
    if o.list:
        for s in stages:
            print(f"{s.name:<20} {s.takes:<12} {s.section}")
        return 0
    out = Path(o.out)
    workshop = Workshop(o.bin, out / "smoke" if o.smoke else out, o.data, o.smoke)
    try:
        skipped = run(workshop, stages)
    except Failed as failed:
        print(f"dev learning: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("dev learning: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    if skipped:
        print(f"dev learning: skipped {', '.join(skipped)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
