"""Where the command `autograder` begins: it says what to install where the packages for it are not there."""

from __future__ import annotations

import sys
from importlib import metadata

OURS = ("autograder", "convcourse")


def main() -> None:
    """Run the command line. Exits with 1 where something that it needs is not installed."""
    try:
        from autograder.cli import main as command

        command()
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", *OURS):
            raise  # a fault of ours, not of the installation
        told = f"The command autograder needs {package}, which is not installed. Install what it needs:"
        sys.exit(f"{told}\n  {advice()}")


def advice() -> str:
    """The command that installs what the command line needs, from where the course itself comes."""
    about = metadata.metadata("convcourse").get_all("Project-URL") or []
    repository = next((url.partition(", ")[2] for url in about if url.startswith("Repository, ")), "")
    source = f" @ git+{repository}" if repository else ""
    return f'python -m pip install "convcourse[grading]{source}"'
