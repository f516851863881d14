import member

member.set_limit(10)
assert [member.check(n) for n in (3, 10)] == [0, 1]
assert member.sort([3, 1, 2]) == [1, 2, 3]
for call, text in ((lambda: member.check(11), "11 is above 10"), (lambda: member.sort([1, "a"]), "cannot be sorted")):
    try:
        call()
    except member.RangeError as error:
        assert str(error) == text, error
    else:
        raise AssertionError(text)
member.set_limit(20)
assert member.check(11) == 0
