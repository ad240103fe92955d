"""The class report: one page that shows an instructor how a class did and what needs a person."""
