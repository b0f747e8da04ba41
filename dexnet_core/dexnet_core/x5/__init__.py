"""The RDK X5: what its toolchain takes, and the files that it is given."""
