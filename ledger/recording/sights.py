"""What İYS shows, as requests on the consents concerned (consent.md C2, design.md §5).

A movement is known again by İYS's own words for it, whichever way it comes: answer, result, pull,
push or day file. So each is recorded once (R57: the transaction id alone does not tell).
"""

from ledger.addresses import Address, known_address
from ledger.aggregates.commands import RefusedByIys, SeeAtIys
from ledger.aggregates.keys import ConsentKey
from ledger.recording.ports import Groups, Holder
from ledger.recording.request import Request
from ledger.values import Discreet
from ledger.vocabulary import BrandCode, Channel, RecipientType

IYS_GROUP = "iys"
"""The group for İYS's own ids (design.md §5)."""


class IysWords(Discreet, frozen=True, gc=False):
    """What of an exchange goes into the `iys` group.

    `answer`: SHA-256 of the raw answer, hex. `recipient` and `source` as İYS spells them, only
    where it does so otherwise than we do.
    """

    transaction_id: str | None = None
    request_id: str | None = None
    answer: str | None = None
    message: str | None = None
    recipient: str | None = None
    source: str | None = None

    @property
    def groups(self) -> Groups:
        """As an event binds them; none where there is nothing to say."""
        said = {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not None
        }
        return {IYS_GROUP: said} if said else {}


def sight(
    address: Address,
    brand_code: BrandCode,
    channel: Channel,
    recipient_type: RecipientType,
    command: SeeAtIys,
    words: IysWords,
    *,
    holder: Holder | None = None,
) -> Request:
    """What İYS shows of an address. `holder`: whose act it answers, if it answers one (`of`)."""
    source = words.source or (command.source and command.source.value) or ""
    said = (
        "iys",
        address.uri,
        words.transaction_id or "",
        channel.value,
        recipient_type.value,
        command.state.value,
        command.consent_date or "",
        source,
        command.creation_date or "",
    )
    return Request(
        address,
        brand_code,
        channel,
        (recipient_type,),
        command,
        words.groups,
        item_id="/".join(said) if words.transaction_id else None,
        said=said,
        holder=None if holder is None else holder.subject,
    )


def answer(holder: Holder, key: ConsentKey, command: SeeAtIys, words: IysWords) -> Request:
    """İYS took the act `command.of` of a consent."""
    return sight(
        known_address(holder.uri),
        key.brand_code,
        key.channel,
        key.recipient_type,
        command,
        words,
        holder=holder,
    )


def final_no(holder: Holder, key: ConsentKey, command: RefusedByIys, words: IysWords) -> Request:
    """İYS will not take the act `command.of` of a consent; said once."""
    said = ("iys/no", str(key.stream), str(command.of), command.code)
    return Request(
        known_address(holder.uri),
        key.brand_code,
        key.channel,
        (key.recipient_type,),
        command,
        words.groups,
        item_id="/".join(said),
        said=said,
        holder=holder.subject,
    )
