"""The public page of what works now: forecasts, reading TikTok, background work. Nothing secret, no numbers of queues.

May import the checks of dependencies, the queues and the service levels.
"""
