import helped

before = helped.opened()
for kind in (helped.Box, helped.Bag):
    box = kind()
    try:
        box.open()
    except helped.HelpedError:
        pass
    else:
        raise AssertionError
    box.fill(box.__class__)
    assert box.open() is kind
    try:
        box.fill(helped.Box())
    except helped.HelpedError:
        pass
    else:
        raise AssertionError
assert helped.opened() == before + 2
