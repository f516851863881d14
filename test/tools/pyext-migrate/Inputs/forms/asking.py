import sys

import asking


def fails(kind, call, *args):
    try:
        call(*args)
    except kind as error:
        return str(error)
    raise AssertionError(call)


before = asking.counts()
N = asking.Number
assert repr(asking.sort([N(3), N(1), N(2)])) == "[Number(1), Number(2), Number(3)]"
assert fails(asking.error, asking.sort, [N(-3), N(1)]) in ("-3 and 1", "1 and -3")
assert fails(asking.error, asking.sort, [N(3), None]) == "NoneType is no number"
# The exception that is pending stays.
assert fails(KeyError, asking.pending) == "'kept'"
asking.capsule()
asking.walk()
asking.write()
made = asking.through(asking.api)
assert type(made) is N and repr(made) == "Number(5)"
after = asking.counts()
assert [new - old for old, new in zip(before[:4], after[:4])] == [2, 2, 3, 1], (before, after)
assert after[4][-6:] == ["the text", "the text", 1, 2, 3, "asking: some text"], after

# Each interpreter has a state of its own, which the callbacks find; the other's is as it was. Not so the original, of which all functions are the
# same when it is imported again.
this, sort = sys.modules.pop("asking"), asking.sort
import asking  # noqa: E402

if asking.sort is not sort:
    # What was imported last is found.
    assert fails(asking.error, asking.sort, [asking.Number(3), None]) == "NoneType is no number"
    count = asking.counts()
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    script = ("import asking; asking.walk(); asking.sort([asking.Number(2), asking.Number(1)]); c = asking.counts(); del asking\n"
              "assert c == (1, 0, 3, 0, [1, 2, 3]), c\n")
    made = interpreters.create()
    problem = interpreters.run_string(made, script)
    assert problem is None, problem
    interpreters.destroy(made)
    assert asking.counts() == count
sys.modules["asking"] = this
