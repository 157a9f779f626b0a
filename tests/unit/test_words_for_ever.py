"""Words that stand in the log for ever must be nobody's address."""

import pytest

from ledger import clock
from ledger.addresses import names_somebody
from ledger.recording.refusing import Saying, refusal_of


@pytest.mark.parametrize(
    "text",
    [
        "+905010000101",
        "905010000101",
        "05010000101",
        "k-05010000101",
        "k-0501-000-01-01",
        "kasim-2026-5010000101",
        "K5010000101",
        "+902124440000",
        "bir@ornek.com.tr",
        "2124440000",
        "444-00-00",
        "k (0212) 444 00 00",
        "tel.212_444_0000",
        "442079460000",
        "\u0665\u0660\u0661\u0660\u0660\u0660\u0660",
        "20261125103000",
        "53-20261125",
        "20261325",
    ],
    ids=range(18),
)
def test_a_word_with_an_address_in_it_names_somebody(text: str) -> None:
    assert names_somebody(text)


@pytest.mark.parametrize(
    "text",
    [
        *("kasim-2026", "store:0123", "A-B_7", "sms", "2026.11.25-1", "20261125", "K-2026-11-25"),
        *("123456", "1-2-3-4-5-6", "a1b2c3d4e5f6g7"),
    ],
)
def test_a_code_names_nobody(text: str) -> None:
    assert not names_somebody(text)


@pytest.mark.parametrize(("via", "kept"), [("store:0123", "store:0123"), ("k:05010000101", "api")])
def test_the_way_of_a_refusal_is_kept_only_as_a_code(via: str, kept: str) -> None:
    saying = Saying(recipient="+905010000102", via=via)

    assert refusal_of(saying, actor="key:1", now=clock.now()).provenance.via == kept
