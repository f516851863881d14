import naming

for kind in naming.Base, naming.Sub, type("Own", (naming.Sub,), {}):
    each = kind()
    assert not each
    assert each.keep(each) == "some" and each
    assert each.keep(None) == "none" and each
    each.keep(each)
    del each
assert naming.Row([1, 2]) == [1, 2]
row = naming.Row()
row.append(row)
del row
assert naming.Other() is not None and naming.Another() is not None
assert type(naming.other()) is naming.Other
