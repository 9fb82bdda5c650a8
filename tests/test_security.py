"""What comes from outside names things, and is never code: nothing is imported or unpickled that others can write."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import poolapp
from poolapp import pools as running_pools

PACKAGE = Path(poolapp.__file__).parent

# Who may turn bytes into objects: the two ends of the sockets between a pool and its workers, which nobody else holds.
UNPICKLE = {
    "engine/workers/boot.py",  # the set-up of a nursery, from a file that exists nowhere else
    "engine/workers/luggage.py",
    "engine/workers/parcels.py",
    "engine/workers/wire.py",
}
# Who may turn names into code, and whose names these are.
IMPORT = {
    "__init__.py",  # our own
    "engine/__init__.py",  # our own
    "engine/tasks.py",  # settings, and functions that the calling code has given
    "dashboard/consumers.py",  # Django's SESSION_ENGINE
    "observers/broadcaster.py",  # our own
}
UNPICKLING = {"pickle.loads", "pickle.load", "pickle.Unpickler", "marshal.loads", "marshal.load"}
IMPORTING = {"import_module", "importlib.import_module", "import_string", "__import__", "eval", "exec", "compile"}
AS_MARKUP = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")
MARKING_SAFE = {"mark_safe", "safestring.mark_safe"}


def callers_of(names: set[str]) -> set[str]:
    """The modules that use one of these."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.Name, ast.Attribute)) and ast.unparse(node) in names:
                found.add(path.relative_to(PACKAGE).as_posix())
    return found


def test_only_the_two_ends_of_a_worker_s_socket_unpickle():
    assert callers_of(UNPICKLING) <= UNPICKLE


def test_nothing_is_imported_by_a_name_that_comes_from_outside():
    assert callers_of(IMPORTING) <= IMPORT


def test_no_text_is_declared_safe():
    assert callers_of(MARKING_SAFE) == set()


def test_no_template_declares_a_text_safe():
    templates = PACKAGE.parent / "templates" / "poolapp"
    pages = {path: path.read_text() for path in templates.rglob("*.html")}

    assert pages
    assert not [path.name for path, text in pages.items() if "|safe" in text or "autoescape off" in text]


def test_scripts_put_text_into_pages_as_text():
    scripts = {path: path.read_text() for path in (PACKAGE / "static" / "poolapp" / "js").glob("*.js")}

    assert scripts
    for path, text in scripts.items():
        assert not [word for word in AS_MARKUP if word in text], path


@pytest.mark.parametrize("name", ["os.system", "subprocess:run", "builtins.eval", "poolapp.engine.tasks.load", "../x"])
def test_a_name_that_is_no_task_runs_nothing(name: str, settings):
    settings.POOLAPP = {"POOLS": {"default": {"WORKER": "inline", "MIN_SIZE": 1}}}
    try:
        with pytest.raises(poolapp.TaskNotFound):
            poolapp.execute(name, "true")
    finally:
        running_pools.stop()


PAGE = PACKAGE.parent / "docs" / "security.md"
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def test_every_threat_has_a_row():
    numbers = re.findall(r"^\| S(\d+) \|", PAGE.read_text(), re.MULTILINE)

    assert numbers == [str(number) for number in range(1, 19)]


@pytest.mark.parametrize("path, name", NAMED.findall(PAGE.read_text()))
def test_the_tests_that_the_page_names_exist(path: str, name: str):
    assert re.search(rf"def {name}\(", (Path(__file__).parent / path).read_text()), f"{path} has no {name}"
