"""The access trail: who read or changed whose data, when and why. Imports models, declarations and anonymity."""
