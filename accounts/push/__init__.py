"""Web push: a browser that a person allowed to is told of notices, by its maker's push service.

May import webhooks (its rules for addresses), telling, linked and models. Offered only with a key (VAPID_PRIVATE_KEY).
"""
