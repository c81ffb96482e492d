"""The command line `digital-maturity`: `pipelines.commands.parser` says what there is, its neighbours do it.

`query`, `resolve` and `--help` must answer at once: Dagster, pandas, SQLAlchemy and Great Expectations are imported by
the commands that need them, never at the top.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.commands.parser import parser
from pipelines.commands.telling import BUSY, DONE, REFUSED, USAGE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 refused, 2 wrong usage, 3 another run is at work."""
    options = parser().parse_args(arguments)
    if options.home:
        os.environ["DIGITAL_MATURITY_HOME"] = _named(options.home)
    try:
        done: int = options.command(options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        if options.debug:
            raise
        print(f"digital-maturity: {error}", file=sys.stderr)
        return {"BusyError": BUSY, "UsageError": USAGE}.get(type(error).__name__, REFUSED)
    return done


def _named(home: str) -> str:
    """Return a home as the environment names it: a URL, or a folder whatever the working folder is."""
    return home if "://" in home else str(Path(home).absolute())


if __name__ == "__main__":
    sys.exit(main())
