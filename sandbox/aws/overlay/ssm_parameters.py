"""Parameter Store: the public parameters of Amazon Linux name the image that this region has."""

from typing import Any

from moto.ssm.models import ParameterDict

from sandbox.aws.environment import LINUX_IMAGE
from sandbox.aws.overlay.base import Override

_load = ParameterDict._load_latest_amis  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def load_latest_amis(self: Any) -> None:
    """GetParameter of /aws/service/ami-amazon-linux-latest/…: an image that can be described and launched here.

    Source: EC2 user guide, "Reference the latest AMIs using Systems Manager public parameters".
    """
    _load(self)
    every: dict[str, list[Any]] = dict(self)
    for name in [n for n in every if n.startswith("/aws/service/ami-amazon-linux-latest/")]:
        for version in every[name]:
            version.value = LINUX_IMAGE


OVERRIDES = (Override(owner=ParameterDict, name="_load_latest_amis", value=load_latest_amis),)
