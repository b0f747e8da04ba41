"""Objects on tables and in bins, and the depth cameras that look at them."""
