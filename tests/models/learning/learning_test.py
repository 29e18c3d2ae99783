"""The frame of `./dev learning` with programs that are shell scripts, its tables, and whether
LEARNING.md names its stages."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
LEARNING = REPOSITORY / "models/learning"
sys.path.insert(0, str(LEARNING))

import tables  # noqa: E402
from workshop import OUTPUT, Absent, Failed, Workshop  # noqa: E402


def program(directory, name, text):
    path = directory / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


@pytest.fixture(name="workshop")
def make_workshop(tmp_path):
    binaries = tmp_path / "bin"
    binaries.mkdir()
    program(binaries, "copy", 'echo "$@" >>calls; cat "$1" >"$2"')
    program(binaries, "say", 'echo "$@" >>calls; echo "$1"')
    # Goes on from its checkpoint in the second call, and refuses that of another run.
    program(binaries, "train", 'if [ -e "$2.checkpoint" ]; then '
            '[ "$(cat "$2.checkpoint")" = "$(cat "$1")$3" ] || exit 70; echo went on >"$2"; '
            'else echo "$(cat "$1")$3" >"$2.checkpoint"; exit 70; fi')
    program(binaries, "fail", 'echo half >"$1"; echo "no luck" >&2; exit 65')
    return lambda: Workshop(binaries, tmp_path / "out", tmp_path / "data")


def calls(workshop):
    path = workshop.out / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_a_file_is_made_once(workshop):
    for _ in range(2):
        w = workshop()
        w.made("deep/a", "say", "one", keeps_output=True)
        w.made("deep/b", "copy", "deep/a", OUTPUT)
    assert w.text("deep/b") == "one\n"
    assert calls(w) == ["one", "deep/a deep/b.part"]


def test_a_file_whose_command_changed_is_made_again_with_what_reads_it(workshop):
    w = workshop()
    w.made("a", "say", "one", keeps_output=True)
    w.made("b", "copy", "a", OUTPUT)
    w = workshop()
    w.made("a", "say", "two", keeps_output=True)
    w.made("b", "copy", "a", OUTPUT)
    assert w.text("b") == "two\n"
    assert len(calls(w)) == 4


def test_what_a_failed_command_wrote_does_not_have_the_name_of_the_file(workshop):
    w = workshop()
    with pytest.raises(Failed, match="(?s)fail a.part.*ended with 65.*no luck"):
        w.made("a", "fail", OUTPUT)
    assert not (w.out / "a").exists()


def test_a_killed_training_goes_on_from_its_checkpoint_and_not_from_that_of_another(workshop):
    w = workshop()
    w.out.mkdir(exist_ok=True)
    log = w.out / "log.data"
    log.write_text("log")

    def train(option):
        workshop().made("m", "train", "log.data", OUTPUT, option)

    for changes in (lambda: None, lambda: os.utime(log, (1, 1))):
        with pytest.raises(Failed):
            train("a")
        changes()
        with pytest.raises(Failed):  # begins anew, and is killed again
            train("b")
        train("b")
        assert w.text("m") == "went on\n"
        (w.out / "m").unlink()
    with pytest.raises(Failed):
        train("b")
    log.write_text("another log")
    with pytest.raises(Failed):  # begins anew
        train("b")
    train("b")


def test_two_commands_for_one_name_are_a_mistake(workshop):
    w = workshop()
    w.made("a", "say", "one", keeps_output=True)
    with pytest.raises(AssertionError, match="two stages make a"):
        w.made("a", "say", "two", keeps_output=True)


def test_a_set_or_a_program_that_is_not_there_is_named(workshop):
    w = workshop()
    with pytest.raises(Absent, match="data/amazon_beauty is not there"):
        w.public("amazon_beauty")
    with pytest.raises(Absent, match="bin/nothing is not built"):
        w.made("a", "nothing")


def test_a_record_has_the_command_and_what_it_took(workshop):
    w = workshop()
    w.made("a", "say", "one", keeps_output=True)
    record = w.record("a")
    assert record["command"] == ["say", "one"]
    assert 0 <= record["cpu_seconds"] <= record["seconds"] + 1


def test_figures_are_written_as_in_the_page():
    assert tables.figure(0.70071) == ".7007"
    assert tables.figure(-0.0123) == "-.0123"
    assert tables.figure(1.0) == "1.0000"
    assert tables.figure(None) == ""
    assert tables.difference(0.0013) == "+.0013"
    assert tables.difference(-0.0013) == "-.0013"
    assert tables.difference(-0.00001) == ".0000"
    i = {"value": 0.01, "low": -0.002, "high": 0.03}
    assert tables.gain(i) == "+.0100 [-.0020, +.0300]"
    assert tables.gain(tables.negated(i)) == "-.0100 [-.0300, +.0020]"
    assert tables.interval({"value": 0.6, "low": None, "high": None}) == ".6000"
    assert tables.spread([0.5, 0.7, None]) == ".6000 (.5000 to .7000)"
    assert tables.spread([0.5]) == ".5000"


def learning(*arguments, **options):
    return subprocess.run([sys.executable, LEARNING, *map(str, arguments)], capture_output=True,
                          text=True, check=False, **options)


def listed():
    lines = learning("bin", "out", "data", "--list").stdout.splitlines()
    return [re.split(r"  +", line, maxsplit=2) for line in lines]


def test_options_stand_anywhere():
    first = learning("--list", "bin", "out", "data", "beauty").stdout
    middle = learning("bin", "out", "--smoke", "data", "--list", "beauty").stdout
    assert first == middle
    assert first.startswith("beauty ")
    assert first.count("\n") == 1
    assert len(learning("bin", "out", "--list").stdout.splitlines()) == len(listed())


def test_a_wrong_stage_is_refused_with_those_that_there_are(tmp_path):
    done = learning("bin", tmp_path / "out", "data", "beuaty")
    assert done.returncode == 64
    assert "beuaty: expected stages among click-world" in done.stderr
    assert not (tmp_path / "out").exists()


def test_stages_without_their_data_are_skipped_visibly(tmp_path):
    done = learning(tmp_path, tmp_path / "out", tmp_path, "beauty", "titles")
    assert done.returncode == 0
    assert f"Skipped: {tmp_path}/amazon_beauty is not there." in done.stdout
    assert "skipped beauty, titles" in done.stderr
    whole = (tmp_path / "out/tables.md").read_text()
    assert whole.index("## Amazon Beauty") < whole.index("## Titles")


def test_a_killed_run_goes_on(tmp_path):
    """The program hangs at its third call, when all is killed."""
    program(tmp_path, "barker-train", 'echo x >>calls; if [ $(wc -l <calls) = 3 ]; then sleep 600; '
            'fi; while [ $# -gt 1 ]; do case $1 in --data-out|--out) echo x >"$2";; esac; shift; '
            "done; echo '{}'")
    command = [sys.executable, LEARNING, tmp_path, tmp_path / "out", tmp_path, "schedules"]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as run:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            seen = tmp_path / "out/calls"
            if seen.exists() and len(seen.read_text().splitlines()) == 3:
                break
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGKILL)
    made = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").glob("**/*.made")}
    assert len(made) == 2
    done = learning(*command[2:])
    assert done.returncode != 0  # "{}" is no report
    assert len(list((tmp_path / "out").glob("**/*.made"))) > 6
    for path, time_made in made.items():
        assert path.stat().st_mtime_ns == time_made, f"{path} was made again"


def test_the_page_says_which_stage_makes_which_section():
    page = (REPOSITORY / "models/LEARNING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| `([a-z-]+)` \| (.+?) \|$", page, re.MULTILINE)
    assert rows == [(section, name, takes) for name, takes, section in listed()]
    sections = re.findall(r"^##+ (.+)$", page, re.MULTILINE)
    for section, name, _ in rows:
        assert any(section.startswith(s) for s in sections), f"{name}: no section {section}"
    for section in sections:
        assert any(s.startswith(section) for s, _, _ in rows), f"{section}: no stage"


def test_records_are_json(workshop):
    w = workshop()
    w.made("a", "say", '{"b": [1]}', keeps_output=True)
    assert w.json("a") == json.loads(w.text("a")) == {"b": [1]}
