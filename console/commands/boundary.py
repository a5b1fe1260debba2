"""Where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from console.commands.output import say
from registry_backend.domain.errors import RegistryError

GOOD, FAILED, USAGE = 0, 1, 2


class UsageFault(Exception):
    """The command line asks for something that makes no sense; the text says what would."""


def guarded(work: Callable[[], int]) -> int:
    """Run a command; whatever a person can be told is told in one message, without a traceback."""
    try:
        code = work()
        sys.stdout.flush()
    except UsageFault as fault:
        say(f"idconsole: {fault}")
        return USAGE
    except RegistryError as error:
        say(f"idconsole: {error}")
        return FAILED
    except KeyboardInterrupt:
        say("idconsole: interrupted.")
        return FAILED
    except BrokenPipeError:
        # The reader has what it wanted; the flush at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD
    except OutputFault as fault:
        say(f"idconsole: {fault}")
        return FAILED
    return code
