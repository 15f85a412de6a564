"""Prometheus metrics of all processes: their files, what each counts, and figures that are computed once for all."""
