"""A random storm of operations by several processes, each of which knows what must be there."""
