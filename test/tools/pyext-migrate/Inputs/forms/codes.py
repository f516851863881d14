import codes

assert [codes.level(name) for name in ("low", "high", "none")] == [1, 2, None]
for number, kind in ((2, codes.missing), (5, codes.broken), (7, ValueError)):
    try:
        codes.fail(number)
    except kind as error:
        assert type(error) is kind
    else:
        raise AssertionError(number)
assert codes.names()[0].startswith("low name ") and codes.names()[1].startswith("high name ")
assert type(codes.First()) is codes.First and type(codes.Second()) is codes.Second
