"""Pings by mail: one message, recognisable when it comes twice, by the settings' SMTP server."""

from __future__ import annotations

import asyncio
import hashlib
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime

from bot.summon import Summons
from playbook.attack import TLP
from playbook.clock import stamp
from playbook.errors import BadInput, Unreachable
from playbook.escalation import RULES
from playbook.text import plain

_PATIENCE = 10.0
"""Seconds for each answer of the mail server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailer:
    """`bot.summon.Courier` over SMTP; with `user`, it logs in."""

    host: str
    port: int
    sender: str
    starttls: bool = True
    user: str = ""
    password: str = field(default="", repr=False)

    async def send(self, summons: Summons) -> None:
        """Hand it to the mail server. Raises Unreachable when it may take it later, BadInput when it will not."""
        await asyncio.to_thread(self._send, mail_of(summons, self.sender))

    def _send(self, message: EmailMessage) -> None:
        try:
            with smtplib.SMTP(self.host, self.port, timeout=_PATIENCE) as server:
                if self.starttls:
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refusal:
            code, said = next(iter(refusal.recipients.values()))
            raise _refused(code, said) from refusal
        except smtplib.SMTPResponseException as refusal:
            raise _refused(refusal.smtp_code, refusal.smtp_error) from refusal
        except smtplib.SMTPNotSupportedError as problem:
            raise BadInput(
                f"The mail server can't do what the settings ask for: {plain(str(problem))}."
            ) from problem
        except (smtplib.SMTPException, OSError) as problem:
            raise Unreachable(f"The mail server did not answer: {type(problem).__name__}.") from problem


def _refused(code: int, said: bytes | str) -> BadInput | Unreachable:
    """By RFC 5321, 4.2.1, codes from 500 on are final, and those below may pass."""
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    what = f"The mail server said {code} {plain(words, 120)}."
    return BadInput(what) if code >= 500 else Unreachable(what)


def mail_of(summons: Summons, sender: str) -> EmailMessage:
    """The mail. Its Message-ID is made of the ping's key: a repeat has the same, and mail programs show it once."""
    escalation, incident = summons.escalation, summons.incident
    rule = RULES[escalation.rule]
    drill = "DRILL: " if incident.drill else ""
    again = f" (ping {summons.number + 1})" if summons.number else ""
    digest = hashlib.sha256(summons.key.encode()).hexdigest()[:32]
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, summons.contact.email
    mail["Subject"] = plain(f"[ec2ir] {drill}{rule.id} {rule.happened}: {incident.title}{again}", 200)
    mail["Date"] = format_datetime(summons.at)
    mail["Message-ID"] = f"<{digest}@{sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Importance"] = "high"
    lines = (
        f"{drill}{rule.happened}: {plain(escalation.why, 400) or plain(incident.title)}.",
        f"Incident {incident.id}, {incident.environment.value}, {incident.severity.value}.",
        f"Opened: {stamp(incident.opened)}",
        "",
        f"What is wanted: {rule.wants}",
        f"By when: {stamp(escalation.opened + rule.by)}",
        "",
        "Say that you have it, so that nobody else is called:",
        f"/ec2ir ack {rule.id} in the incident's channel in Slack,",
        f"or at a terminal: ec2ir ack {incident.id} {rule.id}",
        "",
        TLP,
    )
    mail.set_content("\n".join(lines))
    return mail
