"""Brings a fresh checkout to where everything runs; quick when nothing has changed.

Runs on the machine's own Python with nothing installed, so it uses the standard library only.
Debian's Python lacks ensurepip and blocks pip outside an environment, so the environment is made
without pip and filled from outside.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETUP = ROOT / ".setup"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = [
    ROOT / "requirements" / f"{name}.txt"
    for name in ("setup", "base", "simulator", "tracing", "dev")
]
OLDEST_PYTHON = (3, 11)
NPM_SECONDS = 300
# Without windows, which is all the tests need, it takes two thirds of the processor's time.
LIGHT_CHROMIUM = "chromium-headless-shell"
CHROMIUM_NAMES = (
    LIGHT_CHROMIUM,
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


class SetupError(Exception):
    """Something is missing on this machine; the message says what to do."""


def main() -> int:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--browser", action="store_true", help="see that Chromium is there, for the browser tests"
    )
    arguments = parser.parse_args()
    try:
        with only_one():
            make_environment()
            install_python_packages()
            install_command()
            install_npm_packages()
            compile_translations()
            if arguments.browser:
                find_or_install_chromium()
    except SetupError as error:
        print(f"\nSet-up stopped: {error}", file=sys.stderr)
        return 1
    return 0


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Let one set-up of this checkout run at a time; the others wait for it."""
    SETUP.mkdir(exist_ok=True)
    with (SETUP / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up of this folder is running; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_environment() -> None:
    """Make .venv, or make it anew when its Python is gone or the folder has moved."""
    here = [str(ROOT)]
    # Scripts in the environment name their Python by its full path, so a moved one is useless.
    has_moved = (SETUP / "environment.stamp").exists() and not is_done("environment", here)
    if not has_moved and python_works():
        done("environment", here)
        return
    say(f"making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        import venv

        venv.create(VENV, with_pip=False, symlinks=True)
    except (ImportError, OSError, subprocess.SubprocessError) as error:
        raise SetupError(
            f"the environment {VENV} could not be made: {error}. On Debian and Ubuntu "
            "`apt-get install python3` brings what is needed."
        ) from error
    undo("python")
    done("environment", here)


def python_works() -> bool:
    """Whether .venv has a Python of a version we can use, at the place where it was made."""
    if not PYTHON.exists():
        return False
    told = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.prefix); print(sys.version_info >= (3, 11))"],
        capture_output=True,
        text=True,
        check=False,
    )
    return told.returncode == 0 and told.stdout.split("\n")[:2] == [str(VENV), "True"]


def install_python_packages() -> None:
    """Install exactly what the requirements files lock, checked by hash."""
    inputs = [path.read_text() for path in (*REQUIREMENTS, VENV / "pyvenv.cfg")] + ["compiled"]
    if is_done("python", inputs):
        return
    say("installing Python packages (locked, with hashes)")
    installer = find_uv() or install_uv()
    files = [str(path) for path in REQUIREMENTS]
    environment = {"UV_HTTP_TIMEOUT": "180", **os.environ, "UV_NO_PROGRESS": "1"}
    # Compiled now, for Python may not be allowed to keep what it compiles (PYTHONDONTWRITEBYTECODE,
    # a folder it cannot write to): each command would then spend a second or two on it, every time.
    how = ["--quiet", "--require-hashes", "--compile-bytecode"]
    sync = [installer, "pip", "sync", *how, f"--python={PYTHON}", *files]
    if run(sync, environment=environment) != 0:
        # uv does not read pip's own settings (a company's index, for one), so pip may yet succeed.
        say("uv could not; trying pip")
        listed = [part for path in files for part in ("--requirement", path)]
        if run([*pip(), "install", "--quiet", "--require-hashes", *listed]) != 0:
            raise SetupError(
                "the Python packages could not be installed (see above). Check the connection to "
                "your package index, then run `make setup` again."
            )
    done("python", inputs)


def find_uv() -> str | None:
    """The locked uv inside the environment, when an earlier set-up put it there."""
    inside = VENV / "bin" / "uv"
    wanted = REQUIREMENTS[0].read_text().split()[0].partition("==")[2]
    if not inside.exists():
        return None
    told = subprocess.run([inside, "--version"], capture_output=True, text=True, check=False)
    return str(inside) if told.stdout.split()[1:2] == [wanted] else None


def install_uv() -> str:
    """Install the locked uv into the environment with whatever pip the machine has."""
    command = [*pip(), "install", "--quiet", "--require-hashes", "-r", str(REQUIREMENTS[0])]
    if run(command) != 0 and run(command) != 0:
        raise SetupError(
            "the installer uv could not be fetched (see above). Check the connection to your "
            "package index, then run `make setup` again."
        )
    return str(VENV / "bin" / "uv")


def pip() -> list[str]:
    """A pip that installs into the environment from outside."""
    if has_module("pip"):
        return [sys.executable, "-m", "pip", f"--python={PYTHON}", "--disable-pip-version-check"]
    if has_module("ensurepip"):
        run([str(PYTHON), "-m", "ensurepip", "--default-pip"], quiet=True)
        return [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install("python3-pip")
        if has_module("pip"):
            return pip()
    raise SetupError(
        f"{sys.executable} has neither pip nor ensurepip. On Debian and Ubuntu install it with "
        "`apt-get install python3-pip` (as root), then run `make setup` again."
    )


def has_module(name: str) -> bool:
    """Whether the Python that runs this can import a module (asked anew: it may just have come)."""
    code = f"import {name}; {name}.__path__"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    return asked.returncode == 0


def install_command() -> None:
    """Make the checkout importable in the environment and write .venv/bin/klientbro."""
    folder = next((VENV / "lib").glob("python3*/site-packages"))
    write_if_changed(folder / "klientbro-checkout.pth", f"{ROOT}\n")
    script = VENV / "bin" / "klientbro"
    # A shell line that Python reads as a text: works where the path is too long for a `#!` line.
    body = (
        "#!/bin/sh\n"
        f"'''exec' '{PYTHON}' \"$0\" \"$@\"\n"
        "' '''\n"
        '"""Starts the klientbro command of this checkout; written by scripts/setup.py."""\n'
        "from klientbro.cli.main import main\n\n"
        'if __name__ == "__main__":\n'
        "    raise SystemExit(main())\n"
    )
    write_if_changed(script, body)
    script.chmod(0o755)


def install_npm_packages() -> None:
    """Install what the pages are made of from package-lock.json."""
    inputs = [(ROOT / name).read_text() for name in ("package.json", "package-lock.json", ".npmrc")]
    if is_done("npm", inputs) and (ROOT / "node_modules").is_dir():
        return
    say("installing the pages' packages with npm (locked, with hashes)")
    node_folder = VENV / "bin"
    npm = node_folder / "npm"
    if not npm.exists():
        raise SetupError(f"{npm} is missing; remove .venv and run `make setup` again.")
    # npm starts `node` from PATH. The rest of the environment stays: certificates and settings
    # are in it, and npm hangs without them.
    environment = {**os.environ, "PATH": f"{node_folder}:{os.environ.get('PATH', '')}"}
    command = [str(npm), "ci", "--loglevel=error"]
    for _ in range(2):
        if run(command, environment=environment, seconds=NPM_SECONDS) == 0:
            done("npm", inputs)
            return
        say("npm did not succeed")
    raise SetupError(
        "the npm packages could not be installed (see above). Check the connection to your npm "
        "registry, then run `make setup` again."
    )


def compile_translations() -> None:
    """Make the .mo files that the translated pages are read from."""
    if run([str(PYTHON), str(ROOT / "scripts" / "compile_translations.py")]) != 0:
        raise SetupError("a translation file could not be compiled (see above).")


def find_or_install_chromium() -> None:
    """See that the browser tests have a Chromium; root may install Debian's."""
    if os.environ.get("KLIENTBRO_CHROMIUM") or shutil.which(LIGHT_CHROMIUM):
        return
    is_debians_root = os.geteuid() == 0 and shutil.which("apt-get")
    # asked for once: an older Debian has it not, and then the whole browser does as well
    if is_debians_root and not is_done("browser", [LIGHT_CHROMIUM]):
        apt_install(LIGHT_CHROMIUM)
        done("browser", [LIGHT_CHROMIUM])
        if shutil.which(LIGHT_CHROMIUM):
            return
    if any(map(shutil.which, CHROMIUM_NAMES)):
        return
    if is_debians_root:
        apt_install("chromium")
        if shutil.which("chromium"):
            return
    raise SetupError(
        f"the browser tests need Chromium. On Debian install it with `apt-get install "
        f"{LIGHT_CHROMIUM}` (as root), or point KLIENTBRO_CHROMIUM at one."
    )


def apt_install(package: str) -> None:
    """Install one of Debian's packages; we are root."""
    say(f"installing Debian's package {package}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    told = ["apt-get", "-qq", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=30"]
    run([*told, "update"], environment=environment, quiet=True)
    run(
        [*told, "install", "-y", "--no-install-recommends", package],
        environment=environment,
        quiet=True,
    )


def run(
    command: list[str],
    *,
    environment: dict[str, str] | None = None,
    seconds: float | None = None,
    quiet: bool = False,
) -> int:
    """Run a command in the checkout; its exit code, 124 when it took too long."""
    output = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        say(f"{Path(command[0]).name} was stopped after {seconds:.0f} seconds")
        return 124


def is_done(step: str, inputs: list[str]) -> bool:
    """Whether a step was finished with the same inputs as now."""
    stamp = SETUP / f"{step}.stamp"
    return stamp.exists() and stamp.read_text() == digest(inputs)


def done(step: str, inputs: list[str]) -> None:
    """Remember that a step is finished."""
    (SETUP / f"{step}.stamp").write_text(digest(inputs))


def undo(step: str) -> None:
    """Forget that a step was finished."""
    (SETUP / f"{step}.stamp").unlink(missing_ok=True)


def digest(inputs: list[str]) -> str:
    """One hash over all inputs of a step."""
    return hashlib.sha256("\0".join(inputs).encode()).hexdigest()


def write_if_changed(path: Path, text: str) -> None:
    """Write a file whole, unless it already says the same."""
    if path.exists() and path.read_text() == text:
        return
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(text)
    unfinished.replace(path)


def say(text: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(f"setup: {text}", flush=True)


if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        newer = next(filter(None, (shutil.which(f"python3.{n}") for n in range(14, 10, -1))), None)
        if newer:
            os.execv(newer, [newer, *sys.argv])  # noqa: S606 (a newer Python found on this machine)
        found = ".".join(map(str, sys.version_info[:2]))
        sys.exit(f"Python 3.11 or newer is needed; this is {found}. Install one and try again.")
    sys.exit(main())
