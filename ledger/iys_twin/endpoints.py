"""Every endpoint of İYS that the twin has."""

from typing import Final

from ledger.iys_twin.calls import Endpoint
from ledger.iys_twin.table_consents import CONSENT_ENDPOINTS, DAY_ENDPOINTS
from ledger.iys_twin.table_directory import (
    ACCOUNT_ENDPOINTS,
    PUSH_AND_VIA_ENDPOINTS,
    RETAILER_ENDPOINTS,
)

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *CONSENT_ENDPOINTS,
    *DAY_ENDPOINTS,
    *RETAILER_ENDPOINTS,
    *ACCOUNT_ENDPOINTS,
    *PUSH_AND_VIA_ENDPOINTS,
)
