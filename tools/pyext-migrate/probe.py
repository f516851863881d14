"""Looks at one extension module from inside the interpreter that loads it. Run by verify.py; what it finds is JSON on stdout.

    probe.py surface NAME              what a user sees: names, types, what they allow
    probe.py interpreters NAME COUNT   import in the main and in COUNT more interpreters; which objects are where
    probe.py threads NAME COUNT        the same in COUNT threads at once, three times; NAME,NAME... only imports them
    probe.py partners NAME             modules of others that its import loads
    probe.py leaks NAME COUNT          import and release COUNT times, twice as often to be sure
    probe.py gil NAME                  whether the GIL of a build without one is on before and after its import

Understands Python 3.9 and newer.
"""

import gc
import importlib
import json
import os
import sys
import threading
import warnings

FOUND = sys.stdout
PARTS = 8  # Of a leak check.
sys.stdout = sys.stderr  # What the module prints is not what was found.

# Runs in every interpreter: the objects of the module, by address.
COLLECT = r'''
def is_own(t, name):
    """The module made the type; it may say that its package did."""
    import builtins, sys
    of = getattr(t, "__module__", None)
    if not isinstance(of, str):
        # A proxy says what its object says; only C code makes such an attribute.
        return type(of).__name__ in ("getset_descriptor", "member_descriptor")
    if of == "builtins":
        return getattr(builtins, t.__name__, None) is not t and bool(t.__flags__ & 1 << 9)
    return of in (name, name.rpartition(".")[2]) or name.startswith(of + ".") or of not in sys.modules

def collect(name):
    import builtins, gc, importlib
    module = importlib.import_module(name)
    found, todo = {id(module): name}, [(name, vars(module), 0)]

    def own(t):
        return is_own(t, name)

    while todo:
        path, values, depth = todo.pop()
        for key, value in list(values.items() if isinstance(values, dict) else enumerate(values)):
            where = "%s[%r]" % (path, key)
            if str(key).startswith("__") or isinstance(value, type(builtins)) or id(value) in found:
                continue
            if isinstance(value, type):
                if own(value):
                    found[id(value)] = where
                    if depth < 3:
                        todo.append((where, dict(vars(value)), depth + 1))
            elif gc.is_tracked(value) or own(type(value)):
                found[id(value)] = where
            if isinstance(value, (dict, list, tuple, set, frozenset)) and depth < 3 and len(value) < 1000:
                todo.append((where, value if isinstance(value, dict) else list(value), depth + 1))
    return found
'''
exec(COLLECT)  # pylint: disable=exec-used


def interpreters():
    """(create, run, destroy, own GIL); run returns a text when the code raised."""
    try:
        import _interpreters as module
        create, own = lambda: module.create("isolated"), True
    except ImportError:
        import _xxsubinterpreters as module
        own = sys.version_info >= (3, 12)
        create = lambda: module.create(isolated=own)

    def run(interpreter, code):
        try:
            problem = module.run_string(interpreter, code)
        except Exception as error:  # Raised before 3.13.
            return str(error)
        if not problem:
            return ""
        return getattr(problem, "formatted", None) or str(problem)

    return create, run, module.destroy, own


def inside(name, path):
    """Code for another interpreter; the addresses go to a file."""
    return (
        f"import sys\nsys.path[:] = {sys.path!r}\n" + COLLECT
        + f"\nimport json\nfound = collect({name!r})\nwith open({path!r}, 'w') as f:\n    json.dump(found, f)\n"
    )


def probe_interpreters(name, count):
    create, run, destroy, own = interpreters()
    found = {"own_gil": own, "problems": [], "shared": [], "objects": 0}
    everywhere = [("the main interpreter", {str(k): v for k, v in collect(name).items()})]  # pylint: disable=undefined-variable
    found["objects"] = len(everywhere[0][1])
    alive = []
    for number in range(1, count + 1):
        alive.append(create())
        path = os.path.join(os.environ["PYEXT_PROBE"], f"objects-{number}.json")
        problem = run(alive[-1], inside(name, path))
        if problem:
            found["problems"].append(problem)
            continue
        with open(path, encoding="utf-8") as f:
            objects = json.load(f)
        for where, others in everywhere:
            for address in sorted(set(objects) & set(others)):
                found["shared"].append(f"{objects[address]} is one object in interpreter {number} and in {where}")
        everywhere.append((f"interpreter {number}", objects))
    for interpreter in alive:
        destroy(interpreter)
    # What the others left behind must not be seen here.
    collect(name)  # pylint: disable=undefined-variable
    return found


def probe_threads(name, count):
    create, run, destroy, own = interpreters()
    problems = []

    others = f"import sys\nsys.path[:] = {sys.path!r}\nimport {name.strip(',')}\n"

    def one(number):
        interpreter = create()
        problem = run(interpreter, others if "," in name else inside(name, os.path.join(os.environ["PYEXT_PROBE"], f"thread-{number}.json")))
        if problem:
            problems.append(problem)
        destroy(interpreter)

    for _ in range(3):
        threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return {"own_gil": own, "problems": problems}


def probe_gil(name):
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)
    before = enabled()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        module = importlib.import_module(name)
    return {"before": before, "after": enabled(), "name": module.__name__, "said": [str(one.message) for one in said if "GIL" in str(one.message)]}


def probe_partners(name):
    """What else its import loads from shared libraries or what is built in: modules of others."""
    before = set(sys.modules)
    importlib.import_module(name)
    return sorted(key for key in set(sys.modules) - before
                  if key != name and not str(getattr(sys.modules[key], "__file__", None) or "").endswith(".py"))


def forget(name):
    """Takes the module out of sys.modules; returns it."""
    module = sys.modules.pop(name, None)
    parent, _, last = name.rpartition(".")
    if parent in sys.modules and getattr(sys.modules[parent], last, None) is module:
        delattr(sys.modules[parent], last)
    return module


def settle():
    for _ in range(3):
        gc.collect()
    clear = getattr(sys, "_clear_internal_caches", None) or getattr(sys, "_clear_type_cache", None)
    if clear:
        clear()


def is_python(t, name):
    """A class that a Python file of the package defines; C asks for it by name."""
    return any(vars(module).get(t.__name__) is t and str(getattr(module, "__file__", "")).endswith(".py")
               for key, module in list(sys.modules.items()) if module is not None and key != name)


def own_types(name):
    return [o for o in gc.get_objects() if isinstance(o, type) and is_own(o, name)]  # pylint: disable=undefined-variable


def probe_leaks(name, count):
    found = {"per_import": {}, "types": [], "kept": [], "uncollected": [], "skipped": ""}
    try:
        first = importlib.import_module(name)
        forget(name)
        second = importlib.import_module(name)
    except ImportError as error:
        found["skipped"] = str(error)
        return found
    if first is second or any(vars(first).get(k) is v for k, v in vars(second).items()
                              if isinstance(v, type) and is_own(v, name) and not is_python(v, name)):  # pylint: disable=undefined-variable
        found["skipped"] = "it is made once per process"
        return found
    del first, second

    def cycle():
        importlib.import_module(name)
        forget(name)
        gc.collect()

    import tracemalloc

    def now():
        settle()
        counted = {"objects": len(gc.get_objects()), "blocks": sys.getallocatedblocks(), "bytes": tracemalloc.get_traced_memory()[0]}
        if hasattr(sys, "gettotalrefcount"):
            counted["references"] = sys.gettotalrefcount()
        return counted

    def here():
        """The types of the module that are there, by name: what an import leaves behind has a name then."""
        names = {}
        for t in own_types(name):
            names[t.__name__] = names.get(t.__name__, 0) + 1
        return names

    # Tables of the interpreter (sys.modules, the subclasses of object and Exception, the interned strings) double now and then, or shrink.
    # A leak is in each part; what is in less than half of them is none.
    each = max(count // 4, 1)
    tracemalloc.start()
    for _ in range(each):
        cycle()
    parts, was = [], here()
    after = before = now()
    for _ in range(PARTS):
        before = now()
        for _ in range(each):
            cycle()
        after = now()
        parts.append({key: (after[key] - before[key]) / each for key in before})
    tracemalloc.stop()
    found["per_import"] = {key: round(sorted(part[key] for part in parts)[PARTS // 2 - 1], 2) for key in parts[0]}
    found["types"] = sorted(key for key, number in here().items() if number >= was.get(key, 0) + PARTS * each / 2)

    # An instance in the module's own dict: a type that its instances do not visit never goes away.
    module = importlib.import_module(name)
    names = sorted(k for k, v in vars(module).items() if isinstance(v, type) and is_own(v, name))
    del module
    for key in names:
        if apart(getattr(importlib.import_module(name), key)) != "an object":
            continue
        forget(name)
        settle()
        left = len(own_types(name))
        made = collected = False
        for _ in range(5):
            module = importlib.import_module(name)
            try:
                module._pyext_kept = getattr(module, key)()
                made = True
                collected = gc.is_tracked(module._pyext_kept)
            except BaseException:  # pylint: disable=broad-except
                pass
            forget(name)
            del module
        settle()
        if made and len(own_types(name)) > left:
            found["kept" if collected else "uncollected"].append(key)
    return found


def apart(make):
    """What comes of making an object: not here, as one that was never initialised can crash when it goes."""
    if not hasattr(os, "fork"):
        return "not tried"
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        return "a crash" if os.WIFSIGNALED(status) else ("an object", "cannot be created", "an exception")[min(os.WEXITSTATUS(status), 2)]
    status = 0
    try:
        make()
        gc.collect()
    except TypeError as error:
        status = 1 if "cannot create" in str(error) or "is not safe" in str(error) else 2
    except BaseException:  # pylint: disable=broad-except
        status = 2
    os._exit(status)


def probe_surface(name):
    module = importlib.import_module(name)
    names = {k: type(v).__name__ for k, v in vars(module).items() if not k.startswith("__") and not isinstance(v, type(sys))}
    types = {}
    for key, value in vars(module).items():
        if not isinstance(value, type) or not (is_own(value, name) or getattr(value, "__module__", "") == "builtins"):
            continue
        about = {"name": value.__name__, "bases": [b.__name__ for b in value.__bases__],
                 "doc": value.__doc__ if isinstance(value.__doc__, str) else type(value.__doc__).__name__}
        about["attributes"] = sorted(set(vars(value)) - {"__module__", "__new__", "__doc__"})
        about["subclassable"] = bool(value.__flags__ & 1 << 10)
        about["dict"] = bool(value.__dictoffset__)
        about["weak references"] = bool(value.__weakrefoffset__)
        about["hashable"] = value.__hash__ is not None
        try:
            setattr(value, "_pyext_probe", 1)
            delattr(value, "_pyext_probe")
            about["attributes can be set"] = True
        except (TypeError, AttributeError):
            about["attributes can be set"] = False
        about["instances without arguments"] = "cannot" not in apart(lambda: value.__new__(value))
        about["a call without arguments"] = apart(value)
        types[key] = about
    return {"file": getattr(module, "__file__", None), "doc": module.__doc__, "names": names, "types": types}


def main():
    what, name = sys.argv[1:3]
    count = [int(a) for a in sys.argv[3:4]]
    probes = {"surface": probe_surface, "interpreters": probe_interpreters, "threads": probe_threads, "leaks": probe_leaks,
              "partners": probe_partners, "gil": probe_gil}
    json.dump(probes[what](name, *count), FOUND)
    FOUND.flush()


if __name__ == "__main__":
    main()
