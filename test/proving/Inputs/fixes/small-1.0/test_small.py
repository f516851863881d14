import unittest

import small


class Small(unittest.TestCase):
    def test_make(self):
        for _ in range(1000):
            small.Thing()

    def test_value(self):
        self.assertEqual(small.Thing().value(), 17)


if __name__ == "__main__":
    unittest.main()
