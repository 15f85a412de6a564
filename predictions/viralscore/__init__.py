"""ViralScore: how likely a post spreads further than usual, with five parts that people can read. Pure, free of Django.

E emotion, H hook, R replicability, S share trigger, T trend match: `subscores/` learns them on an installation's posts.
`manage.py viralscore` scores content files, `manage.py hooks` headlines, `manage.py evaluate_viralscore` tells what the
inputs bring. May import the engine and the content measures.
"""
