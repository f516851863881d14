import standing

c = standing.Count()
print(c.add(4), c.add(5), standing.limit())
try:
    c.add(2)
except standing.Error as e:
    print(e)
print(standing.weight(7))
print(standing.see(1), standing.see(2))
try:
    standing.total(5)
    standing.total(10)
except standing.Error as e:
    print(e)
