"""CloudWatch Logs: the flow records of the interfaces, made when they are asked for."""

from bench.aws_stand_in import names
from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.world import Answer, Params, World

WINDOW_SECONDS = 60


def filter_events(world: World, params: Params) -> Answer:
    """FilterLogEvents: one record a stream, over a minute that begins just after `startTime`."""
    group = params.get("logGroupName") or str(params.get("logGroupIdentifier", "")).rpartition(":")[2]
    if not world.config.flow_logs or group != names.FLOW_LOG_GROUP:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    streams = {f"{card}-all": card for card in world.interfaces}
    wanted = params.get("logStreamNames")
    if wanted is None:
        prefix = params.get("logStreamNamePrefix", "")
        wanted = [stream for stream in streams if stream.startswith(prefix)]
    if world.config.flow_record == "none":
        return {"events": [], "searchedLogStreams": []}
    start = params.get("startTime", 0) // 1000 + 1
    known = [stream for stream in wanted if stream in streams]
    return {"events": [event(world, stream, streams[stream], start) for stream in known]}


def event(world: World, stream: str, card: str, start: int) -> Answer:
    """One record in the default format (version 2) of VPC flow logs."""
    end = start + WINDOW_SECONDS
    if world.config.flow_record == "accept":
        flow = f"{world.interfaces[card].ipv4} 203.0.113.9 44321 443 6 12 4096 {start} {end} ACCEPT OK"
    else:
        flow = f"- - - - - - - {start} {end} - NODATA"
    return {
        "logStreamName": stream,
        "timestamp": start * 1000,
        "ingestionTime": end * 1000,
        "message": f"2 {names.ACCOUNT_ID} {card} {flow}",
        "eventId": f"{next(world.ids):056d}",
    }
