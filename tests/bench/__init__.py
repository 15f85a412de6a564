"""Performance figures; `make bench` prints them. Speed is measured here and asserted nowhere."""

# first of all, as in every process of the service: it sets the number of threads before NumPy is loaded
import config  # noqa: F401
