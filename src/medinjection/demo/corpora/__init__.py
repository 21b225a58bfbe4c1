"""The corpora of the demonstration, rendered in the formats of their upstreams."""
