"""The style guide as a test: what no linter here checks, and the proof that each rule bites."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PACKAGES = ("flows", "tasks", "trading", "reports", "deployments")
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
# Names that say where code was put instead of what it is.
BANNED_NAMES = frozenset(
    ("abstract", "common", "core", "helper", "helpers", "manager", "managers", "misc", "shared")
) | {"util", "utils"}

MARKER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
OWNED_MARKER = re.compile(r"\b(TODO|FIXME)\([\w.-]+\): \S")
COMMENTED_PRINT = re.compile(r"#+\s*print\s*\(")

type_of_function = (ast.FunctionDef, ast.AsyncFunctionDef)
Complaints = Iterator[str]
Rule = Callable[[Path, str], Complaints]


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module, methods and inner functions too."""
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, type_of_function))


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every comment."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def short_modules(_path: Path, source: str) -> Complaints:
    """Complain of a module that holds more than one idea can need."""
    lines = len(source.splitlines())
    if lines > MODULE_LINES_MAX:
        yield f"expected at most {MODULE_LINES_MAX} lines, was {lines}: is it still one idea?"


def short_functions(_path: Path, source: str) -> Complaints:
    """Complain of a function that does not fit on a screen, its docstring included."""
    for function in functions(source):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            yield f"{function.name}: expected at most {FUNCTION_LINES_MAX} lines, was {lines}"


def telling_names(path: Path, _source: str) -> Complaints:
    """Complain of a module or package whose name says nothing about its subject."""
    for name in (*path.parent.parts, path.stem):
        if name in BANNED_NAMES:
            yield f"{name!r} names no subject: call it after what it holds"


def owned_promises(_path: Path, source: str) -> Complaints:
    """Complain of a promise without an owner and a condition."""
    for line, comment in comments(source):
        if MARKER.search(comment) and not OWNED_MARKER.search(comment):
            yield f"line {line}: expected 'TODO(owner): condition', was {comment!r}"


def no_commented_prints(_path: Path, source: str) -> Complaints:
    """Complain of a print that was switched off instead of removed."""
    for line, comment in comments(source):
        if COMMENTED_PRINT.match(comment):
            yield f"line {line}: a commented-out print"


def described_modules(_path: Path, source: str) -> Complaints:
    """Complain of a module that does not say what it is for."""
    if not ast.get_docstring(ast.parse(source)):
        yield "no module docstring: what is it for, and what must it not know?"


def described_tests(path: Path, source: str) -> Complaints:
    """Complain of a test that does not state its claim."""
    if path.parts[:1] != ("tests",):
        return
    for function in functions(source):
        if function.name.startswith("test_") and not ast.get_docstring(function):
            yield f"{function.name}: no docstring: what does it claim?"


RULES: tuple[Rule, ...] = (
    short_modules,
    short_functions,
    telling_names,
    owned_promises,
    no_commented_prints,
    described_modules,
    described_tests,
)


def modules(root: Path) -> list[Path]:
    """Return the path of every module of ours, relative to the root."""
    found = (path for room in (*PACKAGES, "tests") for path in (root / room).rglob("*.py"))
    return sorted(path.relative_to(root) for path in found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_is_tidy(rule: Rule, root: Path) -> None:
    """No module of this project breaks the rule."""
    paths = modules(root)

    assert [] == [
        f"{path}: {complaint}"
        for path in paths
        for complaint in rule(path, (root / path).read_text(encoding="utf-8"))
    ]
    assert Path("tests/house/test_tidy.py") in paths


DOCSTRING = '"""What it is for."""\n'
LONG_FUNCTION = "def f() -> None:\n" + "    g()\n" * FUNCTION_LINES_MAX
LONG_METHOD = "class C:\n    async def f(self) -> None:\n" + "        g()\n" * FUNCTION_LINES_MAX
TODO = "TO" + "DO"  # in two halves, so that this file keeps its own rule


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (short_modules, "trading/a.py", "x = 1\n" * (MODULE_LINES_MAX + 1)),
        (short_functions, "trading/a.py", LONG_FUNCTION),
        (short_functions, "trading/a.py", LONG_METHOD),
        (telling_names, "trading/utils.py", ""),
        (telling_names, "trading/helpers/prices.py", ""),
        (owned_promises, "trading/a.py", f"x = 1  # {TODO} round this\n"),
        (owned_promises, "trading/a.py", f"# {TODO}(ada)\n"),
        (no_commented_prints, "trading/a.py", "# print(order)\n"),
        (described_modules, "trading/a.py", "x = 1\n"),
        (described_tests, "tests/test_a.py", "def test_a() -> None:\n    assert 1\n"),
        (described_tests, "tests/test_a.py", "class TestA:\n    async def test_a(self): ...\n"),
    ],
)
def test_each_rule_finds_what_it_forbids(rule: Rule, path: str, source: str) -> None:
    """A sample that breaks one rule is complained of once, by that rule."""
    assert 1 == len(list(rule(Path(path), source)))


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (short_modules, "trading/a.py", "x = 1\n" * MODULE_LINES_MAX),
        (short_functions, "trading/a.py", LONG_FUNCTION.removesuffix("    g()\n")),
        (telling_names, "trading/strategy/base.py", ""),
        (owned_promises, "trading/a.py", f"# {TODO}(ada): when the venue publishes tiers\n"),
        (owned_promises, "trading/a.py", f'text = "# {TODO}"\n'),
        (no_commented_prints, "trading/a.py", "# A print (a public trade) moves the mark.\n"),
        (described_modules, "trading/a.py", DOCSTRING),
        (described_tests, "tests/test_a.py", f"def test_a() -> None:\n    {DOCSTRING}"),
        (described_tests, "trading/exchange/market.py", "def test_a() -> None:\n    g()\n"),
    ],
)
def test_each_rule_lets_good_code_pass(rule: Rule, path: str, source: str) -> None:
    """A sample at the very edge of the rule is not complained of."""
    assert [] == list(rule(Path(path), source))
