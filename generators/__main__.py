"""Write all generated files: ``python -m generators``."""

from __future__ import annotations

from . import choices_table, operations_table, studio_picture, switchboard_map, verbs_page, verbs_stub

for writer in (choices_table, operations_table, switchboard_map, verbs_page, verbs_stub):
    writer.PATH.write_text(writer.text(), encoding="utf-8")
    print(f"Wrote {writer.PATH}")

studio_picture.write()
print(f"Wrote {studio_picture.PATH}")
