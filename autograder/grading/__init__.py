"""Marking: from what students hand in to marks, feedback pages and tables."""

import sys

# A check of URLs that nothing here uses; importing it, as jsonschema does where it can, takes a second in each process.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
