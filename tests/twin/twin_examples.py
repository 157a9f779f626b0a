"""The official document's example requests that are refused, and how: a table of our own.

Each row: path behind the brand (POST unless said); what changes of the whole example; then code,
place, value and index of every problem.
"""

from typing import Any

from ledger.iys_twin.codes import MESSAGES

ANSWERED_AT = "2020-08-06 15:50:23"
LONG_MAILBOX = "ornek" * 53 + "@mail.com"
RETAILERS = (55550127, 58795354, 30143398, 66438915, 71007289)
ONE: dict[str, Any] = {
    "consentDate": "2020-07-08 07:07:07",
    "source": "HS_CAGRI_MERKEZI",
    "recipient": "ornekeposta@ornekeposta.com",
    "recipientType": "BIREYSEL",
    "status": "ONAY",
    "type": "EPOSTA",
    "retailerCode": 55550127,
    "retailerAccess": [58795354, 30143398],
}
LIST: list[dict[str, Any]] = [
    {
        "type": "EPOSTA",
        "source": "HS_WEB",
        "recipient": "ornek@adiniz6.com",
        "status": "ONAY",
        "consentDate": "2018-02-10 09:40:00",
        "recipientType": "BIREYSEL",
        "retailerAccess": [66438915, 71007289],
    },
    {
        "type": "EPOSTA",
        "source": "HS_WEB",
        "recipient": "ornek@adiniz7.com",
        "status": "ONAY",
        "consentDate": "2019-02-10 09:50:00",
        "recipientType": "TACIR",
        "retailerAccess": [66438915, 71007289],
    },
    {
        "type": "MESAJ",
        "source": "HS_MESAJ",
        "recipient": "+905311333449",
        "status": "ONAY",
        "consentDate": "2020-02-10 09:55:00",
        "recipientType": "BIREYSEL",
        "retailerCode": 66438915,
        "retailerAccess": [66438915, 71007289],
    },
]
ASKED = {"recipient": ONE["recipient"], "recipientType": "BIREYSEL", "type": "EPOSTA"}
ACCESS = {
    "type": "MESAJ",
    "recipientType": "BIREYSEL",
    "recipients": ["+905311333449"],
    "retailerAccess": [66438915],
}
PUSH = {
    "url": "https://push.iys.org.tr/push/api",
    "type": "EPOSTA",
    "username": "Api123",
    "password": "3Kn.ls76412",
}
ABSENT = object()

Problem = tuple[str, list[str | int], Any, int | None]
REFUSED: dict[str, tuple[str, Any, list[Problem]]] = {
    "type missing": ("/consents", {"type": ABSENT}, [("H111", ["type"], ABSENT, None)]),
    "source missing": ("/consents", {"source": ABSENT}, [("H113", ["source"], ABSENT, None)]),
    "recipient missing": (
        "/consents",
        {"recipient": ABSENT},
        [("H114", ["recipient"], ABSENT, None)],
    ),
    "status missing": ("/consents", {"status": ABSENT}, [("H110", ["status"], ABSENT, None)]),
    "date missing": (
        "/consents",
        {"consentDate": ABSENT},
        [("H112", ["consentDate"], ABSENT, None)],
    ),
    "type": ("/consents", {"type": "EPOSTAa"}, [("H117", ["type"], "EPOSTAa", None)]),
    "source": (
        "/consents",
        {"source": "HS_FIZIKSEL_OTAM"},
        [("H119", ["source"], "HS_FIZIKSEL_OTAM", None)],
    ),
    "mailbox": (
        "/consents",
        {"recipient": LONG_MAILBOX},
        [("H120", ["recipient"], LONG_MAILBOX, None)],
    ),
    "Turkish letters": (
        "/consents",
        {"recipient": "örnek@mail.com"},
        [("H120", ["recipient"], "örnek@mail.com", None)],
    ),
    "telephone": (
        "/consents",
        {"recipient": "9055436100000000", "type": "MESAJ"},
        [
            ("H160", ["recipient"], "9055436100000000", None),
            ("H121", ["recipient"], "9055436100000000", None),
        ],
    ),
    "status": ("/consents", {"status": "ONAYY"}, [("H115", ["status"], "ONAYY", None)]),
    "no such date": (
        "/consents",
        {"consentDate": "2020-15-01 13:35:00"},
        [("H157", ["consentDate"], "2020-15-01 13:35:00", None)],
    ),
    "too early": (
        "/consents",
        {"consentDate": "2015-04-30 23:59:00"},
        [("H156", ["consentDate"], "2015-04-30 23:59:00", None)],
    ),
    "before 2015": (
        "/consents",
        {"consentDate": "2020-04-30 23:59:00", "source": "HS_2015"},
        [("H155", ["consentDate"], "2020-04-30 23:59:00", None)],
    ),
    "unknown member": (
        "/consents",
        {"unacceptableProperty": "unacceptableValue"},
        [("H118", ["unacceptableProperty"], "unacceptableValue", None)],
    ),
    "recipient type": (
        "/consents",
        {"recipientType": "TACIRR"},
        [("H116", ["recipientType"], "TACIRR", None)],
    ),
    "HS_KARAR": (
        "/consents",
        {"source": "HS_KARAR"},
        [("H408", ["status"], "ONAY", None)],
    ),
    "request id long": (
        "GET /consents/request/a9817bd8-0642-4d8c-946b-cc47d5aac41ab-cc47d5aac41a",
        None,
        [("H198", ["requestId"], "a9817bd8-0642-4d8c-946b-cc47d5aac41ab-cc47d5aac41a", None)],
    ),
    "request id letters": (
        "GET /consents/request/abcde",
        None,
        [("H199", ["requestId"], "abcde", None)],
    ),
    "request id digits": (
        "GET /consents/request/12345",
        None,
        [("H400", ["requestId"], "12345", None)],
    ),
    "status of a mailbox": (
        "/consents/status",
        {"recipient": "ornekmail.com"},
        [("H120", ["recipient"], "ornekmail.com", None)],
    ),
    "status of a number": (
        "/consents/status",
        {"recipient": "+05543213232", "type": "ARAMA"},
        [("H121", ["recipient"], "+05543213232", None)],
    ),
    "status without type": (
        "/consents/status",
        {"type": ABSENT},
        [("H111", ["type"], ABSENT, None)],
    ),
    "status without recipient type": (
        "/consents/status",
        {"recipientType": ABSENT},
        [("H170", ["recipientType"], ABSENT, None)],
    ),
    "history of a number": (
        "/consents/history",
        {"recipient": "example@iys.com", "type": "ARAMA"},
        [("H121", ["recipient"], "example@iys.com", None)],
    ),
    "history limit": (
        "/consents/history?limit=-1",
        {},
        [("H182", ["limit"], -1, None)],
    ),
    "history limit 0": ("/consents/history?limit=0", {}, [("H187", ["limit"], 0, None)]),
    "history page": ("/consents/history?limit=1000", {}, [("H186", ["limit"], 1000, None)]),
    "history offset": ("/consents/history?offset=-1", {}, [("H183", ["offset"], -1, None)]),
    "access page": (
        "/consent/retailers/access/list?offset=-1&limit=0",
        {},
        [("H182", ["offset"], -1, None), ("H187", ["limit"], 0, None)],
    ),
    "pull source": (
        "GET /consents/changes?source=SH",
        None,
        [("H506", ["source"], "SH", None)],
    ),
    "pull limit": (
        "GET /consents/changes?limit=1500",
        None,
        [("H507", ["limit"], "1500", None)],
    ),
    "day form": (
        "GET /agreements/06.07.2020",
        None,
        [("H501", ["reportDate"], "06.07.2020", None)],
    ),
    "day recipient type": (
        "GET /changes/2020-08-05/recipients/TACIRR",
        None,
        [("H116", ["recipientType"], "TACIRR", None)],
    ),
    "day too old": (
        "GET /changes/2020-07-29/file",
        None,
        [("H502", ["reportDate"], "2020-07-29", None)],
    ),
    "agreement false": (
        "PUT /agreements/2020-08-05",
        {"agreementStatus": False},
        [("H512", ["agreementStatus"], ABSENT, None)],
    ),
    "push type": (
        "/push/unregistration",
        {"type": "EPOSTAa"},
        [("H117", ["type"], "EPOSTAa", None)],
    ),
    "push user": (
        "/push/unregistration",
        {"username": ABSENT},
        [("H093", ["username"], ABSENT, None)],
    ),
    "push url": (
        "/push/unregistration",
        {"url": "http://push.iys.org.tr"},
        [("H531", ["url"], ABSENT, None)],
    ),
    "multi empty": (
        "/consents/BIREYSEL/status/MESAJ",
        {"recipients": []},
        [("H164", ["recipients"], [], None)],
    ),
    "multi no list": (
        "/consents/BIREYSEL/status/MESAJ",
        {"recipients": {}},
        [("H478", ["recipients"], {}, None)],
    ),
    "multi kind": (
        "/consents/BIREYSEL/status/MESAJ",
        {"recipients": ["test@gmail.com"]},
        [("H464", ["recipient"], "test@gmail.com", None)],
    ),
    "multi twice": (
        "/consents/BIREYSEL/status/MESAJ",
        {"recipients": ["+905054566789", "+905055566791", "+905056566791", "+905055566791"]},
        [("H193", ["recipients", 3], "+905055566791", None)],
    ),
    "access number": (
        "PUT /consents/retailers/access",
        {"recipients": ["905546789898"]},
        [("H121", ["recipients", 0], "905546789898", None)],
    ),
    "bulk dates": (
        "/consents/request",
        [
            {"consentDate": "2042-02-10 09:30:00"},
            {"consentDate": "2020-15-10 09:30:00"},
            {"consentDate": "2015-02-10 09:30:00", "source": "HS_2015"},
            {"consentDate": "2014-02-10 09:30:00"},
        ],
        [
            ("H162", ["consentDate"], "2042-02-10 09:30:00", 0),
            ("H157", ["consentDate"], "2020-15-10 09:30:00", 1),
            ("H156", ["consentDate"], "2015-02-10 09:30:00", 2),
            ("H155", ["consentDate"], "2015-02-10 09:30:00", 2),
            ("H156", ["consentDate"], "2014-02-10 09:30:00", 3),
        ],
    ),
    "bulk recipients": (
        "/consents/request",
        [
            {"recipient": "ornekadiniz.com"},
            {"recipient": LONG_MAILBOX},
            {"recipient": "905313334455999999999999", "type": "MESAJ"},
        ],
        [
            ("H120", ["recipient"], "ornekadiniz.com", 0),
            ("H120", ["recipient"], LONG_MAILBOX, 1),
            ("H160", ["recipient"], "905313334455999999999999", 2),
            ("H121", ["recipient"], "905313334455999999999999", 2),
        ],
    ),
    "bulk twice": ("/consents/request", [{}, {}], [("H194", [], ABSENT, 1)]),
    "bulk access empty": (
        "/consents/request",
        [{"retailerAccess": []}],
        [("H163", ["retailerAccess"], [], 0)],
    ),
    "bulk source": (
        "/consents/request",
        [{"source": "HS_201"}],
        [("H119", ["source"], "HS_201", 0)],
    ),
    "bulk retailer": (
        "/consents/request",
        [{"retailerCode": 12786531}],
        [("H180", ["retailerCode"], 12786531, 0)],
    ),
}
WHOLE: dict[str, dict[str, Any]] = {
    "/consents": ONE,
    "/consents/request": ONE,
    "/consents/status": ASKED,
    "/consents/history": ASKED,
    "/consent/retailers/access/list": ASKED,
    "/consents/retailers/access": ACCESS,
    "/push/unregistration": PUSH,
}
# The message where the example words the code unlike the table.
WORDED = {
    "status of a number": MESSAGES["H121"].replace("formatına", "formata"),
    "day recipient type": "Alıcı tipi (recipientType) kabul edilemedi."
    " İzin verilen değerler: BIREYSEL, TACIR",
    "history limit": "limit değeri geçerli olmalıdır.",
    "history limit 0": "Limit değerleri sıfır olmamalıdır.",
    "history offset": "offset değeri geçerli olmalıdır.",
    "multi twice": "Alıcı (recipient) değeri liste içinde tekrarlanamaz.",
    "agreement false": "false kabul edilemedi. İzin verilen değerler: true",
    "push user": "Kullanıcı adı (username) bulunamadı.",
    "bulk access empty": "İzin erişimi olan bayilerin (retailer) listesi boş olmamalıdır.",
}
