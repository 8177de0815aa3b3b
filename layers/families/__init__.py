"""What families of layer types share: abstract base classes, and what those stand on."""
