"""What is wrong with a command line, a file or the machine, for a person: Turkish or English."""

import errno
from collections.abc import Callable
from typing import Any, Final

import typer
from pydantic import ValidationError

from ledger.errors import (
    InputRefused,
    LedgerError,
    NotFound,
    ServiceRefused,
    ServiceUnavailable,
)

Texts = tuple[str, str]
"""Turkish, English."""

BOTH: Final = " / "
"""Between the Turkish and the English of one text, as in the helps."""

_VALUE: Final[dict[str, Texts]] = {
    "int_parsing": ("tam sayı olmalı", "must be a whole number"),
    "int_parsing_size": ("sayı çok büyük", "the number is too large"),
    "greater_than_equal": ("en az {ge} olmalı", "must be at least {ge}"),
    "less_than_equal": ("en çok {le} olmalı", "must be at most {le}"),
    "uuid_parsing": ("kimlik (UUID) olmalı", "must be an id (UUID)"),
}
"""By pydantic's type of error; `{…}` from its context, which holds bounds and never the value."""

_ERRNO: Final = {
    errno.ENOSPC: "diskte yer kalmadı",
    errno.EDQUOT: "disk kotası doldu",
    errno.EFBIG: "dosya çok büyük",
    errno.EACCES: "erişim yetkisi yok",
    errno.EPERM: "bu işleme yetki yok",
    errno.EROFS: "dosya sistemi salt okunur",
    errno.ENOENT: "dosya ya da klasör yok",
    errno.EEXIST: "dosya zaten var",
    errno.EISDIR: "bu bir klasör",
    errno.ENOTDIR: "bu bir klasör değil",
    errno.ELOOP: "sembolik bağ izlenmez",
    errno.ENAMETOOLONG: "ad çok uzun",
    errno.EIO: "aygıt okuma/yazma hatası",
    errno.EPIPE: "çıktıyı okuyan kapandı",
    errno.EMFILE: "çok fazla açık dosya",
    errno.ENFILE: "sistemde çok fazla açık dosya",
    errno.ENOMEM: "bellek yetmiyor",
    errno.ETXTBSY: "dosya kullanımda",
    errno.ESTALE: "dosya bu sırada başkasınca değiştirildi",
}


def usage_texts(error: typer.TyperException) -> Texts:
    """Why a command line cannot be run. A word that has no place is not repeated: it may be
    somebody's address."""
    for kind in type(error).__mro__:
        texts = _USAGE.get(kind.__name__)
        if texts is not None:
            return texts(error)
    return (error.format_message(),) * 2


def _value(error: Any) -> Texts:
    """BadParameter: pydantic's reason or one of ours."""
    hint = error.param_hint or (error.param.get_error_hint() if error.param is not None else None)
    place = "" if hint is None else f"{str(hint).strip(chr(39))}: "
    reason = error.__cause__
    if isinstance(reason, ValidationError):
        first = reason.errors(include_url=False, include_input=False)[0]
        texts = _VALUE.get(first["type"], ("geçersiz değer", "invalid value"))
        turkish, english = (text.format(**first.get("ctx", {})) for text in texts)
    else:
        turkish, both, english = error.message.partition(BOTH)
        english = english if both else turkish
    return place + turkish, place + english


def _missing(error: Any) -> Texts:
    """MissingParameter."""
    hint = "" if error.param is None else error.param.get_error_hint().strip("'")
    if error.param is not None and error.param.param_type_name == "option":
        return f"{hint} verilmeli", f"{hint} is missing"
    return f"{hint.upper()} verilmeli", f"{hint.upper()} is missing"


def _no_such_option(error: Any) -> Texts:
    """NoSuchOption."""
    name, near = error.option_name, ", ".join(sorted(error.possibilities or ()))
    turkish, english = f"böyle bir seçenek yok: {name}", f"no such option: {name}"
    if not near:
        return turkish, english
    return f"{turkish}; şu mu: {near}?", f"{english}; perhaps {near}?"


def _option_usage(error: Any) -> Texts:
    """BadOptionUsage."""
    name = error.option_name
    return f"{name}: değeri eksik ya da fazla", f"{name}: its value is missing, or takes none"


def _words(error: Any) -> Texts:
    """UsageError: a command that does not exist, or a word too many."""
    commands = getattr(getattr(error.ctx, "command", None), "commands", None)
    if commands is None:
        return "fazladan bir sözcük var", "there is a word too many"
    known = ", ".join(name for name, one in commands.items() if not one.hidden)
    return f"komut yok ya da bilinmiyor: {known}", f"no command, or an unknown one: {known}"


_USAGE: Final[dict[str, Callable[[Any], Texts]]] = {
    "NoArgsIsHelpError": lambda error: (error.format_message(),) * 2,
    "MissingParameter": _missing,
    "BadParameter": _value,
    "NoSuchOption": _no_such_option,
    "BadOptionUsage": _option_usage,
    "UsageError": _words,
}
"""By the name of click's class: typer shows no other way to most of them."""


def file_texts(error: OSError) -> Texts:
    """What the system says of a file or an output, and of which."""
    name = f" {error.filename}" if error.filename is not None else ""
    english = error.strerror or type(error).__name__
    turkish = _ERRNO.get(error.errno or 0) or errno.errorcode.get(error.errno or 0, "bilinmiyor")
    return turkish + name, english + name


def ledger_texts(error: LedgerError) -> Texts:
    """An error of the ledger. One without Turkish words of its own shows them as a detail."""
    english = str(error)
    is_told = isinstance(error, NotFound | ServiceRefused | ServiceUnavailable | InputRefused)
    if is_told or error.turkish != f"{error.turkish_kind}: {english}":
        return error.turkish, english
    return f"{error.turkish_kind}. Ayrıntı (İngilizce): {english}", english
