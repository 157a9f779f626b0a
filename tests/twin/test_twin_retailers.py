"""Retailers and their access to consents (iys/api.md §8), every code that creating one can meet."""

from typing import Any

import pytest

from tests.twin.twin_harness import (
    BRAND_PATH,
    IYS_CODE,
    PHONE,
    TwinHarness,
    a_phone,
    a_retailer,
    codes,
)

KEY = {"recipientType": "BIREYSEL", "type": "MESAJ"}
ACCESS = f"{BRAND_PATH}/consents/retailers/access"
TCKN = "11111111110"
CITY = {"name": "İstanbul", "code": "34"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"surprise": "x"}, "H016"),
        ({"title": "x" * 256}, "H017"),
        ({"status": "pending"}, "H201"),
        ({"title": None}, "H214"),
        ({"name": ""}, "H215"),
        ({"tckn": None}, "H216"),
        ({"city": None}, "H217"),
        ({"city": {"name": "İstanbul"}}, "H218"),
        ({"city": {"code": "34"}}, "H219"),
        ({"town": None}, "H220"),
        ({"town": {"name": "Kadıköy"}}, "H221"),
        ({"town": {"code": "429"}}, "H222"),
        ({"mobile": "0501"}, "H224"),
        ({"tckn": "10000000147"}, "H225"),
        ({"tckn": "1000000014"}, "H226"),
        ({"mersis": "0845052547100001"}, "H227"),
        ({"mersis": "12345"}, "H228"),
        ({"name": "<b>"}, "H229"),
        ({"tin": "8450525471"}, "H243"),
        ({"tin": "845"}, "H244"),
        ({"tin": None}, "H288"),
    ],
)
def test_a_bad_retailer_meets_its_code(
    changes: dict[str, Any], code: str, twin: TwinHarness
) -> None:
    answer = twin.post(f"{BRAND_PATH}/retailers", a_retailer(**changes))
    assert answer.status_code == 400 and codes(answer) == [code]


def test_numbers_are_unique_and_a_passive_holder_is_told_apart(twin: TwinHarness) -> None:
    twin.retailer(mersis="0845052547000001")
    twin.retailer(tckn=TCKN, status="passive")

    both = twin.post(f"{BRAND_PATH}/retailers", a_retailer(mersis="0845052547000001"))
    passive = twin.post(f"{BRAND_PATH}/retailers", a_retailer(tckn=TCKN))

    assert codes(both) == ["H230", "H231"]
    assert codes(passive) == ["H253"]
    assert "kimlik numarası" in passive.json()["errors"][0]["message"]


def test_codes_have_eight_digits_and_run_out(twin: TwinHarness) -> None:
    assert len(str(twin.retailer())) == 8
    twin.twin.chance.number = lambda: 7  # type: ignore[method-assign]  # always the same code
    assert len(str(twin.retailer(tckn=TCKN))) == 8

    answer = twin.post(f"{BRAND_PATH}/retailers", a_retailer(tckn="22222222220"))

    assert codes(answer) == ["H067"]


def test_only_a_retailer_that_was_never_linked_goes(twin: TwinHarness) -> None:
    linked, free = twin.retailer(), twin.retailer(tckn=TCKN)
    twin.add(retailerCode=linked)
    path = f"{BRAND_PATH}/retailers"

    kept = twin.request("DELETE", f"{path}/{linked}")
    gone = twin.request("DELETE", f"{path}/{free}")
    again = twin.request("DELETE", f"{path}/{free}")

    assert kept.status_code == 400 and codes(kept) == ["H061"]
    assert (gone.status_code, gone.text) == (200, "Başarı")
    assert again.status_code == 404 and codes(again) == ["H058"]
    assert twin.get(f"{path}/{free}").json() == {}
    assert twin.get(path).json()["pagination"]["totalCount"] == 1


def test_a_page_of_retailers_and_all_of_them(twin: TwinHarness) -> None:
    for tckn in ("10000000146", TCKN, "22222222220"):
        twin.retailer(tckn=tckn)

    page = twin.get(f"{BRAND_PATH}/retailers?limit=2&offset=2").json()
    everyone = twin.get(f"{BRAND_PATH}/retailers?limit=1&all=true").json()

    assert page["pagination"] == {
        "offset": 2,
        "pageSize": 1,
        "totalCount": 3,
        "currentPage": 2,
    }
    assert len(everyone["list"]) == 3


def who_may(twin: TwinHarness) -> list[int]:
    answer = twin.post(f"{BRAND_PATH}/consent/retailers/access/list", {**KEY, "recipient": PHONE})
    return [one["retailerCode"] for one in answer.json()["list"]]


def test_access_is_given_replaced_and_taken(twin: TwinHarness) -> None:
    first, second = twin.retailer(), twin.retailer(tckn=TCKN)
    twin.add(retailerCode=first)
    many = {**KEY, "recipients": [PHONE, a_phone(9)]}

    given = twin.post(ACCESS, {**KEY, "recipient": PHONE, "retailerAccess": [second, second]})
    after_giving = who_may(twin)
    twin.request("PUT", ACCESS, body={**many, "retailerAccess": [second]})
    after_replacing = who_may(twin)
    twin.post(f"{ACCESS}/remove", {**many, "retailerAccess": [second]})
    after_removing = who_may(twin)
    twin.request("PUT", ACCESS, body={**many, "retailerAccess": [first, second]})
    twin.post(f"{ACCESS}/remove/all", many)

    assert given.status_code == 200
    assert after_giving == [first, second]
    assert after_replacing == [second]
    assert after_removing == who_may(twin) == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_nobody_elses_retailer_gets_access(method: str, twin: TwinHarness) -> None:
    own = twin.retailer()
    twin.add()
    named = {"recipients": [PHONE]} if method == "PUT" else {"recipient": PHONE}

    answer = twin.request(method, ACCESS, body={**KEY, **named, "retailerAccess": [own, 12345678]})

    assert answer.status_code == 403
    assert answer.json()["errors"][0]["location"] == ["retailerAccess", 1]
    assert who_may(twin) == []


def test_a_retailer_that_is_not_there_cannot_be_taken_away(twin: TwinHarness) -> None:
    body = {**KEY, "recipients": [PHONE], "retailerAccess": [12345678]}
    answer = twin.post(f"{ACCESS}/remove", body)
    assert answer.status_code == 404 and codes(answer) == ["H058"]


def test_an_unknown_retailer_fails_an_add_with_its_place(twin: TwinHarness) -> None:
    own = twin.retailer()

    single = twin.add(retailerCode=own, retailerAccess=[own, "12345678", True])
    bulk = twin.bulk(
        [
            {
                **KEY,
                "recipient": PHONE,
                "source": "HS_WEB",
                "status": "ONAY",
                "consentDate": "2026-03-03 10:15:00",
                "retailerCode": 1,
            }
        ]
    )

    places = [one["location"] for one in single.json()["errors"]]
    assert single.status_code == 403 and places == [["retailerAccess", 1], ["retailerAccess", 2]]
    assert bulk.json()["errors"][0]["index"] == 0


def test_places_are_81_cities_and_970_towns(twin: TwinHarness) -> None:
    cities, towns = twin.get("/info/city").json(), twin.get("/info/town").json()

    assert (len(cities), len(towns)) == (81, 970)
    assert cities[0] == {"code": 1, "name": "Adana"}
    assert towns[-1] == {"name": "Kaynaşlı", "code": 970, "city_code": 81}
    assert twin.get("/info/city/82").status_code == twin.get("/info/town/971").status_code == 204
    assert twin.get("/info/city", logged_in=False).status_code == 401


def test_an_integrator_acts_for_the_provider_and_sees_less(twin: TwinHarness) -> None:
    twin.log_in("integrator")

    assert twin.add().status_code == 200
    shown = twin.get(f"/sps/{IYS_CODE}/subscription").json()
    assert "consentLimit" not in shown
    assert codes(twin.get("/integrator/5/sps")) == ["H353"]
    assert len(twin.get("/integrator/74112691/sps?limit=1").json()["list"]) == 1


def test_a_provider_is_no_integrator(twin: TwinHarness) -> None:
    assert codes(twin.get("/integrator/74112691/subscription")) == ["H522"]
    assert codes(twin.get("/sps/5/brands")) == ["H353"]
    twin.post("/_twin/provider", {"subscriptionStatus": "NONE"})
    missing = twin.get(f"/sps/{IYS_CODE}/subscription")
    assert missing.status_code == 404 and codes(missing) == ["H437"]
