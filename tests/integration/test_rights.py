"""Every change and every private thing in core, as everyone who may come."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.access import Access, Action, LibraryAccess, Role, User
from core.access.administration import Administration
from core.access.sign_ins import SignIns
from core.access.user_file import UserFile
from core.access.users import NOBODY, VISITOR
from core.classify import classify
from core.errors import ForbiddenError, GeneKinError, InputError, LibraryError
from core.evaluation.evaluations import Evaluations
from core.jobs.kinds.registry import KINDS
from core.jobs.queue import JobQueue
from core.jobs.user_jobs import REQUIRED_ACTIONS, UserJobs
from core.library.archive import export_library, import_library
from core.library.load import known_records, load
from core.library.manager import Libraries
from core.library.refit import refit
from core.library.repair import repair
from core.runs import Runs, RunSettings
from core.sequences.checks import Known
from core.sequences.limits import Limits
from core.sequences.records import Record
from core.settings import Settings
from core.stores.sql.audit import AuditTable
from core.stores.sql.evaluations import EvaluationRow, EvaluationTable
from core.stores.sql.tables import utc_now
from core.stores.stores import Stores
from tests.support.jobs import ended, submit_work, work_kind, working
from tests.support.synthetic import FAMILY_NAMES, dna, genes

USERS = {
    "nobody": NOBODY,
    "visitor": VISITOR,
    "reader": User("rita", Role.READER),
    "curator": User("carl", Role.CURATOR),
    "admin": User("ada", Role.ADMIN),
}
RECORDS = [Record("mine", dna("human 2"), 1, 1)]
CLAIMS = {"iss": "https://i", "sub": "17", "email": "ada@lab.example", "groups": ["admin"]}
SETTINGS = RunSettings(None, 10, 0.0)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(home=tmp_path_factory.mktemp("rights"))


@pytest.fixture(scope="module")
def stores(settings):
    with Stores(settings) as stores:
        load(Libraries(stores), {"human": genes("human")}, library="lab", encoder="count")
        for access in (LibraryAccess.PRIVATE, LibraryAccess.PUBLIC):
            load(
                acting(stores, "curator"),
                {"human": genes("human", 6)},
                library=access,
                encoder="count",
                families=FAMILY_NAMES,
                access=access,
            )
        yield stores


def acting(stores, who: str) -> Libraries:
    return Libraries(stores).acting_as(Access(USERS[who]))


def trail(stores):
    return [(row.by, row.action, row.subject) for row in AuditTable(stores.database).find()]


@pytest.fixture(scope="module")
def archive(stores, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "lab.zip"
    export_library(Libraries(stores), "lab", path)
    return Path(path)


CHANGES = {
    Action.LOAD: lambda libraries, path: load(
        libraries, {"dog": genes("dog", 4)}, library="lab", families=FAMILY_NAMES
    ),
    Action.REMOVE: lambda libraries, path: libraries.remove_organism("lab", "dog"),
    Action.CALIBRATE: lambda libraries, path: libraries.set_threshold("lab", 0.5),
    Action.REFIT: lambda libraries, path: refit(libraries, "lab"),
    Action.REPAIR: lambda libraries, path: repair(libraries, "lab"),
    Action.EXPORT: lambda libraries, path: export_library(
        libraries, "lab", path.with_name("again.zip")
    ),
    Action.IMPORT: lambda libraries, path: import_library(
        libraries, path, "imported", limits=Limits()
    ),
    Action.RENAME: lambda libraries, path: libraries.rename("imported", "renamed"),
    Action.DELETE_LIBRARY: lambda libraries, path: libraries.delete("renamed"),
}
"""Changes of libraries, in an order in which all succeed."""
NEEDS = {action: "admin" if action is Action.DELETE_LIBRARY else "curator" for action in CHANGES}


class TestChanges:
    @pytest.mark.parametrize("action", CHANGES)
    def test_are_for_their_role_and_recorded(self, stores, archive, action):
        order = list(USERS)
        for who in order[: order.index(NEEDS[action])]:
            before = state(stores)
            with pytest.raises(ForbiddenError, match=r"Not allowed|no role"):
                CHANGES[action](acting(stores, who), archive)
            assert state(stores) == before
        CHANGES[action](acting(stores, NEEDS[action]), archive)
        by, recorded, _ = trail(stores)[0]
        assert (by, recorded) == (USERS[NEEDS[action]].name, action)

    def test_calibration_and_reconciliation_too(self, stores):
        for who in ("nobody", "visitor", "reader"):
            libraries = acting(stores, who)
            for change in (
                lambda libraries=libraries: libraries.calibrate("lab"),
                lambda libraries=libraries: libraries.reconcile("lab"),
            ):
                with pytest.raises(ForbiddenError):
                    change()

    def test_a_role_that_is_lost_counts_at_once(self, stores):
        roles = {"now": Role.CURATOR}
        access = Access(User("carl", Role.CURATOR), lambda: roles["now"])
        libraries = Libraries(stores).acting_as(access)
        libraries.set_threshold("lab", 0.4)
        roles["now"] = Role.READER
        with pytest.raises(ForbiddenError):
            libraries.set_threshold("lab", 0.3)

    def test_a_load_is_its_users_whatever_it_says(self, stores):
        load(
            acting(stores, "curator"),
            {"cat": genes("cat", 3)},
            library="lab",
            families=FAMILY_NAMES,
            by="somebody else",
        )
        library = Libraries(stores).open("lab")
        (organism,) = [row for row in library.organisms() if row.name == "cat"]
        assert [row.by for row in library.loads()[organism.id]] == ["carl"]


def state(stores):
    """Everything that changes of libraries change."""
    labels = stores.labels
    rows = [labels.library(name) for name in labels.library_names()]
    return [(row, labels.organisms(row.id)) for row in rows]


class TestLibraryAccess:
    @pytest.mark.parametrize(
        ("who", "names"),
        [
            ("nobody", set()),
            ("visitor", {"public"}),
            ("reader", {"public", "lab"}),
            ("curator", {"public", "lab", "private"}),
            ("admin", {"public", "lab", "private"}),
        ],
    )
    def test_decides_what_is_there(self, stores, who, names):
        libraries = acting(stores, who)
        assert {*libraries.names()} == names
        for name in ("public", "lab", "private"):
            if name in names:
                assert libraries.open(name).search([dna("human 2")])[0]
                assert libraries.has_organisms(name)
                continue
            for look in (
                libraries.open,
                libraries.library_row,
                lambda name: export_library(
                    Libraries(stores).acting_as(libraries.access), name, Path("x")
                ),
            ):
                with pytest.raises((LibraryError, ForbiddenError)):
                    look(name)
            assert not libraries.has_organisms(name)
            assert known_records(libraries, name) == Known()

    def test_another_curator_changes_nothing_private(self, stores):
        libraries = Libraries(stores).acting_as(Access(User("cora", Role.CURATOR)))
        before = state(stores)
        for change in (
            lambda: load(libraries, {"dog": genes("dog", 2)}, library="private"),
            lambda: libraries.remove_organism("private", "human"),
            lambda: libraries.rename("private", "mine"),
            lambda: libraries.set_threshold("private", 0.1),
            lambda: refit(libraries, "private"),
            lambda: repair(libraries, "private"),
            lambda: export_library(libraries, "private", Path("never.zip")),
            lambda: libraries.set_access("private", LibraryAccess.PUBLIC),
        ):
            with pytest.raises((ForbiddenError, LibraryError)):
                change()
        assert state(stores) == before
        assert not Path("never.zip").exists()

    def test_is_changed_by_its_owner(self, stores):
        with pytest.raises(ForbiddenError, match="Only the owner of the library 'public'"):
            Libraries(stores).acting_as(Access(User("cora", Role.CURATOR))).set_access(
                "public", LibraryAccess.LAB
            )
        owner = acting(stores, "curator")
        owner.set_access("public", LibraryAccess.PRIVATE)
        assert "public" not in acting(stores, "reader").names()
        owner.set_access("public", LibraryAccess.PUBLIC)
        assert trail(stores)[0] == ("carl", Action.SET_ACCESS, "public")

    def test_a_library_of_nobody_becomes_the_administrators(self, stores):
        admin = acting(stores, "admin")
        assert admin.library_row("lab").owner == ""
        admin.set_access("lab", LibraryAccess.LAB)
        assert admin.library_row("lab").owner == "ada"


class TestRuns:
    @pytest.fixture
    def runs_of(self, stores):
        def runs_of(who: str) -> Runs:
            return Runs(stores.database, 90, Access(USERS[who]))

        for run in runs_of("admin").find(count=1_000):
            runs_of("admin").delete(run.id)
        return runs_of

    @staticmethod
    def store(runs: Runs, stores, by: str = ""):
        library = Libraries(stores).open("public")
        return runs.store(library, RECORDS, classify(library, RECORDS), SETTINGS, by=by)

    def test_are_private_to_their_user(self, runs_of, stores):
        run = self.store(runs_of("reader"), stores, by="somebody else")
        assert run.by == "rita"
        assert runs_of("reader").get(run.id) == run
        assert runs_of("admin").get(run.id) == run
        for who in ("visitor", "curator"):
            runs = runs_of(who)
            for look in (runs.get, lambda _, runs=runs: runs.calls(run)):
                with pytest.raises(ForbiddenError, match="This result is private") as raised:
                    look(run.id)
                assert "rita" not in str(raised.value)
            with pytest.raises(ForbiddenError):
                runs.queries(run)
        assert (runs_of("curator").find(), runs_of("curator").count()) == ([], 0)
        assert runs_of("reader").find() == runs_of("admin").find() == [run]

    def test_a_shared_one_is_open_and_listed_but_not_changed(self, runs_of, stores):
        run = self.store(runs_of("reader"), stores)
        runs_of("reader").share(run.id, shared=True)
        for who in ("visitor", "curator"):
            runs = runs_of(who)
            assert runs.calls(runs.get(run.id))
            assert not runs.may_change(run)
            for change in (
                lambda runs=runs: runs.rename(run.id, "mine"),
                lambda runs=runs: runs.delete(run.id),
                lambda runs=runs: runs.share(run.id, shared=False),
            ):
                with pytest.raises(ForbiddenError):
                    change()
        assert [found.id for found in runs_of("curator").find()] == [run.id]
        runs_of("reader").share(run.id, shared=False)
        assert runs_of("curator").find() == []

    def test_a_visitors_is_found_by_its_link_only(self, runs_of, stores):
        run = self.store(runs_of("visitor"), stores)
        assert (run.by, run.shared) == ("", True)
        assert runs_of("visitor").get(run.id) == runs_of("curator").get(run.id) == run
        assert runs_of("curator").find() == []
        for who in ("visitor", "nobody"):
            with pytest.raises(ForbiddenError):
                runs_of(who).find()

    def test_nobody_stores_any(self, runs_of, stores):
        with pytest.raises(ForbiddenError):
            self.store(runs_of("nobody"), stores)

    def test_those_from_before_sign_in_are_the_administrators(self, runs_of, stores):
        run = self.store(Runs(stores.database, 90), stores)
        assert run.by == ""
        for who in ("visitor", "reader", "curator"):
            with pytest.raises(ForbiddenError):
                runs_of(who).get(run.id)
        assert runs_of("admin").get(run.id) == run

    def test_that_are_forged_are_looked_up(self, runs_of, stores):
        run = self.store(runs_of("reader"), stores)
        with pytest.raises(ForbiddenError):
            runs_of("curator").delete(replace(run, by="carl").id)
        with pytest.raises(InputError, match="not found"):
            runs_of("admin").delete("x" * 22)


class TestJobs:
    @pytest.fixture
    def jobs(self, stores, monkeypatch):
        for kind in [*REQUIRED_ACTIONS, "unheard of"]:
            monkeypatch.setitem(KINDS, kind, work_kind(kind))
        with working(Libraries(stores)):
            yield JobQueue(stores.database)

    @pytest.mark.parametrize("kind", [*REQUIRED_ACTIONS, "unheard of"])
    def test_are_submitted_by_those_who_may(self, stores, jobs, kind):
        action = REQUIRED_ACTIONS.get(kind, Action.SEE_ALL)
        for who, user in USERS.items():
            own = UserJobs(jobs, acting(stores, who))
            if user.may(action):
                job = own.get(submit_work(own, library=f"of {who}", kind=kind, by="somebody else"))
                assert job is not None
                assert job.by == ("somebody else" if who == "admin" else user.name)
                assert job.role == user.role
            else:
                with pytest.raises(ForbiddenError):
                    submit_work(own, library=f"of {who}", kind=kind)

    def test_of_others_are_hidden_unless_their_library_is_known(self, stores, jobs):
        carl, cora = (
            UserJobs(jobs, Libraries(stores).acting_as(Access(User(name, Role.CURATOR))))
            for name in ("carl", "cora")
        )
        result = {"said": "secret genes"}
        ids = [
            submit_work(carl, lambda _: result, library, kind="load", title=f"{library}.fasta")
            for library in ("private", "lab")
        ]
        ids.append(
            submit_work(
                carl, lambda _: result, "run 1", kind="classify", title="Classify 3 records"
            )
        )
        for number in ids:
            ended(jobs, number)
        private, lab, classified = (job for number in ids if (job := cora.get(number)))
        assert lab.title == "lab.fasta"
        assert {private.title, classified.title} == {"Another user's job"}
        assert private.result == {"said": ""}
        own = [job.title for job in carl.recent() if job.id in ids]
        assert own == ["Classify 3 records", "lab.fasta", "private.fasta"]
        shown = str([*cora.recent(), *UserJobs(jobs, acting(stores, "reader")).recent()])
        assert "private.fasta" not in shown

    def test_are_cancelled_by_their_user(self, stores, jobs):
        def endless(progress):
            while True:
                progress("Waiting", 0, 0)

        number = submit_work(jobs, endless, "run 2", kind="classify", by="rita")
        for who in ("nobody", "visitor", "curator"):
            with pytest.raises(ForbiddenError, match="another user's"):
                UserJobs(jobs, acting(stores, who)).cancel(number)
        assert UserJobs(jobs, acting(stores, "reader")).cancel(number)
        ended(jobs, number)


class TestEvaluations:
    def test_are_changed_by_their_user(self, stores):
        table = EvaluationTable(stores.database)
        table.add(EvaluationRow("first", utc_now(), "carl", "lab", "d", 1, 1), "{}")
        (row,) = Evaluations(stores.database, Access(USERS["reader"])).recent()
        for user in (NOBODY, VISITOR, USERS["reader"], User("cora", Role.CURATOR)):
            evaluations = Evaluations(stores.database, Access(user))
            assert not evaluations.may_change(row)
            for change in (
                lambda evaluations=evaluations: evaluations.rename(row, "mine"),
                lambda evaluations=evaluations, user=user: evaluations.delete(
                    replace(row, by=user.name)
                ),
            ):
                with pytest.raises(ForbiddenError):
                    change()
        for user in (NOBODY, VISITOR):
            with pytest.raises(ForbiddenError):
                Evaluations(stores.database, Access(user)).recent()
        Evaluations(stores.database, Access(USERS["curator"])).rename(row, "second")
        Evaluations(stores.database, Access(USERS["admin"])).delete(row)
        assert table.recent() == []


class TestAdministration:
    @pytest.fixture
    def administration(self, stores, settings, tmp_path):
        users = UserFile(tmp_path / "users")
        users.add("ada", Role.ADMIN, "correct horse")

        def administration(who: str) -> Administration:
            sign_ins = SignIns(stores.database, settings)
            record = AuditTable(stores.database).add
            return Administration(users, sign_ins, Access(USERS[who]), record)

        return administration

    @pytest.mark.parametrize("who", [name for name in USERS if name != "admin"])
    def test_is_for_administrators(self, administration, who):
        mine = administration(who)
        for call in (
            mine.users,
            mine.sign_ins,
            lambda: mine.add("eve", Role.ADMIN, "correct horse"),
            lambda: mine.remove("ada"),
            lambda: mine.set_role("ada", Role.READER),
            lambda: mine.set_password("ada", "another horse"),
            lambda: mine.end_sign_ins("ada"),
        ):
            with pytest.raises(ForbiddenError):
                call()
        assert administration("admin").users() == [User("ada", Role.ADMIN)]

    def test_signs_out_whom_it_removes_or_gives_a_password(self, administration, stores, settings):
        sign_ins, users = SignIns(stores.database, settings), administration("admin")._users
        for end in (
            lambda: administration("admin").set_password("rita", "another horse"),
            lambda: administration("admin").end_sign_ins("rita"),
            lambda: administration("admin").remove("rita"),
        ):
            if "rita" not in {user.name for user in users.users()}:
                administration("admin").add("rita", Role.READER, "correct horse")
            token = sign_ins.begin("rita")
            assert sign_ins.access(token, users)
            end()
            assert sign_ins.access(token, users) is None
        assert trail(stores)[0][1:] == ("remove user", "rita")
        assert "horse" not in str(AuditTable(stores.database).find())


class TestSignIns:
    @pytest.fixture
    def sign_ins(self, stores, settings):
        return SignIns(stores.database, settings.model_copy(update={"role_claim": "groups"}))

    def claims(self, hours: float = 0.0, **more):
        return {**CLAIMS, "iat": (utc_now() - timedelta(hours=hours)).timestamp(), **more}

    def test_of_a_provider_is_recorded_once_and_ends_everywhere(self, sign_ins, stores):
        claims = self.claims()
        for _ in range(3):
            access = sign_ins.access_of_claims(claims)
            assert access.user == User("ada@lab.example", Role.ADMIN)
        assert trail(stores)[0][:2] == ("ada@lab.example", "sign in")
        assert trail(stores)[1][:2] != ("ada@lab.example", "sign in")
        sign_ins.end_claims(claims)
        assert sign_ins.access_of_claims(claims) is None
        assert sign_ins.access_of_claims({**claims, "nonce": "another"})

    @pytest.mark.parametrize("hours", [12.1, 1_000, -1])
    def test_of_another_time_is_none(self, sign_ins, hours):
        assert sign_ins.access_of_claims(self.claims(hours)) is None

    @pytest.mark.parametrize("more", [{"iat": None}, {"iat": "now"}, {"sub": ""}])
    def test_without_its_claims_is_none(self, sign_ins, more):
        assert sign_ins.access_of_claims(self.claims(**more)) is None

    def test_the_database_has_no_token(self, sign_ins, stores, tmp_path):
        users = UserFile(tmp_path / "users")
        users.add("ada", Role.ADMIN, "correct horse")
        token = sign_ins.begin("ada")
        (row,) = [row for row in sign_ins.active() if row.name == "ada"]
        assert token not in str(row)
        assert sign_ins.access(token, users)
        assert sign_ins.access(row.digest, users) is None  # The database gives nobody a way in.
        for wrong in ("", "x", token.lower(), token + "x", "x" * 10_000):
            assert sign_ins.access(wrong, users) is None

    def test_an_old_one_is_none(self, sign_ins, stores, settings, tmp_path, monkeypatch):
        users = UserFile(tmp_path / "users")
        users.add("ada", Role.ADMIN, "correct horse")
        token = sign_ins.begin("ada")
        later = utc_now() + timedelta(hours=settings.sign_in_hours)
        monkeypatch.setattr("core.access.sign_ins.utc_now", lambda: later)
        assert sign_ins.access(token, users) is None


def test_refusals_are_plain(stores):
    with pytest.raises(GeneKinError) as raised:
        acting(stores, "reader").delete("lab")
    assert str(raised.value) == (
        "Not allowed: delete library needs the role admin; yours is reader. Ask an administrator"
        " of this server."
    )
    assert raised.value.exit_status == 2
