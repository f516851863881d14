"""Stores findings in a CodeChecker server and reads them back: codechecker.py CODECHECKER PYEXT_TIDY FOLDER SOURCE -- FLAGS.

CODECHECKER is the program in an environment of its own, whose labels are changed as docs/use/ci.md says. FOLDER is made anew. Prints
what the server shows: check, severity and line of each finding, and whether its notes are there."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

split = sys.argv.index("--")
checker, tidy, folder, source = map(os.path.abspath, sys.argv[1:split])
flags = sys.argv[split + 1 :]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(os.path.join(folder, "home"))
shutil.copy(source, folder)
tools = os.path.dirname(checker)
environment = dict(os.environ, HOME=os.path.join(folder, "home"), PATH=tools + os.pathsep + os.environ["PATH"])
environment.pop("PYTHONPATH", None)


def run(*command, status=(0,)):
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode not in status:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


findings = os.path.join(folder, "findings.txt")
with open(findings, "w", encoding="utf-8") as stream:
    stream.write(run(tidy, "check", "--quiet", "--json=findings.json", os.path.basename(source), "--", *flags, status=(1,)))
run("report-converter", "-t", "clang-tidy", "-o", "reports", "findings.txt")

run(tidy, "init", "codechecker")
labels = os.path.join(tools, "..", "share", "codechecker", "config", "labels", "analyzers", "clang-tidy.json")
with open(labels, encoding="utf-8") as stream:
    known = json.load(stream)
with open(os.path.join(folder, "pyext-tidy-codechecker-labels.json"), encoding="utf-8") as stream:
    known["labels"].update(json.load(stream)["labels"])
with open(labels, "w", encoding="utf-8") as stream:
    json.dump(known, stream)

with socket.socket() as probe:
    probe.bind(("localhost", 0))
    port = probe.getsockname()[1]
url = f"http://localhost:{port}/Default"
with open(os.path.join(folder, "server.log"), "w", encoding="utf-8") as log:
    server = subprocess.Popen(
        [checker, "server", "--workspace", os.path.join(folder, "server"), "--port", str(port)]
        + ["--sqlite", os.path.join(folder, "server", "config.sqlite")],
        cwd=folder,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
try:
    for _ in range(150):
        with open(os.path.join(folder, "server.log"), encoding="utf-8") as stream:
            if "Server waiting for client requests" in stream.read() or server.poll() is not None:
                break
        time.sleep(2)
    run("CodeChecker", "store", "reports", "--name", "extension", "--url", url)
    shown = json.loads(run("CodeChecker", "cmd", "results", "extension", "--details", "-o", "json", "--url", url, status=(0, 2)))
finally:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait()

with open(os.path.join(folder, "findings.json"), encoding="utf-8") as stream:
    expected = json.load(stream)["findings"]
assert sorted((r["checkerId"], r["line"]) for r in shown) == sorted((f["check"], f["line"]) for f in expected), shown
for result in sorted(shown, key=lambda result: result["line"]):
    events = len(result.get("details", {}).get("pathEvents", []))
    print(f"{result['checkerId']} {result['severity']} line {result['line']}{' with notes' if events > 1 else ''}")
