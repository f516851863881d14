"""What the two example modules do. Build them first: python3 setup.py build_ext --inplace"""

import threading
import unittest

import wordstat
import wordstat_ported


class CounterTest(unittest.TestCase):
    def test_counts_and_order(self):
        counter = wordstat.Counter()
        self.assertRaises(wordstat.WordError, counter.first)
        self.assertRaises(wordstat.WordError, counter.last)
        self.assertEqual([counter.add(w) for w in ["a", "b", "a"]], [1, 1, 2])
        self.assertEqual(counter.get("a"), 2)
        self.assertEqual((counter.first(), counter.last()), ("a", "a"))
        self.assertRaises(wordstat.WordError, counter.get, "z")
        self.assertRaises(TypeError, counter.add, 1)
        self.assertRaises(TypeError, wordstat.Counter, 1)
        counter.forget()
        self.assertRaises(wordstat.WordError, counter.get, "a")


class FunctionsTest(unittest.TestCase):
    def test_extremes(self):
        words = ["three", "a", 4, "seven"]
        self.assertEqual(wordstat.longest(words), "three")
        self.assertEqual(wordstat.shortest(words), "a")
        self.assertRaises(wordstat.WordError, wordstat.longest, [])
        self.assertRaises(wordstat.EmptyError, wordstat.shortest, [])

    def test_vowels(self):
        self.assertEqual(wordstat.vowels("An extension"), 5)

    def test_separators(self):
        self.assertIn(" ", wordstat_ported.separators())


class ThreadTest(unittest.TestCase):
    def wait_for(self, start):
        seen, done = [], threading.Event()
        start(lambda words: (seen.append(words), done.set()))
        self.assertTrue(done.wait(30))
        self.assertEqual(seen, [3])

    def test_hook_is_called(self):
        self.assertRaises(wordstat.WordError, wordstat.count_later, "x")

        def start(hook):
            wordstat.set_hook(hook)
            wordstat.count_later("one, two; three")

        self.wait_for(start)

    def test_ported_hook_is_called(self):
        self.wait_for(
            lambda hook: wordstat_ported.count_later("one, two; three", hook)
        )
        self.assertRaises(
            wordstat_ported.WordError, wordstat_ported.count_later, "x", None
        )


if __name__ == "__main__":
    unittest.main()
