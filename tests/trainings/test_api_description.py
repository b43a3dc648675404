"""openapi.json: as committed, and as the running API really behaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from tests.factories import PlatformFactory, PurchaseFactory, TrainingFactory
from tests.serving import serving
from trainings.models import OrderRequest, PlatformSecret

ROOT = Path(__file__).parent.parent.parent
COMMITTED = ROOT / "docs" / "api" / "openapi.json"
HOW_TO_RENEW = (
    "The API has changed. If that is meant, and breaks no partner, write it anew: "
    "curl http://127.0.0.1:8000/api/v1/openapi.json | python -m json.tool "
    "--no-ensure-ascii > docs/api/openapi.json"
)


def test_the_committed_description_is_that_of_the_api(client):
    now = client.get("/api/v1/openapi.json").json()

    assert now == json.loads(COMMITTED.read_text()), HOW_TO_RENEW


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.xdist_group("server")
def test_the_running_api_behaves_as_described_whatever_it_is_sent(tmp_path):
    platform = PlatformFactory(slug="toko", requests_a_minute=1_000_000)
    secret = PlatformSecret.objects.issue(platform, by=None, at=timezone.now())
    training = TrainingFactory(code="LC-0001", platforms=[platform])
    purchase = PurchaseFactory(platform=platform, training=training)
    bought = OrderRequest.objects.create(
        reference=purchase.order.reference,
        platform=platform,
        participant=purchase.participant,
        training=training,
        price=purchase.price,
        order=purchase.order,
        requested_at=purchase.paid_at,
    )
    # So that what is invented reaches further than "no such order".
    known = f'[parameters]\norder = "{bought.reference}"\ncode = "LC-0001"\n'
    (tmp_path / "schemathesis.toml").write_text(known)

    with serving(tmp_path, WEB_CONCURRENCY="1") as site:
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run"),
                f"{site.address}/api/v1/openapi.json",
                *("--checks", "all", "--max-examples", "15", "--seed", "21"),
                *("--generation-database", "none", "--no-color"),
            ],
            cwd=tmp_path,
            env=os.environ
            | {
                "PYTHONPATH": f"{ROOT}",
                "SCHEMATHESIS_HOOKS": "tests.trainings.schemathesis_signing",
                "SHOP_SLUG": platform.slug,
                "SHOP_SECRET": secret.value,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
