"""What PayPal publishes of its interface (OpenAPI), to hold what we send against.

The documents are no part of this repository: `FLEDGE_CONTRACTS` names the folder they are in
("paypal_checkout_orders_v2.json" and so on, from paypal/paypal-rest-api-specifications on GitHub).
"""

import json
import os
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tests.doubles.paypal_double import Asked

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("FLEDGE_CONTRACTS") or CHECKOUT.parent / "shared" / "contracts")
DOCUMENTS = {
    "/v2/checkout/orders": "paypal_checkout_orders_v2",
    "/v2/payments/": "paypal_payments_payment_v2",
    "/v1/customer/disputes": "paypal_customer_disputes_v1",
    "/v1/payments/payouts": "paypal_payments_payouts_batch_v1",
    "/v1/notifications/webhooks": "paypal_notifications_webhooks_v1",
}


def at_hand() -> bool:
    return all((FOLDER / f"{name}.json").is_file() for name in DOCUMENTS.values())


def violations(records: Iterable[Asked]) -> list[str]:
    """What of `records` the documents don't allow. They have no tokens, certificates and pages."""
    found = []
    for asked in records:
        for prefix, name in DOCUMENTS.items():
            if asked.path.startswith(prefix):
                if problem := _violation(name, asked):
                    found.append(f"{asked.method} {asked.path}: {problem}")
                break
    return found


def _violation(name: str, asked: Asked) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it knows no OAuth 2
            _document(name).validate_request(_Request(asked))
    except OpenAPIError as error:
        causes = getattr(error.__cause__, "schema_errors", None) or [error.__cause__ or error]
        return "; ".join(str(getattr(cause, "message", cause))[:300] for cause in causes)
    return ""


@cache
def _document(name: str) -> OpenAPI:
    # PayPal's documents are themselves not quite valid (a pattern): only requests are examined.
    read = json.loads((FOLDER / f"{name}.json").read_text())
    for parameter in read["components"]["parameters"].values():
        # Prose in some ("Current date and time"), which then is held against their pattern.
        parameter.get("schema", {}).pop("default", None)
    return OpenAPI.from_dict(read, config=Config(spec_validator_cls=None))


class _Request:
    """A recorded request as openapi-core wants it, sent to where the documents say."""

    host_url = "https://api-m.sandbox.paypal.com"

    def __init__(self, asked: Asked) -> None:
        self.path = asked.path
        self.method = asked.method.lower()
        self.content_type = asked.headers.get("content-type", "")
        self.body = asked.body or None
        self.parameters = RequestParameters(
            query=ImmutableMultiDict((k, v) for k, vs in asked.query.items() for v in vs),
            header=Headers(asked.headers),
        )

    @property
    def full_url_pattern(self) -> str:
        return self.host_url + self.path
