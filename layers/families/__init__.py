"""What families of layer types share: one abstract base class a file."""
