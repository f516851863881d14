import lists

for number in range(3):
    try:
        lists.fail(None)
    except Exception as error:
        assert type(error) is (lists.error if number < 2 else lists.Closed)
    else:
        raise AssertionError
assert (lists.ids(0), lists.ids(1), lists.ids(2)) == (lists.Closed, lists.Open, 2)
assert issubclass(lists.Closed, ValueError) and issubclass(lists.Open, TypeError)
