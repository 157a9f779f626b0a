"""Access and refresh tokens: life, rotation, refusals in the shape of OAuth (iys/api.md §2).

The tokens are JWTs with the documented claims, but both signed with HS256 under a key of this run:
clients treat them as opaque, and İYS's RS256 key is not ours to have.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ledger.iys_twin.refusals import Refused, ShapedRefusal
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import Wall, epoch_of
from ledger.iys_twin.wire import TokenRefusal, Tokens

SESSIONS_MAX: Final = 100_000
"""Log-ins remembered; the oldest then need a new one."""
TOKEN_CHARACTERS_MAX: Final = 16_384
_HEADER: Final = {"alg": "HS256", "typ": "JWT"}
_NOT_GIVEN: Final = object()
# What a member is called in the refusals, which all read alike.
_CALLED: Final = {
    "refresh_token": ("Yenileme jetonu", "yenileme jetonu", "boş olamaz"),
    "password": ("Şifre", "şifre", "boş bırakılamaz"),
    "username": ("Kullanıcı adı", "kullanıcı adı", "boş bırakılamaz"),
}


class User(msgspec.Struct, frozen=True):
    """Who a token was given to."""

    username: str
    iys_code: int
    brand_codes: tuple[int, ...]
    is_integrator: bool


class _Session(msgspec.Struct):
    user: User
    newest_refresh: str


class TokenOffice:
    """Gives tokens out and reads them. `secret`: 32 random bytes; `new_uuid`: ids of tokens."""

    def __init__(self, settings: TwinSettings, secret: bytes, new_uuid: Callable[[], str]) -> None:
        self._settings = settings
        self._secret = secret
        self._new_uuid = new_uuid
        self._sessions: dict[str, _Session] = {}
        self._users = {
            settings.username: User(
                settings.username, settings.iys_code, settings.all_brands, False
            ),
            settings.integrator_username: User(
                settings.integrator_username, settings.integrator_code, settings.all_brands, True
            ),
        }

    def grant(self, form: Mapping[str, Any], now: Wall) -> Tokens:
        """Log in or refresh. Raises Refused with OAuth's shape."""
        match form.get("grant_type", _NOT_GIVEN):
            case "password":
                username, password = _text(form, "username"), _text(form, "password")
                user = self._users.get(username)
                expected = self._settings.password.encode()
                is_right = hmac.compare_digest(password.encode(), expected)
                if user is None or not is_right:
                    raise token_refusal("invalid_request", "Kullanıcı kimlik bilgileri geçersiz.")
                return self._tokens(self._new_uuid(), user, now)
            case "refresh_token":
                return self._refresh(_text(form, "refresh_token"), now)
            case other:
                raise _refused_grant(other)

    def reader(self, token: str, now: Wall) -> User | None:
        """Whose access token it is, if it is one that still holds."""
        claims = self._claims(token)
        if claims is None or claims.get("typ") != "Bearer" or claims["exp"] <= epoch_of(now):
            return None
        session = self._sessions.get(claims["session_state"])
        return None if session is None else session.user

    def _refresh(self, token: str, now: Wall) -> Tokens:
        claims = self._claims(token)
        session = None if claims is None else self._sessions.get(claims["session_state"])
        is_good = (
            claims is not None
            and session is not None
            and claims.get("typ") == "Refresh"
            and claims["exp"] > epoch_of(now)
            and claims["jti"] == session.newest_refresh
        )
        if not is_good or claims is None or session is None:
            raise token_refusal("invalid_grant", "Yenileme jetonu geçersiz.")
        return self._tokens(claims["session_state"], session.user, now)

    def _tokens(self, session_id: str, user: User, now: Wall) -> Tokens:
        settings = self._settings
        issued = epoch_of(now)
        refresh_id = self._new_uuid()
        self._sessions.pop(session_id, None)
        self._sessions[session_id] = _Session(user, refresh_id)
        while len(self._sessions) > SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        common = {"iat": issued, "nbf": 0, "iss": "izin-twin", "session_state": session_id}
        access = {
            **common,
            **self._access_claims(user),
            "jti": self._new_uuid(),
            "exp": issued + settings.access_token_seconds,
        }
        refresh = {
            **common,
            "typ": "Refresh",
            "jti": refresh_id,
            "exp": issued + settings.refresh_token_seconds,
        }
        return Tokens(
            self._signed(access),
            self._signed(refresh),
            settings.access_token_seconds,
            settings.refresh_token_seconds,
        )

    def _access_claims(self, user: User) -> dict[str, object]:
        title = self._settings.title
        return {
            "typ": "Bearer",
            "azp": "integrator-client",
            "scope": "email profile",
            "preferred_username": user.username,
            "userType": "integrator",
            "realm_access": {"roles": ["offline_access", "API_USER", "uma_authorization"]},
            "brands": [{"brandCode": str(code), "name": title} for code in user.brand_codes],
            "serviceProvider": {"title": title, "iysCode": str(user.iys_code)},
        }

    def _signed(self, claims: Mapping[str, object]) -> str:
        head, body = (_base64(msgspec.json.encode(part)) for part in (_HEADER, claims))
        return f"{head}.{body}.{self._signature(f'{head}.{body}')}"

    def _claims(self, token: str) -> dict[str, Any] | None:
        signed, _, signature = token.rpartition(".")
        if len(token) > TOKEN_CHARACTERS_MAX or not token.isascii():
            return None
        if not hmac.compare_digest(self._signature(signed), signature):
            return None
        body = signed.rpartition(".")[2]
        try:
            claims: dict[str, Any] = msgspec.json.decode(
                base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
            )
        except (msgspec.DecodeError, binascii.Error):
            return None
        return claims

    def _signature(self, signed: str) -> str:
        return _base64(hmac.digest(self._secret, signed.encode(), hashlib.sha256))


def _text(form: Mapping[str, Any], name: str) -> str:
    capital, plain, empty = _CALLED[name]
    value = form.get(name)
    if name not in form:
        raise token_refusal("invalid_request", f"{capital} verilmemiş.")
    if not isinstance(value, str):
        raise token_refusal("invalid_request", f"Desteklenmeyen {plain} türü.")
    if not value:
        raise token_refusal("invalid_grant", f"{capital} {empty}.")
    return value


def _refused_grant(given: object) -> Refused:
    if given is _NOT_GIVEN:
        return token_refusal("invalid_request", "Giriş yöntemi belirtilmemiş.")
    if given == "":
        return token_refusal("invalid_grant", "Giriş yöntemi boş olamaz.")
    if not isinstance(given, str):
        return token_refusal("invalid_grant", "Desteklenmeyen giriş yöntemi.")
    if given in ("client_credentials", "authorization_code"):
        # What production was seen to answer, unlike the document (iys/api.md §2.4).
        return token_refusal("unsupported_grant_type", "Desteklenmeyen giriş yöntemi.")
    return token_refusal("invalid_request", "Bilinmeyen giriş yöntemi.")


def token_refusal(error: str, description: str) -> Refused:
    """A refusal of the token endpoint, in OAuth's shape (RFC 6749 §5.2)."""
    return ShapedRefusal(400, TokenRefusal(error, description))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
