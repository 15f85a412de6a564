"""Notices: what happened since a person looked last, shown in the app, in the API and by the channels they chose.

May import linked and models. Later apps call `services.tell`; the words of a notice are made when it is shown.
"""
