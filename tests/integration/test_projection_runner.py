"""The library's own way to project: a runner with a tracking view, and its subscription.

Not what production uses (a runner costs 12 connections and a transaction for each event), but it
has to go on working on our recorder.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import (
    InfrastructureFactory,
    Notification,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import EnvType, register_topic

from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.store.database import Database
from ledger.store.recorder import LedgerFactory
from tests.integration.acts import IYS_CODE, LATER, a_request
from tests.integration.waiting import eventually, running

BRAND_OPENED, GRANTED, REFUSED = (
    f"ledger.{kind}" for kind in ("brand.opened", "consent.granted", "consent.refused")
)


class SeenView(TrackingRecorder):
    """Counts events by topic in a table on our pool; tracking in the same transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, topic: str, tracking: Tracking) -> None:
        with self._database.connection(IYS_CODE) as connection:
            self._insert(connection, tracking)
            connection.execute(
                "INSERT INTO seen (topic, events) VALUES (%s, 1)"
                " ON CONFLICT (topic) DO UPDATE SET events = seen.events + 1",
                [topic],
            )

    def insert_tracking(self, tracking: Tracking) -> None:
        with self._database.connection(IYS_CODE) as connection:
            self._insert(connection, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        with self._database.connection(IYS_CODE) as connection:
            row = connection.execute("SELECT max(position) FROM tracked").fetchone()
        return row[0] if row else None

    def counts(self) -> dict[str, int]:
        with self._database.connection(IYS_CODE) as connection:
            return dict(connection.execute("SELECT topic, events FROM seen").fetchall())

    def _insert(self, connection: psycopg.Connection[Any], tracking: Tracking) -> None:
        connection.execute("INSERT INTO tracked VALUES (%s)", [tracking.notification_id])


class CountByTopic(Projection[SeenView]):
    """Counts; a second delivery of an event would meet the primary key of `tracked`."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.add(domain_event.topic, tracking)


class FromGranted(CountByTopic):
    topics = (GRANTED,)


Runner = ProjectionRunner[ConsentLedger, SeenView]


@pytest.fixture
def start(home: Home, ledger: ConsentLedger) -> Callable[[type[CountByTopic]], Runner]:
    """Starts a runner, which makes its own application and view from classes and environment."""
    with psycopg.connect(home.dsn, options="-c search_path=sp_123456") as owner:
        owner.execute("CREATE TABLE seen (topic text PRIMARY KEY, events bigint NOT NULL)")
        owner.execute("CREATE TABLE tracked (position bigint PRIMARY KEY)")
        owner.execute("GRANT SELECT, INSERT, UPDATE ON seen, tracked TO izin_app")

    class OpenedLedger(ConsentLedger):
        name = "ConsentLedger"

        def __init__(self, env: EnvType | None = None) -> None:
            super().__init__(
                ledger.store,
                ledger.vault,
                infrastructure=LedgerFactory(home.database, IYS_CODE),
                decisions=ledger.decisions,
                log_origin=ledger.log_origin,
            )

    class Views(LedgerFactory):
        def __init__(self, env: object) -> None:
            super().__init__(home.database, IYS_CODE)

        def tracking_recorder(self, tracking_recorder_class: Any = None) -> Any:
            return tracking_recorder_class(home.database)

    topic = f"tests.views.{uuid4().hex}"
    register_topic(topic, Views)

    def start(projection: type[CountByTopic]) -> Runner:
        return ProjectionRunner(
            application_class=OpenedLedger,
            projection_class=projection,
            view_class=SeenView,
            env={InfrastructureFactory.PERSISTENCE_MODULE: topic},
        )

    return start


def test_a_projection_runner_reads_everything_once_also_over_a_restart(
    ledger: ConsentLedger, start: Callable[[type[CountByTopic]], Runner]
) -> None:
    ledger.record([a_request(number) for number in range(200)])
    with start(CountByTopic) as runner:
        runner.wait(120, timeout=20)
    stopped_at = runner.view.max_tracking_id("ConsentLedger")
    assert stopped_at is not None and stopped_at >= 120

    ledger.record([a_request(number, "RET", LATER) for number in range(100)])
    with start(CountByTopic) as runner:
        runner.wait(302, timeout=20)
        ledger.record([a_request(number, "RET", LATER) for number in range(100, 150)])
        runner.wait(352, timeout=20)

    opened = {"ledger.ledger.opened": 1, BRAND_OPENED: 1}
    assert runner.view.counts() == {GRANTED: 200, REFUSED: 150, **opened}


def test_a_projection_runner_may_ask_for_some_topics_only(
    ledger: ConsentLedger, start: Callable[[type[CountByTopic]], Runner]
) -> None:
    ledger.record([a_request(1), a_request(1, "RET", LATER), a_request(2, "RET")])

    with start(FromGranted) as runner:
        runner.wait(3, timeout=20)
        ledger.record([a_request(3)])
        runner.wait(6, timeout=20)

    assert runner.view.counts() == {GRANTED: 2}


def test_a_subscription_gives_what_is_there_and_what_comes(ledger: ConsentLedger) -> None:
    ledger.record([a_request(1), a_request(1, "RET", LATER), a_request(2, "RET")])
    with ledger.recorder.subscribe(gt=2) as subscription:
        there = [next(subscription).id for _ in range(3)]
        ledger.record([a_request(3)])

        assert [*there, next(subscription).id] == [3, 4, 5, 6]


def test_a_subscription_that_waits_can_be_stopped(ledger: ConsentLedger) -> None:
    taken: list[Notification] = []
    subscription = ledger.recorder.subscribe(gt=0, topics=[BRAND_OPENED])
    with subscription, running(lambda stop: taken.extend(subscription)):
        eventually(lambda: bool(taken), "it reads what is there")
        subscription.stop()

    assert [notification.id for notification in taken] == [2]
    assert list(subscription) == []
