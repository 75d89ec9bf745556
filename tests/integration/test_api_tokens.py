"""API tokens: their life, the rights they give, and what the audit trail says of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.access import LOCAL_ACCESS, Access, Action, Role, User
from core.access.administration import Administration
from core.access.mode import SignInMode
from core.access.sign_ins import ROLE_DAYS, SignIns, token_digest
from core.access.tokens import LIFETIMES, MAX_TOKENS, ApiTokens, owner_roles
from core.access.user_file import UserFile
from core.access.users import VISITOR
from core.errors import ForbiddenError, InputError, StoreError
from core.settings import Settings
from core.stores.sql.api_tokens import ApiTokenTable
from core.stores.sql.audit import AuditTable
from core.stores.sql.database import Database
from core.stores.sql.schema import api_tokens, metadata
from core.stores.sql.tables import utc_now

PASSWORD = "correct horse battery"
CLAIMS = {"iss": "https://i", "sub": "17", "email": "ada@lab.example", "groups": ["curator"]}


@dataclass
class Clock:
    """A clock that tests move."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def move(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def database(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'labels.sqlite'}"
    if request.param == "mariadb":
        url = request.getfixturevalue("mariadb").url(f"genekin_{uuid4().hex}")
    database = Database(url, 10)
    yield database
    database.close()


@pytest.fixture
def users(tmp_path) -> UserFile:
    users = UserFile(tmp_path / "users")
    for name, role in {"ada": Role.ADMIN, "carl": Role.CURATOR, "rita": Role.READER}.items():
        users.add(name, role, PASSWORD)
    return users


@pytest.fixture
def clock() -> Clock:
    return Clock(utc_now().replace(microsecond=0))


@pytest.fixture
def tokens(database, users, clock) -> ApiTokens:
    return ApiTokens(database, users.role, clock)


def acting(users: UserFile, name: str) -> Access:
    return Access(User(name, users.role(name)), lambda: users.role(name))


def trail(database):
    entries = AuditTable(database).find()
    return [(row.by, row.action, row.subject, row.detail) for row in entries]


class TestLife:
    def test_a_token_gives_the_rights_of_its_owner(self, tokens, users, database):
        token = tokens.create(acting(users, "carl"), " laptop ", Role.CURATOR, 30)
        access = tokens.access(token)
        assert access.require(Action.LOAD) == User("carl", Role.CURATOR)
        assert access.actor == "carl (API token laptop)"
        assert trail(database) == [
            ("carl", "create API token", "carl", "laptop, curator, for 30 days")
        ]

    def test_it_may_give_fewer(self, tokens, users):
        access = tokens.access(tokens.create(acting(users, "ada"), "reads", Role.READER, 7))
        assert access.user.role is Role.READER
        with pytest.raises(ForbiddenError, match="load needs the role curator; yours is reader"):
            access.require(Action.LOAD)

    def test_the_database_has_its_digest_only(self, tokens, users, database, tmp_path):
        made = [tokens.create(acting(users, "rita"), f"n{i}", Role.READER, 7) for i in range(3)]
        assert len(set(made)) == 3
        assert all(token.startswith("gk_") and len(token) == 46 for token in made)
        with database.connect("reading") as connection:
            stored = [
                value
                for table in metadata.sorted_tables
                for row in connection.execute(select(table))
                for value in row
            ]
        assert {token_digest(token) for token in made} <= set(stored)
        for token in made:
            assert not any(token in str(value) or token[3:] in str(value) for value in stored)
            for file in tmp_path.rglob("*.sqlite*"):
                assert token[3:].encode() not in file.read_bytes()

    @pytest.mark.parametrize("days", LIFETIMES)
    def test_it_ends_to_the_second(self, tokens, users, clock, days):
        token = tokens.create(acting(users, "rita"), "ends", Role.READER, days)
        access = tokens.access(token)
        clock.move(days=days, seconds=-1)
        assert tokens.access(token) is not None
        assert access.require(Action.SEARCH)
        clock.move(seconds=1)
        assert tokens.access(token) is None
        with pytest.raises(ForbiddenError):
            access.require(Action.SEARCH)

    def test_the_last_use_is_written_once_a_minute(self, tokens, users, clock, database):
        token = tokens.create(acting(users, "rita"), "used", Role.READER, 7)
        table = ApiTokenTable(database)
        assert table.listed()[0].used_at is None
        first = clock.now
        for _ in range(3):
            assert tokens.access(token)
            assert table.listed()[0].used_at == first
            clock.move(seconds=25)
        tokens.access(token)
        assert table.listed()[0].used_at == first + timedelta(seconds=75)

    def test_an_older_use_is_not_written_over_a_newer_one(self, tokens, users, clock, database):
        tokens.create(acting(users, "rita"), "used", Role.READER, 7)
        table, now = ApiTokenTable(database), clock.now
        (row,) = table.listed()
        table.note_use(row.id, now, now - timedelta(minutes=1))
        table.note_use(row.id, now - timedelta(seconds=5), now - timedelta(seconds=65))
        assert table.listed()[0].used_at == now

    def test_a_disk_that_is_full_keeps_nobody_from_reading(self, tokens, users, monkeypatch):
        def fail(*_):
            raise StoreError("disk full", "")

        token = tokens.create(acting(users, "rita"), "used", Role.READER, 7)
        monkeypatch.setattr(ApiTokenTable, "note_use", fail)
        assert tokens.access(token).require(Action.SEARCH)

    def test_what_ended_long_ago_is_deleted(self, tokens, users, clock, database):
        rita = acting(users, "rita")
        tokens.create(rita, "a", Role.READER, 7)
        clock.move(days=7 + 91)
        tokens.create(rita, "b", Role.READER, 7)
        with database.connect("reading") as connection:
            assert connection.execute(select(api_tokens.c.name)).scalars().all() == ["b"]


class TestRefusals:
    @pytest.mark.parametrize("name", ["", "  ", "a" * 61, "a\u202eb", "a\nb"])
    def test_names(self, tokens, users, name):
        with pytest.raises(InputError, match="Invalid name"):
            tokens.create(acting(users, "rita"), name, Role.READER, 7)

    @pytest.mark.parametrize("role", [Role.CURATOR, Role.ADMIN, Role.VISITOR, Role.NONE])
    def test_roles_above_the_users_own_and_no_role(self, tokens, users, role):
        with pytest.raises(InputError, match=f"cannot have the role {role}; yours is reader"):
            tokens.create(acting(users, "rita"), "a", role, 7)

    @pytest.mark.parametrize("days", [0, -7, 8, 36_500])
    def test_other_lifetimes(self, tokens, users, days):
        with pytest.raises(InputError, match=f"cannot end after {days} days"):
            tokens.create(acting(users, "rita"), "a", Role.READER, days)

    def test_a_name_that_is_taken(self, tokens, users, clock):
        tokens.create(acting(users, "rita"), "a", Role.READER, 7)
        tokens.create(acting(users, "carl"), "a", Role.READER, 7)
        with pytest.raises(InputError, match="You have a token 'a' already"):
            tokens.create(acting(users, "rita"), "a", Role.READER, 7)
        clock.move(days=8)
        tokens.create(acting(users, "rita"), "a", Role.READER, 7)

    def test_too_many(self, tokens, users):
        rita = acting(users, "rita")
        for number in range(MAX_TOKENS):
            tokens.create(rita, f"n{number}", Role.READER, 7)
        with pytest.raises(InputError, match="the maximum"):
            tokens.create(rita, "more", Role.READER, 7)
        tokens.create(acting(users, "carl"), "more", Role.READER, 7)
        assert tokens.revoke(rita, tokens.listed(rita)[0].id)
        tokens.create(rita, "more", Role.READER, 7)

    @pytest.mark.parametrize("user", [VISITOR, User("eve", Role.NONE)])
    def test_who_has_no_role(self, tokens, user):
        for ask in (
            lambda: tokens.create(Access(user), "a", Role.READER, 7),
            lambda: tokens.listed(Access(user)),
            lambda: tokens.revoke(Access(user), 1),
        ):
            with pytest.raises(ForbiddenError):
                ask()

    def test_the_role_is_read_again(self, tokens, users):
        carl = acting(users, "carl")
        users.set_role("carl", Role.READER)
        with pytest.raises(InputError, match="yours is reader"):
            tokens.create(carl, "a", Role.CURATOR, 7)


class TestOwner:
    def test_a_lower_role_counts_at_the_next_action(self, tokens, users):
        token = tokens.create(acting(users, "carl"), "a", Role.CURATOR, 7)
        access = tokens.access(token)
        assert access.require(Action.LOAD)
        users.set_role("carl", Role.READER)
        with pytest.raises(ForbiddenError, match="yours is reader"):
            access.require(Action.LOAD)
        assert tokens.access(token).user.role is Role.READER

    def test_a_higher_one_gives_the_token_no_more(self, tokens, users):
        token = tokens.create(acting(users, "rita"), "a", Role.READER, 7)
        users.set_role("rita", Role.ADMIN)
        assert tokens.access(token).user.role is Role.READER

    @pytest.mark.parametrize("end", ["remove", "set_password", "end_sign_ins"])
    def test_what_signs_the_owner_out_revokes_the_tokens(self, tokens, users, database, end):
        token = tokens.create(acting(users, "carl"), "a", Role.CURATOR, 7)
        other = tokens.create(acting(users, "rita"), "a", Role.READER, 7)
        access = tokens.access(token)
        sign_ins = SignIns(database, Settings())
        record = AuditTable(database).add
        administration = Administration(users, sign_ins, acting(users, "ada"), record)
        getattr(administration, end)("carl", *([PASSWORD] if end == "set_password" else []))
        if end == "remove":  # Somebody else of that name.
            administration.add("carl", Role.CURATOR, PASSWORD)
        assert tokens.access(token) is None
        with pytest.raises(ForbiddenError):
            access.require(Action.SEARCH)
        assert tokens.access(other) is not None

    def test_signing_out_leaves_them(self, tokens, users, database):
        token = tokens.create(acting(users, "carl"), "a", Role.CURATOR, 7)
        sign_ins = SignIns(database, Settings())
        sign_ins.end(sign_ins.begin("carl"))
        assert tokens.access(token)

    def test_who_was_taken_out_of_the_file_has_none(self, tokens, users):
        token = tokens.create(acting(users, "rita"), "a", Role.READER, 7)
        users.remove("rita")
        assert tokens.access(token) is None


class TestWithoutSignIn:
    def test_the_local_user_has_tokens(self, database):
        local = owner_roles(SignInMode.OPEN, None, SignIns(database, Settings()))
        tokens = ApiTokens(database, local)
        access = tokens.access(tokens.create(LOCAL_ACCESS, "script", Role.CURATOR, 7))
        assert access is not None
        assert access.require(Action.LOAD) == User("", Role.CURATOR)
        assert access.actor == "(API token script)"
        assert [row.name for row in tokens.listed(LOCAL_ACCESS)] == ["script"]

    def test_they_end_with_sign_in_and_those_of_users_without_it(self, database, users):
        sign_ins = SignIns(database, Settings())
        local = ApiTokens(database, owner_roles(SignInMode.OPEN, None, sign_ins))
        signed_in = ApiTokens(database, owner_roles(SignInMode.PASSWORD, users, sign_ins))
        provider = ApiTokens(database, owner_roles(SignInMode.OPENID, None, sign_ins))
        of_nobody = local.create(LOCAL_ACCESS, "a", Role.READER, 7)
        of_ada = signed_in.create(acting(users, "ada"), "a", Role.READER, 7)
        assert local.access(of_nobody)
        assert signed_in.access(of_ada)
        assert signed_in.access(of_nobody) is provider.access(of_nobody) is None
        assert local.access(of_ada) is provider.access(of_ada) is None


class TestProvider:
    def claims(self, role: str, *, age: timedelta = timedelta(), sub: str = "17"):
        issued = (datetime.now().astimezone() - age).timestamp()
        return CLAIMS | {"sub": sub, "groups": [role], "iat": issued}

    @pytest.fixture
    def sign_ins(self, database) -> SignIns:
        return SignIns(database, Settings(role_claim="groups"))

    @pytest.fixture
    def tokens(self, database, sign_ins) -> ApiTokens:
        return ApiTokens(database, owner_roles(SignInMode.OPENID, None, sign_ins))

    def test_the_role_of_the_latest_sign_in_counts(self, sign_ins, tokens):
        access = sign_ins.access_of_claims(self.claims("curator", age=timedelta(hours=2)))
        token = tokens.create(access, "a", Role.CURATOR, 7)
        assert tokens.access(token).user == User("ada@lab.example", Role.CURATOR)
        of_token = tokens.access(token)

        later = self.claims("reader", age=timedelta(hours=1))
        sign_ins.access_of_claims(later)
        assert tokens.access(token).user.role is Role.READER
        with pytest.raises(ForbiddenError):
            of_token.require(Action.LOAD)
        sign_ins.access_of_claims(self.claims("curator", age=timedelta(hours=2)))  # An older one.
        assert tokens.access(token).user.role is Role.READER
        sign_ins.end_claims(later)  # Signing out takes nothing away.
        assert tokens.access(token).user.role is Role.READER

        sign_ins.access_of_claims(self.claims("chess"))
        assert tokens.access(token) is None

    def test_another_role_by_the_settings_counts_from_the_next_visit(
        self, database, sign_ins, tokens
    ):
        claims = self.claims("curator")
        token = tokens.create(sign_ins.access_of_claims(claims), "a", Role.CURATOR, 7)
        changed = SignIns(database, Settings(role_claim="groups", roles='{"curator": "reader"}'))
        changed.access_of_claims(claims)
        assert tokens.access(token).user.role is Role.READER

    def test_it_counts_for_some_time(self, database, sign_ins, tokens, monkeypatch):
        access = sign_ins.access_of_claims(self.claims("curator", age=timedelta(hours=1)))
        token = tokens.create(access, "a", Role.CURATOR, 365)
        clock = Clock(utc_now())
        monkeypatch.setattr("core.access.sign_ins.utc_now", clock)
        clock.move(days=ROLE_DAYS, hours=-2)
        sign_ins.begin("somebody")  # Deletes old sign-ins.
        assert tokens.access(token).user.role is Role.CURATOR
        clock.move(hours=2)
        assert tokens.access(token) is None
        sign_ins.begin("somebody")
        assert sign_ins.latest_role("ada@lab.example") is Role.NONE

    def test_an_administrator_ends_them(self, sign_ins, tokens):
        access = sign_ins.access_of_claims(self.claims("curator"))
        token = tokens.create(access, "a", Role.CURATOR, 7)
        assert sign_ins.end_all("ada@lab.example") == 1
        assert tokens.access(token) is None


class TestRevoking:
    def test_counts_at_the_next_action(self, tokens, users, database):
        rita = acting(users, "rita")
        token = tokens.create(rita, "a", Role.READER, 7)
        access, (row,) = tokens.access(token), tokens.listed(rita)
        assert tokens.revoke(rita, row.id)
        assert tokens.access(token) is None
        with pytest.raises(ForbiddenError):
            access.require(Action.SEARCH)
        assert tokens.listed(rita) == []
        assert trail(database)[1] == ("rita", "revoke API token", "rita", "a")

    def test_of_others_is_for_administrators(self, tokens, users):
        rita, carl, ada = (acting(users, name) for name in ("rita", "carl", "ada"))
        token = tokens.create(rita, "a", Role.READER, 7)
        tokens.create(ada, "b", Role.READER, 7)
        (row,) = tokens.listed(rita)
        assert tokens.listed(carl) == []
        with pytest.raises(ForbiddenError):
            tokens.revoke(carl, row.id)
        assert tokens.access(token)
        assert {(found.owner, found.name) for found in tokens.listed(ada)} == {
            ("rita", "a"),
            ("ada", "b"),
        }
        assert tokens.revoke(ada, row.id)
        assert tokens.access(token) is None

    def test_of_one_that_is_not_there(self, tokens, users):
        assert not tokens.revoke(acting(users, "rita"), 12_345)

    def test_at_once_is_recorded_once(self, tokens, users, database):
        rita = acting(users, "rita")
        tokens.create(rita, "a", Role.READER, 7)
        (row,) = tokens.listed(rita)
        together = threading.Barrier(6)

        def revoke(_: int) -> bool:
            together.wait()
            revoked: bool = tokens.revoke(rita, row.id)
            return revoked

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(revoke, range(6))) == [False] * 5 + [True]
        assert [entry[1] for entry in trail(database)].count("revoke API token") == 1

    def test_ends_it_for_all_who_use_it_meanwhile(self, tokens, users):
        """Nobody who asks after the revocation has returned gets anything."""
        rita = acting(users, "rita")
        token = tokens.create(rita, "a", Role.READER, 7)
        (row,) = tokens.listed(rita)
        revoked, started = threading.Event(), threading.Barrier(5)

        def use(_: int) -> list[bool]:
            started.wait()
            results: list[bool] = []
            while len(results) < 1_000:
                after = revoked.is_set()
                allowed = tokens.access(token) is not None
                results.append(allowed and after)
                if after:
                    break
            return results

        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(use, number) for number in range(4)]
            started.wait()
            tokens.revoke(rita, row.id)
            revoked.set()
            assert not any(result for future in futures for result in future.result())


class TestFailures:
    def test_are_in_the_audit_trail_without_the_token(self, tokens, users, clock, database):
        rita = acting(users, "rita")
        revoked = tokens.create(rita, "old", Role.READER, 7)
        tokens.revoke(rita, tokens.listed(rita)[0].id)
        expired = tokens.create(rita, "short", Role.READER, 7)
        of_carl = tokens.create(acting(users, "carl"), "c", Role.READER, 30)
        users.remove("carl")
        clock.move(days=7)
        unknown = "gk_" + "A" * 43
        for token in (revoked, expired, of_carl, unknown, "gk_short", "", "x" * 10_000, "é\ud800"):
            assert tokens.access(token, "10.0.0.1") is None
        failed = [entry for entry in trail(database) if entry[1] == "failed API token"]
        assert failed == [
            ("", "failed API token", "", "unknown token, from 10.0.0.1"),
            ("", "failed API token", "carl", "c: owner without a role, from 10.0.0.1"),
            ("", "failed API token", "rita", "short: expired, from 10.0.0.1"),
            ("", "failed API token", "rita", "old: revoked, from 10.0.0.1"),
        ]

    def test_are_bounded(self, tokens, database):
        for _ in range(3):
            tokens.access("gk_wrong", "10.0.0.1")
        assert len(trail(database)) == 1
        for number in range(150):
            tokens.access("gk_wrong", f"10.0.1.{number}")
        assert len(trail(database)) == 100
