"""The languages of the pages: which one a request speaks, and how sentences composed in English are told in it."""
