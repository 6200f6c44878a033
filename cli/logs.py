"""Logs: structured lines on standard error, so that answers on standard output stay clean."""

from __future__ import annotations

import logging
import sys

import structlog

_SECRET_MARKS = ("xoxb-", "xapp-", "xoxp-", "X-Amz-Signature")


def configure(level: int = logging.WARNING) -> None:
    """Set up structlog for this process: readable on a terminal, JSON otherwise."""
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _without_secrets(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A line that would carry a token or a signed address says so instead."""
    return {k: "(kept secret)" if any(m in str(v) for m in _SECRET_MARKS) else v for k, v in event.items()}
