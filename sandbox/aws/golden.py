"""The golden image: made in this account, and named by a parameter that whoever renews it also renews."""

from typing import Any, Final

from sandbox.aws.environment import LINUX_IMAGE

PARAMETER: Final = "/golden/web"


def make_golden(ec2: Any, ssm: Any, region: str) -> str:
    """A patched image of today, and the parameter that names it; its id."""
    made = ec2.copy_image(SourceImageId=LINUX_IMAGE, SourceRegion=region, Name="web-golden-patched")
    image: str = made["ImageId"]
    ec2.create_tags(Resources=[image], Tags=[{"Key": "Name", "Value": "web-golden"}])
    ssm.put_parameter(Name=PARAMETER, Value=image, Type="String", DataType="aws:ec2:image")
    return image
