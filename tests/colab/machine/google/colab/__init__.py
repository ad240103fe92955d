"""There, so that `"google.colab" in sys.modules` holds as it does on Colab. Nothing of the course may call it."""
