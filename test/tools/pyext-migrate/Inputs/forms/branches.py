import branches as m

assert repr(m.Box()) == "<0>" and str(m.Box()) == "box"
assert repr(m.Late()) == "<0>" and m.Late.__name__ == "Late" and m.Late.__module__ == "branches"
