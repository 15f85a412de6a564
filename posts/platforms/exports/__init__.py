"""Files that creators bring: TikTok's data export (JSON, plain or in a zip), and tables of posts (CSV).

Pure readers that stream: memory stays flat whatever a file's size, and nothing is ever written. They never raise
anything but BadFile. May import `config.csv_cells`, `posts.content`, `posts.platforms.base`, `privacy.anonymity`,
and the words for visibility of `posts.platforms.tiktok`.
"""

from posts.platforms.exports.reading import read_file
from posts.platforms.exports.rows import BadFile, Comment, FileFacts, ImportedRow, Skipped

__all__ = ["BadFile", "Comment", "FileFacts", "ImportedRow", "Skipped", "read_file"]
