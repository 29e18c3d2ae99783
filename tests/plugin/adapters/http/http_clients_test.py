"""The clients of http.md return the ads as they came, whatever a server does."""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import threading

import pytest

PAGE = pathlib.Path(__file__).resolve().parents[4] / "plugin/adapters/http.md"
ADS = [{"id": "1", "title": "white"}, {"id": "2", "title": "black"}]


def ok(body, size=None):
    return (f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            f"Content-Length: {size or len(body)}\r\n\r\n{body}").encode()


ORDERED = ok(json.dumps({"ads": ADS[::-1]}))
FAILURES = {
    "an end without an answer": b"",
    "no HTTP": b"220 mail.example ready\r\n\r\n",
    "a header without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "a body that is cut off": ok('{"ads": [', size=1000),
    "a page of a proxy": ok("<html>Welcome</html>"),
    "invalid UTF-8": ok("").replace(b"Length: 0", b"Length: 2") + b"\xff\xfe",
    "another object": ok('{"error": "gone"}'),
    "another value": ok("[]"),
    "an error of the server": b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
}


def serve(answer):
    """Gives one client this answer, and returns the address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        with listener, listener.accept()[0] as client:
            received = b""
            while ADS[1]["title"].encode() not in received:
                received += client.recv(1 << 16)
            client.sendall(answer)

    threading.Thread(target=run, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def function_of(language, example):
    """The function of a client, without the example that follows it."""
    block = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    return block[:block.index(example)]


def ask_python(urls):
    names = {}
    exec(function_of("python", "\nads = "), names)
    return [names["rescore"]("shoes", ADS, url, timeout=30) for url in urls]


def ask_node(urls):
    # Node takes longer than the client's second to load its HTTP client on a busy machine.
    function = function_of("js", "\nconst ads = ").replace("timeout(1000)", "timeout(30000)")
    assert "timeout(30000)" in function
    program = function + (
        f"Promise.all({json.dumps(urls)}.map((url) => rescore('shoes', {json.dumps(ADS)}, {{}}, url)))"
        ".then((pages) => console.log(JSON.stringify(pages)));")
    return json.loads(subprocess.run(["node", "-e", program], check=True, timeout=120,
                                     stdout=subprocess.PIPE).stdout)


clients = pytest.mark.parametrize("ask", [ask_python, pytest.param(
    ask_node, marks=pytest.mark.skipif(not shutil.which("node"), reason="node is not installed"))])


@clients
def test_an_answer_is_the_order_of_the_server(ask):
    assert ask([serve(ORDERED)]) == [ADS[::-1]]


@clients
def test_ads_stay_as_they_came_after_any_failure(ask):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        refused = f"http://127.0.0.1:{closed.getsockname()[1]}"
    pages = ask([refused, *(serve(answer) for answer in FAILURES.values())])
    changed = [failure for failure, page in zip(["no server", *FAILURES], pages) if page != ADS]
    assert not changed
