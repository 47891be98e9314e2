"""What follows an answer, or the lack of one: the calls that operators make."""

from .calls import Calls

__all__ = ["Calls"]
