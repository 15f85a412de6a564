"""Five sub-scores of a post: weak labels, a fit on an installation's own posts, and the evidence for each. Pure.

E emotion, H hook, R replicability, S share trigger, T trend match. `learn_record` fits each sub-score on earlier posts
and validates it on later ones; one whose lower bound is not above zero is told as a checklist, never as a number.
May import the engine and the content measures.
"""

from predictions.viralscore.subscores.checklist import Item, Level, checklist_of
from predictions.viralscore.subscores.columns import COLUMNS, Circumstances
from predictions.viralscore.subscores.evidence import Evidence
from predictions.viralscore.subscores.fitting import PARTS
from predictions.viralscore.subscores.posts import PostTable, post_table
from predictions.viralscore.subscores.record import MANIFEST_ENTRY, VALUE, PartScores, Record, learn_record

__all__ = [
    "COLUMNS",
    "MANIFEST_ENTRY",
    "PARTS",
    "VALUE",
    "Circumstances",
    "Evidence",
    "Item",
    "Level",
    "PartScores",
    "PostTable",
    "Record",
    "checklist_of",
    "learn_record",
    "post_table",
]
