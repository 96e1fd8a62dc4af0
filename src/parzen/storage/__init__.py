"""Where events are kept. Knows events as data; knows no algorithm and no space."""
