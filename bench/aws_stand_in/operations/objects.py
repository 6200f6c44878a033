"""S3 objects: kept by size and headers, which is all that evidence is checked by."""

import hashlib

from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.world import Answer, Params, StoredObject, World

KEPT = ("content-type", "x-amz-meta-", "x-amz-checksum-", "x-amz-object-lock-")


def put(world: World, params: Params) -> Answer:
    """PutObject."""
    headers = {name: value for name, value in params["headers"].items() if name.startswith(KEPT)}
    etag = hashlib.md5(params["Body"], usedforsecurity=False).hexdigest()
    stored = StoredObject(size=len(params["Body"]), headers=headers | {"ETag": f'"{etag}"'})
    world.objects[f"{params['Bucket']}/{params['Key']}"] = stored
    return {"headers": {"ETag": stored.headers["ETag"]}}


def head(world: World, params: Params) -> Answer:
    """HeadObject."""
    stored = world.objects.get(f"{params['Bucket']}/{params['Key']}")
    if stored is None:
        raise Refusal("NoSuchKey", "The specified key does not exist.", 404)
    return {"headers": stored.headers | {"Content-Length": str(stored.size)}}
