"""Sessions: the ambient credentials for their own account, an assumed role for every other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import boto3
import botocore.session
from botocore.credentials import AssumeRoleCredentialFetcher, Credentials, DeferredRefreshableCredentials

from aws.clients import SessionFor
from aws.errors import translated
from playbook.errors import Unreachable

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

FALLBACK = "us-east-1"
"""The region that is asked when the environment names none."""
SESSION_NAME = "ec2ir"
"""How the assumed sessions are called in the other account's CloudTrail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedRole:
    """The role that opens an account; with an `external_id` where its trust policy demands one."""

    account: str
    role_arn: str
    external_id: str = ""


class _AssumedCredentials:
    """What botocore's session asks for credentials: those of the role, renewed before they expire."""

    def __init__(self, role: AssumedRole, source: Credentials, core: botocore.session.Session) -> None:
        extra = {"RoleSessionName": SESSION_NAME} | (
            {"ExternalId": role.external_id} if role.external_id else {}
        )
        self._fetcher = AssumeRoleCredentialFetcher(
            core.create_client, source, role.role_arn, extra_args=extra, cache={}
        )

    def load_credentials(self) -> DeferredRefreshableCredentials:
        """Credentials that call AssumeRole at their first use, not before."""
        return DeferredRefreshableCredentials(self._fetcher.fetch_credentials, "assume-role")


def session_for(roles: Iterable[AssumedRole], *, ambient: str = "") -> SessionFor:
    """The session of each account that is configured.

    `ambient` is the account of the ambient credentials. Where it is unknown and no role is configured, every
    account is asked for with the ambient credentials. What this answers raises Unreachable for other accounts.
    """
    by_account = {role.account: role for role in roles}

    def make(account: str) -> boto3.Session:
        role = by_account.get(account)
        if role is not None:
            return _assumed(role)
        if account == ambient or not (by_account or ambient):
            return boto3.Session()
        raise Unreachable(
            f"Account {account} is not among ec2ir's accounts.",
            means="Nothing there can be looked at or changed.",
            then="Add it under [[accounts]] in ec2ir.toml, with a role that ec2ir may assume.",
        )

    return make


def _assumed(role: AssumedRole) -> boto3.Session:
    ambient = botocore.session.get_session()
    source = ambient.get_credentials()
    if source is None:
        raise Unreachable(
            f"There are no AWS credentials to assume {role.role_arn} with.",
            means=f"Nothing in account {role.account} can be looked at or changed.",
            then="Give ec2ir credentials through the AWS SDK's ordinary chain.",
        )
    core = botocore.session.get_session()
    core.register_component("credential_provider", _AssumedCredentials(role, source, ambient))
    return boto3.Session(botocore_session=core)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose ambient AWS credentials these are; empty where there are none."""

    account: str = ""
    arn: str = ""

    @property
    def role(self) -> str:
        """The name of the assumed role, if it is one."""
        _, marker, rest = self.arn.partition(":assumed-role/")
        return rest.partition("/")[0] if marker else ""


def caller(session: boto3.Session) -> Identity:
    """Whoever the session acts as. Raises AwsRefused or Unreachable."""
    make = cast("Callable[..., STSClient]", session.client)
    with translated():
        identity = make("sts", region_name=session.region_name or FALLBACK).get_caller_identity()
    return Identity(account=identity["Account"], arn=identity["Arn"])


def ambient() -> tuple[Identity, str]:
    """The ambient credentials' caller, and the ambient region. Raises AwsRefused or Unreachable."""
    # Containers on AWS are told AWS_REGION, which boto3 itself does not read.
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
    return caller(session), session.region_name or FALLBACK
