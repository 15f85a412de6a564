"""A living page of the tokens and components, in development alone. It may import charts of the apps."""
