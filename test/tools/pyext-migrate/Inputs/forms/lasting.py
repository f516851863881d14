import lasting as m

assert repr(m.narrow) == "<narrow 3>" and repr(m.plain) == "<plain 0>" and repr(m.missing) == "missing"
assert repr(m.Mark()) == "<new 4>"
assert m.find(m.missing) is True and m.find(m.narrow) is m.narrow and m.find(1) is m.missing
assert type(m.missing)() is m.missing
for _ in range(1000):
    m.find(m.narrow), m.find(2), m.Mark()
