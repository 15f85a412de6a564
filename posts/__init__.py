"""Posts of linked accounts: read from their platform, observed over time, measured, shown to their creators.

Knows `accounts` and `privacy`; knows nothing of forecasts. Inside, arrows point one way: `content` <- (`platforms`,
`models`) <- `ingest` <- `imports` <- the pages and the API at the top.
"""
