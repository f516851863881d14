"""Uses the module 'shapes' of a folder in every way it knows, and prints "good".

    probe.py LEVEL FOLDER
"""

import decimal
import gc
import sys
import weakref

LEVEL, FOLDER = sys.argv[1:]
sys.path.insert(0, FOLDER)
import shapes

OWN_STATE = LEVEL in ("heap-types", "interpreters", "gil")


def expect(condition, text):
    if not condition:
        sys.exit(f"probe.py: error: {text}")


def raises(kind, function, *args):
    try:
        function(*args)
    except kind:
        return True
    return False


def use(module):
    p = module.Point(1, 2, tag="t")
    expect(p.x == 1 and p.tag == "t", "members")
    expect((p + module.Point(3, 4)).x == 4, "addition")
    expect((5 + p).x == 6, "reflected addition")
    expect(raises(TypeError, lambda: p + "x"), "addition of something else")
    expect(p.scaled(3).x == 3, "method")
    expect(raises(module.Error, p.scaled, 10000), "own exception")
    expect(raises(module.Error, module.Point, 10000, 0), "own exception in tp_init")
    expect(p.exact == decimal.Decimal(1), "getter with a cached import")
    expect(module.midpoint(p, module.Point(3, 4)).x == 2, "parsing with a type")
    expect(raises(TypeError, module.midpoint, p, 1), "parsing with a type refuses others")
    p.extra = 1
    expect(p.__dict__ == {"extra": 1}, "instance dict")
    expect(weakref.ref(p)() is p, "weak reference")
    q = module.Point3(1, 2, 3)
    expect(isinstance(q, module.Point) and (q + p).x == 2, "subclass")
    expect(list(module.walk([1, 2])) == [1, 2], "iterator")
    walk = type(module.walk([]))
    expect(raises(TypeError, walk), "a type that Python code cannot make")
    expect(raises(TypeError, module.Point, "x"), "bad argument")

    class Mine(module.Point):
        pass

    expect((Mine(1, 1) + p).x == 2, "Python subclass")
    expect(raises((TypeError, AttributeError), setattr, module.Point, "new", 1), "an immutable type")

    class Scaled:
        scale = 7

    expect(module.scale_of(Scaled()) == 7, "interned name")
    expect(module.made() > 0, "counter")
    expect((module.Point.__name__, module.Point.__module__) == ("Point", "shapes"), "name of the type")


def counts():
    gc.collect()
    return [sys.getrefcount(o) for o in (shapes.Point, shapes.Point3, shapes.Error, type(shapes.walk([])))]


use(shapes)
before = counts()
for _ in range(50):
    use(shapes)
expect(counts() == before, f"reference counts grow: {before}, {counts()}")

if OWN_STATE:
    # A second module has types and state of its own, and goes away as a whole.
    def again():
        old = sys.modules.pop("shapes")
        import shapes as new

        sys.modules["shapes"] = old
        return new

    other = again()
    expect(other is not shapes and other.Point is not shapes.Point and other.Error is not shapes.Error, "two modules share a type")
    made = shapes.made()
    use(other)
    expect(shapes.made() == made, "two modules share a counter")
    del other
    again()
    gc.collect()
    objects = len(gc.get_objects())
    for _ in range(20):
        new = again()
        new.keep = [new.Point(1, 1), new.walk([1])]
        del new
        gc.collect()
    expect(len(gc.get_objects()) <= objects, "modules stay alive")

    code = f"import sys; sys.path.insert(0, {FOLDER!r}); import shapes; assert shapes.Point(1, 2).exact == 1; assert shapes.made() == 1"
    if sys.version_info >= (3, 13):
        import _interpreters

        for _ in range(3):
            failed = _interpreters.run_string(_interpreters.create("isolated" if LEVEL != "heap-types" else "legacy"), code)
            expect(not failed, f"another interpreter: {failed}")
    else:
        import _xxsubinterpreters

        for _ in range(3):
            interpreter = _xxsubinterpreters.create(isolated=False)
            _xxsubinterpreters.run_string(interpreter, code)
            _xxsubinterpreters.destroy(interpreter)
print("good")
