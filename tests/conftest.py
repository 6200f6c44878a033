"""Fixtures that every suite may ask for; plugins can be named only here, at the root of the tests."""

pytest_plugins = ["tests.fixtures.databases", "tests.fixtures.suites"]
