"""Django's PostgreSQL back end with row-level security behind the scope: the second wall.

`base` tells the database whose code runs, `wall` puts up the policies that obey it.
docs/decisions/0005-row-level-security.md says why it is built like this.
"""
