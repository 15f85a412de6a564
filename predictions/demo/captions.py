"""Words of the simulated creator's captions: lines and hashtags by topic, and what some captions add to their line."""

LINES = {
    "bread": (
        "Cold-proofed loaf, straight from the fridge to the oven",
        "This crust sings while it cools",
        "Shaping a batard without tearing the dough",
        "The first slice belongs to the baker",
        "Rye starter, day six",
        "Scoring a leaf in one go",
        "Overnight dough, two minutes of work",
        "A wet dough that finally behaves",
        "Focaccia with the last tomatoes",
        "Baguettes before sunrise",
    ),
    "cake": (
        "Lemon drizzle, still warm",
        "Three layers and no lopsided one",
        "Carrot cake the way my aunt makes it",
        "Chocolate sponge in one bowl",
        "Piping roses, take four",
        "A birthday cake on a weekday",
        "Burnt cheesecake with a soft heart",
        "Plum tray bake for ten",
    ),
    "breakfast": (
        "Cinnamon rolls, pulled apart",
        "Pancakes as thick as a thumb",
        "Overnight buns with cardamom",
        "Scones in twenty minutes",
        "Granola that stays crunchy",
        "Eggs on yesterday's loaf",
        "Waffles from leftover starter",
    ),
}
"""The beginnings of captions."""

OWN_TAGS = {
    "bread": ("sourdough", "bread"),
    "cake": ("cake", "homebaking"),
    "breakfast": ("breakfast", "homebaking"),
}
COMMON_TAGS = ("baking", "foryou", "recipe")

QUESTIONS = (
    "Would you try this?",
    "Which one would you pick?",
    "Butter or jam?",
    "What should I bake next?",
    "Too dark for you?",
)
ADDED = (
    "Recipe below.",
    "Only flour, water, salt and a slow night in the fridge.",
    "I make it every week: it forgives every mistake.",
    "The trick is a hot tray and a closed oven door.",
)
"""Sentences that make some captions longer."""
