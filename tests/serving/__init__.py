"""The service as it is served: proxy, web server, workers, and what happens when one of them ends."""
