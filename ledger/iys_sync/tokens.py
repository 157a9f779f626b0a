"""The token of an account: one for all processes, renewed by one at a time (iys/api.md §2; R28)."""

import threading
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import msgspec

from ledger.iys_sync.errors import (
    AnswerClass,
    IysAccount,
    IysBusy,
    IysFailure,
    IysHalted,
    IysUnreachable,
    class_of,
)
from ledger.iys_sync.line import Answer, Call, Line, Means
from ledger.iys_sync.members import Unreadable
from ledger.iys_sync.ports import Gate, Metered, TokenStore
from ledger.iys_sync.reading import errors_of
from ledger.iys_sync.reading_directory import GivenTokens, tokens
from ledger.values import Discreet

REFRESH_AHEAD_SECONDS: Final = 300
MARGIN_SECONDS: Final = 30
"""A token that has so little left may end on the way."""
HALT: Final = timedelta(minutes=61)
"""An hour, and a little since the two clocks differ."""
OUTAGE_PAUSE: Final = timedelta(seconds=90)
"""Until the next two tries where İYS does not answer a log-in: 80 of them are within the hour's
quota, so that none is missing when it answers again."""
REFUSED_PAUSE: Final = timedelta(minutes=10)
"""Until the same user name and password are tried again after İYS refused them."""
OUTAGE: Final = "outage"
LOCK_SECONDS_MAX: Final = 60.0
LOCK_PAUSE_SECONDS: Final = 0.2


class Credentials(Discreet, frozen=True):
    """Of İYS's API user."""

    username: str
    password: str


class _Kept(Discreet, frozen=True):
    """What lies in the store; instants in seconds since 1970 by our clock."""

    access: str | None = None
    access_ends: float = 0.0
    refresh: str | None = None
    refresh_ends: float = 0.0
    refused_code: str | None = None
    refused_until: float = 0.0


class Tokens:
    """Gives the account's access token; for many threads and processes."""

    def __init__(
        self, credentials: Credentials, line: Line, gate: Gate, store: TokenStore, means: Means
    ) -> None:
        self._credentials = credentials
        self._line = line
        self._gate = gate
        self._store = store
        self._means = means
        self._held = _Kept()
        self._renewing = threading.Lock()

    def access(self, *, rejected: str | None = None) -> str:
        """A token that holds. `rejected`: the one that İYS no longer takes: then, unless somebody
        has another one by now, a new log-in.

        Raises IysHalted, IysBusy, IysAccount, IysUnreachable (`token`: the log-in fails, and is not
        tried before a minute is over; `lock`).
        """
        if self._holds(self._held, rejected, REFRESH_AHEAD_SECONDS):
            return self._held.access or ""
        with self._renewing:
            end = self._means.steady_seconds() + LOCK_SECONDS_MAX
            while self._means.steady_seconds() <= end:
                found = self._found_or_renewed(rejected)
                if found is not None:
                    self._held = found
                    return found.access or ""
                self._means.sleep(LOCK_PAUSE_SECONDS)
        raise IysUnreachable("lock")

    def _found_or_renewed(self, rejected: str | None) -> _Kept | None:
        """None while another process renews and there is none that holds."""
        kept = self._read()
        if self._holds(kept, rejected, REFRESH_AHEAD_SECONDS):
            return kept
        try:
            self._expect_allowed(kept)
            with self._store.alone() as is_ours:
                kept = self._read()  # somebody may have been faster
                if self._holds(kept, rejected, REFRESH_AHEAD_SECONDS):
                    return kept
                if is_ours:
                    return self._renewed(kept, is_forced=rejected is not None)
        except IysFailure:
            if not self._holds(kept, rejected, MARGIN_SECONDS):
                raise
        return kept if self._holds(kept, rejected, MARGIN_SECONDS) else None

    def _renewed(self, kept: _Kept, *, is_forced: bool) -> _Kept:
        at = self._means.now().timestamp()
        given = self._given(kept, may_refresh=not is_forced and kept.refresh_ends > at)
        access_ends, refresh_ends = at + given.access_seconds, at + given.refresh_seconds
        made = _Kept(given.access, access_ends, given.refresh, refresh_ends - MARGIN_SECONDS)
        self._store.keep_tokens(msgspec.json.encode(made))
        return made

    def _given(self, kept: _Kept, *, may_refresh: bool) -> GivenTokens:
        """By a refresh or a log-in; where that fails, by a log-in. For a refresh token that is over
        İYS once answered 500 (§2.4): no failure of it is the last word."""
        username, password = self._credentials.username, self._credentials.password
        log_in = {"grant_type": "password", "username": username, "password": password}
        first = log_in
        if may_refresh and kept.refresh:
            first = {"grant_type": "refresh_token", "refresh_token": kept.refresh}
        try:
            return self._asked(first)
        except IysUnreachable as failure:
            if failure.kind != "token":
                raise
        except IysAccount:
            if first is log_in:
                raise
        try:
            return self._asked(log_in)
        except IysUnreachable as failure:
            if failure.kind == "token":
                self._gate.halt(self._means.now() + OUTAGE_PAUSE, OUTAGE)
            raise

    def _asked(self, form: dict[str, str]) -> GivenTokens:
        """What the token endpoint gives. Raises IysUnreachable: connect, busy, `token`."""
        body = msgspec.json.encode(form)
        call = Call(method="POST", path="/oauth2/token", body=body, metered=Metered.TOKEN)
        try:
            answer = self._line.send(call, None)
            if answer.http_status == HTTPStatus.OK:
                return tokens(answer.body)
        except Unreadable as error:
            raise IysUnreachable("token") from error
        except IysUnreachable as failure:
            if failure.kind == "connect":
                raise
            raise IysUnreachable("token") from failure
        self._judge(answer)
        code = next((one.code for one in errors_of(answer.body)), f"HTTP{answer.http_status}")
        if form["grant_type"] == "password":
            until = (self._means.now() + REFUSED_PAUSE).timestamp()
            refused = _Kept(refused_code=code, refused_until=until)
            self._store.keep_tokens(msgspec.json.encode(refused))
        raise IysAccount(code, answer.http_status)

    def _judge(self, answer: Answer) -> None:
        """Raise what is no refusal of the credentials."""
        match class_of(answer.http_status, errors_of(answer.body)):
            case AnswerClass.HALT:
                until = self._means.now() + HALT
                self._gate.halt(until, "H084")
                raise IysHalted(until)
            case AnswerClass.RETRY if answer.http_status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise IysUnreachable("busy")
            case AnswerClass.RETRY | AnswerClass.UNREADABLE | AnswerClass.WAIT:
                raise IysUnreachable("token")
            case AnswerClass.LOG_IN | AnswerClass.ACCOUNT | AnswerClass.REFUSED:
                return

    def _expect_allowed(self, kept: _Kept) -> None:
        """Whether the token endpoint may be asked now. Raises as `access` does."""
        now = self._means.now()
        halted = self._gate.halted(now)
        if halted is not None:
            raise IysUnreachable("token") if halted[1] == OUTAGE else IysHalted(*halted)
        full_until = self._gate.full_until(now, Metered.TOKEN)
        if full_until is not None:
            raise IysBusy(full_until, "H084")
        if kept.refused_code is not None and kept.refused_until > now.timestamp():
            raise IysAccount(kept.refused_code, HTTPStatus.BAD_REQUEST)

    def _holds(self, kept: _Kept, rejected: str | None, seconds: int) -> bool:
        ends = self._means.now().timestamp() + seconds
        return kept.access is not None and kept.access != rejected and kept.access_ends > ends

    def _read(self) -> _Kept:
        stored = self._store.tokens()
        if stored is None:
            return _Kept()
        try:
            return msgspec.json.decode(stored, type=_Kept)
        except msgspec.MsgspecError:
            return _Kept()  # of another version of this program: log in anew
