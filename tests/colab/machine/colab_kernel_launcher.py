"""Starts a kernel as Colab does: google.colab is loaded before any cell runs."""

import google.colab  # noqa: F401

if __name__ == "__main__":
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
