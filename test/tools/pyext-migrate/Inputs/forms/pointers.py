import pointers


def fails(function, *args):
    try:
        function(*args)
    except pointers.error as error:
        return str(error)
    raise AssertionError(args)


trait = pointers.Trait()
assert trait.get(1) == "missing"
trait.set("x")
assert trait.get(1) == "x" and trait.where() == 0
assert pointers.Trait.counted() == 42 and trait.counted() == 42
assert pointers.Trait(1).get(3) == 3 and pointers.Trait(2).get(3) is None and pointers.Trait(2).where() == 2
assert pointers.Trait(1).apply() == "missing" and trait.apply() is None
assert fails(pointers.Trait(0, 1).set, 1) == "read only"
assert fails(pointers.Trait(0, 0, 1).set, "x") == "not a number"
pointers.Trait(0, 0, 1).set(5)
assert fails(pointers.Trait, 7) == "no such accessor"

assert pointers.step(1) == 206 and pointers.step(0, 2) == 137
assert pointers.one(2) == 3
assert fails(pointers.step, 0, 9) == fails(pointers.one, 9) == "no such step"
assert pointers.text() == "bbc" and pointers.one(0) == 4
