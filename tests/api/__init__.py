"""Rules that every route of the REST API keeps, asked of the OpenAPI document; and clients made from it."""
