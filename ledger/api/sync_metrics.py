"""The provider's standing with İYS, in numbers for Prometheus (decision 0014)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from ledger.recording.measures import BrandMeasures, SyncMeasures
from ledger.vocabulary import IysCode

Syncs = Mapping[IysCode, SyncMeasures]

_OF_PROVIDERS: Final[tuple[tuple[str, str, Callable[[SyncMeasures], float]], ...]] = (
    ("izin_iys_account", "1 if there is an account at İYS", lambda one: float(one.account)),
    ("izin_iys_waiting", "Acts that İYS has to hear of", lambda one: one.waiting),
    ("izin_iys_oldest_seconds", "Since the oldest of them", lambda one: one.oldest_seconds),
    (
        "izin_confirmations_missed",
        "Same-day confirmations that nothing shows",
        lambda one: one.confirmations_missed,
    ),
    ("izin_iys_requests_day", "Calls in 24 hours, of the host", lambda one: one.requests_day),
    ("izin_iys_success_ratio", "Of them; İYS warns below 0.70", lambda one: one.success_ratio),
    ("izin_iys_statuses_left", "Single look-ups left this hour", lambda one: one.statuses_left),
    ("izin_iys_halted", "1 while no token may be asked for", lambda one: float(one.halted)),
)
_OF_BRANDS: Final[tuple[tuple[str, str, Callable[[BrandMeasures], float | None]], ...]] = (
    (
        "izin_iys_pulled_seconds",
        "Up to how long ago all movements are known",
        lambda one: one.pulled_seconds,
    ),
    ("izin_iys_agreed_days", "Since the last day agreed on", lambda one: one.agreed_days),
    ("izin_iys_unread", "Movements that cannot be read", lambda one: one.unread),
)


def families(syncs: Syncs) -> Iterator[Metric]:
    """Every number of these providers; what is not known is left out."""
    for name, about, number in _OF_PROVIDERS:
        family = GaugeMetricFamily(name, about, labels=("provider",))
        for code, one in syncs.items():
            family.add_metric((str(code),), number(one))
        yield family
    overdue = GaugeMetricFamily(
        "izin_iys_overdue", "Waiting acts past a deadline", labels=("provider", "reading")
    )
    for code, one in syncs.items():
        for reading, count in one.overdue.items():
            overdue.add_metric((str(code), reading), count)
    yield overdue
    for name, about, of_brand in _OF_BRANDS:
        family = GaugeMetricFamily(name, about, labels=("provider", "brand"))
        for code, one in syncs.items():
            for brand_code, brand in one.brands.items():
                value = of_brand(brand)
                if value is not None:
                    family.add_metric((str(code), str(brand_code)), value)
        yield family
