"""Webhooks of people's programs: addresses that are told of notices, signed, repeated and logged.

May import telling, linked and models. Notices come by the signal `noticed`, in the transaction that writes them.
"""
