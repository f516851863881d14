import tok

t = tok.split("a 12 a")
assert t[0] is t[2] and t[1].value == 12 and (t[0].value == "a!") and (t[0].kind == "WORD") and isinstance(t[0], tok.Token)
assert tok.stats()["hits"] >= 1
out = []
tok.each("x 9", out.append)
assert [o.text for o in out] == ["x", "9"]
try:
    tok.each("x")
except tok.TokenError:
    pass
else:
    raise AssertionError
tok.set_hook(out.append)
tok.each("y")
assert len(out) == 3
tok.set_hook(None)
try:
    tok.split("9x")
except tok.TokenError as e:
    assert "2 digits" in str(e)
else:
    raise AssertionError
try:
    tok.split("9" * 2000)
except ValueError:
    pass
assert tok.kinds.NUM == "NUM"
