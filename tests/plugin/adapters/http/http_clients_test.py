"""The clients of http.md return the ads as they came, whatever a server does."""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
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


def function_of(language, example=None):
    """The function of a client, without the example that follows it where there is one."""
    block = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    return block[:block.index(example)] if example else block


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


IMPORTS = ("com.google.gson.*", "java.net.URI", "java.net.http.*",
           "java.net.http.HttpRequest.BodyPublishers", "java.net.http.HttpResponse.BodyHandlers",
           "java.util.*", "java.util.concurrent.*")
GSON = pathlib.Path("/usr/share/java/gson.jar")
HAS_JAVA = shutil.which("java") and shutil.which("javac") and GSON.exists()


def ask_java(urls):
    # A JVM takes longer than the client's second to start its HTTP client on a busy machine.
    client = function_of("java").replace("get(1, ", "get(30, ")
    assert "get(30, " in client
    program = "\n".join(f"import {name};" for name in IMPORTS) + f"""
class Ask {{
  public static void main(String[] urls) {{
    var ads = List.of(new Ad("1", "white", 0, null), new Ad("2", "black", 0, null));
    var pages = new ArrayList<List<Ad>>();
    for (String url : urls) pages.add(Rescoring.rescore("shoes", ads, Map.of(), url));
    System.out.println(new Gson().toJson(pages));
    System.exit(0);  // the client's threads outlive main
  }}
}}
{client}"""
    with tempfile.TemporaryDirectory() as work:
        source = pathlib.Path(work, "Ask.java")
        source.write_text(program)
        told = subprocess.run(["java", "-cp", GSON, source, *urls], check=True, timeout=120,
                              stdout=subprocess.PIPE).stdout
    return [[{"id": ad["id"], "title": ad["title"]} for ad in page] for page in json.loads(told)]


clients = pytest.mark.parametrize("ask", [ask_python, pytest.param(
    ask_node, marks=pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")),
    pytest.param(ask_java, marks=pytest.mark.skipif(
        not HAS_JAVA, reason="a JDK or gson.jar is not installed"))])


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
