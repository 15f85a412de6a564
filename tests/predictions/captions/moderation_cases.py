"""Sentences for moderation: clean ones with words that look like others, and hurtful ones.

Written for this test; nothing learned from them.
"""

CLEAN = [
    "Shitake mushrooms in a buttery scallion sauce",
    "Grape cocktail night with the girls",
    "I passed my class assessment today",
    "Classic bass guitar, Scunthorpe edition",
    "My cat killed it on the runway",
    "This hot sauce will blow your mind",
    "Dickens was right about winter",
    "Kill the lights, movie night starts now",
    "Shooting the sunset with my new lens",
    "This beat is sick, I'm dying laughing",
    "Cockatiels dance better than me",
    "Best damn brownies you'll ever taste",
    "Black coffee and a crazy long run",
    "Gay pride parade in Berlin was beautiful",
    "Muslim wedding traditions explained",
    "How I fight depression one walk at a time",
    "Stupid simple pasta in ten minutes",
    "Dumb mistakes I made as a new mum",
    "Bloody Mary recipe for Sunday brunch",
    "My pussycat hates the vacuum",
]
HURTFUL = [
    "What the f*ck is this recipe",
    "This is fucking garbage and so are you",
    "You stupid b!tch, nobody likes you",
    "sh1t cooks make sh1t food",
    "f u c k this place",
    "phuck all of you",
    "He is such an a$$hole",
    "go kys nobody will miss you",
    "stfu you dumb cunt",
    "What a retarded take, you moron",
    "I hope you die slowly, worthless trash",
    "All immigrants are parasites and should be thrown out",
    "Women belong in the kitchen, they are too dumb to vote",
    "Jews control everything, wake up",
    "Muslims are animals, send them back",
    "gays are disgusting and should be locked up",
    "You fat ugly pig, do us a favour and disappear",
    "kill all of them, they are vermin",
    "Those people are subhuman filth",
    "Black people are all criminals",
]
UNLISTED = 10
"""Hurtful sentences at the end in which no word is listed: their meaning hurts."""
