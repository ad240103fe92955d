"""The course as pages to read: its lessons as students see them, and one page for each audience."""
