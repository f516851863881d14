"""Calls every function of two builds of a module in many ways: as it was written, and fixed.

    probe.py MODULE FOLDER-OF-ORIGINAL FOLDER-OF-FIXED

Both must give the same results and raise the same exceptions. Of the fixed one, a thousand calls in each way must leave the
reference counts of all objects involved as they were, and allocate nothing that stays.
"""

import gc
import importlib.util
import os
import sys
import sysconfig
import types
import weakref

CALLS = int(os.environ.get("PROBE_CALLS", "1000"))


class N(int):
    """An integer that is no cached object, so that its reference count is its own."""


class Plain:
    pass


class Angry:
    """Equal hashes, but comparing raises."""

    def __init__(self, text):
        self.text = text

    def __hash__(self):
        return hash(self.text)

    def __eq__(self, other):
        raise RuntimeError("comparing")


class Mute:
    """Cannot be shown, asked or hashed."""

    def __repr__(self):
        raise RuntimeError("showing")

    def __bool__(self):
        raise RuntimeError("asking")

    def __hash__(self):
        raise RuntimeError("hashing")


def load(name, folder):
    path = os.path.join(folder, name + sysconfig.get_config_var("EXT_SUFFIX"))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outcome(function, args):
    try:
        return "returned", repr(function(*args))
    except BaseException as error:
        return type(error).__name__, str(error)


def reachable(root):
    """The objects whose counts are watched: root, and what the containers in it hold."""
    found, work = [], [root]
    while work:
        op = work.pop()
        if any(op is other for other in found) or isinstance(op, (type, types.ModuleType)):
            continue
        found.append(op)
        if isinstance(op, (list, tuple)):
            work.extend(op)
        elif isinstance(op, dict):
            work.extend(op.keys())
            work.extend(op.values())
        elif isinstance(op, weakref.ref) and op() is not None:
            work.append(op())
    return found


def cases():
    """(name, a function that makes the arguments)"""
    lists = {
        "empty": lambda: [],
        "one": lambda: [N(5)],
        "two": lambda: [N(5), N(6)],
        "large": lambda: [N(500), N(7), N(8)],
        "later large": lambda: [N(5), N(500), N(7)],
        "thirteen": lambda: [N(13), N(7)],
        "later thirteen": lambda: [N(5), N(13), N(7)],
        "none": lambda: [None, N(7)],
        "later none": lambda: [N(7), None, N(500)],
        "text": lambda: ["te" + str(N(3)), N(3)],
        "object": lambda: [Plain(), Plain()],
        "pairs": lambda: [("a" * N(3), N(3)), ("b" * N(2), N(2))],
        "bad pairs": lambda: [("a" * N(3), N(3)), (N(4), N(2))],
        "surrogate": lambda: ["\udc80" * N(2)],
    }
    dicts = {
        "empty": lambda: {},
        "found": lambda: {"na" + "me"[: N(2)]: N(5)},
        "large": lambda: {"na" + "me"[: N(2)]: N(500)},
        "thirteen": lambda: {"na" + "me"[: N(2)]: N(13)},
        "none": lambda: {"name": None},
        "object": lambda: {"name": Plain()},
        "angry": lambda: {Angry("name"): N(5)},
    }
    keys = {
        "name": lambda: "na" + "me"[: N(2)],
        "other": lambda: "oth" + "er"[: N(2)],
        "unhashable": lambda: [],
        "angry": lambda: Angry("name"),
        "none": lambda: None,
    }
    for name, make in lists.items():
        yield "list_", name, lambda make=make: (make(),)
        yield "macro_", name, lambda make=make: (make(),)
        yield "unique_", name, lambda make=make: (make(),)
    yield "unique_", "no sequence", lambda: (N(5),)
    for name, make in dicts.items():
        for function in ("dict_get_string", "dict_get_or_default"):
            yield function, name, lambda make=make: (make(),)
        for key, make_key in keys.items():
            arguments = lambda make=make, make_key=make_key: (make(), make_key())
            for function in ("dict_get", "dict_get_with_error", "dict_get_condition", "dict_get_maybe", "dict_new_ref", "dict_three_ways",
                             "dict_get_error_default", "dict_one_after_the_other", "dict_chain", "dict_chain_condition", "dict_chain_three", "dict_while"):
                yield "=" + function, f"{name}, {key}", arguments
            yield "insert_", f"{name}, {key}", arguments
            for function in ("dict_setdefault", "dict_setdefault_kept"):
                yield "=" + function, f"{name}, {key}", lambda a=arguments: a() + (N(9),)
        for what in (0, 1, 2):
            yield "=dict_in_switch", f"{name}, {what}", lambda make=make, what=what: (make(), what)
    loops = {
        "numbers": lambda: {"on" + "e"[: N(1)]: N(5), "two": N(500)},
        "zero": lambda: {"one": N(0), "two": N(7), "three": N(9)},
        "none last": lambda: {"one": N(5), "two": None},
        "none first": lambda: {"one": None, "two": N(5)},
        "none key": lambda: {"one": N(5), None: N(6), "two": N(7)},
        "text": lambda: {"one": N(5), "two": "te" + str(N(3)), "three": N(6)},
        "text first": lambda: {"one": "te" + str(N(3))},
        "many": lambda: {"key" + str(i): N(i + 500) for i in range(9)},
        "number keys": lambda: {N(4): N(5)},
        "same": lambda: {N(3): N(2), N(4): N(4), N(5): N(1)},
        "mute": lambda: {"one": N(5), "two": Mute(), "three": N(6)},
        "unhashable": lambda: {"one": N(5), "two": [N(1)]},
        "plain": lambda: {"one": Plain(), "two": N(4)},
    }
    for name, make in loops.items():
        yield "loop_", name, lambda make=make: (make(),)
    yield "loop_", "empty", lambda: ({},)
    alive = Plain()
    yield "weak_", "alive", lambda: (weakref.ref(alive),)
    yield "weak_", "dead", lambda: (weakref.ref(Plain()),)
    for name in ("byteorder", "maxsize", "no such thing", "\udc80"):
        yield "sys_length", name, lambda name=name: (name,)
    yield "module_dict_size", "", lambda: ()


def main():
    sys.unraisablehook = lambda unraisable: None  # Where the old functions of newer versions report what they swallow.
    original, fixed = (load(sys.argv[1], folder) for folder in sys.argv[2:])
    names = [name for name in dir(fixed) if isinstance(getattr(fixed, name), types.BuiltinFunctionType)]
    ways = {name: set() for name in names}
    problems = 0

    def problem(text):
        nonlocal problems
        problems += 1
        print("probe.py: " + text)

    for pattern, what, make in cases():
        for name in names:
            if name != pattern[1:] if pattern.startswith("=") else not name.startswith(pattern):
                continue
            where = f"{name} ({what})"
            before = outcome(getattr(original, name), make())
            after = outcome(getattr(fixed, name), make())
            ways[name].add(after)
            if [part.split(" at 0x")[0] for part in before] != [part.split(" at 0x")[0] for part in after]:
                problem(f"{where}: was {before}, is {after}")
                continue

            function = getattr(fixed, name)
            args = make()
            outcome(function, args)  # What is only made once is made now.
            watched = reachable(args)
            gc.collect()
            counts = [sys.getrefcount(op) for op in watched]
            blocks = sys.getallocatedblocks()
            for _ in range(CALLS):
                outcome(function, args)
            gc.collect()
            grown = sys.getallocatedblocks() - blocks
            for op, count, now in zip(watched, counts, [sys.getrefcount(op) for op in watched]):
                # Others use None as well.
                if abs(now - count) > (CALLS // 4 if op is None else 0):
                    problem(f"{where}: the count of {op!r} went from {count} to {now} in {CALLS} calls")
            if grown > CALLS // 4:
                problem(f"{where}: {grown} blocks more after {CALLS} calls")

    for name, seen in ways.items():
        if len(seen) < 2 and name != "module_dict_size":
            problem(f"{name}: only one outcome was seen, {seen}")
    print(f"probe.py: {len(names)} functions, {sum(map(len, ways.values()))} different outcomes, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
