"""What judges the exercises of convcourse. It knows nothing of the lessons' prose."""
