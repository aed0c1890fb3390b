"""`python -m grader.card` writes a gallery of every outcome."""

from pathlib import Path

from grader.card.gallery import gallery

Path("card-gallery.html").write_text(gallery(), encoding="utf-8")
print("card-gallery.html")
