import written

assert written.Triangle().sides() == 3 and written.Square().sides() == 4
assert written.kind(written.Triangle()) == "triangle" and written.kind(written.Square()) == "square"
assert written.Square.sides.__doc__ == "Sides of a Square." and written.Square.__name__ == "Square"
for given, error, base in (None, written.FlatError, ValueError), (1, written.RoundError, TypeError):
    try:
        written.kind(given)
    except base as raised:
        assert type(raised) is error and error.__name__ in ("FlatError", "RoundError")
    else:
        raise AssertionError
