import sys

import carried

assert carried.format(1) == (1 if sys.byteorder == "little" else 2)
assert carried.format(0) == 1
assert carried.format(3) == 3000 and carried.format(9) == 9000 and carried.format(10) == carried.format(1)
assert carried.format(9) is carried.format(9)
