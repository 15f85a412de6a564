"""The signed-in person: their settings page and themselves in the API; may import linked, tokens and models."""
