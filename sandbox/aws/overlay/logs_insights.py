"""Logs Insights: the query that was asked, over the records that are there."""

import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.logs.responses import LogsResponse

from sandbox.aws.insights.expression import Malformed
from sandbox.aws.insights.query import answered, compiled
from sandbox.aws.overlay.base import Override, refuse, world_for
from sandbox.aws.world import Query


def _groups(self: Any) -> list[Any]:
    one = self._get_param("logGroupName")
    names = list[str]([one] if one else self._get_param("logGroupNames") or [])
    identifiers = list[str](self._get_param("logGroupIdentifiers") or [])
    names += [name.rpartition("log-group:")[2].removesuffix(":*") or name for name in identifiers]
    if not names:
        refuse("InvalidParameterException", "Specify log groups to query.")
    known = self.logs_backend.groups
    for name in names:
        if name not in known:
            refuse("ResourceNotFoundException", f"Log group '{name}' does not exist for this account.")
    return [known[name] for name in names]


def start_query(self: Any) -> ActionResult:
    """StartQuery: compiled and refused at once, run over the time asked for, both ends included, in seconds.

    Source: CloudWatch Logs API reference, StartQuery: InvalidParameterException, MalformedQueryException,
    ResourceNotFoundException.
    """
    groups = _groups(self)
    start, end = int(self._get_param("startTime")), int(self._get_param("endTime"))
    if start >= end:
        refuse("InvalidParameterException", "End time should be after the start time.")
    try:
        query = compiled(str(self._get_param("queryString")))
    except Malformed as wrong:
        refuse("MalformedQueryException", str(wrong))
    records = [
        {
            "@timestamp": datetime.fromtimestamp(event.timestamp / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
            "@message": event.message,
            "@logStream": stream.log_stream_name,
        }
        for group in groups
        for stream in group.streams.values()
        for event in stream.events
        if start * 1_000 <= event.timestamp <= end * 1_000 + 999
    ]  # fmt: skip
    rows = [[{"field": k, "value": v} for k, v in row.items()] for row in answered(query, records)]
    made = Query(
        id=str(uuid.uuid4()), rows=rows[: int(self._get_param("limit") or 10_000)], scanned=len(records)
    )
    world_for(self).queries[made.id] = made
    return ActionResult({"queryId": made.id})


def get_query_results(self: Any) -> ActionResult:
    """GetQueryResults: the rows, and how much was read for them.

    Source: CloudWatch Logs API reference, GetQueryResults: ResourceNotFoundException.
    """
    found = world_for(self).queries.get(str(self._get_param("queryId")))
    if found is None:
        refuse("ResourceNotFoundException", "The specified query does not exist.")
    statistics = {"recordsMatched": float(len(found.rows)), "recordsScanned": float(found.scanned)}
    return ActionResult(
        {"queryLanguage": "CWLI", "results": found.rows, "statistics": statistics, "status": "Complete"}
    )


OVERRIDES = (
    Override(owner=LogsResponse, name="start_query", value=start_query),
    Override(owner=LogsResponse, name="get_query_results", value=get_query_results),
)
