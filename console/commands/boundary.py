"""Where errors become messages and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable

from console.commands.output import OutputFault, abandon, finish, say
from registry_backend.domain.errors import RegistryError

GOOD, FAILED, USAGE = 0, 1, 2


class UsageFault(Exception):
    """The command line asks for something that makes no sense; the text says what would."""


def guarded(work: Callable[[], int]) -> int:
    """Run a command; whatever a person can be told is told in one message, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a stream put in place by a caller may lack it
            stream.reconfigure(errors="backslashreplace")
    try:
        code = work()
        finish()
    except UsageFault as fault:
        say(f"idconsole: {fault}")
        return USAGE
    except RegistryError as error:
        say(f"idconsole: {error}")
        return FAILED
    except KeyboardInterrupt:
        say("idconsole: interrupted.")
        return FAILED
    except OutputFault as fault:
        abandon()
        say(f"idconsole: {fault}")
        return FAILED
    except BrokenPipeError:
        abandon()  # the reader has what it wanted
        return GOOD
    return code
