"""`izin demo`: the shipped samples in a ledger that is thrown away; looked up, proven, checked."""

import tempfile
import time
from datetime import timedelta
from importlib import resources
from pathlib import Path

from ledger import bootstrap, clock, views
from ledger.addresses import parse_address
from ledger.bootstrap import Home
from ledger.cli import demo_iys, demo_proof
from ledger.cli.context import ACTOR, Context
from ledger.cli.output import Output
from ledger.importing.plan import ImportOptions
from ledger.importing.run import ImportResult, import_file
from ledger.importing.spool import COLUMNS, VerdictFile
from ledger.projections.fsck_report import Report
from ledger.settings import TsaSettings
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import BrandCode, Channel, IysCode, Outcome, RecipientType

IYS_CODE = IysCode(123456)
BRAND = BrandCode(123456)
SAMPLES = ("uyumsoft.csv", "api.csv")
LOOKED_UP = (
    (Channel.MESSAGE, "+905010000101"),
    (Channel.MESSAGE, "0501 000 01 02"),
    (Channel.MESSAGE, "+905010000104"),
    (Channel.EMAIL, "deneme@ornek.com.tr"),
    (Channel.MESSAGE, "+905010000199"),
)
"""Made-up addresses of the samples; shown here since no person has them."""


def run(context: Context) -> bool:
    """Play it; whether the ledger is clean at the end."""
    began = time.monotonic()
    output = context.output
    with tempfile.TemporaryDirectory(prefix="izin-demo-") as folder:
        data = Path(folder) / "data"
        # Nothing of it may reach a database or keys that somebody uses.
        own: dict[str, object] = {"data": data, "keys": None, "database_url": None, "tsa2": None}
        own |= {"checkpoints": Path(folder) / "checkpoints", "tsa": TsaSettings()}
        own |= {"production": False}
        settings = context.settings.model_copy(update=own)
        output.say("PostgreSQL başlatılıyor …", "Starting PostgreSQL …")
        with bootstrap.home(settings) as home:
            home.add_provider(IYS_CODE, ProviderDetails("Örnek A.Ş."), actor=ACTOR)
            home.add_brand(IYS_CODE, BRAND, "Örnek", actor=ACTOR)
            counts = [_import(home, output, Path(folder), name) for name in SAMPLES]
            again = _import(home, output, Path(folder), SAMPLES[-1])
            week = demo_iys.play(home, output, IYS_CODE, BRAND)
            _look_up(home, output)
            home.follow(IYS_CODE)
            is_proven = demo_proof.prove(home, output, Path(folder), IYS_CODE, BRAND)
            report = home.check(IYS_CODE)
    seconds = round(time.monotonic() - began, 3)
    is_whole = week.days_equal == demo_iys.DAYS
    _tell_end(output, report, again, seconds)
    output.answer(
        {
            "clean": report.is_clean,
            "events": report.events,
            "proven": is_proven,
            "iys": {
                "told": week.told,
                "refusedThere": week.refused_at_iys,
                "outageHours": week.outage_hours,
                "daysEqual": week.days_equal,
            },
            "imported": sum(result.read for result in counts),
            "recordedAgain": _new(again),
            "seconds": seconds,
        }
    )
    return report.is_clean and is_proven and is_whole


def sample(name: str, folder: Path) -> Path:
    """A shipped sample as a file of yesterday."""
    yesterday = clock.iys_text(clock.now() - timedelta(days=1))[:10]
    text = resources.files("ledger.cli").joinpath("samples", name).read_text(encoding="utf-8")
    file = folder / name
    file.write_text(text.replace("{yesterday}", yesterday), encoding="utf-8")
    return file


def _new(again: ImportResult) -> int:
    return again.verdicts[Outcome.RECORDED] + again.verdicts[Outcome.SUPPRESSED]


def _tell_end(output: Output, report: Report, again: ImportResult, seconds: float) -> None:
    output.say(
        f"\nAynı dosya ikinci kez: {_new(again)} yeni kayıt. fsck: {report.events} olay,"
        f" {'temiz' if report.is_clean else 'UYUŞMAZLIK VAR'}. {seconds:.1f} sn",
        f"\nThe same file again: {_new(again)} new records. fsck: {report.events} events,"
        f" {'clean' if report.is_clean else 'NOT CLEAN'}. {seconds:.1f} s",
    )
    output.say(
        "Kendi defteriniz için: ./run provider add --help, sonra ./run import --help",
        "For a ledger of your own: ./run provider add --help, then ./run import --help",
    )


def _import(home: Home, output: Output, folder: Path, name: str) -> ImportResult:
    file = sample(name, folder)
    verdicts = folder / "verdicts.csv"
    options = ImportOptions(brand_code=BRAND, actor=ACTOR)
    with verdicts.open("w", encoding="utf-8", newline="") as out:
        verdict_file = VerdictFile(out, lang=output.lang)
        result = import_file(home.ledger(IYS_CODE), file, options, verdict_file=verdict_file)
    output.say(
        f"\n{name} ({result.template}): {result.read} satır", f"\n{name}: {result.read} rows"
    )
    for line in verdicts.read_text(encoding="utf-8").splitlines():
        if line != ",".join(COLUMNS):
            number, verdict, rest = line.split(",", 2)
            shown = f"  {number:>3}  {verdict:<10} {rest.strip(',')}"
            output.say(shown, shown)
    return result


def _look_up(home: Home, output: Output) -> None:
    output.say("\nDurum sorgusu:", "\nStatus:")
    ledger, brand = home.ledger(IYS_CODE), home.providers.brand(BRAND)
    for channel, text in LOOKED_UP:
        address = parse_address(text, channel)
        view = views.status(ledger, brand, address, channel, RecipientType.INDIVIDUAL)
        verdict = view.verdict
        can = output.text("gönderilebilir", "may be sent to")
        cannot = output.text("gönderilemez", "must not be sent to")
        line = (
            f"  {channel:<6} {text:<22} {view.status or '–':<5}"
            f" {verdict.kind} {verdict.reason or ''}: {can if verdict.permitted else cannot}"
        )
        output.say(line, line)
