"""Why a proof of the log is refused: one error for trees, tiles, checkpoints and proof files."""

from enum import Enum

from ledger.errors import LedgerError


class Step(Enum):
    """What a refusal is about, in English and in Turkish."""

    SIZES = ("no such leaf or tree", "böyle bir yaprak ya da ağaç yok")
    HASH = ("a hash is not 32 bytes", "özet 32 bayt değil")
    PATH_LENGTH = ("the path is too short or too long", "yol fazla kısa ya da uzun")
    ROOT = ("the path leads to another root", "yol başka bir köke varıyor")
    OLD_ROOT = ("the path starts from another old root", "yol başka bir eski kökten geliyor")
    TILE_PATH = ("not the path of a tile", "karo yolu değil")
    TILE_MISSING = ("a tile is missing", "karo yok")
    TILE_LENGTH = ("a tile has too few or too many bytes", "karonun baytı az ya da fazla")
    ENTRIES = ("not the entries of a bundle", "kayıt demeti değil")
    LENGTH = ("too long", "fazla uzun")
    NOTE = ("not the form of a signed note", "imzalı not biçiminde değil")
    KEY_NAME = ("not the name of a key or log", "anahtar ya da defter adı değil")
    TREE_SIZE = ("not a tree size", "ağaç boyu değil")
    ROOT_HASH = ("not a root hash", "kök özeti değil")
    EXTENSION = ("the checkpoint has extension lines", "kontrol noktasında ek satır var")
    SIGNATURE_LINE = ("not a signature line", "imza satırı değil")
    VERIFIER_KEY = ("not a verifier key", "doğrulama anahtarı değil")
    KEY_USE = ("the key is for another use", "anahtar başka bir iş için")
    ORIGIN = ("the checkpoint is another log's", "kontrol noktası başka bir defterin")
    SIGNATURES = ("not signed exactly once by this key", "bu anahtarın tek bir imzası yok")
    SIGNATURE = ("the signature is not the key's", "imza bu anahtarın değil")
    PROOF_HEADER = ("not a tlog-proof file of version 1", "1. sürüm tlog-proof dosyası değil")
    PROOF_EXTRA = ("the extra data is not sound", "ek veri geçersiz")
    PROOF_INDEX = ("not the index of a leaf", "yaprak sıra numarası değil")
    PROOF_HASH = ("a line is not the hash of a node", "satır bir düğüm özeti değil")


class ProofRefused(LedgerError):
    """A proof, or a part of one, is not sound; `step` says in what."""

    turkish_kind = "Kanıt kabul edilmedi"

    def __init__(self, step: Step, detail: str = "") -> None:
        english, turkish = (f"{words}: {detail}" if detail else words for words in step.value)
        super().__init__(english, turkish)
        self.step = step
