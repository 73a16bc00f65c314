"""Functions that came as zip files: apart from each other, kept warm, and cleared away."""

from __future__ import annotations

import importlib
import importlib.util
import io
import py_compile
import sys
import tempfile
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.chalice_app.runtime import HandlerNotLoaded
from chalice_offline.core.run import FunctionRun, RunLife, UploadedCode
from chalice_offline.uploaded import UploadedFunctions
from chalice_offline.uploaded import functions as uploaded_functions

if TYPE_CHECKING:
    from collections.abc import Iterator


class Packages:
    """Uploaded functions, called without any emulator around them."""

    def __init__(self) -> None:
        self.functions = UploadedFunctions("http://127.0.0.1:14566")

    def call(self, name: str, files: dict[str, Any], event: Any = None, **code: Any) -> Any:
        """Call a function of this package; the same revision is the same container."""
        running = self.functions.running(self.run(name), self.code(files, **code))
        with running as function, function.environment.active():
            return function.handler(event, None)

    def run(self, name: str) -> FunctionRun:
        return FunctionRun(
            request_id="r",
            function_name=name,
            function_arn=f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
            sent=b"{}",
            memory_mb=256,
            life=RunLife(3_000),
        )

    def code(self, files: dict[str, Any], **code: Any) -> UploadedCode:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for path, text in files.items():
                archive.writestr(path, text)
        usual = {"revision": "1", "runtime": "python3.12", "handler": "main.handler"}
        return UploadedCode(package=content.getvalue(), variables={}, **(usual | code))


@pytest.fixture
def packages() -> Iterator[Packages]:
    made = Packages()
    yield made
    made.functions.close()


def test_modules_of_one_name_are_each_functions_own(packages: Packages) -> None:
    """Packages, submodules and relative imports too; what is installed is shared."""
    code = "import helpers, json\nfrom helpers import deep\nfrom helpers.deep import NAME\n"
    code += "def handler(event, context):\n    return [helpers.WHO, deep.NAME, NAME]\n"

    def files(who: str) -> dict[str, str]:
        return {
            "main.py": code,
            "helpers/__init__.py": f"WHO = {who!r}",
            "helpers/deep.py": "from . import WHO\nNAME = WHO * 2",
        }

    assert packages.call("first", files("a")) == ["a", "aa", "aa"]
    assert packages.call("second", files("b")) == ["b", "bb", "bb"]
    assert packages.call("first", files("a")) == ["a", "aa", "aa"]
    assert "helpers" not in sys.modules
    assert "main" not in sys.modules


def _compiled_package() -> dict[str, bytes]:
    """charset_normalizer as it is installed, with the module that all of its own are made of."""
    site = Path(str(importlib.util.find_spec("charset_normalizer").origin)).parents[1]  # type: ignore[union-attr]
    files = [*(site / "charset_normalizer").iterdir(), *site.glob("*__mypyc.*.so")]
    found = {
        str(path.relative_to(site)): path.read_bytes()
        for path in files
        if path.suffix in (".py", ".so")
    }
    if not any(name.endswith(".so") for name in found):
        pytest.skip("charset_normalizer is not compiled on this platform")
    return found


def test_compiled_modules_find_their_own_neighbours(
    packages: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code in C imports past any `__import__`; another version of it here must not be what it gets.

    `requests` brings charset_normalizer along, and pip takes a newer one than is installed here.
    """
    compiled = _compiled_package()
    tops = {name.partition("/")[0].partition(".")[0] for name in compiled}
    others = {top: ModuleType(top) for top in tops}
    for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
        monkeypatch.delitem(sys.modules, name)
    for name, module in others.items():
        monkeypatch.setitem(sys.modules, name, module)
    code = "from charset_normalizer import from_bytes\n"
    code += "def handler(e, c):\n    return str(from_bytes('déjà vu, garçon'.encode()).best())\n"
    assert packages.call("native", {"main.py": code} | compiled) == "déjà vu, garçon"
    assert {name: sys.modules[name] for name in others} == others


def test_compiled_modules_leave_an_import_of_another_thread_alone(
    packages: Packages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The emulator imports a package while a function, that has one of the name, loads C code."""
    gate: Any = ModuleType("gate")
    gate.swapped, gate.begun, gate.loaded = Event(), Event(), Event()
    monkeypatch.setitem(sys.modules, "gate", gate)
    monkeypatch.syspath_prepend(str(tmp_path))
    shared = "import gate\ngate.begun.set()\nassert gate.loaded.wait(10)\n"
    (tmp_path / "neighbour.py").write_text(shared)
    files: dict[str, Any] = {"neighbour.py": "", **_compiled_package()}
    # Its compiled `cd` imports `utils`: the plain names are the function's at that moment.
    files["charset_normalizer/__init__.py"] = "from . import cd\n"
    files["charset_normalizer/utils.py"] += (
        b"\nimport gate\ngate.swapped.set()\nassert gate.begun.wait(10)\n"
    )
    files["main.py"] = "import charset_normalizer\ndef handler(e, c):\n    return 'loaded'\n"

    def import_meanwhile() -> ModuleType:
        assert gate.swapped.wait(10)
        return importlib.import_module("neighbour")

    with ThreadPoolExecutor(1) as pool:
        imported = pool.submit(import_meanwhile)
        assert packages.call("native", files) == "loaded"
        gate.loaded.set()
        assert imported.result().__file__ == str(tmp_path / "neighbour.py")
    assert sys.modules.pop("neighbour") is imported.result()


def test_container_is_warm_until_the_code_changes(packages: Packages) -> None:
    """Module-level state lives on between runs; another revision is imported anew."""
    files = {"main.py": "SEEN = []\ndef handler(e, c):\n    SEEN.append(e)\n    return len(SEEN)\n"}
    assert [packages.call("warm", files, n) for n in range(3)] == [1, 2, 3]
    assert packages.call("warm", files, revision="2") == 1


def test_replaced_code_goes_when_its_last_run_has_ended(packages: Packages) -> None:
    """A run under way keeps its files; nobody else sees them."""
    before = {"main.py": "def handler(e, c):\n    import late\n    return late.NAME\n"}
    before["late.py"] = "NAME = 'old'"
    with packages.functions.running(packages.run("f"), packages.code(before)) as running:
        folder = running.folders.root
        after = {"main.py": "def handler(e, c):\n    return 'new'\n"}
        assert packages.call("f", after, revision="2") == "new"
        assert folder.exists()
        assert running.handler(None, None) == "old"
    assert not folder.exists()


def test_idle_containers_give_way_when_there_are_many(
    packages: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was idle longest first."""
    monkeypatch.setattr(uploaded_functions, "WARM_MAX", 2)
    files = {"main.py": "COUNT = [0]\ndef handler(e, c):\n    COUNT[0] += 1\n    return COUNT[0]\n"}
    assert [packages.call(name, files) for name in ("a", "b", "a", "c")] == [1, 1, 2, 1]
    assert packages.call("a", files) == 3
    assert packages.call("b", files) == 1


def test_modules_that_packages_have_in_common_are_still_each_ones_own(packages: Packages) -> None:
    """One package for all functions of an app: each has a state and tracebacks of its own."""
    code = "COUNT = []\ndef handler(e, c):\n    COUNT.append(e)\n    within = lambda: None\n"
    code += "    return [len(COUNT), *(f.__code__.co_filename for f in (handler, within))]\n"
    files = {"main.py": code}
    for name in ("a", "b"):
        with packages.functions.running(packages.run(name), packages.code(files)) as function:
            own = str(function.folders.task / "main.py")
            assert function.handler(None, None) == [1, own, own]


def test_close_leaves_neither_files_nor_modules(packages: Packages) -> None:
    """As if no function had been there."""
    before = {name for name in sys.modules if name.startswith("uploaded_")}
    with packages.functions.running(packages.run("f"), packages.code({"main.py": ""})) as one:
        folder = one.folders.root
    packages.functions.close()
    assert not folder.parent.exists()
    assert {name for name in sys.modules if name.startswith("uploaded_")} == before


def test_environment_is_lambdas(packages: Packages) -> None:
    """Account and region are the function's; AWS is where the emulator listens."""
    names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_LAMBDA_FUNCTION_NAME", "AWS_ENDPOINT_URL"]
    names += ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "_HANDLER", "EDGE_PORT"]
    code = f"import os\ndef handler(e, c):\n    return [os.environ[n] for n in {names}]\n"
    assert packages.call("f", {"main.py": code}) == [
        "eu-west-1",
        "123456789012",
        "f",
        "http://127.0.0.1:14566",
        "256",
        "main.handler",
        "14566",
    ]


def test_names_that_lead_out_of_the_folder_stay_in_it(packages: Packages) -> None:
    """A package is somebody else's: its paths write nowhere but below its own folder."""
    marker = "chalice-offline-escaped.txt"
    files = {
        "main.py": "def handler(e, c):\n    return 'fine'\n",
        f"../../{marker}": "out",
        f"{tempfile.gettempdir()}/{marker}": "out",
    }
    assert packages.call("f", files) == "fine"
    assert not (Path(tempfile.gettempdir()) / marker).exists()


@pytest.mark.parametrize(
    ("files", "code", "error_type", "words"),
    [
        ({}, {}, "Runtime.ImportModuleError", "No module named 'main'"),
        ({"main.py": "import nosuch"}, {}, "Runtime.ImportModuleError", "No module named 'nosuch'"),
        ({"main.py": "def ("}, {}, "Runtime.UserCodeSyntaxError", "Syntax error in module 'main'"),
        ({"main.py": ""}, {}, "Runtime.HandlerNotFound", "Handler 'handler' missing on module"),
        ({"main.py": ""}, {"handler": "main"}, "Runtime.MalformedHandlerName", "Bad handler"),
        ({"main.py": "1 / 0"}, {}, "ZeroDivisionError", "division by zero"),
        ({"main.py": ""}, {"runtime": "nodejs20.x"}, "Runtime.InvalidRuntime", "Python functions"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_lambdas_words(
    packages: Packages, files: dict[str, str], code: dict[str, str], error_type: str, words: str
) -> None:
    """Without the names that modules have in this process; the next run tries again."""
    for _ in range(2):
        with pytest.raises(HandlerNotLoaded) as caught:
            packages.call("f", files, **code)
        assert caught.value.error_type == error_type
        assert words in str(caught.value)
        assert "uploaded_" not in str(caught.value)


DYNAMIC = """\
import importlib
import importlib.metadata
import importlib.resources
import importlib.util
import pkgutil
from importlib import import_module


def handler(event, context):
    import vendored
    return [
        importlib.import_module("helpers.deep").WHO,
        import_module(".deep", "helpers").WHO,
        importlib.import_module("json").__name__,
        importlib.resources.files("helpers").joinpath("data.txt").read_text(),
        pkgutil.get_data("helpers", "data.txt").decode(),
        importlib.util.find_spec("helpers") is not None,
        importlib.util.find_spec("no_such_module_at_all") is None,
        [one.name for one in pkgutil.iter_modules(vendored.__path__)],
        importlib.metadata.version("vendored"),
        vendored.load("plugin").NAME,
    ]
"""


def test_modules_named_in_strings_are_the_functions_own(packages: Packages) -> None:
    """importlib, pkgutil and package metadata find what a deployment package brings along."""

    def files(who: str, version: str) -> dict[str, str]:
        return {
            "main.py": DYNAMIC,
            "helpers/__init__.py": "",
            "helpers/deep.py": f"WHO = {who!r}",
            "helpers/data.txt": f"data of {who}",
            "vendored/__init__.py": (
                "import importlib\n"
                "def load(name):\n"
                "    return importlib.import_module(f'vendored.{name}')\n"
            ),
            "vendored/plugin.py": f"NAME = 'plugin of {who}'",
            f"vendored-{version}.dist-info/METADATA": (
                f"Metadata-Version: 2.1\nName: vendored\nVersion: {version}\n"
            ),
        }

    def found(who: str, version: str) -> list[Any]:
        data = f"data of {who}"
        plugin = f"plugin of {who}"
        return [who, who, "json", data, data, True, True, ["plugin"], version, plugin]

    assert packages.call("first", files("a", "1.0")) == found("a", "1.0")
    assert packages.call("second", files("b", "2.5")) == found("b", "2.5")
    assert packages.call("first", files("a", "1.0")) == found("a", "1.0")


def test_importlib_is_pythons_own_when_no_function_is_left() -> None:
    """What stands before the standard library goes with the last function."""
    before = importlib.import_module, importlib.util.find_spec, list(sys.meta_path)
    packages = Packages()
    packages.call("work", {"main.py": "def handler(event, context): pass\n"})
    assert importlib.import_module is not before[0]
    packages.functions.close()
    assert (importlib.import_module, importlib.util.find_spec, sys.meta_path) == before


def test_a_module_that_is_bytecode_only_has_the_functions_own_imports(
    packages: Packages, tmp_path: Path
) -> None:
    """Packages may leave out their sources: what lies beside it is found all the same."""
    source = tmp_path / "helpers.py"
    source.write_text(
        "import deep, importlib\nWHO = deep.WHO + importlib.import_module('deep').WHO\n"
    )
    bytecode = Path(py_compile.compile(str(source), str(tmp_path / "helpers.pyc"), doraise=True))
    files = {
        "main.py": "import helpers\ndef handler(event, context):\n    return helpers.WHO\n",
        "helpers.pyc": bytecode.read_bytes(),
        "deep.py": "WHO = 'own'\n",
    }
    assert packages.call("f", files) == "ownown"


def test_what_a_module_warns_of_it_warns_of_in_its_file(packages: Packages) -> None:
    """A string with an escape that is none: whoever reads the warning finds the line."""
    code = "PATTERN = '\\d'\ndef handler(event, context):\n    return PATTERN\n"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert packages.call("f", {"main.py": code}) == "\\d"
    (warned,) = caught
    assert (Path(warned.filename).name, warned.lineno) == ("main.py", 1)


def test_sources_are_read_in_the_encoding_that_they_name(packages: Packages) -> None:
    """The same bytes but for the cookie, in two functions."""
    code = "# -*- coding: {} -*-\nNAME = 'caf\u00e9'\ndef handler(e, c):\n    return NAME\n"
    latin = code.format("latin-1").encode("latin-1")
    assert packages.call("a", {"main.py": latin}) == "caf\u00e9"
    assert packages.call("b", {"main.py": latin.replace(b"latin-1", b"cp1251 ")}) == "caf\u0439"
    with pytest.raises(HandlerNotLoaded, match="main"):
        packages.call("c", {"main.py": latin.replace(b"latin-1", b"utf-8  ")})
