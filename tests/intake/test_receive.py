"""One message in: a finding, or a letter."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from intake.envelope import MOST_BYTES
from intake.receive import Outcome, handle
from playbook.errors import Unreachable
from playbook.finding import Scope
from tests.intake.builders import WEB, event, finding, notification
from tests.intake.fakes import MemorySink

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINER = event(finding("CryptoCurrency:EC2/BitcoinTool.B"))


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.mark.row("T1")
@pytest.mark.parametrize("text", [MINER, notification(MINER), MINER.encode()], ids=["event", "SNS", "bytes"])
async def test_a_finding_is_handed_over_with_the_message_as_received(
    sink: MemorySink, text: str | bytes
) -> None:
    outcome = await handle(text, "m-1", sink, received=NOON)

    ((taken, raw),) = sink.findings
    assert outcome is Outcome.STORED
    assert taken.instances == (WEB,)
    assert raw == (text if isinstance(text, str) else text.decode())
    assert not sink.letters


async def test_a_finding_about_something_else_is_handed_over_too(sink: MemorySink) -> None:
    text = event(finding("Discovery:RDS/TorIPCaller", resource_type="RDSDBInstance", instance=None))

    assert await handle(text, "m-1", sink, received=NOON) is Outcome.STORED
    assert sink.findings[0][0].scope is Scope.OTHER


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        event({"type": "Trojan:EC2/DropPoint"}),
        event(finding("Trojan:EC2/DropPoint", instance=None)),
    ],
    ids=["no JSON", "no finding", "no instance"],
)
async def test_what_is_not_understood_is_kept_as_a_letter_and_left_in_the_queue(
    sink: MemorySink, text: str
) -> None:
    with capture_logs() as lines:
        outcome = await handle(text, "m-1", sink, received=NOON)

    (letter,) = sink.letters
    assert outcome is Outcome.LEFT
    assert (letter.body, letter.received, letter.understood) == (text, NOON, False)
    assert letter.id == hashlib.sha256(text.encode()).hexdigest()
    assert "No incident was opened" in letter.problem
    assert not sink.findings
    assert [(line["event"], line["message"], line["log_level"]) for line in lines] == [
        ("message not understood", "m-1", "warning")
    ]


async def test_the_same_letter_has_the_same_id_every_time(sink: MemorySink) -> None:
    await handle("not JSON", "m-1", sink, received=NOON)
    await handle(b"not JSON", "m-2", sink, received=NOON)
    await handle("not JSON either", "m-3", sink, received=NOON)

    first, again, other = (letter.id for letter in sink.letters)
    assert first == again != other


async def test_a_letter_can_be_stored_whatever_came(sink: MemorySink) -> None:
    for text in (b"\xff\xfe\0", "\ud800\0", b"\xc3" * 10_000_000, "é" * 10_000_000):
        await handle(text, "m-1", sink, received=NOON)

    for letter in sink.letters:
        assert letter.body.encode()
        assert "\0" not in letter.body
        assert len(letter.body) <= MOST_BYTES


@pytest.mark.parametrize("text", [MINER, "not JSON"])
async def test_what_could_not_be_stored_has_to_come_again(sink: MemorySink, text: str) -> None:
    sink.broken = True

    with pytest.raises(Unreachable):
        await handle(text, "m-1", sink, received=NOON)
