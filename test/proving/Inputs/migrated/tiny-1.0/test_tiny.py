import unittest

import tiny


class Tiny(unittest.TestCase):
    def test_up(self):
        counter = tiny.Counter()
        self.assertEqual([counter.add(2), counter.add(3)], [2, 5])

    def test_down(self):
        self.assertRaises(tiny.Error, tiny.Counter().add, -2)
