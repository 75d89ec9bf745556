import pytest

from core.errors import StoreError, UnavailableError
from core.stores.availability import wait_once, watch


def fail(address, calls):
    with watch(address):
        calls.append(address)
        raise UnavailableError(f"{address} is down.", public="It is down.")


class TestWaitOnce:
    def test_later_calls_fail_at_once_with_the_first_error(self):
        calls: list[str] = []
        with wait_once():
            with pytest.raises(UnavailableError) as first:
                fail("one", calls)
            with wait_once(), pytest.raises(UnavailableError) as second:
                fail("one", calls)
        assert second.value is first.value
        assert calls == ["one"]

    def test_stores_are_told_apart_and_each_block_tries_again(self):
        calls: list[str] = []
        for _ in range(2):
            with wait_once():
                for address in ("one", "two", "one"):
                    with pytest.raises(UnavailableError):
                        fail(address, calls)
        assert calls == ["one", "two"] * 2

    def test_without_it_every_call_tries(self):
        calls: list[str] = []
        for _ in range(2):
            with pytest.raises(UnavailableError):
                fail("one", calls)
        assert calls == ["one", "one"]


class TestLog:
    def test_says_once_that_a_store_went_and_once_that_it_is_back(self, caplog):
        for _ in range(2):
            with pytest.raises(UnavailableError) as raised:
                fail("three", [])
        reference = raised.value.reference
        for _ in range(2):
            with watch("three"):
                pass
        assert caplog.messages == [
            f"[{reference}] three is down.",
            f"[{reference}] three is available again.",
        ]

    def test_another_error_of_a_store_is_none_of_its_availability(self, caplog):
        with pytest.raises(StoreError), watch("four"):
            raise StoreError("full")
        assert caplog.messages == []
