"""Nowcasts of young posts."""
