"""Indicators for other tools: STIX 2.1, MISP JSON and CSV, each a pure function of what is known."""
