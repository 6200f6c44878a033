"""What moto reads from the environment; set before its first import, so this module comes before moto."""

import os
from typing import Final

ACCOUNT_ID: Final = "111111111111"
REGION: Final = "ap-southeast-1"
LINUX_IMAGE: Final = "ami-0123456789abcdef0"
WINDOWS_IMAGE: Final = "ami-0fedcba9876543210"

# With the default images moto invents 1,301 snapshots and takes a second a call.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
os.environ.setdefault("MOTO_ACCOUNT_ID", ACCOUNT_ID)


def account_id() -> str:
    """The account that the box plays: 12 digits."""
    return os.environ["MOTO_ACCOUNT_ID"]
