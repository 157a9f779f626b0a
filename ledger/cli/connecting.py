"""`izin sync connect` and `disconnect`: the account by which İYS is called."""

import sys
from getpass import getpass
from pathlib import Path

import typer

from ledger.bootstrap import Home
from ledger.cli.asking import IYS_CODE
from ledger.cli.context import choice, current
from ledger.iys_sync.day_stamp import verifier
from ledger.iys_sync.errors import IysAccount, IysFailure
from ledger.store.iys_account import (
    CREDENTIAL_MAX,
    AccountAtIys,
    AgreementSetting,
    LateRetSetting,
)
from ledger.vocabulary import BrandCode, IysCode

IYS_URL = "https://api.iys.org.tr"
TSA_ROOTS = typer.Option(
    None, "--tsa-roots", help="İYS damgalarının kök sertifikaları, PEM / roots of İYS's stamps."
)
_HINTS = {
    "invalid_request": ("kullanıcı adı ya da şifre yanlış", "user name or password is wrong"),
    "H353": (
        "hesap bu İYS numarasının değil, --iys-code doğru mu?",
        "the account is not this İYS number's; is --iys-code right?",
    ),
    "HTTP403": (
        "bu makinenin IP adresi İYS'de tanımlı mı?",
        "is this machine's IP address on İYS's list?",
    ),
}
"""What stands behind İYS's no to a new account, most of the time; the rest has a code alone."""


def register(sync: typer.Typer) -> None:
    """Hang the commands on the tree."""
    sync.command("connect")(connect)
    sync.command("disconnect")(disconnect)


def connect(
    username: str = typer.Option(..., help="İYS API kullanıcısı / API user."),
    password: str = typer.Option(
        "-", help="Yalnız “-”: şifre standart girdiden / read from standard input."
    ),
    url: str = typer.Option(IYS_URL, help="İYS adresi / address of İYS."),
    agreement: str = typer.Option(
        AgreementSetting.ASK.value, help="Mutabakat beyanı: ask, auto / who declares agreement."
    ),
    late_ret: str = typer.Option(
        LateRetSetting.ASK.value, help="İYS'nin almadığı geç ret: ask, hs_karar / late refusals."
    ),
    tsa_roots: Path | None = TSA_ROOTS,
    iys_code: int | None = IYS_CODE,
) -> None:
    """İYS hesabını dener ve saklar / tries an account at İYS and keeps it."""
    context = current()
    if password != "-":  # noqa: S105 - what stands on the line is in lists of processes
        raise typer.BadParameter("yalnız - / only -", param_hint="--password")
    account = AccountAtIys(
        url=url.removesuffix("/"),
        username=_readable(username, "--username"),
        password=_password(),
        agreement=choice(AgreementSetting, agreement, "--agreement"),
        late_ret=choice(LateRetSetting, late_ret, "--late-ret"),
        tsa_roots=None if tsa_roots is None else tsa_roots.read_bytes(),
    )
    if account.tsa_roots is not None:
        verifier(account.tsa_roots)  # refused here and not when the first stamp is looked at
    with context.home() as home:
        code = context.provider(home, iys_code)
        brands = _tried(home, code, account)
    if brands is not None:
        context.output.say(
            f"Hesap denendi ve yazıldı: {len(brands)} marka.",
            f"The account works and is kept; brands: {len(brands)}.",
        )
    works = brands is not None
    context.output.answer({"iysCode": code, "works": works, "brands": brands or []})
    if not works:
        raise typer.Exit(1)


def disconnect(iys_code: int | None = IYS_CODE) -> None:
    """İYS hesabını siler; kayıtlar kalır / removes the account; the records stay."""
    context = current()
    with context.home() as home:
        code = context.provider(home, iys_code)
        home.connections.account(code).remove()
    context.output.say("Hesap silindi.", "The account is removed.")
    context.output.answer({"iysCode": code})


def _tried(home: Home, code: IysCode, account: AccountAtIys) -> list[BrandCode] | None:
    """Keep the account and log in with it: its brands, None where that failed.

    To what İYS itself says no, an account that was there before is put back: a mistyped password
    must not stop what worked. Where İYS cannot be reached the new one stays, to be tried again.
    """
    output, table = current().output, home.connections.account(code)
    former = table.read()
    table.write(account)
    try:
        with home.connections.client(code) as iys:
            return [one.brand_code for one in iys.brands()]
    except IysAccount as error:
        if former is None:
            table.remove()
        else:
            table.write(former)
        turkish, english = _HINTS.get(error.code, ("", ""))
        stays = ("; eski hesap duruyor", "; the former one stays")
        left = stays if former is not None else ("", "")
        output.complain(
            f"Hesap yazılmadı{left[0]}. {error.turkish}{turkish and f': {turkish}'}",
            f"The account is not kept{left[1]}: {error}{english and f': {english}'}",
        )
    except IysFailure as error:
        output.complain(
            f"Hesap yazıldı, ama denenemedi: {error.turkish}",
            f"The account is kept, but could not be tried: {error}",
        )
    return None


def _password() -> str:
    """A line of standard input, unseen where it is typed. Raises BadParameter."""
    if sys.stdin.isatty():
        return _readable(getpass(current().output.text("Şifre: ", "Password: ")), "--password")
    line = sys.stdin.buffer.readline(4 * CREDENTIAL_MAX + 2)
    return _readable(line.decode("utf-8", "surrogateescape").rstrip("\r\n"), "--password")


def _readable(text: str, option: str) -> str:
    """The text if it is one. Raises BadParameter for bytes that are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise typer.BadParameter("UTF-8 değil / is not UTF-8", param_hint=option) from None
    return text
