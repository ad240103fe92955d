"""How much sooner the tuned training reaches the lecture's accuracies. `make bench` runs it; nothing imports it."""
