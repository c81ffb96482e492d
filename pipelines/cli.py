"""The entry point of the command line `digital-maturity`; `pipelines.commands` holds the commands.

`query`, `resolve` and `--help` must answer at once: Dagster, pandas, SQLAlchemy and Great Expectations are imported by
the commands that need them, never at the top.
"""

import io
import os
import signal
import sys
from collections.abc import Sequence

import click

from pipelines.commands import failure
from pipelines.commands.command_line import PROGRAM, Settings
from pipelines.commands.exit_codes import DONE
from pipelines.commands.interruption import terminate
from pipelines.commands.program import ReaderLeftError, program


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code, one of `pipelines.commands.exit_codes`."""
    settings = Settings()
    if arguments is None:
        _prepare_streams()
        signal.signal(signal.SIGTERM, terminate)
    try:
        code: int | None = program.main(arguments, PROGRAM, standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except (ReaderLeftError, BrokenPipeError):
        _discard_output()
        return DONE
    except (click.Abort, KeyboardInterrupt) as error:
        code = failure.interrupted(error)
        if arguments is None:
            os._exit(code)  # threads and processes that still work on something would be waited for
        return code
    except click.ClickException as error:
        return failure.wrong_usage(error)
    except Exception as error:
        code = failure.failed(error, debug=settings.debug)
        try:
            sys.stdout.flush()
        except OSError:
            _discard_output()
    return code or DONE


def _prepare_streams() -> None:
    """Answer in UTF-8 whatever the locale is, and open the standard streams that are closed (`2>&-`).

    Otherwise the next file that is opened would take the place of one.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def _discard_output() -> None:
    """Discard what cannot be written: Python would try again when it ends, and fail with words and a code of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
