"""CloudTrail (T2): an API call or a sign-in that a Sigma rule knows, as a finding.

The members are those of CloudTrail's record (event version 1.08 and later), in the detail of EventBridge's event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import Field

from intake.envelope import Event
from intake.matching import Rule, matches
from intake.shapes import INSTANCE, said, shaped
from intake.wire import Detail, Moment, Token, Wire
from playbook.finding import Finding, FindingKey, FindingType, Indicator, Scope
from playbook.text import plain

SOURCE = "cloudtrail"
MOST_INSTANCES = 50
"""How many instances one call's finding names; one `RunInstances` can launch hundreds."""

_LOOK = "Look at the event in CloudTrail's event history."


class Identity(Wire):
    """`userIdentity`."""

    type: str = ""
    arn: str = ""
    principal_id: str = ""
    access_key_id: str = ""


class Record(Wire):
    """What is read of a record beside what rules read."""

    event_id: Token = Field(validation_alias="eventID")
    event_time: Moment
    event_name: str
    event_source: str
    aws_region: Token
    recipient_account_id: Detail[Token] = None
    user_identity: Identity = Identity()
    source_ip: str = Field(default="", validation_alias="sourceIPAddress")
    user_agent: str = ""
    error_code: str = ""
    request_parameters: Detail[Mapping[str, object]] = None
    response_elements: Detail[Mapping[str, object]] = None


def parse(event: Event, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """A finding for each rule that the event satisfies; none for the ordinary call. Raises BadInput.

    A call on instances is a finding of its own. One without (a root login, a launch that met a limit) is about
    the account, and the same identity doing it again is the same finding.
    """
    record = shaped(Record, event.body, "an event as CloudTrail writes it", _LOOK)
    return tuple(_finding(rule, record, event) for rule in matches(rules, event.body))


def _finding(rule: Rule, record: Record, event: Event) -> Finding:
    every = tuple(dict.fromkeys(_instances(record)))
    instances, who = every[:MOST_INSTANCES], record.user_identity
    actor = plain(who.arn or who.principal_id or who.type or "somebody")
    over = f" It names {len(every) - len(instances)} more instances." if len(every) > len(instances) else ""
    did = f"{record.event_name} of {record.event_source} by {actor} from {record.source_ip or 'an unknown place'}"
    failed = f", refused with {record.error_code}" if record.error_code else ""
    what = record.event_id if instances else actor
    return Finding(
        key=FindingKey(
            account=record.recipient_account_id or event.account,
            region=record.aws_region,
            id=plain(f"{rule.id}/{what}", 300),
        ),
        source=SOURCE,
        type=FindingType(full=f"CloudTrail:{'EC2' if instances else 'IAMUser'}/{rule.title}"),
        scope=Scope.INSTANCE if instances else Scope.ACCOUNT,
        score=rule.score,
        title=plain(f"{rule.title}: {record.event_name} by {actor}", 300),
        description=f"{plain(f'{did}{failed}. {rule.description}', 1500)}{over}",
        instances=instances,
        count=1,
        first_seen=record.event_time,
        last_seen=record.event_time,
        updated=record.event_time,
        caller=plain(who.arn),
        indicators=tuple(i for i in _indicators(record) if i.value),
        techniques=rule.techniques,
    )


def _instances(record: Record) -> Iterator[str]:
    """The ids under `instanceId` in what was answered, then in what was asked for."""
    for part in (record.response_elements, record.request_parameters):
        for path, value in said(part):
            if path.rpartition(".")[2].casefold() == "instanceid" and INSTANCE.fullmatch(str(value)):
                yield str(value)


def _indicators(record: Record) -> tuple[Indicator, ...]:
    about, who = plain(f"called {record.event_name}"), record.user_identity
    return (
        Indicator(kind="identity", value=plain(who.arn, 253), about=about),
        Indicator(kind="access_key", value=plain(who.access_key_id, 253), about=about),
        Indicator(kind="source", value=plain(record.source_ip, 253), about=plain(record.user_agent)),
    )
