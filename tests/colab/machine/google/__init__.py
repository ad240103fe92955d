"""Google's part of a Colab machine, as far as notebooks can tell."""
