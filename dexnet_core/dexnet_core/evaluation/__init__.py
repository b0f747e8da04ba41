"""How good the exported file is, and how fast."""
