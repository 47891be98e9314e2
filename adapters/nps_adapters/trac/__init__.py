"""Trac as a host: a component that Trac finds by the entry point ``trac.plugins``; enable ``nps_adapters.trac.*``."""
