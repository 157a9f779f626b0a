"""`izin serve --demo`: a ledger to try the service on, and the commands to try it with."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from ledger import clock
from ledger.aggregates.commands import Origin, Provenance, SeeAtIys
from ledger.aggregates.intake import RawAct, parse_act
from ledger.bootstrap import Home
from ledger.cli.context import ACTOR, Context
from ledger.cli.demo import BRAND, IYS_CODE, SAMPLES, sample
from ledger.cli.output import Output
from ledger.errors import SettingsRefused
from ledger.importing.plan import ImportOptions
from ledger.importing.run import import_file
from ledger.recording.request import Request
from ledger.settings import TsaSettings
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import Channel, ConsentSource, IysState, SeenHow

KEY = "izin-demo-key-not-secret"
"""Everybody knows it: it opens ledgers with `MARK` only, which hold made-up addresses."""
MARK = "izin-demo"
SHOWN_AT_IYS = ("+905010000510", "+905010000511")
"""Made-up numbers of which this ledger is told that İYS shows an ONAY: they may be sent to."""

TOUR = """
URL={url}
KEY={key}
A="Authorization: Bearer $KEY" J="Content-Type: application/json"

# {record}
curl -sSw '\\n' -H "$A" -H "$J" $URL/v1/brands/123456/consents -d '{{
  "recipient":"+905010000501","type":"MESAJ","status":"ONAY","source":"HS_WEB",
  "consentDate":"{consent_date}"}}'

# {status}
curl -sSw '\\n' -H "$A" -H "$J" $URL/v1/brands/123456/status -d '{{"recipient":"+905010000510",
  "type":"MESAJ"}}'

# {refuse}
curl -sSw '\\n' -H "$A" -H "$J" $URL/v1/refusals -d '{{"recipient":"0501 000 05 10","via":"sms"}}'

# {filter}
printf '+905010000501\\n+905010000510\\n0501 000 05 11\\nyok\\n' |
  curl -sS -H "$A" -H "Content-Type: text/plain" --data-binary @- \\
    "$URL/v1/brands/123456/filter?type=MESAJ"

# {history}
curl -sSw '\\n' -H "$A" -H "$J" $URL/v1/brands/123456/history -d '{{"recipient":"+905010000510",
  "type":"MESAJ"}}'

# {error}
curl -sSw '\\n' -H "$A" -H "$J" $URL/v1/brands/123456/status -d '{{"recipent":"+905010000510",
  "type":"MESAJ"}}'
"""
"""One paste: every command is curl and nothing else."""
WORDS = {
    "record": (
        "Onay kaydet: İYS'ye bildirilmeden gönderilemez (NOT_YET_REGISTERED).",
        "Record a consent: not to be sent to before İYS knows it (NOT_YET_REGISTERED).",
    ),
    "status": (
        "Gönderilebilir mi? İYS'nin gösterdiği bir alıcı (PERMITTED).",
        "May it be sent to? A recipient whom İYS shows (PERMITTED).",
    ),
    "refuse": (
        "Ret al: bütün kanallarda, hemen geçerli.",
        "Take a refusal: on all channels, in force at once.",
    ),
    "filter": (
        "Listeyi süz: her satıra bir karar; reddeden artık gönderilemez.",
        "Filter a list: a verdict a line; who refused must not be sent to any more.",
    ),
    "history": (
        "Ne oldu? Her hareket, dört tarihiyle, değişmez.",
        "What happened? Every event with its four dates, never changed.",
    ),
    "error": (
        "Okunmaya değer bir hata: bilinmeyen alan, nerede durduğu ve büyük olasılıkla kastedilen.",
        "An error worth reading: an unknown field, where it stands and what was probably meant.",
    ),
}


@contextmanager
def demo_context(context: Context) -> Iterator[Context]:
    """The same command on a demo's folder: the one given, else one that is removed at the end.

    Nothing of it may reach a database or keys that somebody uses. Raises SettingsRefused.
    """
    given = context.settings.data if "data" in context.settings.model_fields_set else None
    with tempfile.TemporaryDirectory(prefix="izin-demo-") as folder:
        data = Path(folder) / "data" if given is None else given.absolute()
        if data.exists() and any(data.iterdir()) and not (data / MARK).exists():
            raise SettingsRefused(
                f"{data} holds something that is no demo's; give an empty folder, or none",
                f"{data} boş değil ve demo klasörü değil; boş bir klasör verin ya da vermeyin",
            )
        data.mkdir(parents=True, exist_ok=True)
        (data / MARK).touch()
        own = {
            "data": data,
            "keys": None,
            "uploads": None,
            "checkpoints": data / "checkpoints",
            "tsa": TsaSettings(),
            "tsa2": None,
            "production": False,
            "database_url": None,
            "server": None,
            "api_key": SecretStr(KEY),
        }
        yield Context(context.settings.model_copy(update=own), context.output)


def seed(home: Home) -> None:
    """The samples, and two recipients whom İYS shows. Safe to repeat."""
    home.add_provider(IYS_CODE, ProviderDetails("Örnek A.Ş."), actor=ACTOR)
    home.add_brand(IYS_CODE, BRAND, "Örnek", actor=ACTOR)
    ledger = home.ledger(IYS_CODE)
    with tempfile.TemporaryDirectory(prefix="izin-samples-") as folder:
        for name in SAMPLES:
            options = ImportOptions(brand_code=BRAND, actor=ACTOR)
            import_file(ledger, sample(name, Path(folder)), options)
    now = clock.now()
    for number in SHOWN_AT_IYS:
        for request in _shown_at_iys(number, clock.iys_text(now - timedelta(hours=1))):
            ledger.record([request])
    ledger.decisions.note_iys_complete(BRAND, Channel.MESSAGE, now)


def tell_tour(output: Output, url: str) -> None:
    """The commands, to be pasted into a shell."""
    words = {name: output.text(*both) for name, both in WORDS.items()}
    date = clock.iys_text(clock.now() - timedelta(hours=1))
    tour = TOUR.format(url=url, key=KEY, consent_date=date, **words)
    output.say(tour, tour)


def _shown_at_iys(number: str, consent_date: str) -> Iterator[Request]:
    """A consent, and İYS's word that it stands there; each is recorded once."""
    now = clock.now()
    at = clock.utc_text(now)
    given = Provenance(
        origin=Origin.LIVE, via="demo", actor=ACTOR, received_at=at, tzdata=clock.TZDATA_VERSION
    )
    raw = RawAct("MESAJ", "HS_WEB", number, "ONAY", consent_date, "BIREYSEL")
    act = parse_act(raw, given, received_at=now)
    shown = SeeAtIys(
        state=IysState.GRANTED,
        at=at,
        seen_at=at,
        how=SeenHow.RESULT,
        consent_date=consent_date,
        source=ConsentSource.HS_WEB,
        creation_date=clock.iys_text(now),
        tzdata=clock.TZDATA_VERSION,
        actor=ACTOR,
        of=1,
    )
    for name, command in (("act", act.command), ("shown", shown)):
        whose = (act.address, BRAND, act.channel, act.recipient_types)
        yield Request(*whose, command, item_id=f"demo/{name}/{number}")
