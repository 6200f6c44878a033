"""The card's menu of what is made of the record: the report, the indicators as a file, the root cause."""

from __future__ import annotations

from slack_sdk.models.blocks import OverflowMenuElement

from bot import blocks
from bot.act import Act
from bot.front import Front
from bot.record_verbs import export_indicators, show_root_cause, write_report
from bot.value import Value
from playbook.errors import BadInput

_CHOICES = (
    ("Write the report", "report"),
    ("Indicators as STIX", "stix"),
    ("Root cause", "rootcause"),
)


def more(incident: str) -> OverflowMenuElement:
    """The menu; each choice carries what it asks for."""
    return blocks.menu(
        "more", ((label, Value(incident=incident, said=said).pack()) for label, said in _CHOICES)
    )


async def chosen(front: Front, act: Act, value: Value) -> None:
    """Do what was chosen, once for this very choice: who chooses it again later wants it anew."""

    async def effect() -> None:
        match value.said:
            case "report":
                await write_report(front, act, value.incident)
            case "stix":
                await export_indicators(front, act, value.incident, "stix")
            case "rootcause":
                await show_root_cause(front, act, value.incident)
            case _:
                raise BadInput(
                    "That menu is from another version of ec2ir.", then="Use /ec2ir report or ioc."
                )

    await front.once(act, f"more:{act.once}", effect)
