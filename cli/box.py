"""The box's environment: what this process, and those that it starts, know of AWS is the box alone."""

from __future__ import annotations

import os


def use(endpoint: str, region: str) -> None:
    """Point the AWS SDK of this process, and of those that it starts, at the box.

    Whatever the environment said of AWS before is taken away: profiles, real credentials, endpoints of single
    services, which would outrank the box's.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "AKIASANDBOXSANDBOX00",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
