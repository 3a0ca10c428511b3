"""Whether a request is what Stripe's own client says that requests are.

Its TypedDicts are generated from Stripe's description of the API; on the wire everything is text.
"""

import re
import typing
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import parse_qsl

from stripe import params
from stripe._request_options import RequestOptions

# {(method, pattern of the path): what may be asked there}
ASKED: dict[tuple[str, str], Any] = {
    ("POST", "/v1/checkout/sessions"): params.checkout.SessionCreateParams,
    ("GET", "/v1/checkout/sessions"): params.checkout.SessionListParams,
    ("GET", "/v1/checkout/sessions/*"): params.checkout.SessionRetrieveParams,
    ("POST", "/v1/checkout/sessions/*/expire"): params.checkout.SessionExpireParams,
    ("POST", "/v1/payment_intents"): params.PaymentIntentCreateParams,
    ("GET", "/v1/payment_intents/*"): params.PaymentIntentRetrieveParams,
    ("POST", "/v1/payment_intents/*/capture"): params.PaymentIntentCaptureParams,
    ("POST", "/v1/payment_intents/*/cancel"): params.PaymentIntentCancelParams,
    ("POST", "/v1/refunds"): params.RefundCreateParams,
    ("GET", "/v1/refunds"): params.RefundListParams,
    ("GET", "/v1/disputes"): params.DisputeListParams,
    ("POST", "/v1/disputes/*"): params.DisputeUpdateParams,
    ("POST", "/v1/disputes/*/close"): params.DisputeCloseParams,
    ("GET", "/v1/events"): params.EventListParams,
    ("POST", "/v1/accounts"): params.AccountCreateParams,
    ("GET", "/v1/accounts"): params.AccountListParams,
    ("GET", "/v1/accounts/*"): params.AccountRetrieveParams,
    ("POST", "/v1/account_links"): params.AccountLinkCreateParams,
    ("POST", "/v1/transfers"): params.TransferCreateParams,
    ("GET", "/v1/transfers/*"): params.TransferRetrieveParams,
}
# The client takes these beside the parameters and does not send them.
ASIDE = frozenset(RequestOptions.__annotations__)


def decoded(text: str) -> dict[str, Any]:
    """`a[b][0][c]=1` as {"a": {"b": [{"c": "1"}]}}."""
    tree: dict[str, Any] = {}
    for name, given in parse_qsl(text, keep_blank_values=True):
        keys = re.findall(r"[^\[\]]+", name)
        place = tree
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = given
    return {key: _lists(branch) for key, branch in tree.items()}


def _lists(branch: Any) -> Any:
    if not isinstance(branch, dict):
        return branch
    if branch and all(key.isdigit() for key in branch):
        return [_lists(branch[key]) for key in sorted(branch, key=int)]
    return {key: _lists(each) for key, each in branch.items()}


def violations(method: str, path: str, given: dict[str, Any]) -> list[str]:
    """What is wrong with the request, a line each."""
    for (verb, pattern), kind in ASKED.items():
        if verb == method and re.fullmatch(pattern.replace("*", "[^/]+"), path):
            # "POST /v1/disputes/dp_1" is no list, and "GET /v1/events" no object.
            return [f"{method} {path} {line}" for line in _wrong(kind, given, "")]
    return [f"{method} {path}: the double knows of no such call"]


def _wrong(hint: Any, given: Any, at: str) -> Iterator[str]:
    origin = get_origin(hint)
    if typing.is_typeddict(hint) or hasattr(hint, "__required_keys__"):
        yield from _wrong_keys(hint, given, at)
    elif origin is Literal:
        if given not in get_args(hint):
            yield f"{at}: {given!r} is none of {get_args(hint)}"
    elif origin is Union or type(hint).__name__ == "UnionType":
        yield from _wrong_choice(get_args(hint), given, at)
    elif origin is list:
        if not isinstance(given, list):
            yield f"{at}: wants a list, got {given!r}"
            return
        for number, each in enumerate(given):
            yield from _wrong(get_args(hint)[0], each, f"{at}[{number}]")
    elif origin is dict or isinstance(origin, type):
        if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
            yield f"{at}: wants names and texts, got {given!r}"
    elif hint is bool:
        if given not in ("true", "false"):
            yield f"{at}: wants a bool, got {given!r}"
    elif hint in (int, Decimal, float):
        pattern = r"-?\d+" if hint is int else r"-?\d+(\.\d+)?"
        if not isinstance(given, str) or not re.fullmatch(pattern, given):
            yield f"{at}: wants {hint.__name__}, got {given!r}"
    elif hint is str and not isinstance(given, str):
        yield f"{at}: wants a text, got {given!r}"


def _wrong_choice(choices: tuple[Any, ...], given: Any, at: str) -> Iterator[str]:
    """The client's enums are open ("Literal[…] | str"): here only what is named is right."""
    named = [
        each for choice in choices if get_origin(choice) is Literal for each in get_args(choice)
    ]
    if any(named):
        choices = tuple(choice for choice in choices if choice is not str)
    found = [list(_wrong(choice, given, at)) for choice in choices if choice is not type(None)]
    if all(found):
        yield from max(found, key=len)


def _wrong_keys(kind: Any, given: Any, at: str) -> Iterator[str]:
    if not isinstance(given, dict):
        yield f"{at}: wants {kind.__name__}, got {given!r}"
        return
    hints = _hints(kind)
    for name in sorted(kind.__required_keys__ - given.keys()):
        yield f"{at}.{name}: missing"
    for name, each in given.items():
        if name not in hints or name in ASIDE:
            yield f"{at}.{name}: unknown"
        else:
            yield from _wrong(hints[name], each, f"{at}.{name}")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    # Names that the client imports for type checkers alone.
    known = {"StripeContext": str, "Mapping": Mapping}
    return typing.get_type_hints(kind, localns=known)
