"""From a lesson's text to its notebooks: lesson → notebook → execution → handout; and compare with what is there."""
