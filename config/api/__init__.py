"""Rules of every REST view: strict input, problem details, scopes, paging; may import consent of the apps alone."""
