"""One account in one region: typed clients, and calls made in the pool, recorded and translated."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast

from aws.clients import Clients
from aws.errors import translated
from playbook.brief import Brief
from playbook.clock import Clock, system_clock
from playbook.policy import Policy

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ce import CostExplorerClient
    from mypy_boto3_cloudtrail import CloudTrailClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elb import ElasticLoadBalancingClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_guardduty import GuardDutyClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_inspector2 import Inspector2Client
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_route53resolver import Route53ResolverClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient

P = ParamSpec("P")
R = TypeVar("R")


class KmsClient(Protocol):
    """The one call that is made to KMS."""

    def describe_key(self, *, KeyId: str) -> Mapping[str, Any]:  # noqa: N803
        """`KeyMetadata` of the key."""
        ...


class Account:
    """What actions see of AWS. `policy` is what the settings say; `brief` is what the incident knows, for plans.

    `clock` is for plans too: whatever they say of time is about the moment in which they are made.
    """

    def __init__(
        self,
        *,
        id: str,  # noqa: A002
        region: str,
        policy: Policy,
        clients: Clients,
        pool: Executor,
        brief: Brief | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self.id = id
        self.region = region
        self.policy = policy
        self.brief = brief or Brief()
        self.clock = clock
        self._clients = clients
        self._pool = pool

    def knowing(self, brief: Brief) -> Account:
        """The same account with another brief."""
        return Account(
            id=self.id,
            region=self.region,
            policy=self.policy,
            clients=self._clients,
            pool=self._pool,
            brief=brief,
            clock=self.clock,
        )

    async def call(self, operation: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Await a client's method in the pool: `await aws.call(aws.ec2.describe_instances, InstanceIds=[…])`.

        Raises AwsRefused, Ambiguous or Unreachable.
        """
        context = contextvars.copy_context()
        work = functools.partial(context.run, operation, *args, **kwargs)
        with translated():
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def turn(self, operation: str, per_second: int) -> float:
        """Seconds to wait before that call may leave, where AWS limits it per account and region."""
        return self._clients.pace.wait((self.id, self.region, operation), per_second)

    @property
    def ec2(self) -> EC2Client:
        """Retries by itself: for reads and for writes that are harmless to repeat."""
        return cast("EC2Client", self._client("ec2"))

    @property
    def ec2_once(self) -> EC2Client:
        """Never retries by itself: for calls without an idempotency token."""
        return cast("EC2Client", self._client("ec2", once=True))

    @property
    def iam(self) -> IAMClient:
        """IAM is global; writes are puts."""
        return cast("IAMClient", self._client("iam"))

    @property
    def autoscaling(self) -> AutoScalingClient:
        """EC2 Auto Scaling."""
        return cast("AutoScalingClient", self._client("autoscaling"))

    @property
    def elbv2(self) -> ElasticLoadBalancingv2Client:
        """Application, network and gateway load balancers."""
        return cast("ElasticLoadBalancingv2Client", self._client("elbv2"))

    @property
    def elb(self) -> ElasticLoadBalancingClient:
        """Classic load balancers."""
        return cast("ElasticLoadBalancingClient", self._client("elb"))

    @property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs, where flow logs may be."""
        return cast("CloudWatchLogsClient", self._client("logs"))

    @property
    def ssm(self) -> SSMClient:
        """Systems Manager, for reads and puts."""
        return cast("SSMClient", self._client("ssm"))

    @property
    def ssm_once(self) -> SSMClient:
        """Never retries by itself: SendCommand takes no token."""
        return cast("SSMClient", self._client("ssm", once=True))

    @property
    def cloudtrail(self) -> CloudTrailClient:
        """CloudTrail's event history."""
        return cast("CloudTrailClient", self._client("cloudtrail"))

    @property
    def cloudwatch(self) -> CloudWatchClient:
        """Metrics."""
        return cast("CloudWatchClient", self._client("cloudwatch"))

    @property
    def guardduty(self) -> GuardDutyClient:
        """Detectors and their findings."""
        return cast("GuardDutyClient", self._client("guardduty"))

    @property
    def inspector(self) -> Inspector2Client:
        """Known vulnerabilities of instances."""
        return cast("Inspector2Client", self._client("inspector2"))

    @property
    def resolver(self) -> Route53ResolverClient:
        """Route 53 Resolver: DNS Firewall and query logs."""
        return cast("Route53ResolverClient", self._client("route53resolver"))

    @property
    def costs(self) -> CostExplorerClient:
        """Cost Explorer, whose only endpoint is in us-east-1."""
        return cast("CostExplorerClient", self._clients.get(self.id, "us-east-1", "ce"))

    @property
    def s3(self) -> S3Client:
        """The evidence bucket's client."""
        return cast("S3Client", self._client("s3"))

    @property
    def kms(self) -> KmsClient:
        """Who manages the keys that volumes are encrypted with."""
        return cast("KmsClient", self._client("kms"))

    def _client(self, service: str, *, once: bool = False) -> Any:
        return self._clients.get(self.id, self.region, service, once=once)
