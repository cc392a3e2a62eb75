"""Two distributions: what is in them, and what they depend on."""

from __future__ import annotations

import configparser
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Distribution:
    """A folder that is built.

    Attributes:
        name: Of the distribution, and of the one package in it.
        folder: The one with its pyproject.toml.
        entry_points: What it says of its commands and plugins, by their groups.
    """

    name: str
    folder: Path
    entry_points: dict[str, dict[str, str]]

    @property
    def project(self) -> dict[str, Any]:
        """The table ``[project]``."""
        text = (self.folder / "pyproject.toml").read_text(encoding="utf-8")
        project: dict[str, Any] = tomllib.loads(text)["project"]
        return project

    @property
    def sources(self) -> set[str]:
        """The files of the package, as paths below ``src``."""
        return {
            file.relative_to(self.folder / "src").as_posix()
            for file in (self.folder / "src" / self.name).rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }

    def build(self, folder: Path) -> tuple[zipfile.ZipFile, tarfile.TarFile]:
        """The wheel and the source distribution."""
        words = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
        subprocess.run(words, cwd=self.folder, check=True, capture_output=True)
        (wheel,) = folder.glob("*.whl")
        (sdist,) = folder.glob("*.tar.gz")
        return zipfile.ZipFile(wheel), tarfile.open(sdist)


ORDERS = Distribution("orders", ROOT, {"console_scripts": {"orders": "orders.cli:main"}})
SAGACHECK = Distribution(
    "sagacheck",
    ROOT / "harness",
    {
        "console_scripts": {"sagacheck": "sagacheck.__main__:main"},
        "pytest11": {"sagacheck": "sagacheck.pytest_plugin"},
    },
)
both = pytest.mark.parametrize("built", [ORDERS, SAGACHECK], ids=lambda each: each.name)


@both
def test_a_wheel_holds_its_one_package_and_nothing_else(
    built: Distribution, tmp_path: Path
) -> None:
    """With all files that stand beside the modules: types, templates, tables."""
    wheel, _ = built.build(tmp_path)

    about = f"{built.name}-{built.project['version']}.dist-info/"
    files = {name for name in wheel.namelist() if not name.startswith(about)}
    assert files == built.sources
    assert f"{built.name}/py.typed" in files
    assert f"{about}licenses/LICENSE" in wheel.namelist()
    said = configparser.ConfigParser()
    said.read_string(wheel.read(f"{about}entry_points.txt").decode())
    assert {group: dict(said[group]) for group in said.sections()} == built.entry_points


@both
def test_a_source_distribution_holds_what_the_wheel_is_made_from(
    built: Distribution, tmp_path: Path
) -> None:
    """No tests, no scenarios, nothing of the other."""
    _, sdist = built.build(tmp_path)

    beside = {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml", ".gitignore", "CHANGELOG.md"}
    files = {Path(*Path(name).parts[1:]).as_posix() for name in sdist.getnames()}
    assert files - beside == {f"src/{name}" for name in built.sources}


def test_the_harness_has_the_files_that_are_no_modules() -> None:
    """Pages are made from templates, and say in a file that the package is typed."""
    kinds = {Path(name).suffix for name in SAGACHECK.sources}

    assert kinds >= {".py", ".j2", ".css", ".js", ".typed"}


@both
def test_both_support_the_same_versions_of_python(built: Distribution) -> None:
    """And say so in one way."""
    told = [each for each in built.project["classifiers"] if "Python :: 3." in each]

    assert built.project["requires-python"] == ">=3.11,<3.14"
    assert told == [f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13)]
