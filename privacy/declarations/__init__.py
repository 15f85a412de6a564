"""How apps declare what they keep and why. Imports the purposes and the texts of consent, no other room."""
