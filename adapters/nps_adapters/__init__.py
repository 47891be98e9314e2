"""The adapters that ship with the library, each importable by itself."""
