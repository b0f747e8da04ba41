"""Dex-Net crop data sets: what they are on disk and in memory."""
