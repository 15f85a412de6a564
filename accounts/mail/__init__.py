"""E-mail about notices: only to an address that a person gave for that, agreed to and confirmed by a link.

May import telling, linked and models. Offered only where the service has a mail server (MAIL_URL).
"""
