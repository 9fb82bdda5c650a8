"""Who may import whom: the shape of the code, read from its imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "poolapp"
# Through these Django, Channels and templates come in, so they may know the screens.
ENTRANCES = {"poolapp.admin", "poolapp.routing", "poolapp.templatetags.poolapp"}
SCREENS = ("poolapp.dashboard", "poolapp.admin", "poolapp.management")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def nodes(tree: ast.AST, *, at_import: bool) -> Iterator[ast.AST]:
    """All nodes; `at_import` only those that run when the module is imported."""
    for node in ast.iter_child_nodes(tree):
        if at_import and (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_type_checking(node)):
            continue
        yield node
        yield from nodes(node, at_import=at_import)


def targets(node: ast.AST, importer: str) -> Iterator[str]:
    """The modules that a node imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = importer if MODULES[importer].name == "__init__.py" else importer.rpartition(".")[0]
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, *([base] if base else [])])
        for alias in node.names:
            full = f"{base}.{alias.name}"
            yield full if full in MODULES else base


@cache
def imports(module: str, *, at_import: bool = False) -> frozenset[str]:
    tree = ast.parse(MODULES[module].read_text())
    return frozenset(target for node in nodes(tree, at_import=at_import) for target in targets(node, module))


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def importers(package: str) -> list[str]:
    return [module for module in MODULES if within(module, package)]


def test_there_is_something_to_read():
    assert len(importers("poolapp.engine")) > 20
    assert "poolapp.engine.scheduler" in imports("poolapp.engine.core")


@pytest.mark.parametrize("module", importers("poolapp.engine"))
def test_the_engine_imports_the_standard_library_and_itself(module: str):
    foreign = {
        target
        for target in imports(module)
        if target.partition(".")[0] not in sys.stdlib_module_names and not within(target, "poolapp.engine")
    }

    assert foreign == set()


@pytest.mark.parametrize("module", importers("poolapp.engine.workers"))
def test_workers_know_neither_the_scheduler_nor_the_pool(module: str):
    assert not imports(module) & {"poolapp.engine.scheduler", "poolapp.engine.pool", "poolapp.engine.core"}


DECIDING = [
    "ageing", "dispatcher", "edges", "interrupting", "node", "queues", "reconfiguring", "scheduler", "staff", "state",
    "statistics", "stealing",
]  # fmt: skip


@pytest.mark.parametrize(
    "name", [*importers("poolapp.engine.strategies"), *(f"poolapp.engine.{module}" for module in DECIDING)]
)
def test_what_decides_knows_no_threads_sockets_or_clocks(name: str):
    assert not imports(name) & {"threading", "socket", "time", "selectors", "subprocess", "poolapp.engine.clock"}
    assert not any(within(target, "poolapp.engine.workers") for target in imports(name))


@pytest.mark.parametrize("module", importers("poolapp.observers"))
def test_observers_know_events_and_not_the_pool(module: str):
    assert not imports(module) & {
        "poolapp.engine.core",
        "poolapp.engine.pool",
        "poolapp.engine.scheduler",
        "poolapp.pools",
    }


@pytest.mark.parametrize("module", [module for module in MODULES if module not in ENTRANCES])
def test_nobody_imports_the_screens_and_commands(module: str):
    """Except themselves, each its own."""
    own = [screen for screen in SCREENS if within(module, screen)]

    assert [target for target in imports(module) if within(target, *SCREENS) and not within(target, *own)] == []


def test_there_are_no_cycles():
    """Of imports that happen when a module is imported."""
    graph = {module: imports(module, at_import=True) & set(MODULES) for module in MODULES}
    path: list[str] = []
    done: set[str] = set()

    def visit(module: str) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module in done:
            return
        path.append(module)
        for target in graph[module]:
            if target != module:
                visit(target)
        path.pop()
        done.add(module)

    for module in graph:
        visit(module)


@pytest.mark.parametrize(
    "statement",
    [
        "import poolapp.engine",
        "from poolapp import Pool, PoolOptions, TaskFuture, WorkerLost",
        "import poolapp.engine.workers.process, poolapp.engine.workers.thread, poolapp.engine.workers.inline",
        "import poolapp.engine.workers.nursery_process",
    ],
)
def test_the_engine_is_imported_without_django(statement: str):
    program = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"

    output = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert not {"django", "channels", "asgiref", "daphne"} & set(output.split())
