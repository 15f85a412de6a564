"""Captions longer than what TikTok returns of them."""

from posts.content.captions import MAX_RETURNED

LONG = {
    "plain": "Which of these three loaves would you bring to a picnic on a rainy Sunday in May? " * 3 + "#bread",
    "emoji": "🍞🔥" * 40 + " baked by my grandmother, who never told anybody how she does it " * 3,
    "family": "👨‍👩‍👧‍👦" * 30 + " #family",
    "contacts": "Write to a@b.de or call 0170 1234567 for the recipe of this bread, " * 5,
    "contact on the edge": "x" * (MAX_RETURNED - 7) + " 0170 1234567 and more",
    "arabic": "الكشري في خمس دقائق مع الأصدقاء لأول مرة قبل الغروب ما رأيكم؟ " * 4,
}
