"""Whom to ask, when, over what: recording closings, planning questions, sending them."""
