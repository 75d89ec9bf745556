"""The file of users: written safely, read again when it changes, silent about passwords."""

import stat
import threading

import pytest

from core.access import Role, User
from core.access.user_file import UserFile
from core.errors import GeneKinError, InputError

SECRET = "correct horse battery"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "users"


@pytest.fixture
def users(path):
    users = UserFile(path)
    users.add("ada", Role.ADMIN, SECRET)
    return users


class TestVerify:
    def test_the_password_of_a_user(self, users):
        assert users.verify("ada", SECRET)
        assert not users.verify("ada", SECRET.upper())
        assert not users.verify("ada", "")
        assert not users.verify("nobody", SECRET)

    def test_an_invalid_hash_is_nobodys(self, users, path):
        path.write_text("ada:admin:plain text\n")
        assert not users.verify("ada", "plain text")


class TestFile:
    def test_has_no_password_and_one_reader(self, users, path):
        assert SECRET not in path.read_text()
        assert "ada:admin:$argon2id$" in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_is_read_again_when_it_changes(self, users, path):
        other = UserFile(path)
        assert other.role("ada") is Role.ADMIN
        users.add("rita", Role.READER, SECRET)
        users.set_role("rita", Role.CURATOR)
        assert other.role("rita") is Role.CURATOR
        users.remove("rita")
        assert other.role("rita") is Role.NONE
        assert other.users() == [User("ada", Role.ADMIN)]

    def test_that_is_missing_has_nobody(self, path):
        assert UserFile(path).users() == []
        assert not UserFile(path).verify("ada", SECRET)

    @pytest.mark.parametrize(
        "line", ["ada", "ada:boss:$argon2id$x", "ada:admin:", "ada:none:$x", "a b:admin:$x"]
    )
    def test_an_invalid_line_lets_nobody_in(self, path, line):
        path.write_text(f"# users\n\nrita:reader:$x\n{line}\n")
        with pytest.raises(GeneKinError, match=r"Line 4|Invalid user name") as raised:
            UserFile(path).users()
        assert "$" not in str(raised.value)

    def test_no_name_comes_twice(self, path):
        path.write_text("ada:reader:$x\nada:admin:$y\n")
        with pytest.raises(GeneKinError, match="Line 2"):
            UserFile(path).role("ada")

    def test_changes_at_once_lose_nobody(self, users, path):
        def add(number):
            UserFile(path).add(f"user{number}", Role.READER, SECRET)

        threads = [threading.Thread(target=add, args=[number]) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(users.users()) == 7


class TestChanges:
    def test_a_new_password_replaces_the_old_one(self, users):
        users.set_password("ada", "another password")
        assert users.verify("ada", "another password")
        assert not users.verify("ada", SECRET)

    @pytest.mark.parametrize("password", ["", "short", "x" * 1_001])
    def test_a_password_has_a_length(self, users, path, password):
        before = path.read_text()
        with pytest.raises(InputError, match="10 to 1,000 characters"):
            users.add("rita", Role.READER, password)
        assert path.read_text() == before

    def test_the_only_administrator_stays(self, users):
        users.add("rita", Role.READER, SECRET)
        for change in (lambda: users.remove("ada"), lambda: users.set_role("ada", Role.READER)):
            with pytest.raises(InputError, match="ada is the only administrator"):
                change()
        assert users.role("ada") is Role.ADMIN

    def test_of_unknown_users_are_refused(self, users):
        for change in (
            lambda: users.remove("eve"),
            lambda: users.set_role("eve", Role.ADMIN),
            lambda: users.set_password("eve", SECRET),
        ):
            with pytest.raises(InputError, match="no user 'eve'"):
                change()

    def test_a_name_is_given_once(self, users):
        with pytest.raises(InputError, match="'ada' already"):
            users.add("ada", Role.READER, SECRET)
