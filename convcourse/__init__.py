"""What the notebooks of convcourse teach with: operations, figures and data. It knows nothing of marks."""
