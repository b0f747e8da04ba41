"""Values from files: dataclasses with checked types and ranges."""
