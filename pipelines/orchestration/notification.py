"""Messages to whoever looks after a home, by a command that the environment names.

`DIGITAL_MATURITY_NOTIFY` is a command that sends what it reads on standard input; its first line says what it is about:

    DIGITAL_MATURITY_NOTIFY='mail -s "Digital maturity" team@example.org'
    DIGITAL_MATURITY_NOTIFY='curl --silent --fail --data-binary @- https://chat.example.org/hook'

Whoever builds the definitions in Python gives a function instead: `build_defs(notify=...)`.
"""

import os
import shlex
import subprocess
from collections.abc import Callable

from assets.contract.errors import MachineError

VARIABLE = "DIGITAL_MATURITY_NOTIFY"
PATIENCE = 60
"""Seconds that the command may take."""
Notify = Callable[[str], None]
"""Sends a message; its first line says what it is about."""


class NotificationError(MachineError):
    """A message could not be sent: one sentence."""


def named() -> Notify | None:
    """Return what sends messages by the command that the environment names; None where it names none."""
    return send if os.environ.get(VARIABLE, "").strip() else None


def send(message: str) -> None:
    """Send a message by the command that the environment names. Raises NotificationError."""
    command = os.environ[VARIABLE]
    try:
        subprocess.run(  # noqa: S603 - the maintainer's own command
            shlex.split(command),
            input=f"{message}\n",
            text=True,
            timeout=PATIENCE,
            check=True,
            capture_output=True,
        )
    except subprocess.CalledProcessError as error:
        raise _error(command, f"exit code {error.returncode}: {error.stderr.strip()[-200:]}") from error
    except subprocess.TimeoutExpired as error:
        raise _error(command, f"no end within {PATIENCE} s") from error
    except (OSError, ValueError) as error:
        raise _error(command, str(error)) from error


def _error(command: str, found: str) -> NotificationError:
    return NotificationError(
        f"Sending a message by `{command}`, which {VARIABLE} names: expected it to end with 0, found {found}; correct the command."
    )
