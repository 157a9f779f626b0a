"""İzin Defteri: delil paketini denetler / checks an evidence bundle. Python ≥ 3.11, OpenSSL ≥ 3.0.

    python verify_bundle.py PAKET.zip --trust KLASÖR [--lang en] [--json] [--at AN] [--production]

KLASÖR, sizin güvendikleriniz; paketten alınmaz / what you trust, never taken from the bundle:
tsa/*.pem (roots), tsa/*.crl (DER), *.vkey (log, witnesses), policy.json. Exit: 0 what is claimed is
shown, 1 refused, 2 wrong call. The layout and its rules: ops/decisions/0012-bundle.md.
"""

import argparse
import base64
import json
import re
import subprocess
import sys
import unicodedata
import zipfile
import zlib
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace as Record
from typing import Any

# By step; the code, read as words, is the English text.
REFUSALS = """
1 TRUST_FOLDER_MALFORMED güven klasörü okunamıyor; NO_TSA_ROOT güven klasöründe TSA kökü yok
1 OPENSSL_DOES_NOT_RUN openssl komutu çalışmıyor; OPENSSL_TOO_OLD OpenSSL 3.0 ya da yenisi gerekir
1 ZIP_MALFORMED zip bozuk ya da alışılmadık; ZIP_TOO_LARGE zip fazla büyük ya da dosyası çok
1 FILE_NAME_REFUSED dosya adı düzende yok ya da iki kez; MANIFEST_MALFORMED manifest kurallı değil
1 FILE_DIFFERS_FROM_MANIFEST dosya manifesttekinden farklı; FILE_MISSING dosya eksik
1 FILE_OUT_OF_PLACE fazla dosya
2 EVENT_MALFORMED olay kurallı değil; EVENT_OF_ANOTHER_PERSON başka birinin olayı karışmış
2 EVENT_NOT_ASKED_FOR olay sorulan iznin değil; STREAM_NOT_OF_ITS_KEY akış anahtarından çıkmıyor
2 EVENT_MISSING_IN_STREAM akışta bir olay eksik; PREVIOUS_EVENT_DIFFERS önceki olay başka
3 PROOF_MALFORMED kütük kanıtı kurallı değil; LOG_NOT_TRUSTED olay güvenilen bir defterin değil
3 LOG_KEY_UNKNOWN güvenilen anahtar imzalamamış; LOG_SIGNATURE_WRONG defterin imzası geçersiz
3 WITNESS_SIGNATURE_WRONG tanığın imzası geçersiz; WITNESSES_TOO_FEW tanık imzası yetersiz
3 EVENT_NOT_IN_LOG olay kütükte bu sırada değil; EVENTS_OUT_OF_ORDER olaylar kütük sırasında değil
3 CHECKPOINT_NOT_OF_SEAL kontrol noktası mührün değil
4 RECORD_MALFORMED delil kaydı kurallı değil; RECORD_RENEWED yenilenmiş delil kaydı okunamıyor
4 RECORD_OF_OTHER_DATA delil kaydı başka verinin; RECORD_TOKEN_NOT_OF_SEAL damga mührün değil
4 EVENT_NOT_OF_BATCH olay mührün grubundan değil; RECORD_NOT_OF_SEAL delil kaydı mühre varmıyor
4 SEAL_NOT_OF_CHECKPOINT mühür kontrol noktasını kapsamıyor
5 TOKEN_MALFORMED damga kurallı değil; TOKEN_OF_OTHER_DATA damga başka verinin
5 TOKEN_HASH_NOT_ALLOWED damganın özetine izin yok; TOKEN_POLICY_NOT_ALLOWED damga ilkesine izin yok
5 TOKEN_CERTIFICATE_PURPOSE sertifika yalnız damga için değil; TOKEN_OF_A_TEST_TSA TEST damgası
5 TOKEN_FROM_THE_FUTURE damga gelecekten; TOKEN_OUTSIDE_VALIDITY sertifika o an geçerli değil
5 CERTIFICATE_EXPIRED sertifikanın süresi bitmiş; TOKEN_NOT_OF_A_TRUSTED_TSA güvenilen köke varmıyor
6 REVOCATION_LIST_MALFORMED iptal listesi okunamıyor; CERTIFICATE_REVOKED sertifika iptal edilmiş
7 PREVIOUS_SEAL_MALFORMED önceki mühür kurallı değil; LOG_REWRITTEN önceki kütük bunun başı değil
7 BACKDATED olay, ondan önceki mühürden eski görünüyor; RECORDED_AFTER_SEAL kayıt anı damgadan sonra
7 SEALED_TOO_LATE damga fazla geç
8 DISCLOSURE_MALFORMED açıklanan veri kurallı değil; DISCLOSURE_NOT_OF_EVENT olaydaki bu değil
8 ADDRESSES_DIFFER açıklanan adresler farklı; LINE_NOT_OF_DECISION satır bu kararın değil
9 HEADS_MALFORMED akış sonları kurallı değil; HEADS_ENTRY_WRONG girdi akış sonlarında yok
9 HEADS_OUT_OF_ORDER girdiler sırasız ya da iki kez; HEADS_ENTRY_MISSING girdi ya da komşusu yok
9 STREAM_ENDS_OTHERWISE akış başka bir olayla bitiyor
"""
TEXTS = {
    part.split(" ", 1)[0]: (int(row[0]), part.split(" ", 1)[1])
    for row in REFUSALS.strip().split("\n")
    for part in row[2:].split("; ")
}
STEPS = """
1. Güven klasörü: {roots} TSA kökü, {keys} anahtar. Paket: {files} dosya; paket özeti {digest}\
|1. Trust folder: {roots} TSA roots, {keys} keys. Bundle: {files} files; digest {digest}
2. {events} olay; {streams} izin akışı ilk olayından beri boşluksuz\
|2. {events} events; {streams} consent streams, each without a gap from its first event on
3. Her olay kütükte kendi sırasında; istenen tanık sayısı {quorum}\
|3. Each event is at its place in the log; witnesses asked for: {quorum}
4. Delil kayıtları (RFC 4998) mühürlere varıyor|4. The evidence records (RFC 4998) lead to the seals
5. {tokens} zaman damgası geçerli: {tsa}|5. {tokens} time stamps verify: {tsa}
6. İptal edilmiş sertifika yok; liste: {crls} güven klasöründen, {crls_inside} paketten (imzasına\
 bakılmadı)|6. No certificate is revoked; lists: {crls} of the trust folder, {crls_inside} of the\
 bundle (signature not looked at)
7. Kayıt anları mühürlerin arasında; kayıttan damgaya en çok {largest_gap}\
|7. Recorded between the seals; from record to stamp at most {largest_gap}
8. {groups} veri grubundan {shown} açık, olaydakinin aynısı; karar satırı: {decisions}\
|8. {shown} of {groups} groups of data opened, as the events bind them; decision lines: {decisions}
9. Akış sonları: {heads}|9. Ends of streams: {heads}
"""
ANSWERS = """
(i) DEĞİŞMEMİŞ: bütün olaylar en geç {unchanged_since} anından beri böyle\
|(i) UNCHANGED: all events are as they were at {unchanged_since}
(ii) KİMİN: {log}, güven klasöründeki anahtarla|(ii) WHOSE: {log}, by the key in the trust folder
(ii) KİMİN: şirket beyanı (güven klasöründe defter anahtarı yok)\
|(ii) WHOSE: the company's own word (no key of a log in the trust folder)
(iii) EKSİKSİZ: {complete_as_of} günü işletmeci, akışların burada bittiğini damgayla beyan etti\
|(iii) NOTHING LEFT OUT: on {complete_as_of} the operator stated under a stamp that they end here
(iii) EKSİKSİZ: gösterilmedi (akış sonları yok)|(iii) NOTHING LEFT OUT: not shown (no statement)
TEST DAMGASI: hukuki değeri yoktur|TEST STAMP: of no legal value
"""
NOT_SHOWN = """
events olayın arkasındaki kişi ve irade; damga zamanı ve bütünlüğü gösterir\
|who acted and what they meant: a stamp shows time and integrity
events RAPOR, ekler, trust: özetleri dışında denetlenmez\
|RAPOR, ekler, trust: nothing but their digests is checked
closed kapalı kalan veri grubu: {closed}|groups of data that stay closed: {closed}
unbounded ilk mühürdeki olayların en erken anı: {unbounded}\
|what bounds the events of the first seal from below: {unbounded}
newer akış sonlarından yeni akışlar: {newer}|streams newer than the statement: {newer}
no_crls sertifikaların iptal edilip edilmediği (güven klasöründe liste yok)\
|whether a certificate was revoked (the trust folder has no list)
no_witness tanıkların aynı kütüğü gördüğü|that witnesses saw the same log
"""
FORMAT, ENTRIES_MAX, LEAF_BYTES_MAX = "izin-defteri/bundle/1", 60_000, 1 + (16 << 10)
FILE_BYTES_MAX, TOTAL_BYTES_MAX, SECONDS_MAX = 64 << 20, 512 << 20, 30
WORD = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"
NAME = re.compile(
    rf"OKU-BENI\.txt|manifest\.json|verify_bundle\.py|RAPOR\.(html|pdf)"
    rf"|(events|seals|heads|decisions|trust|ekler|imza)(/{WORD}){{1,4}}"
)
N, H, U = r"(0|[1-9]\d{0,18})", r"[0-9a-f]{64}", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PROOF = re.compile(rf"c2sp\.org/tlog-proof@v1\nindex {N}\n((?:[^\n]{{44}}\n){{0,64}})\n", re.A)
NOTE = re.compile(rf"(([^\s+]+)\n{N}\n(\S{{44}}\n))\n((?:— [^\s+]+ \S+\n){{1,17}})", re.A)
KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+(\S{44})")
ENVELOPE = re.compile(  # canonical: the members in order, behind body and commit
    rf'\}},"id":"{U}","log":"[a-z0-9/-]+","prev":"{H}"'
    rf',"recorded":"[-\d]{{10}}T[:\d]{{8}}\.\d{{6}}Z","seq":[1-9]\d*'
    rf',"stream":"{U}","type":"[a-z_.0-9]+","v":1\}}',
    re.A,
)
ZERO, TURKEY = "0" * 64, timedelta(hours=3)
MANIFEST = {"files", "format", "made_at", "origin", "question"}
EVIDENCE_FOLDERS = ("events/", "seals/", "heads/", "decisions/")
DECISION = {"event", "index", "line", "path", "size"}
LINE = ("salt", "address", "verdict", "reason")
HEADS_ENTRY = ("index", "seq", "leaf", "path", "stream")
QUESTION = {"brand", "channel", "recipient_type", "at"}
REPORT = ("RAPOR.html", "RAPOR.pdf")
LOG_KIND, WITNESS_KIND = 1, 4  # c2sp.org/signed-note
INTEGER, OCTETS, SEQUENCE, TIMES, KEY_TAKEN = 0x02, 0x04, 0x30, (0x17, 0x18), (b"\x01", b"\x02")
CERTIFICATE = b"-----BEGIN CERTIFICATE-----\n%b-----END CERTIFICATE-----\n"
MEMBERS = {"body", "id", "log", "prev", "recorded", "seq", "stream", "type", "v"}
CONSENT_KEY = ("brand", "subject", "recipient_type", "channel")
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903310d") + TST_INFO
PURPOSE = bytes.fromhex("0603551d250101ff040c300a06082b06010505070308")  # critical, this alone
REASON = re.compile(rb"\x06\x03\x55\x1d\x15\x04\x03\x0a\x01(.)", re.S)
ED25519 = bytes.fromhex("302a300506032b6570032100")
SHA_256 = bytes.fromhex("300b0609608648016503040201")
HASHES = {"2.16.840.1.101.3.4.2.1": "sha256", "1.3.14.3.2.26": "sha1"}
POLICY = {"quorum": 0, "tsa_policies": [], "hashes": ["sha256"], "skew_seconds": 60}
POLICY |= {"max_seal_delay_hours": 0, "production": False}  # 0, []: any
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError)
UNREADABLE += (OSError, EOFError, zipfile.BadZipFile, zlib.error)  # type: ignore[assignment]
Json = Any  # decoded from a file: what is used of it is checked where it is used


class Refused(Exception):
    """What the bundle claims is not shown; the code is one of REFUSALS."""


def ask(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, capture_output=True, timeout=SECONDS_MAX)
    except (OSError, subprocess.SubprocessError) as error:
        raise Refused("OPENSSL_DOES_NOT_RUN") from error


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return at


def text_of(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def need(holds: object, code: str) -> None:
    if not holds:
        raise Refused(code)


def unb64(text: str) -> bytes:
    value = base64.b64decode(text, validate=True)
    if base64.b64encode(value).decode() != text:
        raise ValueError("not the one spelling")
    return value


def unhex(text: str, size: int = 32) -> bytes:
    value = bytes.fromhex(text)
    if value.hex() != text or len(value) != size:
        raise ValueError("not the one spelling")
    return value


def canonical(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_json(data: bytes) -> Json:
    """Restricted RFC 8785: no fractions, and what is spelt otherwise gives other bytes back."""
    value = json.loads(data, parse_float=int, parse_constant=int)  # both raise
    if canonical(value) != data or not unicodedata.is_normalized("NFC", data.decode()):
        raise ValueError("not canonical")
    return value


def read_key(vkey: str) -> Record:
    """c2sp.org/signed-note: `name+<id>+<base64 of kind and key>`."""
    name, key_id, typed = KEY.fullmatch(vkey).groups()  # type: ignore[union-attr]  # AttributeError
    key = unb64(typed)
    kept = Record(name=name, id=bytes.fromhex(key_id), kind=key[0], public=key[1:])
    if sha256(f"{name}\n".encode() + key).digest()[:4] != kept.id or len(key) != 33:
        raise ValueError("not a key")
    return kept


def read_note(text: str) -> Record:
    """c2sp.org/tlog-checkpoint without extension lines; `text` is what is signed."""
    signed, origin, size, root_line, lines = NOTE.fullmatch(text).groups()  # type: ignore[union-attr]  # AttributeError
    pairs = [line[2:].split(" ") for line in lines.split("\n")[:-1]]
    signatures = [(name, unb64(value)) for name, value in pairs]
    root_hash = unb64(root_line.strip())
    return Record(
        text=signed.encode(), origin=origin, size=int(size), root=root_hash, signatures=signatures
    )


def parent(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_by_path(node: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162 §2.1.3; the last hash of the path is the topmost."""
    if size <= 1:
        if path or index or size < 1:
            raise ValueError("no such leaf, or the path is too long")
        return node
    middle, (*rest, last) = 1 << (size - 1).bit_length() - 1, path
    if index < middle:
        return parent(root_by_path(node, index, middle, rest), last)
    return parent(last, root_by_path(node, index - middle, size - middle, rest))


def roots_by_path(old: int, new: int, path: list[bytes], known: list[bytes]) -> tuple[bytes, bytes]:
    """Old and new root, §2.1.4; `known`: the old one, where the old tree is this whole subtree."""
    if old == new:
        [node] = [*known, *path]
        return node, node
    middle, (*rest, last) = 1 << (new - 1).bit_length() - 1, path
    if old <= middle:
        before, after = roots_by_path(old, middle, rest, known)
        return before, parent(after, last)
    before, after = roots_by_path(old - middle, new - middle, rest, [])
    return parent(last, before), parent(last, after)


def tlvs(data: bytes) -> list[Record]:
    """The elements of DER that stand side by side."""
    found = []
    while data:
        size, begin = data[1], 2
        if size & 0x80:
            begin += size & 0x7F
            size = int.from_bytes(data[2:begin])
        end = begin + size
        if end > len(data) or data[0] & 0x1F == 0x1F or (begin > 2 and (size < 128 or not data[2])):
            raise ValueError("not DER")
        found.append(Record(tag=data[0], content=data[begin:end], whole=data[:end]))
        data = data[end:]
    return found


def content(element: Record, tag: int) -> bytes:
    if element.tag != tag:
        raise ValueError("another element")
    return bytes(element.content)


def members(element: Record, tag: int = 0x30) -> list[Record]:
    return tlvs(content(element, tag))


def root(der: bytes) -> list[Record]:
    [one] = tlvs(der)
    return members(one)


def dotted(oid: bytes) -> str:
    numbers = [0]
    for byte in oid:
        numbers[-1] = numbers[-1] << 7 | byte & 0x7F
        numbers += [0] * (byte < 0x80)
    top = min(numbers[0] // 40, 2)
    return ".".join(map(str, [top, numbers[0] - 40 * top, *numbers[1:-1]]))


def moment(time: Record) -> datetime:
    year, fraction = "y" if time.tag == 0x17 else "Y", ".%f" * (b"." in time.content)
    form = f"%{year}%m%d%H%M%S{fraction}Z"
    return datetime.strptime(time.content.decode(), form).replace(tzinfo=UTC)


def read_certificate(der: bytes) -> Record:
    body = members(root(der)[0])
    serial, _, issuer, validity, subject, *_ = body[body[0].tag == 0xA0 :]
    begins, ends = map(moment, members(validity))
    rdns = [*members(issuer), *members(subject)]
    parts = [members(part) for rdn in rdns for part in members(rdn, 0x31)]
    texts = [value.content.replace(b"\0", b"").decode("utf-8", "replace") for _, value in parts]
    is_test = any(re.search(r"\btest\b", text, re.I) for text in texts)
    common = [text for (oid, _), text in zip(parts, texts, strict=True) if oid.content == b"U\4\3"]
    name = "".join(one for one in common[-1:] for one in one if one.isprintable())
    named = issuer.whole + serial.whole
    return Record(der=der, named=named, begins=begins, ends=ends, is_test=is_test, name=name)


def read_token(der: bytes, chain: list[bytes]) -> Record:
    """RFC 3161 §2.4.2 in RFC 5652 §5, of one signer whose certificate is in it."""
    kind, outer = root(der)
    [data] = members(outer, 0xA0)
    _, _, info, embedded, *_, signers = members(data)
    info_kind, wrapped = members(info)
    [octets] = members(wrapped, 0xA0)
    [signer] = members(signers, 0x31)
    _, sid, _, attributes, *_ = members(signer)
    _, policy, imprint, _, time, *_ = root(content(octets, OCTETS))
    algorithm, digest = members(imprint)
    signed = [one.content for one in members(attributes, 0xA0)]
    types = [one for one in signed if one.startswith(CONTENT_TYPE[:11])]
    if (kind.whole, info_kind.whole, types) != (SIGNED_DATA, TST_INFO, [CONTENT_TYPE]):
        raise ValueError("not a time stamp token")
    ders = {one.whole for one in members(embedded, 0xA0)}.union(chain)
    certificates = [read_certificate(one) for one in ders]
    [own] = [one for one in certificates if one.named == sid.content]
    return Record(
        der=der,
        imprint=content(digest, OCTETS),
        policy=dotted(policy.content),
        at=moment(time),
        own=own,
        hash=HASHES.get(dotted(members(algorithm)[0].content), "?"),
        certificates=certificates,
    )


def read_record(der: bytes) -> tuple[list[list[bytes]], bytes]:
    """Hash lists and token (RFC 4998 §3.1)."""
    version, algorithms, chains = root(der)
    chain, *renewed = members(chains)
    stamp, *more = members(chain)
    need(not renewed and not more, "RECORD_RENEWED")
    algorithm, tree, token = members(stamp)
    used = version.whole + algorithms.whole + algorithm.whole
    if used != b"\x02\x01\x01" + b"\x30\x0d" + SHA_256 + b"\xa0" + SHA_256[1:]:
        raise ValueError("another version or hash")
    lists = [[content(one, OCTETS) for one in members(some)] for some in members(tree, 0xA2)]
    return lists, token.whole


class Check:
    """One bundle against one trust folder; `run` raises Refused. `known`: answers of openssl."""

    def __init__(
        self, bundle: Path, trust: Path, *, at: datetime, known: dict[Json, bool] | None = None
    ) -> None:
        self.bundle, self.trust, self.at = bundle, trust, at
        self.known: dict[Json, bool] = {} if known is None else known
        self.files: dict[str, bytes] = {}
        self.used: set[str] = set()
        self.events: list[Record] = []
        self.streams: dict[str, list[Record]] = {}
        self.seals: dict[str, Record] = {}
        self.tokens: list[Record] = []
        self.addresses: dict[str | None, str] = {}
        self.where = ""
        self.steps_done = 0
        self.facts: dict[str, Json] = {"log": None, "complete_as_of": None, "heads": "–"}
        self.facts["newer"] = []

    def run(self, *, production: bool = False) -> None:
        self.production = production
        steps = (
            (self.read_trust, "TRUST_FOLDER_MALFORMED"),
            (self.read_zip, "ZIP_MALFORMED"),
            (self.check_manifest, "MANIFEST_MALFORMED"),
            (self.check_events, "EVENT_MALFORMED"),
            (self.check_proofs, "PROOF_MALFORMED"),
            (self.check_records, "RECORD_MALFORMED"),
            (self.check_tokens, "TOKEN_MALFORMED"),
            (self.check_revocation, "REVOCATION_LIST_MALFORMED"),
            (self.check_window, "PREVIOUS_SEAL_MALFORMED"),
            (self.check_disclosures, "DISCLOSURE_MALFORMED"),
            (self.check_heads, "HEADS_MALFORMED"),
        )
        for step, malformed in steps:
            try:
                step()
            except UNREADABLE as error:
                raise Refused(malformed) from error
            self.steps_done += 1
        evidence = {name for name in self.files if name.startswith(EVIDENCE_FOLDERS)}
        self.where = ascii(min(evidence - self.used, default=""))
        need(evidence <= self.used, "FILE_OUT_OF_PLACE")

    def take(self, name: str) -> bytes:
        self.where = name
        need(name in self.files, "FILE_MISSING")
        self.used.add(name)
        return self.files[name]

    def take_numbered(self, form: str) -> list[bytes]:
        names = [form.format(number) for number in range(1, 10)]
        return [self.take(name) for name in names if name in self.files]

    def openssl(self, *words: str | bytes) -> bool:
        """Whether openssl says yes; bytes are handed over as files."""
        if words not in self.known:
            with TemporaryDirectory() as folder:
                command = ["openssl"]
                for number, word in enumerate(words):
                    path = Path(folder, str(number))
                    command.append(word if isinstance(word, str) else str(path))
                    if isinstance(word, bytes):
                        path.write_bytes(word)
                self.known[words] = ask(command).returncode == 0
        return self.known[words]

    def is_signed(self, key: bytes, message: bytes, signature: bytes) -> bool:
        command = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin", "-inkey"]
        return self.openssl(*command, ED25519 + key, "-in", message, "-sigfile", signature)

    def read_trust(self) -> None:
        version = re.match(rb"OpenSSL (\d+)\.", ask(["openssl", "version"]).stdout)
        need(version and int(version[1]) >= 3, "OPENSSL_TOO_OLD")
        words = [word for file in self.trust.glob("*.vkey") for word in file.read_text().split()]
        self.keys = [read_key(word) for word in words]
        roots = sorted(self.trust.glob("tsa/*.pem"))
        need(roots, "NO_TSA_ROOT")
        self.roots = b"\n".join(file.read_bytes() for file in roots)
        self.crls = [file.read_bytes() for file in sorted(self.trust.glob("tsa/*.crl"))]
        policy = self.trust / "policy.json"
        given = json.loads(policy.read_bytes()) if policy.exists() else {}
        if any(type(POLICY[name]) is not type(value) for name, value in given.items()):
            raise ValueError("another kind of value")
        self.policy: dict[str, Json] = {**POLICY, **given}
        self.facts |= {"roots": len(roots), "keys": len(self.keys), "quorum": self.policy["quorum"]}
        self.production |= self.policy["production"]
        self.skew = timedelta(seconds=self.policy["skew_seconds"])

    def read_zip(self) -> None:
        with zipfile.ZipFile(self.bundle) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            sizes = [one.file_size for one in entries]
            is_small = max(sizes) <= FILE_BYTES_MAX and sum(sizes) <= TOTAL_BYTES_MAX
            need(is_small and len(sizes) <= ENTRIES_MAX, "ZIP_TOO_LARGE")
            if archive.comment or min(one.header_offset for one in entries):
                raise ValueError("something stands before or behind the files")
            for one in entries:
                name = one.filename
                self.where = ascii(name)[:120]
                is_new = name not in self.files and name == one.orig_filename
                need(is_new and NAME.fullmatch(name), "FILE_NAME_REFUSED")
                if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise ValueError("another compression")
                with archive.open(one) as file:  # never more than was declared
                    self.files[name] = file.read(one.file_size + 1)

    def check_manifest(self) -> None:
        manifest = read_json(self.take("manifest.json"))
        listed = {one["name"]: one for one in manifest["files"]}
        if set(manifest) != MANIFEST or manifest["format"] != FORMAT:
            raise ValueError("another format")
        for name, data in self.files.items():
            if name != "manifest.json" and not name.startswith("imza/"):
                self.where, digest = name, sha256(data).hexdigest()
                is_listed = {"name": name, "sha256": digest, "size": len(data)}
                need(listed.pop(name, None) == is_listed, "FILE_DIFFERS_FROM_MANIFEST")
        self.where = ascii(next(iter(listed), ""))
        need(not listed, "FILE_MISSING")
        self.question = manifest["question"]
        if self.question is not None and not set(self.question) <= QUESTION:
            raise ValueError("another question")
        told = [one for one in manifest["files"] if one["name"] not in REPORT]
        lines = sorted(f"{one['sha256']}  {one['name']}\n" for one in told)
        self.facts["digest"] = sha256("".join(lines).encode()).hexdigest()  # on the report's cover
        self.facts["files"] = len(self.files)

    def check_events(self) -> None:
        names = sorted(name[:-5] for name in self.files if re.match(r"events/.*\.leaf", name))
        self.where, self.subject = "events", None
        numbered = [f"events/{number:04}" for number in range(1, len(names) + 1)]
        need(names and names == numbered, "FILE_MISSING")
        for name in names + ["heads/heads"] * ("heads/heads.leaf" in self.files):
            event = self.read_event(name)
            self.events.append(event)
            if event.is_consent:
                self.chain(event)
        for event in self.events:
            self.where = event.name
            is_inside = event.is_consent or event.entry["stream"] not in self.streams
            need(is_inside, "STREAM_NOT_OF_ITS_KEY")
        self.facts |= {"events": len(names), "streams": len(self.streams)}

    def read_event(self, name: str) -> Record:
        leaf = self.take(f"{name}.leaf")
        text, entry = leaf[1:].decode(), read_json(leaf[1:])
        body, commit = entry["body"], entry.get("commit", {})
        is_sound = leaf[0] == 0 and len(leaf) <= LEAF_BYTES_MAX and isinstance(body, dict)
        has_members = set(entry) - {"commit"} == MEMBERS and (commit or "commit" not in entry)
        tail = ENVELOPE.fullmatch(text, text.rindex('},"id":'))
        is_first, has_none = entry["seq"] == 1, entry["prev"] == ZERO
        if not (is_sound and has_members and tail) or is_first != has_none:
            raise ValueError("another envelope")
        subject = body.get("subject")
        if self.question is not None and subject is not None:
            need(self.subject in (None, subject), "EVENT_OF_ANOTHER_PERSON")
            self.subject = subject
        event = Record(name=name, entry=entry, body=body, commit=commit, hash=sha256(leaf).digest())
        event.recorded = datetime.fromisoformat(entry["recorded"])
        event.is_consent = all(part in body for part in CONSENT_KEY)
        return event

    def chain(self, event: Record) -> None:
        """One more event of a consent stream, whose id follows from the key (design.md §4)."""
        entry, body = event.entry, event.body
        key = [body[part] for part in CONSENT_KEY]
        named = "/".join(map(str, key)).encode("ascii")
        digest = sha256(b"izin-defteri/v1/stream\0" + named).hexdigest()
        time, variant = key[1].replace("-", "")[:12], "89ab"[int(digest[4], 16) & 3]
        rest = f"8{digest[1:4]}-{variant}{digest[5:8]}-{digest[8:20]}"
        need(entry["stream"] == f"{time[:8]}-{time[8:]}-{rest}", "STREAM_NOT_OF_ITS_KEY")
        asked = self.question or {}
        is_asked = all(asked.get(part, body[part]) == body[part] for part in CONSENT_KEY)
        need(is_asked, "EVENT_NOT_ASKED_FOR")
        before = self.streams.setdefault(entry["stream"], [])
        need(entry["seq"] == len(before) + 1, "EVENT_MISSING_IN_STREAM")
        previous = before[-1].hash.hex() if before else ZERO
        need(entry["prev"] == previous, "PREVIOUS_EVENT_DIFFERS")
        before.append(event)

    def check_proofs(self) -> None:
        before = (-1, datetime.min.replace(tzinfo=UTC))
        self.former = {  # a log that goes on after a restored backup names the one before
            one.entry["log"]: str(one.entry["body"].get("previous_checkpoint")).split("\n")[0]
            for one in self.events
            if one.entry["type"] == "ledger.opened"
        }
        for event in self.events:
            text = self.take(f"{event.name}.tlog-proof").decode()
            found = PROOF.match(text)
            if not found:
                raise ValueError("not a proof file")
            index, lines, note = int(found[1]), found[2], text[found.end() :]
            tree = read_note(note)
            event.index, event.seal = index, self.seal(f"seals/{tree.size}")
            self.where = event.name
            need(note.startswith(event.seal.checkpoint), "CHECKPOINT_NOT_OF_SEAL")
            need(self.goes_on(tree.origin, event.entry["log"]), "LOG_NOT_TRUSTED")
            self.check_log(tree)
            self.check_witnesses(tree)
            path = [unb64(line) for line in lines.split()]
            proven = root_by_path(event.hash, index, tree.size, path)
            need(proven == tree.root, "EVENT_NOT_IN_LOG")
            if event.name != "heads/heads":
                is_later = before[0] < index and before[1] <= event.recorded
                need(is_later, "EVENTS_OUT_OF_ORDER")
                before = (index, event.recorded)

    def goes_on(self, origin: str, former: str) -> bool:
        for _ in self.former:
            origin = origin if origin == former else self.former.get(origin, origin)
        return origin == former

    def check_log(self, tree: Record) -> None:
        name, signature = tree.signatures[0]
        if name != tree.origin:
            raise ValueError("the first line is not the log's")
        logs = [key for key in self.keys if key.kind == LOG_KIND]
        if logs:  # without one it is the company's own word whose log this is
            own = [key for key in logs if key.name == name]
            need(own, "LOG_NOT_TRUSTED")
            known = [key for key in own if key.id == signature[:4]]
            need(known, "LOG_KEY_UNKNOWN")
            is_signed = self.is_signed(known[0].public, tree.text, signature[4:])
            need(is_signed, "LOG_SIGNATURE_WRONG")
            self.facts["log"] = name

    def check_witnesses(self, tree: Record) -> None:
        """c2sp.org/tlog-cosignature; a witness counts once, under whatever name."""
        seen = set()
        for name, signature in tree.signatures[1:]:
            for key in self.keys:
                if (key.kind, key.name, key.id) == (WITNESS_KIND, name, signature[:4]):
                    time = int.from_bytes(signature[4:12])
                    message = f"cosignature/v1\ntime {time}\n".encode() + tree.text
                    is_signed = self.is_signed(key.public, message, signature[12:])
                    need(is_signed, "WITNESS_SIGNATURE_WRONG")
                    seen.add(key.public)
        need(len(seen) >= self.policy["quorum"], "WITNESSES_TOO_FEW")

    def seal(self, folder: str) -> Record:
        if folder not in self.seals:
            checkpoint, covered = (self.take(f"{folder}/{n}") for n in ("checkpoint", "seal.bin"))
            tree, digest = read_note(checkpoint.decode()), sha256(checkpoint).digest()
            is_previous = folder.endswith("/previous")
            if len(tree.signatures) != 1 or not (is_previous or folder == f"seals/{tree.size}"):
                raise ValueError("not the checkpoint of a seal")
            low, high = covered[:32], covered[32:]
            is_pair = len(covered) == 64 and low < high and digest in (low, high)
            need(is_pair or covered == checkpoint, "SEAL_NOT_OF_CHECKPOINT")
            self.seals[folder] = tree
            tree.checkpoint, tree.covered, tree.digest = checkpoint.decode(), covered, digest
            tree.folder, tree.tokens = folder, self.take_numbered(folder + "/token-{}.tst")
            self.take_numbered(folder + "/crl-{}.der")
            tree.chain = self.take_numbered(folder.removesuffix("/previous") + "/chain-{}.der")
            is_later = not is_previous and f"{folder}/previous/checkpoint" in self.files
            tree.previous = self.seal(f"{folder}/previous") if is_later else None
            tree.start = tree.previous.size if is_later else 0
        return self.seals[folder]

    def check_records(self) -> None:
        for event in self.events:
            lists, token = read_record(self.take(f"{event.name}.ers"))
            seal, first = event.seal, lists[0]
            need(token in seal.tokens, "RECORD_TOKEN_NOT_OF_SEAL")
            need(event.hash in first, "RECORD_OF_OTHER_DATA")
            if len(first) != 2 or any(len(one) != 1 for one in lists[1:]):
                raise ValueError("not a tree of pairs")
            index, size, levels = event.index - seal.start, seal.size - seal.start, 1
            need(index >= 0, "EVENT_NOT_OF_BATCH")
            while size > 1:  # the odd last node is carried up
                levels += index ^ 1 < size
                index, size = index // 2, (size + 1) // 2
            need(len(lists) == levels, "EVENT_NOT_OF_BATCH")
            node = sha256(b"".join(sorted(first))).digest()
            for (sibling,) in lists[1:]:
                node = sha256(b"".join(sorted((node, sibling)))).digest()
            is_sealed = node == sha256(seal.covered).digest() and seal.digest in lists[-1]
            need(is_sealed, "RECORD_NOT_OF_SEAL")

    def check_tokens(self) -> None:
        for seal in self.seals.values():
            for number, der in enumerate(seal.tokens, 1):
                self.where = f"{seal.folder}/token-{number}.tst"
                token = read_token(der, seal.chain)
                self.check_token(token, sha256(seal.covered), seal.chain)
                self.tokens.append(token)
                seal.at = min(token.at, getattr(seal, "at", token.at))
        self.facts["tokens"] = len(self.tokens)
        self.facts["is_test"] = any(token.is_test for token in self.tokens)
        self.facts["tsa"] = ", ".join(sorted({token.own.name for token in self.tokens}))

    def check_token(self, token: Record, covered: Json, chain: list[bytes]) -> None:
        policies = self.policy["tsa_policies"]
        need(token.hash in self.policy["hashes"], "TOKEN_HASH_NOT_ALLOWED")
        need(token.imprint == covered.digest(), "TOKEN_OF_OTHER_DATA")
        need(token.policy in policies or not policies, "TOKEN_POLICY_NOT_ALLOWED")
        need(PURPOSE in token.own.der, "TOKEN_CERTIFICATE_PURPOSE")
        token.is_test = any(one.is_test for one in token.certificates)
        need(not (self.production and token.is_test), "TOKEN_OF_A_TEST_TSA")
        need(token.at <= self.at + self.skew, "TOKEN_FROM_THE_FUTURE")
        need(token.own.begins <= token.at <= token.own.ends, "TOKEN_OUTSIDE_VALIDITY")
        need(self.at <= token.own.ends, "CERTIFICATE_EXPIRED")
        at = ("-attime", str(int(self.at.timestamp())), "-CAfile", self.roots)
        pem = b"".join(CERTIFICATE % base64.encodebytes(one) for one in chain)
        between = ("-untrusted", pem) if chain else ()
        digest = ("-digest", covered.hexdigest(), "-token_in", "-in", token.der)
        is_trusted = self.openssl("ts", "-verify", *digest, *at, *between)
        need(is_trusted, "TOKEN_NOT_OF_A_TRUSTED_TSA")

    def check_revocation(self) -> None:
        """RFC 3161 §4: revoked before the stamp, for a key that was taken, or without a reason."""
        inside = [name for name in self.files if re.fullmatch(r"seals/\d+/crl-\d+\.der", name)]
        stamped: dict[bytes, list[datetime]] = {}
        for token in self.tokens:
            for one in token.certificates:
                stamped.setdefault(one.named, []).append(token.at)
        self.where = str(self.trust)
        for crl in [*self.crls, *map(self.take, inside)]:
            parts = [one for one in members(root(crl)[0]) if one.tag not in (INTEGER, *TIMES)]
            _, issuer, *others = parts
            for entry in members(others[0]) if others and others[0].tag == SEQUENCE else ():
                serial, date, *_ = members(entry)
                for at in stamped.get(issuer.whole + serial.whole, ()):
                    reason = REASON.search(entry.content)
                    is_taken = reason is None or reason[1] in KEY_TAKEN
                    need(at < moment(date) and not is_taken, "CERTIFICATE_REVOKED")
        self.facts |= {"crls": len(self.crls), "crls_inside": len(inside)}

    def check_window(self) -> None:
        roots_of: dict[int, bytes] = {}
        for seal in self.seals.values():
            before, self.where = seal.previous, seal.folder
            need(roots_of.setdefault(seal.size, seal.root) == seal.root, "LOG_REWRITTEN")
            if before:
                text = self.take(f"{seal.folder}/previous/consistency").decode()
                path = [unb64(line) for line in text.split("\n")[:-1]]
                is_before = 0 < before.size < seal.size and before.at <= seal.at
                if (
                    not is_before
                    or not self.goes_on(seal.origin, before.origin)
                    or not text.endswith("\n")
                ):
                    raise ValueError("not a seal before it")
                self.check_log(before)
                roots = roots_by_path(before.size, seal.size, path, [before.root])
                need(roots == (before.root, seal.root), "LOG_REWRITTEN")
        hours, gaps = self.policy["max_seal_delay_hours"], []
        for event in self.events:
            self.where, seal = event.name, event.seal
            need(event.recorded <= seal.at + self.skew, "RECORDED_AFTER_SEAL")
            is_after = not seal.previous or event.recorded >= seal.previous.at - self.skew
            need(is_after, "BACKDATED")
            gaps.append(seal.at - event.recorded)
            need(not hours or gaps[-1] <= timedelta(hours=hours), "SEALED_TOO_LATE")
        self.facts["unchanged_since"] = text_of(max(event.seal.at for event in self.events))
        first = [
            seal.folder for seal in self.seals.values() if not seal.start and seal.previous is None
        ]
        self.facts["unbounded"] = ", ".join(one for one in first if not one.endswith("/previous"))
        self.facts["largest_gap"] = str(max(gaps)).split(".")[0]

    def check_disclosures(self) -> None:
        shown = 0
        for event in self.events:
            if (name := f"{event.name}.disclosure.json") in self.files:
                for group, opened in read_json(self.take(name)).items():
                    salt, value = unhex(opened.pop("salt"), 32), opened.pop("value")
                    bound = group.encode("ascii") + b"\0" + salt + canonical(value)
                    digest = sha256(b"izin-defteri/v1/commit\0" + bound).hexdigest()
                    need(event.commit.get(group) == digest, "DISCLOSURE_NOT_OF_EVENT")
                    if opened:
                        raise ValueError("more than salt and value")
                    if group == "recipient":
                        self.check_address(value["address"], event.body.get("subject"))
                    shown += 1
        decisions = sorted(name for name in self.files if name.startswith("decisions/"))
        for name in decisions:
            self.check_decision(read_json(self.take(name)))
        groups = sum(len(event.commit) for event in self.events)
        self.facts |= {"groups": groups, "shown": shown, "closed": groups - shown}
        self.facts["decisions"] = len(decisions)

    def check_address(self, address: str, subject: str | None) -> None:
        """One person's time at one address; a decision names no subject but the one asked about."""
        need(self.addresses.setdefault(subject, address) == address, "ADDRESSES_DIFFER")

    def check_decision(self, shown: Json) -> None:
        """A line of a run of may-I-send (consent.md C6)."""
        [event] = [one for one in self.events if one.name == f"events/{shown['event']}"]
        body, line = event.body, shown["line"]
        is_form = set(shown) == {"event", "index", "line", "path", "size"} and set(line) == set(
            LINE
        )
        if not is_form or event.entry["type"] != "decision.made":
            raise ValueError("another form")
        salt, address, verdict, reason = (line[part] for part in LINE)
        salted = b"izin-defteri/v1/decision\0" + unhex(salt, 16) + address.encode()
        ending = f"{verdict}\0{reason or ''}".encode()
        leaf = sha256(b"\0" + sha256(salted).digest() + ending).digest()
        path = [unhex(one, 32) for one in shown["path"]]
        proven = root_by_path(leaf, shown["index"], shown["size"], path).hex()
        is_counted = verdict in body["counts"] and sum(body["counts"].values()) == shown["size"]
        need(is_counted and proven == body["root"], "LINE_NOT_OF_DECISION")
        self.check_address(address, self.subject)

    def check_heads(self) -> None:
        heads = self.events[-1]
        if heads.name != "heads/heads":
            return
        body, entries, indexes = heads.body, dict[str, Json](), set[int]()
        day = date.fromisoformat(body["day"])
        size, streams, before, last = body["size"], body["streams"], b"", -1
        has_come = day <= (heads.recorded + self.skew + TURKEY).date()
        if heads.entry["type"] != "ledger.heads" or not (0 < size <= heads.index and has_come):
            raise ValueError("not a statement about what was there")
        listed = read_json(self.take("heads/entries.json"))
        for one in listed["entries"]:
            index, seq, leaf, path, stream = (one[part] for part in HEADS_ENTRY)
            if not re.fullmatch(U, stream) or len(one) != len(HEADS_ENTRY) or len(listed) != 1:
                raise ValueError("another form")
            key = bytes.fromhex(stream.replace("-", ""))
            hashed = b"\0" + key + seq.to_bytes(8) + unhex(leaf, 32)
            hashes = [unhex(one, 32) for one in path]
            proven = root_by_path(sha256(hashed).digest(), index, streams, hashes).hex()
            need(proven == body["root"], "HEADS_ENTRY_WRONG")
            need(key > before and index > last, "HEADS_OUT_OF_ORDER")
            entries[stream] = Record(index=index, end=(seq, leaf))
            before, last = key, index
            indexes.add(index)
        for stream, chain in self.streams.items():
            self.where = chain[0].name
            inside = [event for event in chain if event.index < size]
            need(inside or stream not in entries, "STREAM_ENDS_OTHERWISE")
            if not inside:
                self.facts["newer"].append(self.where)
                continue
            need(stream in entries, "HEADS_ENTRY_MISSING")
            entry = entries[stream]
            around = {one for one in (entry.index - 1, entry.index + 1) if 0 <= one < streams}
            need(around <= indexes, "HEADS_ENTRY_MISSING")
            is_end = entry.end == (len(inside), inside[-1].hash.hex())
            need(is_end, "STREAM_ENDS_OTHERWISE")
            self.facts["complete_as_of"] = day.isoformat()
        self.facts["heads"] = f"{day}, {size} / {streams}"


def lines_of(check: Check, refused: Refused | None, language: int) -> list[str]:
    """What is printed; `language`: 0 Turkish, 1 English."""
    done = STEPS.strip().split("\n")[: max(check.steps_done - 2, 0)]
    lines = [row.split("|")[language].format(**check.facts) for row in done]
    if refused:
        step, turkish = TEXTS[str(refused)]
        words = (turkish, str(refused).lower().replace("_", " "))[language]
        told = ("RED, adım", "REFUSED at step")[language]
        return [*lines, f"{told} {step}: {words} ({refused}) {check.where}".strip()]
    for event in check.events:
        before = text_of(event.seal.previous.at) if event.seal.previous else "–"
        span = f"{event.entry['recorded']} [{before} … {text_of(event.seal.at)}]"
        lines.append(f"   {event.name} {event.entry['type']} #{event.index + 1} {span}")
    answers = ANSWERS.strip().split("\n")
    chosen = [
        answers[0],
        answers[1 if check.facts["log"] else 2],
        answers[3 if check.facts["complete_as_of"] else 4],
        *answers[5:6] * check.facts["is_test"],
    ]
    facts = {**check.facts, "no_crls": not check.facts["crls"]}
    facts["no_witness"] = not check.facts["quorum"]
    rows = [row.split(" ", 1) for row in NOT_SHOWN.strip().split("\n")]
    missing = [row.split("|")[language].format(**facts) for when, row in rows if facts[when]]
    title = ("Gösterilmeyenler:", "Not shown:")[language]
    results = [row.split("|")[language].format(**check.facts) for row in chosen]
    return [*lines, title, *(f"- {one}" for one in missing), *results]


def main(arguments: list[str]) -> int:
    """0 all that is claimed is shown, 1 refused, 2 wrong call."""
    parser = argparse.ArgumentParser(prog="verify_bundle.py", description=__doc__.split("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--trust", type=Path, required=True, metavar="KLASÖR")
    parser.add_argument("--lang", choices=("tr", "en"), default="tr")
    parser.add_argument("--json", action="store_true", help="son satır JSON / last line is JSON")
    parser.add_argument("--at", type=instant, default=datetime.now(UTC), metavar="AN")
    parser.add_argument("--production", action="store_true", help="TEST damgası reddedilir")
    given = parser.parse_args(arguments)
    check = Check(given.bundle, given.trust, at=given.at)
    refused: Refused | None = None
    try:
        check.run(production=given.production)
    except Refused as error:
        refused = error
    lines = lines_of(check, refused, ("tr", "en").index(given.lang))
    if given.json:
        answer: dict[str, Json] = {"ok": True, **check.facts}
        if refused:
            answer = {"ok": False, "code": str(refused), "where": check.where}
            answer["step"] = TEXTS[str(refused)][0]
        lines.append(json.dumps(answer, ensure_ascii=False, sort_keys=True))
    sys.stdout.buffer.write("".join(f"{line}\n" for line in lines).encode())
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
