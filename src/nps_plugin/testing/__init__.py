"""What writers of adapters test with; needs pytest. docs/write-a-channel.md tells how.

``ChannelContract`` holds every rule that a channel must keep, one test each. ``HttpWire`` is a provider on loopback.
"""

from __future__ import annotations

import pytest

# an assertion of the kit shows its values, as one in a test file does
pytest.register_assert_rewrite("nps_plugin.testing.channel")

from .channel import ChannelContract  # noqa: E402
from .wire import Call, HttpWire, Wire, example_message  # noqa: E402

__all__ = ["Call", "ChannelContract", "HttpWire", "Wire", "example_message"]
