"""Differentially private figures of many people, and texts without contacts. Imports no other room."""
