"""A form to pay by may lead on to the company's page: browsers ask the policy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOLD = {
    "STRIPE_SECRET_KEY": ("sk_test_1", "https://checkout.stripe.com"),
    "PAYPAL_CLIENT_ID": ("client", "https://www.paypal.com"),
}


@pytest.mark.parametrize("name", [*TOLD, ""])
def test_the_page_of_a_company_that_is_set_up_is_allowed(name, tmp_path):
    more = {name: TOLD[name][0]} if name else {}
    secrets = dict.fromkeys(["STRIPE_WEBHOOK_SECRET", "PAYPAL_SECRET", "PAYPAL_WEBHOOK_ID"], "x")
    script = (
        "from config.settings import embedded;"
        "print(embedded.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    environment = {
        **{key: value for key, value in os.environ.items() if key not in TOLD},
        "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}",
        "FLEDGE_DATA": str(tmp_path),
        **secrets,
        **more,
    }
    said = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    ).stdout
    for key, (_value, page) in TOLD.items():
        assert (page in said) == (key == name)
