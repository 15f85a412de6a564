"""ViralScore: a multimodal model of how far a post spreads, with five parts that people can read. Pure, free of Django.

E emotion, H hook, R replicability, S share trigger, T trend match. `manage.py viralscore` scores content files with it.
May import the engine and the content measures. torch is imported by the training modules alone, inside of their
functions: serving needs ONNX Runtime.
"""
