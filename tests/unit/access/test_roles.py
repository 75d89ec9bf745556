"""Roles, and what each may do."""

import pytest

from core.access import LOCAL_ACCESS, Access, Action, LibraryAccess, Role, User
from core.access.roles import REQUIRED_ROLES
from core.access.users import NOBODY, VISITOR, check_user_name
from core.errors import ForbiddenError, InputError


class TestRole:
    def test_each_includes_the_ones_before_it(self):
        roles = list(Role)
        for index, role in enumerate(roles):
            assert [role.includes(other) for other in roles] == [
                other <= index for other in range(len(roles))
            ]

    def test_of_several_the_highest_counts(self):
        assert Role.highest([Role.READER, Role.ADMIN, Role.CURATOR]) is Role.ADMIN
        assert Role.highest([]) is Role.NONE

    def test_every_action_needs_one(self):
        assert set(REQUIRED_ROLES) == set(Action)
        assert Role.NONE not in REQUIRED_ROLES.values()


class TestUser:
    @pytest.mark.parametrize(
        ("user", "usable"),
        [
            (NOBODY, set()),
            (VISITOR, {"public"}),
            (User("rita", Role.READER), {"public", "lab"}),
            (User("ada", Role.READER), {"public", "lab", "private"}),
            (User("root", Role.ADMIN), {"public", "lab", "private", "damaged"}),
        ],
    )
    def test_uses_libraries_by_their_access(self, user, usable):
        accesses = {*LibraryAccess, "damaged"}
        assert {access for access in accesses if user.may_use("ada", access)} == usable

    def test_nobody_owns_what_belongs_to_nobody(self):
        assert not VISITOR.owns("")
        assert not User("", Role.READER).may_use("", LibraryAccess.PRIVATE)

    @pytest.mark.parametrize("name", ["ada", "ada@lab.example", "Ünal", "a" * 100])
    def test_can_have_such_a_name(self, name):
        assert check_user_name(name) == name

    @pytest.mark.parametrize(
        "name", ["", " ", "a b", "a:b", "#a", "a\nb", "a\u202eb", "a\0", "a" * 101, "a\u00a0b"]
    )
    def test_cannot_have_such_a_name(self, name):
        with pytest.raises(InputError, match="Invalid user name"):
            check_user_name(name)


class TestAccess:
    def test_the_local_one_may_do_everything(self):
        for action in Action:
            assert LOCAL_ACCESS.require(action).role is Role.ADMIN

    def test_a_role_is_read_again_at_every_change(self):
        roles = iter([Role.CURATOR, Role.READER])
        access = Access(User("ada", Role.CURATOR), lambda: next(roles))
        access.require(Action.LOAD)
        with pytest.raises(ForbiddenError, match="load needs the role curator; yours is reader"):
            access.require(Action.LOAD)

    def test_somebody_without_a_role_learns_what_to_do(self):
        with pytest.raises(ForbiddenError, match=r"no role on this server\. Ask an administrator"):
            Access(NOBODY).require(Action.SEARCH)
