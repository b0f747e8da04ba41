"""Data sets of aligned crops in the files of Dex-Net: generated, read and described."""
