"""Which version this is, as CHANGELOG.md tells of it."""

VERSION = "0.4.0"
