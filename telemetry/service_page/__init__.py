"""The staff page of the service: latency, errors and saturation by day and route, and panels that other apps add."""
