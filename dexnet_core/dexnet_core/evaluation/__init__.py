"""How good the exported file is on scenes it never saw."""
