"""The place where `./dev learning` makes files: each by one command, once, and whole.

A file is made under another name and renamed when its command has ended well, so that what has its
name is whole and a killed run goes on. Beside it stands FILE.made, with the command: the file is
made again where its command has changed, or where a file that the command reads is newer.
"""

import glob
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
OUTPUT = object()  # stands in a command for the name under which the file is made


class Absent(Exception):
    """What a stage needs is not on this machine; the text says what."""


class Failed(Exception):
    """A command failed; the text has the command and the end of what it said."""


class Workshop:
    """Makes files in one directory with the commands of one build.

    `smoke` makes everything small, so that a test sees each command run and each table filled, with
    figures that mean nothing.
    """

    def __init__(self, binaries, out, data, smoke=False):
        self.binaries = Path(binaries).resolve()
        self.out = Path(out).resolve()
        self.data = Path(data).resolve()
        self.smoke = smoke
        self._commands = {}  # of this run, by name
        self.out.mkdir(parents=True, exist_ok=True)

    def few(self, values, count=1):
        """All of the values, or the first ones where all is small."""
        return list(values)[:count] if self.smoke else list(values)

    def public(self, name):
        """The directory of a public data set."""
        directory = self.data / name
        if not directory.is_dir():
            raise Absent(f"{directory} is not there")
        return directory

    def made(self, name, program, *arguments, keeps_output=False):
        """The file or directory NAME, made by PROGRAM ARGUMENTS where it is not there yet.

        Names of files in an argument are relative to the workshop. With `keeps_output` the file is
        what the command prints, otherwise what it writes as OUTPUT.
        """
        path = self.out / name
        part = name + ".part"
        command = [part if a is OUTPUT else str(a) for a in arguments]
        known = self._commands.setdefault(name, [program, *command])
        if known != [program, *command]:
            raise AssertionError(f"two stages make {name}: {known}, {[program, *command]}")
        if self._is_up_to_date(path, program, command):
            return name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._forget_another(part, [program, *command])
        if (self.out / part).is_dir():
            shutil.rmtree(self.out / part)
        print(time.strftime("%H:%M"), name, file=sys.stderr, flush=True)
        start, cpu = time.monotonic(), _cpu_seconds()
        said = self._run(program, command, part if keeps_output else None, name)
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(self.out / part, path)
        record = {
            "command": [program, *command],
            "seconds": round(time.monotonic() - start, 2),
            "cpu_seconds": round(_cpu_seconds() - cpu, 2),
            "said": said,
        }
        _write_whole(self._record(path), json.dumps(record, indent=1) + "\n")
        (self.out / (part + ".command")).unlink(missing_ok=True)
        return name

    def _forget_another(self, part, command):
        """Removes what another command, or the same one on other files, left of PART.

        A training cannot go on from the checkpoint of another one.
        """
        begun = self.out / (part + ".command")
        read = {i.name: i.stat().st_mtime_ns for i in self._inputs(command[1:])
                if i.is_file() and i != self.out / part}
        text = json.dumps([command, read]) + "\n"
        if not begun.exists() or begun.read_text(encoding="utf-8") != text:
            for left in (self.out / part).parent.glob(glob.escape(Path(part).name) + ".*"):
                left.unlink()
        begun.write_text(text, encoding="utf-8")

    def record(self, name):
        """What is known of how NAME was made: command, seconds, cpu_seconds, said."""
        return json.loads(self._record(self.out / name).read_text())

    def json(self, name):
        return json.loads((self.out / name).read_text())

    def text(self, name):
        return (self.out / name).read_text()

    def _record(self, path):
        return path.with_name(path.name + ".made")

    def _is_up_to_date(self, path, program, command):
        record = self._record(path)
        if not path.exists() or not record.exists():
            return False
        if self.record(path.relative_to(self.out))["command"] != [program, *command]:
            return False
        made = record.stat().st_mtime_ns
        return all(not i.is_file() or i.stat().st_mtime_ns <= made
                   for i in self._inputs(command))

    def _inputs(self, command):
        return [self.out / a for a in command if not a.startswith("-")]

    def _run(self, program, command, prints, name):
        errors = self.out / "log"
        binary = self.binaries / program
        if not binary.exists():
            raise Absent(f"{binary} is not built")
        environment = dict(os.environ, OMP_NUM_THREADS="1")
        with open(errors, "w+", encoding="utf-8", errors="replace") as log:
            if prints:
                with open(self.out / prints, "w", encoding="utf-8") as output:
                    done = subprocess.run([binary, *command], cwd=self.out, env=environment,
                                          stdout=output, stderr=log, check=False)
            else:
                done = subprocess.run([binary, *command], cwd=self.out, env=environment,
                                      stdout=log, stderr=log, check=False)
            log.seek(0)
            said = log.read()
        if done.returncode != 0:
            last = "".join(said.splitlines(keepends=True)[-5:])
            raise Failed(f"{name}: {program} {' '.join(command)}\n"
                         f"ended with {done.returncode}; it said last:\n{last}")
        return said


def _write_whole(path, text):
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def _cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
