"""A mail server that keeps what it is given, as far as RFC 5321 asks for in a plain exchange."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass(slots=True, kw_only=True)
class MailBox:
    """`refusals` are answers to RCPT TO, each given once, before recipients are taken."""

    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    refusals: list[str] = field(default_factory=list[str])
    port: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        writer.write(b"220 box ESMTP\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ", 1)[0].upper()
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                raw = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(message_from_bytes(raw.removesuffix(b".\r\n"), policy=policy.default))
                writer.write(b"250 kept\r\n")
            elif verb == "RCPT" and self.refusals:
                writer.write(f"{self.refusals.pop(0)}\r\n".encode())
            else:
                writer.write(b"221 bye\r\n" if verb == "QUIT" else b"250 box\r\n")
            await writer.drain()
            if verb == "QUIT":
                break
        writer.close()


@asynccontextmanager
async def mail_server() -> AsyncGenerator[MailBox]:
    """One on a free port of this machine."""
    box = MailBox()
    server = await asyncio.start_server(box.talk, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box
