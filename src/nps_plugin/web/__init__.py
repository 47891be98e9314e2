"""The pages that clients see: a request in, a response out, and the library behind them as a ``Desk``."""
