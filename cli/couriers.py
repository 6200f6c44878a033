"""The ways by which escalations leave, built from the settings: mail, and pagers with their routing keys."""

from __future__ import annotations

import os

from bot.mail import Mailer
from bot.pager import Pager
from bot.summon import NoCourier, Ways
from cli.settings import BadSetting, Settings


def ways_of(settings: Settings) -> Ways:
    """Raises BadSetting for a routing key that is not set, and for mail addresses without a mail server."""
    escalating, smtp = settings.policy.escalation, settings.policy_file.smtp
    keys: dict[str, str] = {}
    for name, contact in escalating.targets.items():
        if contact.email and not smtp.host:
            raise BadSetting(
                f"[escalation.targets.{name}] has an email, and [smtp] names no host.",
                then="Set [smtp] host and from in ec2ir.toml, or take the email out.",
            )
        if contact.pager_key_env:
            keys[contact.pager_key_env] = os.environ.get(contact.pager_key_env, "")
            if not keys[contact.pager_key_env]:
                raise BadSetting(
                    f"[escalation.targets.{name}] has pager_key_env {contact.pager_key_env}, which is not set.",
                    then="Set it in the environment of the process.",
                )
    password = settings.smtp_password.get_secret_value()
    if smtp.user and not password:
        raise BadSetting(
            "[smtp] has a user, and EC2IR_SMTP_PASSWORD is not set.", then="Set it; see .env.example."
        )
    mail = Mailer(
        host=smtp.host,
        port=smtp.port,
        sender=smtp.sender,
        starttls=smtp.starttls,
        user=smtp.user,
        password=password,
    )
    return Ways(
        policy=escalating,
        mail=mail if smtp.host else NoCourier("Mail ([smtp] in ec2ir.toml)"),
        pager=Pager(keys=keys),
    )
