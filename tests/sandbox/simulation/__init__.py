"""Simulated creators, their posts and their counts: plain NumPy. Imports no other room of the sandbox."""
