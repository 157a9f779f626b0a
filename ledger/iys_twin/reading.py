"""Reading a request's body, never more of it than there may be."""

from starlette.requests import Request

from ledger.iys_twin.refusals import TwinError


class BodyTooLarge(TwinError):
    """More bytes came than are read."""


async def read_body(request: Request, bytes_max: int) -> bytes:
    """The body. Raises BodyTooLarge."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > bytes_max:
            raise BodyTooLarge(f"over {bytes_max} bytes")
    return bytes(read)
