"""What travels with a network: what goes in, what comes out, in which units."""
