"""What students and instructors get to read after marking."""
