from __future__ import annotations

import pytest

from actions.retire_key import retire_key
from playbook.errors import DoesNotApply
from playbook.proof import Rung
from sandbox.aws.fleet import KEY_PAIR
from tests.actions.knowing import remembering
from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator


async def test_hosts_that_trust_the_key_are_named(asg: Scene) -> None:
    plan = await asg.step(retire_key).plan()
    assert set(plan.trusting) == {asg.seeded.bystander, asg.seeded.miner}
    assert "still let this key in" in plan.show().warnings[0]


@pytest.mark.row("E4")
async def test_the_key_pair_comes_back_with_another_id(asg: Scene) -> None:
    step = asg.step(retire_key)
    plan = await step.execute()
    assert (await step.verify()).rung is Rung.PROVED
    await step.undo()
    pair = asg.client("ec2").describe_key_pairs(IncludePublicKey=True)["KeyPairs"][0]
    assert (pair["KeyName"], pair["PublicKey"]) == (KEY_PAIR, plan.public)
    assert pair["KeyPairId"] != plan.id


async def test_after_the_instance_is_gone_the_incident_still_knows_its_key(asg: Scene) -> None:
    asg.client("ec2").terminate_instances(InstanceIds=[asg.seeded.web])
    with pytest.raises(DoesNotApply, match="without a key pair, or is gone"):
        await asg.step(retire_key).plan()
    assert (await remembering(asg, key_pair=KEY_PAIR).step(retire_key).plan()).name == KEY_PAIR


async def test_a_key_pair_that_is_deleted_needs_no_retirement(asg: Scene) -> None:
    asg.client("ec2").delete_key_pair(KeyName=KEY_PAIR)
    with pytest.raises(DoesNotApply, match="not in EC2 any more"):
        await asg.step(retire_key).plan()
