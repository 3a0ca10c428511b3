"""The host name a request came to."""

from django.http import HttpRequest
from django.http.request import split_domain_port


def host_name(request: HttpRequest) -> str:
    """The name in the Host header: lower case, without port and final dot; empty for nonsense.

    Like Wagtail, the raw header: CommonMiddleware checks it against ALLOWED_HOSTS.
    """
    raw = request._get_raw_host()  # type: ignore[attr-defined]
    return split_domain_port(raw.lower())[0].rstrip(".")
