"""The dashboard without a browser: Streamlit's AppTest over app.py, with stores of its own."""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from components.shared import services
from core.access.user_file import UserFile
from core.jobs import worker
from core.library.load import load
from core.library.manager import Libraries
from core.settings import Settings
from core.stores.stores import Stores
from tests.support.jobs import start_worker_thread
from tests.support.library_page import PATIENCE
from tests.support.pages import PASSWORD, USERS
from tests.support.synthetic import FAMILY_NAMES, genes

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session", autouse=True)
def _scan_packages_once() -> Iterator[None]:
    """Let Streamlit look for components in the installed packages once, not at every run.

    AppTest makes a new runtime for each run, and reading all packages takes most of its time.
    """
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Set up an empty home for one test; close the stores of the pages after it."""
    monkeypatch.setenv("GENEKIN_HOME", str(tmp_path / "home"))
    # A child process would take seconds to start for every test.
    monkeypatch.setattr("core.services._start_worker", start_worker_thread)
    monkeypatch.setattr(worker, "_POLL_SECONDS", 0.03)
    yield tmp_path / "home"
    services._open.clear()


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a home with the organisms human (12 genes) and dog (4 genes)."""
    folder = tmp_path_factory.mktemp("filled") / "home"
    with Stores(Settings(home=folder)) as stores:
        references = {"human": genes("human", 12), "dog": genes("dog", 4)}
        load(Libraries(stores), references, encoder="count", families=FAMILY_NAMES)
    return folder


@pytest.fixture
def loaded(home: Path, filled_home: Path) -> None:
    """Copy the filled home into the test's home."""
    shutil.copytree(filled_home, home)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    """Return a function that opens a page by the name of its file."""
    init = PagesManager.__init__

    def init_with_navigation(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        # AppTest forgets before every run that app.py calls st.navigation, and would run the
        # pages without app.py, as Streamlit does with a pages directory.
        init(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", init_with_navigation)

    def opened(page: str) -> AppTest:
        dashboard = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=PATIENCE).run()
        return dashboard.switch_page(f"pages/{page}.py").run()

    return opened


@pytest.fixture
def users(loaded, home, monkeypatch) -> UserFile:
    """A file of users, which the settings name."""
    monkeypatch.setenv("GENEKIN_USERS_FILE", str(home / "users"))
    users = UserFile(home / "users")
    for name, role in USERS.items():
        users.add(name, role, PASSWORD)
    return users


@pytest.fixture
def cookies(monkeypatch) -> dict[str, str]:
    """The cookies of the browser, which AppTest does not have."""
    cookies: dict[str, str] = {}
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.cookies", property(lambda _: cookies)
    )
    return cookies


@pytest.fixture
def signed_in(users, cookies, opened):
    """Return a function that opens a page as a user; as nobody, if the name is empty."""

    def signed_in(page: str, name: str):
        cookies.clear()
        if name:
            accounts = services.accounts()
            assert accounts is not None
            cookies["genekin"] = accounts.sign_ins.begin(name)
        return opened(page)

    return signed_in
