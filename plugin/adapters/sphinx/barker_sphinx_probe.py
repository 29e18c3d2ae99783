#!/usr/bin/env python3
"""Asks every server of a Sphinx or Manticore cluster whether barker works on it.

searchd answers a search without the shard of an agent that lacks a function, is down or is too
slow, and says so in a warning that nobody reads. This command asks each agent itself: does it
answer, are the four functions there with their types, is the index there, do weights serve, and are
they those of the other agents? It says what is wrong, one line a server, and ends with 1 if
anything is.
It needs nothing but Python 3: the part of MySQL's protocol that it speaks is below.
"""

import argparse
import json
import socket
import struct
import sys
import time

FUNCTIONS = {"barker_score": "float", "barker_pctr": "float", "barker_title": "string",
             "barker_answer": "string"}
_QUERY = 3  # COM_QUERY
_MAX_PACKET = 0xFFFFFF


class ServerError(Exception):
    """What a server said instead of an answer, or why it said nothing."""


class Connection:
    """A connection to the `mysql41` listener of a searchd. Closed by `with`."""

    def __init__(self, host, port, timeout):
        """`timeout` in seconds holds for the connection and for each read."""
        self.warnings = 0  # of the last statement
        try:
            self._socket = socket.create_connection((host, port), timeout)
        except OSError as failure:
            raise ServerError(f"does not accept connections: {failure}") from None
        try:
            self._log_in()
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _log_in(self):
        greeting = self._read_packet()
        self._refuse_error(greeting)
        if greeting[:1] != b"\n":  # version 10 of the protocol
            raise ServerError("does not speak the protocol of MySQL")
        protocol_41, secure_connection, utf8 = 0x200, 0x8000, 33
        self._write_packet(1, struct.pack("<IIB23x", protocol_41 | secure_connection, _MAX_PACKET,
                                          utf8) + b"\0\0")  # no name and no password
        self._refuse_error(self._read_packet())

    def ask(self, statement):
        """The rows of a statement, as lists of texts; NULL is None."""
        try:
            return self._ask(statement)
        except (LookupError, TypeError, struct.error):
            raise ServerError("does not speak the protocol of MySQL") from None

    def _ask(self, statement):
        self._write_packet(0, bytes([_QUERY]) + statement.encode())
        packet = self._read_packet()
        self._refuse_error(packet)
        if packet[:1] == b"\0":
            return []
        columns, _ = _length(packet, 0)
        for _ in range(columns):
            self._read_packet()
        self._read_packet()  # the end of the columns
        rows = []
        while not _is_end(packet := self._read_packet()):
            self._refuse_error(packet)
            rows.append(_texts(packet, columns))
        self.warnings = struct.unpack_from("<H", packet, 1)[0]
        return rows

    def _refuse_error(self, packet):
        if packet[:1] == b"\xff":
            text = packet[3:]
            raise ServerError((text[6:] if text[:1] == b"#" else text).decode(errors="replace"))

    def _read_packet(self):
        size = int.from_bytes(self._read(4)[:3], "little")
        if size == _MAX_PACKET:
            raise ServerError("does not speak the protocol of MySQL, or answers with 16 MB")
        return self._read(size)

    def _read(self, size):
        received = bytearray()
        try:
            while len(received) < size:
                part = self._socket.recv(size - len(received))
                if not part:
                    raise ServerError("closed the connection")
                received += part
        except OSError as failure:
            raise ServerError(f"does not answer: {failure}") from None
        return bytes(received)

    def _write_packet(self, number, payload):
        try:
            self._socket.sendall(struct.pack("<I", len(payload) | number << 24) + payload)
        except OSError as failure:
            raise ServerError(f"does not read: {failure}") from None


def _is_end(packet):
    return packet[:1] == b"\xfe" and len(packet) < 9


def _length(packet, at):
    """A length-encoded integer, and where it ends; None stands for NULL."""
    first = packet[at]
    if first < 0xFB:
        return first, at + 1
    if first == 0xFB:
        return None, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(packet[at + 1:at + 1 + size], "little"), at + 1 + size


def _texts(packet, columns):
    texts, at = [], 0
    for _ in range(columns):
        size, at = _length(packet, at)
        texts.append(None if size is None else packet[at:at + size].decode(errors="replace"))
        at += size or 0
    return texts


def quoted(text):
    """A text as a literal of SphinxQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def check_functions(connection):
    """What is wrong with the functions of a server: one text for each."""
    found = {row[1].lower(): row[4].lower() for row in connection.ask("SHOW PLUGINS")
             if row[0] == "udf"}
    wrong = []
    for name, kind in FUNCTIONS.items():
        if name not in found:
            wrong.append(f"{name} is missing: CREATE FUNCTION {name} RETURNS {kind.upper()} "
                         "SONAME 'barker_sphinx.so'")
        elif found[name] != kind:
            wrong.append(f"{name} returns {found[name]}, expected {kind}")
    return wrong


def check_answer(connection, index):
    """Generations of the weights that answered, and what is wrong; asks for any ad."""
    rows = connection.ask("SELECT barker_answer('probe', '', 'probe', '') answer "
                          f"FROM {index} LIMIT 1")
    if not rows:
        return set(), [f"index {index} is empty, so that no function could be called"]
    try:
        answer = json.loads(rows[0][0])
        status, generation = answer["status"], answer["generation"]
    except (ValueError, LookupError, TypeError):
        return set(), [f"barker_answer is not barker's: it says {rows[0][0]!r}"]
    if status != "rescored":
        return set(), [f"answers are \"{status}\": no weights serve; "
                       "the adapter's log says why"]
    return {generation}, []


def check_agent(address, index, timeout):
    """(milliseconds of the probe's search, generations, what is wrong) of one server."""
    try:
        with Connection(*address, timeout) as connection:
            wrong = check_functions(connection)
            if any(text.startswith("barker_answer") for text in wrong):
                return None, set(), wrong
            begin = time.monotonic()
            generations, refused = check_answer(connection, index)
            return (time.monotonic() - begin) * 1e3, generations, wrong + refused
    except ServerError as failure:
        return None, set(), [str(failure)]


def check_master(address, index, timeout):
    """(milliseconds, generations, what is wrong) of a master: it must lose no shard."""
    milliseconds, generations, wrong = check_agent(address, index, timeout)
    if wrong:
        return milliseconds, generations, wrong
    try:
        with Connection(*address, timeout) as connection:
            connection.ask(f"SELECT id FROM {index} LIMIT 1")
            if connection.warnings:
                wrong = [f"loses a shard: {row[-1]}" for row in connection.ask("SHOW WARNINGS")]
    except ServerError as failure:
        wrong = [str(failure)]
    return milliseconds, generations, wrong


def address_of(text):
    host, colon, port = text.rpartition(":")
    is_number = port.isascii() and port.isdigit()
    if not colon or not host or not is_number or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"\"{text}\" is not HOST:PORT")
    return host.strip("[]"), int(port)


def name_of(address):
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"


def probe(agents, master, index, timeout):
    """Lines to be printed and whether all is well."""
    lines, well, seen = [], True, {}
    results = [("agent", agent, check_agent(agent, index, timeout)) for agent in agents]
    if master:
        results.append(("master", master, check_master(master, index, timeout)))
    for role, address, (milliseconds, generations, wrong) in results:
        said = "; ".join(wrong) or (f"generation {', '.join(map(str, sorted(generations)))}, "
                                    f"{milliseconds:.1f} ms")
        lines.append(f"{role} {name_of(address)}: {'WRONG: ' if wrong else 'ok, '}{said}")
        well = well and not wrong
        if role == "agent":
            for generation in generations:
                seen.setdefault(generation, []).append(name_of(address))
    if len(seen) > 1:
        well = False
        lines.append("WRONG: agents serve different weights: " + "; ".join(
            f"generation {generation} on {', '.join(names)}"
            for generation, names in sorted(seen.items())))
    return lines, well


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(64, f"{self.prog}: {message}\n")


def main(words=None):
    parser = _Parser(prog="barker-sphinx-probe", description=__doc__.split("\n\n")[0], epilog=(
        "The addresses are those of the mysql41 listeners. Exit codes: 0 all is well, 1 something "
        "is wrong, 64 wrong usage."))
    parser.add_argument("agents", nargs="+", type=address_of, metavar="HOST:PORT",
                        help="an agent, mirrors too")
    parser.add_argument("--master", type=address_of, metavar="HOST:PORT",
                        help="the master, which must lose no shard")
    parser.add_argument("--index", default="ads", help="index on agents and master (default: ads)")
    parser.add_argument("--timeout", type=float, default=2.0, metavar="SECONDS",
                        help="for each connection and each answer (default: 2)")
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS",
                        help="ask again until all is well, at most so long: for a launcher")
    options = parser.parse_args(words)
    if not options.index.replace("_", "").isalnum():
        parser.error(f"--index: \"{options.index}\" is not a name of an index")
    if options.timeout <= 0 or options.wait < 0:
        parser.error("--timeout must be greater than 0, and --wait not less")
    end = time.monotonic() + options.wait
    while True:
        lines, well = probe(options.agents, options.master, options.index, options.timeout)
        if well or time.monotonic() >= end:
            break
        time.sleep(0.2)
    print("\n".join(lines))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
