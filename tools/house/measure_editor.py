#!/usr/bin/env python3
"""Measures how long pyext-clangd takes to the first diagnostics of a file, against the clangd of the same LLVM.

    measure_editor.py [--runs N] BUILD CLANGD FILE... [-- COMPILER_FLAGS]

Each run starts both servers, one after the other in alternating order, with an empty cache, opens the file and waits for its
diagnostics. Printed for each file: the median times; the median of the ratios of the pairs; the same for processor time, which a
busy machine disturbs least. The aim is 1.3 at most."""

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "test", "tools", "pyext-clangd"))

import lsp  # noqa: E402


def first_diagnostics(command, path, flags):
    """Seconds from the start of the server to the diagnostics of the file, seconds of processor time, the number of diagnostics."""
    uri = "file://" + path
    with open(path, encoding="utf-8", errors="replace") as stream:
        text = stream.read()
    with tempfile.TemporaryDirectory() as home:
        environment = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, XDG_CACHE_HOME=home)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        server = lsp.Server(command, environment, os.path.dirname(path), 300)
        try:
            options = {"fallbackFlags": flags}
            server.request("initialize", {"processId": os.getpid(), "initializationOptions": options, "capabilities": {}})
            server.notify("initialized", {})
            language = "c" if path.endswith(".c") else "cpp"
            document = {"uri": uri, "languageId": language, "version": 1, "text": text}
            server.notify("textDocument/didOpen", {"textDocument": document})
            published = server.wait_for(
                lambda message: message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri
            )
            seconds = time.perf_counter() - start
        finally:
            server.process.kill()
            server.process.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return seconds, used, len(published["params"]["diagnostics"])


def main():
    arguments, flags = sys.argv[1:], []
    if "--" in arguments:
        flags = arguments[arguments.index("--") + 1 :]
        arguments = arguments[: arguments.index("--")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("build")
    parser.add_argument("clangd")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args(arguments)
    ours = [os.path.abspath(os.path.join(options.build, "bin", "pyext-clangd")), "--log=error", "--background-index=false"]
    plain = [options.clangd, "--log=error", "--background-index=false"]
    worst = 0
    for name in options.files:
        path = os.path.abspath(name)
        times = {"ours": [], "plain": []}
        for run in range(options.runs + 1):
            pair = [("ours", ours), ("plain", plain)]
            for key, command in pair if run % 2 else reversed(pair):
                measured = first_diagnostics(command, path, flags)
                if run:  # The first pair fills the caches of the system.
                    times[key].append(measured)

        def middle(key, index):
            return statistics.median(values[index] for values in times[key])

        def ratio(index):
            return statistics.median(a[index] / b[index] for a, b in zip(times["ours"], times["plain"]))

        worst = max(worst, ratio(0))
        print(
            f"{os.path.basename(name)}: {middle('ours', 0):.2f} s, clangd {middle('plain', 0):.2f} s, ratio {ratio(0):.2f}; "
            f"processor {middle('ours', 1):.2f} s, clangd {middle('plain', 1):.2f} s, ratio {ratio(1):.2f}; "
            f"{times['ours'][0][2]} and {times['plain'][0][2]} diagnostics"
        )
    print(f"worst ratio {worst:.2f}")


if __name__ == "__main__":
    main()
