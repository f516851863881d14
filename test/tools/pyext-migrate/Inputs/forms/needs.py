import needs

assert needs.get(3) == (1003, 1, b"n", 1)
assert needs.get(3) == (1003, 2, b"n", 2) and needs.get(0) == (1000, 1, b"n", 3)
for call in (needs.fail, lambda: needs.get(4)):
    try:
        call()
    except needs.Error:
        pass
    else:
        raise AssertionError
