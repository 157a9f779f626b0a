"""The identity header of Kamu SM's time stamp service; pure.

Written from what several clients of the service do; the service publishes no specification of it.
Whoever reads the header on its way can try passwords on it: there are 100 iterations, so the
password has to be long and random, and of an account that is used for nothing else.
"""

from hashlib import pbkdf2_hmac
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from ledger.evidence.der import OCTET_STRING, SEQUENCE, encode, encode_integer

SALT_BYTES: Final = 16
ITERATIONS: Final = 100
KEY_BYTES: Final = 32
BLOCK_BITS: Final = 128


def identity(customer: int, password: str, imprint: bytes, *, salt: bytes) -> str:
    """The value of the header `identity` for one request, hex.

    `imprint`: the digest in the request. `salt`: 16 random bytes, for this request only.
    """
    key = pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS, KEY_BYTES)
    padder = PKCS7(BLOCK_BITS).padder()
    encryptor = Cipher(AES(key), CBC(salt)).encryptor()
    padded = padder.update(imprint) + padder.finalize()
    sealed = encryptor.update(padded) + encryptor.finalize()
    return encode(
        SEQUENCE,
        encode_integer(customer),
        encode(OCTET_STRING, salt),
        encode_integer(ITERATIONS),
        encode(OCTET_STRING, salt),  # the vector of the cipher is the salt again
        encode(OCTET_STRING, sealed),
    ).hex()
