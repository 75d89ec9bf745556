import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.thread_pool import map_in_threads


class TestMapInThreads:
    @pytest.mark.parametrize("count", [0, 1, 7, 8, 100])
    def test_answers_in_the_order_of_the_items(self, count):
        assert map_in_threads(lambda item: item * 2, range(count)) == [2 * n for n in range(count)]

    def test_few_items_stay_in_the_thread_that_asks(self):
        assert set(map_in_threads(lambda _: threading.get_ident(), range(7))) == {
            threading.get_ident()
        }

    def test_many_items_do_not(self):
        assert threading.get_ident() not in map_in_threads(
            lambda _: threading.get_ident(), range(8)
        )

    @pytest.mark.parametrize("count", [3, 30])
    def test_an_error_comes_through(self, count):
        with pytest.raises(ZeroDivisionError):
            map_in_threads(lambda item: 1 // (item - 2), range(count))

    @pytest.mark.parametrize("count", [3, 30])
    def test_says_that_it_goes_on_and_can_be_ended(self, count):
        threads = []
        map_in_threads(str, range(count), lambda: threads.append(threading.get_ident()))
        assert threads == [threading.get_ident()] * count

        def cancel():
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            map_in_threads(str, range(count), cancel)

    def test_many_threads_may_ask_at_once(self):
        with ThreadPoolExecutor(4) as callers:
            futures = [callers.submit(map_in_threads, str, range(50)) for _ in range(8)]
            assert all(future.result() == [str(n) for n in range(50)] for future in futures)
