import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import pytest

from core.thread_pool import in_stages, map_in_threads


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


class TestInStages:
    @pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
    def test_passes_the_items_through_in_their_order(self, count):
        results = list(in_stages(range(count), lambda item: item + 1, str, lambda text: [text]))
        assert results == [[str(item + 1)] for item in range(count)]

    def test_a_single_item_takes_no_thread(self):
        assert list(in_stages([0], lambda _: threading.get_ident())) == [threading.get_ident()]

    def test_takes_items_from_an_iterator_while_it_works(self):
        taken = []

        def items():
            for number in range(6):
                taken.append(number)
                yield number

        results = in_stages(items(), str)
        assert next(results) == "0"
        assert taken == [0, 1]
        assert list(results) == ["1", "2", "3", "4", "5"]

    def test_at_the_end_what_is_under_way_is_told_to_stop(self):
        stopped = threading.Event()
        began = threading.Event()

        def work(item):
            if item:
                began.set()
                assert stopped.wait(10)
            return item

        results = in_stages(range(5), work, cancel=stopped.set)
        assert next(results) == 0
        assert began.wait(10)
        results.close()
        assert stopped.is_set()

    def test_stages_work_at_the_same_time(self):
        together = threading.Barrier(2, timeout=10)

        def first(item):
            if item == 1:  # It passes only while the second stage has the item before.
                together.wait()
            return item

        def second(item):
            if item == 0:
                together.wait()
            return item

        assert list(in_stages([0, 1], first, second)) == [0, 1]

    def test_works_on_while_an_item_is_used(self):
        second_made = threading.Event()

        def make(item):
            if item == 1:
                second_made.set()

        results = in_stages([0, 1], make)
        next(results)
        assert second_made.wait(10)
        assert len(list(results)) == 1

    def test_makes_only_some_items_ahead(self):
        made = []

        def make(item):
            made.append(item)
            return item

        results = in_stages(range(10), make, str)
        assert made == []
        next(results)
        results.close()
        assert made[0] == 0
        assert len(made) <= 3

    @pytest.mark.parametrize("failing", [0, 1])
    def test_an_error_comes_in_the_place_of_its_item(self, failing):
        stages: list[Callable[[Any], Any]] = [str, str]
        stages[failing] = lambda item: 1 // (2 - int(item))
        results = in_stages(range(4), *stages)
        assert [int(next(results)), int(next(results))] == ([0, 1])
        with pytest.raises(ZeroDivisionError):
            next(results)

    def test_stages_have_the_context_of_the_caller(self):
        variable = ContextVar("variable", default=0)
        variable.set(1)
        stages = [lambda item: item + variable.get()] * 3
        assert list(in_stages(range(4), *stages)) == [3, 4, 5, 6]

    def test_leaves_no_thread_when_the_loop_is_left(self):
        before = threading.active_count()

        def use(results):
            for _ in results:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            use(in_stages(range(100), str, str))
        assert threading.active_count() == before
