"""What runs inside the sandbox, beside or around the student's code."""
