import macros

assert macros.unbox(macros.Box()) == 0
try:
    macros.unbox(1)
except macros.error:
    pass
else:
    raise AssertionError
assert macros.name() == "macros" and macros.ONE == 1
