"""Why there is no time stamp: what a time stamp authority (TSA) or its answer can do wrong.

TsaUnreachable       it was not reached, nothing was asked: try again later
TsaUnknownOutcome    it was asked and no whole answer came: trying again may cost a second stamp
TsaRejected          it said no: people must look, trying again may cost and changes nothing
TokenRefused         what it sent is no time stamp: keep the bytes apart, people must look
  ClockDiffers       its time and the host's differ too much
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from ledger.errors import LedgerError, ServiceRefused, ServiceUnavailable

FAILURES: Final[Mapping[int, str]] = {
    0: "badAlg",
    2: "badRequest",
    5: "badDataFormat",
    14: "timeNotAvailable",
    15: "unacceptedPolicy",
    16: "unacceptedExtension",
    17: "addInfoNotAvailable",
    25: "systemFailure",
}
"""PKIFailureInfo: the bits that RFC 3161 §2.4.2 uses."""


class TokenStep(Enum):
    """A step of the check of an answer, with what is said in English and Turkish when it fails."""

    SIZE = "the answer is longer than 64 KiB", "yanıt 64 KiB'den uzun"
    FORM = "not a whole RFC 3161 answer in DER", "DER biçiminde tam bir RFC 3161 yanıtı değil"
    END = "bytes follow after the answer's end", "yanıtın sonundan sonra bayt var"
    TOKEN_MISSING = "granted, but without a token", "onaylanmış, ama damga yok"
    GRANTED_WITH_MODS = "granted with changes nobody asked for", "istenmeyen değişiklikle verilmiş"
    CONTENT = "the content is not a TSTInfo", "içerik TSTInfo değil"
    EXTENSION = "an extension is marked critical", "kritik işaretli bir eklenti var"
    SIGNERS = "there is not exactly one signer", "imzalayan tam olarak bir tane değil"
    CERTIFICATE_MISSING = (
        "the signer's certificate is not in the token",
        "imzalayanın sertifikası damganın içinde değil",
    )
    CERTIFICATE = "the signer's certificate cannot be read", "imzalayanın sertifikası okunamıyor"
    UNSIGNED_ATTRIBUTES = "there are no signed attributes", "imzalı öznitelik yok"
    ATTRIBUTE_TWICE = (
        "a signed attribute has not one value, or stands there twice",
        "bir imzalı özniteliğin değeri tek değil ya da iki kez var",
    )
    CONTENT_TYPE_MISSING = "contentType is not signed", "contentType imzalı değil"
    CONTENT_TYPE = "contentType names another content", "contentType başka bir içeriği adlandırıyor"
    DIGEST_ALGORITHM = "the signer's digest is none of SHA-2", "imzalayanın özeti SHA-2 değil"
    MESSAGE_DIGEST_MISSING = "messageDigest is not signed", "messageDigest imzalı değil"
    MESSAGE_DIGEST = "messageDigest is of another content", "messageDigest başka bir içeriğin"
    SIGNING_CERTIFICATE_MISSING = (
        "no ESSCertID or ESSCertIDv2 is signed",
        "imzalı ESSCertID ya da ESSCertIDv2 yok",
    )
    SIGNING_CERTIFICATE = (
        "ESSCertID names another certificate",
        "ESSCertID başka bir sertifikayı gösteriyor",
    )
    HASH = "the imprint's hash is not the one asked for", "damgadaki özet algoritması istenen değil"
    IMPRINT = "the imprint is of something else", "damga başka bir özete ait"
    POLICY = "the policy is none of those allowed", "ilke izin verilenlerden değil"
    NONCE_MISSING = "the nonce is missing", "nonce yok"
    NONCE = "the nonce is another one", "nonce başka"
    PURPOSE_MISSING = (
        "the certificate has no extended key usage",
        "sertifikada genişletilmiş anahtar kullanımı yok",
    )
    PURPOSE_NOT_CRITICAL = (
        "the certificate's extended key usage is not critical",
        "sertifikanın genişletilmiş anahtar kullanımı kritik değil",
    )
    PURPOSE = (
        "the certificate is not for time stamping alone",
        "sertifika yalnız zaman damgası için değil",
    )
    NOT_YET_VALID = "the certificate was not valid yet", "sertifika henüz geçerli değildi"
    NO_LONGER_VALID = "the certificate was no longer valid", "sertifikanın süresi bitmişti"
    CLOCK_BEHIND = "the stamp's time is before the request", "damga anı istekten önce"
    CLOCK_AHEAD = "the stamp's time is after the answer", "damga anı yanıttan sonra"
    SELF_SIGNED = (
        "the certificate vouches for itself and is no configured root",
        "sertifika kendi kendini onaylıyor ve tanımlı bir kök değil",
    )
    UNKNOWN_ISSUER = (
        "no path leads from the certificate to a configured root",
        "sertifikadan tanımlı bir köke yol yok",
    )
    SIGNATURE = (
        "signature and chain do not verify at the stamp's time",
        "imza ve zincir damga anında doğrulanmıyor",
    )
    REVOKED = (
        "a certificate was revoked before, or in a way that undoes its stamps",
        "bir sertifika daha önce ya da damgalarını geçersiz kılacak biçimde iptal edilmiş",
    )


class TsaUnreachable(ServiceUnavailable):
    """The TSA took no request, so nothing was paid; try again later."""

    turkish_kind = "Zaman damgası sunucusuna ulaşılamadı"


class TsaUnknownOutcome(ServiceUnavailable):
    """The request went out and no whole answer came: the stamp may be paid for already."""

    turkish_kind = "Zaman damgası sunucusunun yanıtı alınamadı"


class TsaRejected(ServiceRefused):
    """The TSA said no (credit, password, policy, address); asking again changes nothing."""

    turkish_kind = "Zaman damgası sunucusu reddetti"


class TokenRefused(LedgerError):
    """What the TSA sent does not count as a time stamp.

    `step`: what failed. `raw`: the bytes that came, never more than 64 KiB of them.
    """

    turkish_kind = "Zaman damgası kabul edilmedi"

    def __init__(self, step: TokenStep, raw: bytes, detail: str = "") -> None:
        english, turkish = (f"{words}: {detail}" if detail else words for words in step.value)
        super().__init__(english, turkish)
        self.step = step
        self.raw = raw


class ClockDiffers(TokenRefused):
    """The TSA's time and the host's differ too much: one of them is wrong, check the host's."""
