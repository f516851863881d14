import branches as m

assert repr(m.Box()) == "<0>" and str(m.Box()) == "box"
