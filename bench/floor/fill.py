"""`python -m bench.floor.fill N M`: N signed-in people with M rows each; prints their sessions."""

import json
import os
import sys


def fill(people: int, rows: int) -> list[str]:
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from bench.floor.models import Row
    from bench.management.sessions import sessions_of

    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)
    users = User.objects.bulk_create([User(username=f"u{number}") for number in range(people)])
    Row.objects.bulk_create(
        [Row(user=user, place=place) for user in users for place in range(rows)], 5_000
    )
    return sessions_of(users)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.floor.settings"
    import django

    django.setup()
    print(json.dumps(fill(*map(int, sys.argv[1:]))))
