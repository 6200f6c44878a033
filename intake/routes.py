"""Which parser reads what: by EventBridge's source and detail-type, or by the path that it was posted to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from intake import alarms, cloudtrail, edr, guardduty, securityhub
from intake.envelope import ALARM_BY_SNS, Event, document, refusal, unwrap
from intake.matching import Rule
from playbook.finding import Finding
from playbook.text import plain

Read = Callable[[str | bytes], tuple[Finding, ...]]
"""From a message to its findings, none where it says nothing that matters. Raises BadInput."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the parsers know beside the message: Sigma rules, kinds of alarms by name, and where ec2ir runs."""

    rules: tuple[Rule, ...] = ()
    alarms: Mapping[str, alarms.Kind] = field(default_factory=dict[str, alarms.Kind])
    account: str = ""
    region: str = ""

    def event(self, text: str | bytes) -> tuple[Finding, ...]:
        """What came from AWS: out of the queue, from EventBridge or from SNS."""
        event = unwrap(text)
        return _parser(event)(event, self)

    def detection(self, text: str | bytes) -> tuple[Finding, ...]:
        """What an EDR sent."""
        return edr.parse(document(text), account=self.account, region=self.region)


_Parser = Callable[[Event, Reading], tuple[Finding, ...]]

_SOURCES: Mapping[tuple[str, str], _Parser] = {
    ("aws.guardduty", "GuardDuty Finding"): lambda event, _: (guardduty.parse(event.body),),
    ("aws.securityhub", "Security Hub Findings - Imported"): lambda event, _: securityhub.parse(event),
    ("aws.cloudwatch", "CloudWatch Alarm State Change"): lambda event, own: alarms.parse(event, own.alarms),
    ("aws.cloudwatch", ALARM_BY_SNS): lambda event, own: alarms.parse(event, own.alarms),
}
_RECORDS = frozenset({"AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"})
"""CloudTrail's records come with the source of whichever service was called."""


def _parser(event: Event) -> _Parser:
    if event.source.startswith("aws.") and event.kind in _RECORDS:
        return lambda event, own: cloudtrail.parse(event, own.rules)
    known = _SOURCES.get((event.source, event.kind))
    if known is None:
        raise refusal(f"The message is the event “{plain(event.kind, 80)}” of {plain(event.source, 80)}")
    return known
