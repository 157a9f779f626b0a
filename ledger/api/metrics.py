"""`GET /metrics`: what the service does, in numbers, for Prometheus (decision 0014).

No label holds anything that a caller made up: routes by their template, providers by İYS's number.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from ledger.api import sync_metrics
from ledger.api.access import Action, admit
from ledger.api.bodies import METHODS
from ledger.api.messages import query_of
from ledger.api.operations import operation
from ledger.api.service import Service
from ledger.api.turns import Lane
from ledger.recording.group_commit import Together
from ledger.recording.measures import Measures
from ledger.recording.request import Receipt
from ledger.recording.request import Request as Write
from ledger.vocabulary import IysCode

NO_ROUTE: Final = "none"
"""What was refused before a route was found, or has none."""
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)
SCRAPES_WAITING_MAX: Final = 4

Writers = Mapping[IysCode, Together[Write, Receipt]]


class Meter:
    """Counts the requests of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._answers = Counter(
            "izin_http_requests",
            "Answers by route, method and class of status",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "izin_http_request_seconds",
            "From the head of a request to the end of its answer",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        # Finding a child by its labels costs more than all the rest.
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        """One request is over; `status` 0: the caller hung up before the answer."""
        found = scope["state"].get("route") or scope.get("route")
        route = found if isinstance(found, str) else getattr(found, "path", NO_ROUTE)
        method = scope["method"] if scope["method"] in METHODS else NO_ROUTE
        key = (route, method, status // 100)
        children = self._children.get(key)
        if children is None:
            group = f"{status // 100}xx" if status else NO_ROUTE
            shown = route.replace(":int}", "}")  # as OpenAPI has it
            children = self._answers.labels(shown, method, group), self._seconds.labels(shown)
            self._children[key] = children
        children[0].inc()
        children[1].observe(seconds)


def router(service: Service, meter: Meter) -> APIRouter:
    """The endpoint."""
    routes = APIRouter(tags=["health"])
    lane = Lane(1, waiting_max=SCRAPES_WAITING_MAX)

    @routes.get(
        "/metrics",
        **operation(
            "Hizmetin ölçüleri / the service in numbers",
            media={"text/plain": {"schema": {"type": "string"}}},
            in_brand=False,
        ),
    )
    async def metrics(request: Request) -> Response:
        principal = admit(request, Action.MEASURE)
        query_of(request)
        measures = await lane.run(service.ledgers.measures)
        own = CollectorRegistry()
        # A key of one provider is told nothing of the others'.
        shown = None if principal.iys_code is None else {principal.iys_code}
        own.register(_Store(measures, service.writers, shown))
        text = generate_latest(meter.registry) + generate_latest(own)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return routes


class _Store(Collector):
    """One scrape's look at the store and the writers."""

    def __init__(
        self,
        measures: Measures,
        writers: Writers,
        shown: Collection[IysCode] | None,
    ) -> None:
        self._measures = measures
        self._writers = {code: one for code, one in writers.items() if _is_in(code, shown)}
        self._logs = {
            code: one for code, one in (measures.logs or {}).items() if _is_in(code, shown)
        }
        self._syncs = {code: one for code, one in measures.syncs.items() if _is_in(code, shown)}

    def collect(self) -> Iterator[Metric]:
        """As prometheus_client asks for it."""
        measures = self._measures
        yield GaugeMetricFamily(
            "izin_store_reachable",
            "1 if PostgreSQL answered",
            value=float(measures.logs is not None),
        )
        yield GaugeMetricFamily(
            "izin_keys_age_seconds", "Since the keys were read", value=measures.keys_age_seconds
        )
        pools = measures.pools.items()
        yield _gauge(
            "izin_store_connections",
            "Connections to PostgreSQL",
            ("pool", "state"),
            [
                row
                for name, one in pools
                for row in ((name, "open", one.opened), (name, "lent", one.lent))
            ],
        )
        yield _gauge(
            "izin_store_connections_waited_for",
            "Callers that wait for a connection",
            ("pool",),
            [(name, one.waited_for) for name, one in pools],
        )
        yield from self._of_providers()

    def _of_providers(self) -> Iterator[Metric]:
        yield _gauge(
            "izin_log_position",
            "The last event's",
            ("provider",),
            [(code, one.position) for code, one in self._logs.items()],
        )
        yield _gauge(
            "izin_follower_position",
            "How far it has read",
            ("provider", "follower"),
            [
                (code, name, position)
                for code, one in self._logs.items()
                for name, position in one.followers.items()
            ],
        )
        yield _gauge(
            "izin_writes_waiting",
            "Single writes that wait for their turn",
            ("provider",),
            [(code, one.waiting) for code, one in self._writers.items()],
        )
        for name, about, count in (
            ("izin_writes", "Single writes carried out", "taken"),
            ("izin_write_batches", "Transactions that carried them out", "batches"),
        ):
            family = CounterMetricFamily(name, about, labels=("provider",))
            for code, one in self._writers.items():
                family.add_metric((str(code),), getattr(one, count))
            yield family
        yield from sync_metrics.families(self._syncs)


def _gauge(
    name: str, about: str, labels: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> Metric:
    """Each row: the labels' values, then the number."""
    family = GaugeMetricFamily(name, about, labels=labels)
    for *values, number in rows:
        family.add_metric([str(value) for value in values], float(str(number)))
    return family


def _is_in(code: IysCode, shown: Collection[IysCode] | None) -> bool:
    return shown is None or code in shown
