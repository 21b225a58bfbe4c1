"""Licences of sources: which of them let a text be given away, by their SPDX names in `config/sources.yaml`."""

# The hub knows them by the same names in small letters. Whatever else a registry says
# (words, "none stated") gives no right to pass a text on.
OPEN_LICENCES = frozenset({"Apache-2.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-SA-4.0", "CC0-1.0", "MIT"})
