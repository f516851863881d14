#!/usr/bin/env python3
"""Prints the last line of the test command, "N passed, N failed".

    test_summary.py RESULTS STATUS

RESULTS is what `lit --output` wrote, STATUS the exit status of lit. Whatever is neither a pass nor a failure that the test
itself expects counts as failed: unresolved tests, timeouts, unexpected passes, and a run of no test. A test that says it does
not apply (UNSUPPORTED) is named and not counted. The exit status is 0 only if nothing failed and lit was content.
"""

import collections
import json
import sys

PASSED = {"PASS", "XFAIL", "FLAKYPASS"}
NOT_RUN = {"UNSUPPORTED", "EXCLUDED", "SKIPPED"}


def main(path, lit_status):
    try:
        with open(path, encoding="utf-8") as stream:
            tests = json.load(stream)["tests"]
    except (OSError, ValueError, KeyError) as error:
        print(f"test_summary: {path}: no results of lit: {error}")
        tests = []
    codes = collections.Counter(test["code"] for test in tests)
    passed = sum(count for code, count in codes.items() if code in PASSED)
    failed = sum(count for code, count in codes.items() if code not in PASSED | NOT_RUN)
    for test in tests:
        if test["code"] in NOT_RUN:
            print(f"{test['code']}: {test['name']}")
    if passed + failed == 0:
        print("test_summary: no test was run")
        failed = 1
    elif lit_status != 0 and failed == 0:
        print(f"test_summary: lit ended with status {lit_status}")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
