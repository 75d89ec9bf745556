"""The limits of failed sign-ins."""

from core.access.attempts import MAX_PER_ADDRESS, MAX_PER_NAME, WINDOW_SECONDS, Attempts


class _Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_name_is_refused_after_some_failures_from_anywhere():
    attempts = Attempts()
    for number in range(MAX_PER_NAME):
        assert attempts.allowed("ada", f"10.0.0.{number}")
        attempts.fail("ada", f"10.0.0.{number}")
    assert not attempts.allowed("ada", "10.0.1.1")
    assert attempts.allowed("rita", "10.0.1.1")


def test_an_address_is_refused_after_many_failures_with_any_name():
    attempts = Attempts()
    for number in range(MAX_PER_ADDRESS):
        attempts.fail(f"user {number}", "10.0.0.1")
    assert not attempts.allowed("ada", "10.0.0.1")
    assert attempts.allowed("ada", "10.0.0.2")


def test_signing_in_forgets_the_failures_of_the_name_only():
    attempts = Attempts()
    for _ in range(MAX_PER_NAME):
        attempts.fail("ada", "10.0.0.1")
    attempts.succeed("ada")
    assert attempts.allowed("ada", "10.0.0.1")
    for number in range(MAX_PER_ADDRESS - MAX_PER_NAME):
        attempts.fail(f"user {number}", "10.0.0.1")
    attempts.succeed("ada")
    assert not attempts.allowed("ada", "10.0.0.1")


def test_after_a_while_all_are_allowed_again():
    clock = _Clock()
    attempts = Attempts(clock)
    for _ in range(MAX_PER_NAME):
        attempts.fail("ada", "10.0.0.1")
    clock.now = WINDOW_SECONDS - 1
    assert not attempts.allowed("ada", "10.0.0.1")
    clock.now = WINDOW_SECONDS + 1
    assert attempts.allowed("ada", "10.0.0.1")
