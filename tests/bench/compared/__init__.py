"""The same model behind other servers, to compare with; they run in the environment of tests/bench/tools.py."""
