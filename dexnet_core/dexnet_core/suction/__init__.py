"""The compliant suction contact model of Dex-Net 3.0."""
