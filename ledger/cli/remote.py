"""A running service instead of a database here: `--server URL` (IZIN_SERVER)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from ledger.cli.context import current
from ledger.errors import NotFound, ServiceRefused, ServiceUnavailable

if TYPE_CHECKING:
    from ledger.client import Client

KEY_CHARACTERS_MAX = 512
NOT_FOUND = 404
UNREACHED = "adresini ve çalıştığını denetleyin"
ANOTHER = "orada yanıt veren bu hizmet ya da bu sürümü değil"


def is_remote() -> bool:
    """Whether this command asks a running service."""
    return current().settings.server is not None


@contextmanager
def service() -> Iterator["Client"]:
    """The service, to be asked. Raises BadParameter, ServiceRefused, ServiceUnavailable, NotFound.

    What it says is raised as the errors of a ledger here: the same exit codes, the same JSON.
    """
    from ledger.client import (  # here and not above: most commands start without HTTP
        Client,
        Refused,
        Unavailable,
    )
    from ledger.client.errors import Unreadable

    context = current()
    url = context.settings.server
    assert url is not None
    try:
        client = Client(url, _key(), language=context.output.lang)
    except ValueError as error:
        told = "http[s]://HOST[:PORT], IZIN_API_KEY"
        raise typer.BadParameter(told, param_hint="--server") from error
    try:
        with client as opened:
            yield opened
    except Refused as refused:
        kind = NotFound if refused.problem.status == NOT_FOUND else ServiceRefused
        raise kind(str(refused)) from refused  # in the language that was asked for
    except Unreadable as unreadable:
        raise ServiceUnavailable(str(unreadable), ANOTHER) from unreadable
    except Unavailable as unavailable:
        turkish = UNREACHED if unavailable.problem is None else None
        raise ServiceUnavailable(str(unavailable), turkish) from unavailable


def _key() -> str:
    """The key; never from the command line, where every process could read it."""
    settings = current().settings
    if settings.key_file is not None:
        with settings.key_file.open(encoding="ascii", errors="replace") as file:
            return file.readline(KEY_CHARACTERS_MAX).strip()
    if settings.api_key is not None:
        return settings.api_key.get_secret_value()
    raise typer.BadParameter("IZIN_API_KEY | --key-file FILE", param_hint="--server")
