#!/usr/bin/env python3
"""Opens one file in a clangd over the Language Server Protocol and prints what an editor would get.

    lsp.py [--flag=FLAG]... [--timeout=SECONDS] [STEP]... FILE -- CLANGD [ARGUMENT]...

FILE is opened with the compiler flags FLAG (none of the user's configuration is read). Then the steps are made in their order, as
an editor does, without saving; after each, everything is printed again, below "== " and the step:

    --replace=OLD=>NEW       types NEW over the first OLD of the text (\\n is the end of a line)
    --apply=REGEX            applies the code action whose title matches

Printed, one per line:

    LINE:COLUMN: SEVERITY: MESSAGE [CODE] (SOURCE)           a diagnostic; lines and columns start at 1
      related LINE:COLUMN: MESSAGE                           a note of it
      action KIND: TITLE                                     a code action offered for it, "(preferred)" after it if so
        edit LINE:COLUMN-LINE:COLUMN 'TEXT'                  what the action writes

and at the end "N diagnostics". Exit status: 0 if the server answered everything and ended well, 1 if not.
"""

import argparse
import json
import os
import queue
import re
import subprocess
import sys
import threading

SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}


class Failed(Exception):
    """The server did not do its part."""


class Server:
    """A language server on stdio; one request at a time."""

    def __init__(self, command, environment, folder, timeout):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=folder)
        self.timeout = timeout
        self.messages = queue.Queue()
        self.waiting = []
        self.last_id = 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        """Puts every message of the server into the queue, and None at its end."""
        stream = self.process.stdout
        while True:
            length = None
            for line in iter(stream.readline, b""):
                line = line.strip()
                if not line:
                    break
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length is None:
                self.messages.put(None)
                return
            self.messages.put(json.loads(stream.read(length)))

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        try:
            self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self.process.stdin.flush()
        except OSError as error:
            raise Failed(f"the server does not read: {error}") from error

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def wait_for(self, wanted):
        """The next message, read or yet to come, for which `wanted` is true."""
        for index, message in enumerate(self.waiting):
            if wanted(message):
                return self.waiting.pop(index)
        while True:
            try:
                message = self.messages.get(timeout=self.timeout)
            except queue.Empty:
                raise Failed(f"no answer for {self.timeout} seconds") from None
            if message is None:
                raise Failed(f"the server ended with status {self.process.wait()}")
            if wanted(message):
                return message
            self.waiting.append(message)

    def request(self, method, params):
        self.last_id += 1
        number = self.last_id
        self.send({"id": number, "method": method, "params": params})
        answer = self.wait_for(lambda message: message.get("id") == number and "method" not in message)
        if "error" in answer:
            raise Failed(f"{method}: {answer['error']}")
        return answer["result"]


def at(position):
    return f"{position['line'] + 1}:{position['character'] + 1}"


def edits_of(action, uri):
    edit = action.get("edit") or (action.get("arguments") or [{}])[0]
    yield from edit.get("changes", {}).get(uri, [])
    for change in edit.get("documentChanges", []):
        yield from change.get("edits", [])


def offset(text, position):
    """Where a position of the protocol, in UTF-16 units, is in the text."""
    lines = text.splitlines(keepends=True)
    line = lines[position["line"]] if position["line"] < len(lines) else ""
    before = line.encode("utf-16-le")[: 2 * position["character"]].decode("utf-16-le")
    return sum(map(len, lines[: position["line"]])) + len(before)


def edited(text, edits):
    for edit in sorted(edits, key=lambda edit: offset(text, edit["range"]["start"]), reverse=True):
        start, end = (offset(text, edit["range"][key]) for key in ("start", "end"))
        text = text[:start] + edit["newText"] + text[end:]
    return text


def actions_for(server, uri, diagnostic):
    return server.request(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": uri},
            "range": diagnostic["range"],
            "context": {"diagnostics": [diagnostic], "only": ["quickfix"]},
        },
    )


def after(step, text, server, uri, diagnostics):
    """The text that a step makes of \p text."""
    kind, value = step
    if kind == "replace":
        old, arrow, new = (part.replace("\\n", "\n") for part in value.partition("=>"))
        if not arrow or old not in text:
            raise Failed(f"the text has no {old!r}")
        return text.replace(old, new, 1)
    for diagnostic in diagnostics:
        for action in actions_for(server, uri, diagnostic):
            if re.search(value, action["title"]):
                return edited(text, list(edits_of(action, uri)))
    raise Failed(f"no code action matches {value!r}")


def show(server, uri, diagnostic):
    severity = SEVERITIES[diagnostic["severity"]]
    print(
        f"{at(diagnostic['range']['start'])}: {severity}: {diagnostic['message'].splitlines()[0]}"
        f" [{diagnostic.get('code', '')}] ({diagnostic.get('source', '')})"
    )
    for related in diagnostic.get("relatedInformation", []):
        print(f"  related {at(related['location']['range']['start'])}: {related['message']}")
    for action in actions_for(server, uri, diagnostic):
        preferred = " (preferred)" if action.get("isPreferred") else ""
        print(f"  action {action.get('kind', 'command')}: {action['title']}{preferred}")
        for edit in edits_of(action, uri):
            start, end = edit["range"]["start"], edit["range"]["end"]
            print(f"    edit {at(start)}-{at(end)} {edit['newText']!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flag", action="append", default=[], help="a compiler flag")
    parser.add_argument("--timeout", type=float, default=120)
    for kind in ("replace", "apply"):
        parser.add_argument(
            "--" + kind, action="append", default=[], dest="steps", type=lambda value, kind=kind: (kind, value), help="a step"
        )
    parser.add_argument("file")
    parser.add_argument("command", nargs="+", metavar="CLANGD [ARGUMENT]")
    arguments = parser.parse_args()

    path = os.path.realpath(arguments.file)
    uri = "file://" + path
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    folder = os.path.dirname(path)
    # As editors start it: in the folder of the project. An empty home: no configuration and no index of the user.
    environment = dict(os.environ, HOME=folder, XDG_CONFIG_HOME=folder, XDG_CACHE_HOME=folder)

    server = Server(arguments.command, environment, folder, arguments.timeout)
    try:
        server.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": "file://" + folder,
                "initializationOptions": {"fallbackFlags": arguments.flag},
                "capabilities": {
                    "textDocument": {
                        "publishDiagnostics": {
                            "relatedInformation": True,
                            "versionSupport": True,
                            "codeActionsInline": False,
                        },
                        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
                    }
                },
            },
        )
        server.notify("initialized", {})
        language = "c" if path.endswith((".c", ".h")) else "cpp"
        server.notify(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": language, "version": 1, "text": text}},
        )
        version = 1

        def shown():
            """Waits for the diagnostics of this version of the text and prints them."""
            diagnostics = server.wait_for(
                lambda message: message.get("method") == "textDocument/publishDiagnostics"
                and message["params"]["uri"] == uri
                and message["params"].get("version", version) == version
            )["params"]["diagnostics"]
            for diagnostic in diagnostics:
                show(server, uri, diagnostic)
            print(f"{len(diagnostics)} diagnostics", flush=True)
            return diagnostics

        diagnostics = shown()
        for step in arguments.steps:
            text = after(step, text, server, uri, diagnostics)
            version += 1
            print(f"== {step[0]} {step[1]}")
            server.notify(
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}], "wantDiagnostics": True},
            )
            diagnostics = shown()
        server.request("shutdown", None)
        server.notify("exit", None)
        status = server.process.wait(timeout=arguments.timeout)
        if status != 0:
            raise Failed(f"the server ended with status {status}")
    except (Failed, subprocess.TimeoutExpired) as error:
        print(f"lsp.py: {error}", file=sys.stderr)
        return 1
    finally:
        if server.process.poll() is None:
            server.process.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
