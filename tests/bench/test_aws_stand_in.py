"""The stand-in agrees with boto3 on every call that containment makes, and measures what it saw."""

# A member that AWS may leave out must be there: a KeyError is the failure that these stories are for.
# pyright: reportTypedDictNotRequiredAccess=false

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from bench.aws_stand_in import names
from bench.aws_stand_in.config import GroupSeed, StandInConfig
from bench.aws_stand_in.handle import Box, stand_in
from bench.aws_stand_in.journal import observed_depth, serial_seconds
from bench.aws_stand_in.operations import OPERATIONS
from tests.bench.aws_scenarios import ANYWHERE, ENIS, SCENARIOS, Clients, Scenario, clients

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def box() -> AsyncGenerator[Box]:
    async with stand_in(rtt_ms=0) as running:
        yield running


@pytest.fixture(scope="module")
def aws(box: Box) -> Clients:
    return clients(box.endpoint_url)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.tell.__name__)
async def test_boto3_and_the_stand_in_agree(scenario: Scenario, box: Box, aws: Clients) -> None:
    await box.reset(scenario.config, rtt_ms=0)
    await asyncio.to_thread(scenario.tell, aws)
    assert {call.error for call in await box.log()} <= EXPECTED_REFUSALS


async def test_the_scenarios_call_every_operation(box: Box, aws: Clients) -> None:
    called: set[tuple[str, str]] = set()
    for scenario in SCENARIOS:
        await box.reset(scenario.config, rtt_ms=0)
        await asyncio.to_thread(scenario.tell, aws)
        called |= {(call.service, call.operation) for call in await box.log() if call.error is None}
    assert called == {(service, name) for service, names_ in OPERATIONS.items() for name in names_}


async def test_calls_made_together_share_a_round_trip_and_calls_made_in_turn_do_not(
    box: Box, aws: Clients
) -> None:
    await box.reset(rtt_ms=50)
    describe = aws.ec2.describe_network_interfaces
    await asyncio.gather(*(asyncio.to_thread(describe, NetworkInterfaceIds=[eni]) for eni in ENIS))
    await asyncio.to_thread(aws.sts.get_caller_identity)
    calls = await box.log()
    assert [call.group for call in calls] == [1, 1, 2]
    assert observed_depth(calls) == 2
    assert observed_depth([call for call in calls if call.service == "ec2"]) == 1
    assert serial_seconds(calls) >= 0.150
    assert all(call.answered - call.arrived >= 0.050 for call in calls)
    load = await box.load()
    assert (load.peak, load.now, load.answered) == (2, 0, 3)


async def test_groups_given_or_kept_are_warm(box: Box, aws: Clients) -> None:
    await box.reset(StandInConfig(groups=(GroupSeed(name="open", ingress=(ANYWHERE,)),)), rtt_ms=0)
    await asyncio.to_thread(
        aws.ec2.create_security_group, GroupName="deny", Description="x", VpcId=names.VPC_ID
    )
    await box.reset(StandInConfig(keep_groups=True))
    found = await asyncio.to_thread(aws.ec2.describe_security_groups)
    kept = {group["GroupName"]: group for group in found["SecurityGroups"]}
    assert {"open", "deny"} < set(kept)
    assert [entry["IpProtocol"] for entry in kept["open"]["IpPermissions"]] == ["-1"]
    await box.reset()
    found = await asyncio.to_thread(aws.ec2.describe_security_groups)
    assert not {"open", "deny"} & {group["GroupName"] for group in found["SecurityGroups"]}


async def test_a_single_stack_vpc_opens_no_ipv6_egress(box: Box, aws: Clients) -> None:
    await box.reset(StandInConfig(dual_stack=False), rtt_ms=0)
    made = await asyncio.to_thread(
        aws.ec2.create_security_group, GroupName="deny", Description="x", VpcId=names.VPC_ID
    )
    found = await asyncio.to_thread(aws.ec2.describe_security_groups, GroupIds=[made["GroupId"]])
    (egress,) = found["SecurityGroups"][0]["IpPermissionsEgress"]
    assert (egress.get("IpRanges"), egress.get("Ipv6Ranges")) == ([{"CidrIp": "0.0.0.0/0"}], [])


async def test_a_poll_ends_when_a_message_comes(box: Box, aws: Clients) -> None:
    await box.reset(rtt_ms=0)
    receive = asyncio.create_task(
        asyncio.to_thread(aws.sqs.receive_message, QueueUrl=names.QUEUE_URL, WaitTimeSeconds=20)
    )
    async with asyncio.timeout(10):
        while (await box.load()).now == 0:  # noqa: ASYNC110 - it is another process that is awaited
            await asyncio.sleep(0)
    await asyncio.to_thread(aws.sqs.send_message, QueueUrl=names.QUEUE_URL, MessageBody="wake")
    assert [message.get("Body") for message in (await receive)["Messages"]] == ["wake"]
    poll = (await box.log())[0]
    assert poll.operation == "ReceiveMessage"
    assert poll.answered - poll.arrived < 10


async def test_an_impossible_round_trip_is_refused(box: Box) -> None:
    with pytest.raises(ValueError, match="rtt_ms"):
        await box.reset(rtt_ms=-1)


async def test_an_unknown_setting_is_refused(box: Box) -> None:
    async with box.http.post(
        f"{box.endpoint_url}/control/reset", data='{"config": {"volume": 3}}'
    ) as response:
        assert response.status == 400
        assert "volume" in await response.text()


async def test_what_is_no_http_is_refused_and_the_rest_goes_on(box: Box, aws: Clients) -> None:
    host, port = box.endpoint_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"hello\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
    writer.close()
    await writer.wait_closed()
    assert (await asyncio.to_thread(aws.sts.get_caller_identity))["Account"] == names.ACCOUNT_ID


async def test_the_process_ends_with_the_block() -> None:
    async with stand_in(rtt_ms=0) as running:
        url = running.endpoint_url
    host, port = url.removeprefix("http://").split(":")
    with pytest.raises(OSError, match=port):
        await asyncio.open_connection(host, int(port))


EXPECTED_REFUSALS = {
    None,
    "DryRunOperation",
    "IncorrectState",
    "InvalidAction",
    "InvalidGroup.Duplicate",
    "InvalidInstanceID",
    "InvalidInstanceID.NotFound",
    "InvalidParameterCombination",
    "InvalidPermission.Duplicate",
    "NoSuchEntity",
    "NoSuchKey",
    "OperationNotPermitted",
    "ResourceNotFoundException",
    "ValidationError",
}
