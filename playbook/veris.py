"""VERIS's words, as far as an EC2 compromise needs them; each list is a part of the schema's own enumeration.

Source: the VERIS community's schema, `verisc-enum.json` of version 1.3.7 (veriscommunity.net).
"""

from __future__ import annotations

from collections.abc import Mapping

SCHEMA_VERSION = "1.3.7"

CONFIDENCE = ("High", "Medium", "Low", "None")
ACTOR = ("external", "internal", "partner", "unknown")
MOTIVE = ("Financial", "Espionage", "Fun", "Grudge", "Ideology", "Convenience", "NA", "Other", "Unknown")
VARIETY_OF_ACTOR: Mapping[str, tuple[str, ...]] = {
    "external": (
        "Organized crime", "Unaffiliated", "Activist", "Competitor", "Former employee", "Nation-state",
        "State-affiliated", "Other", "Unknown",
    ),
    "internal": ("Developer", "System admin", "End-user", "Manager", "Other", "Unknown"),
    "partner": (),
    "unknown": (),
}  # fmt: skip
"""VERIS gives partners and unknown actors no variety."""
MALWARE = (
    "Cryptocurrency mining", "Backdoor or C2", "Backdoor", "C2", "Downloader", "DoS", "Brute force", "Ransomware",
    "Rootkit", "Scan network", "Spam", "Trojan", "Worm", "Export data", "Password dumper", "Other", "Unknown",
)  # fmt: skip
MALWARE_VECTOR = (
    "Direct install", "Download by malware", "Network propagation", "Remote injection", "Software update",
    "Web application", "Partner", "Other", "Unknown",
)  # fmt: skip
HACKING = (
    "Exploit vuln", "Exploit misconfig", "Use of stolen creds", "Brute force", "Abuse of functionality",
    "OS commanding", "SQLi", "Path traversal", "Insecure deserialization", "User breakout",
    "Virtual machine escape", "Scan network", "DoS", "Other", "Unknown",
)  # fmt: skip
HACKING_VECTOR = (
    "Web application", "Command shell", "Desktop sharing software", "Other network service", "VPN", "Partner",
    "Hypervisor", "Inter-tenant", "Other", "Unknown",
)  # fmt: skip
ASSET = (
    "S - Web application", "S - Database", "S - Code repository", "S - Configuration or patch management",
    "S - File", "S - Proxy", "S - Remote access", "S - Mail", "S - Other", "S - Unknown",
)  # fmt: skip
INTEGRITY = (
    "Software installation", "Repurpose", "Alter behavior", "Created account", "Defacement", "Log tampering",
    "Modify configuration", "Modify data", "Modify privileges", "Other", "Unknown",
)  # fmt: skip
AVAILABILITY = ("Degradation", "Interruption", "Loss", "Destruction", "Obscuration", "Other", "Unknown")
