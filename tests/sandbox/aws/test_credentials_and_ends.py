"""Key pairs, access keys, rules by id and terminations as the API references describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.aws.conftest import Refusal

if TYPE_CHECKING:
    from sandbox.aws.box import AwsBox
    from sandbox.aws.seed import Account

pytestmark = pytest.mark.emulator


def test_a_public_key_is_told_only_if_asked_for(ec2: Any, account: Account) -> None:
    assert "PublicKey" not in ec2.describe_key_pairs()["KeyPairs"][0]
    shown = ec2.describe_key_pairs(IncludePublicKey=True)["KeyPairs"][0]
    assert shown["PublicKey"].startswith("ssh-ed25519 ")


def test_a_key_pair_is_deleted_by_id_and_a_missing_one_is_no_error(
    ec2: Any, account: Account, refusal: Refusal
) -> None:
    pair = ec2.describe_key_pairs()["KeyPairs"][0]
    assert ec2.delete_key_pair(KeyPairId=pair["KeyPairId"])["KeyPairId"] == pair["KeyPairId"]
    ec2.delete_key_pair(KeyPairId=pair["KeyPairId"])
    gone = refusal(lambda: ec2.describe_key_pairs(KeyNames=[pair["KeyName"]]))
    assert gone == "InvalidKeyPair.NotFound"


def test_only_an_openssh_key_is_imported(ec2: Any, account: Account, refusal: Refusal) -> None:
    assert (
        refusal(lambda: ec2.import_key_pair(KeyName="x", PublicKeyMaterial=b"nonsense"))
        == "InvalidKey.Format"
    )


def test_an_access_key_is_active_or_inactive(box: AwsBox, account: Account, refusal: Refusal) -> None:
    iam = box.client("iam")
    iam.create_user(UserName="ci")
    key = iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="ci", AccessKeyId=key, Status="Inactive")
    assert iam.list_access_keys(UserName="ci")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    code = refusal(lambda: iam.update_access_key(UserName="ci", AccessKeyId=key, Status="Gone"))
    assert code == "ValidationError"


def test_rules_are_revoked_by_id_all_or_none(ec2: Any, account: Account, refusal: Refusal) -> None:
    group = account.network.web_group

    def ids() -> list[str]:
        found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
        return [r["SecurityGroupRuleId"] for r in found["SecurityGroupRules"] if not r["IsEgress"]]

    before = ids()
    wrong = [before[0], "sgr-00000000000000000"]
    code = refusal(lambda: ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=wrong))
    assert (code, ids()) == ("InvalidSecurityGroupRuleId.NotFound", before)
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=before[:1])
    assert ids() == before[1:]


def test_a_protected_instance_is_not_terminated(ec2: Any, account: Account, refusal: Refusal) -> None:
    def terminate() -> Any:
        return ec2.terminate_instances(InstanceIds=[account.miner])

    for name in ("DisableApiTermination", "DisableApiStop"):
        ec2.modify_instance_attribute(InstanceId=account.miner, **{name: {"Value": True}})
        assert refusal(terminate) == "OperationNotPermitted"
        ec2.modify_instance_attribute(InstanceId=account.miner, **{name: {"Value": False}})
    terminate()


def test_an_instance_shuts_down_before_it_is_terminated(box: AwsBox, ec2: Any, account: Account) -> None:
    box.controls.delays(instance=30)

    def state() -> str:
        found = ec2.describe_instances(InstanceIds=[account.miner])["Reservations"][0]["Instances"][0]
        return found["State"]["Name"]

    for _ in range(2):
        ec2.terminate_instances(InstanceIds=[account.miner])
        assert state() == "shutting-down"
    box.controls.advance(31)
    assert state() == "terminated"
