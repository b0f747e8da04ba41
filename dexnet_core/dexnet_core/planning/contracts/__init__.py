"""The contract of a network: its inputs, outputs and units. It is stored in the model file."""
