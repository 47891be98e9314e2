"""All features; their steps stand in tests/steps."""

from __future__ import annotations

from pytest_bdd import scenarios

scenarios(".")
