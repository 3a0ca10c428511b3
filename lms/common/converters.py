"""Parts of addresses."""

from django.urls.converters import IntConverter


class KeyConverter(IntConverter):
    """`<key:…>`: a whole number that a primary key can be. SQLite stumbles over larger ones."""

    regex = "[0-9]{1,18}"
