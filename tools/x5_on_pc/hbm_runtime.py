"""The X5's module `hbm_runtime` on a PC, for any command that loads a compiled file.

    PYTHONPATH=tools/x5_on_pc:$PYTHONPATH dexnet plan suction --model x5/suction/suction.bin ...

The file answers by the vendor's arithmetic, run by the tools that DEXNET_X5_TOOLCHAIN or PATH
names; times say nothing of the board.
"""

from __future__ import annotations

from pathlib import Path

from dexnet_core.export.x5.vendor_runtime import VendorRuntime
from dexnet_core.export.x5.vendor_tools import find_tools


def HB_HBMRuntime(path: str) -> VendorRuntime:  # noqa: N802
    """Load a compiled file."""
    return VendorRuntime(Path(path), find_tools(None))
