"""Description of the API as a whole in the OpenAPI document; docs/api.md says more."""

DESCRIPTION = """What will this post do in its first 24 hours, and how sure is that?

**Signing in.** Programs send `Authorization: Bearer pc_...` with an API token, made on the settings page with the
scopes that the program needs; it expires after 90 days unless you choose another day, a year ahead at most.

**Input is strict.** Members, parameters and parts that are not known are refused by name, and no value is turned into
another type. A moment has a date and a time, such as `2026-12-01T18:00:00Z`; without an offset it is UTC.

**Errors** are problem details (RFC 9457, `application/problem+json`) on every address; `errors` lists what is wrong.

**Repeating.** Operations that create something take an `Idempotency-Key`: the same key and request within 24 hours are
answered as the first time and create nothing.

**Paging.** Lists answer `count`, `next`, `previous` and `results`; follow `next` until it is null. `page_size` is 1 to
100.

**Caching.** Answers to GET have an `ETag`; with `If-None-Match` an unchanged one is 304, without a body.

**Limits.** Above a limit the answer is 429, and `Retry-After` says for how many seconds to wait.

**Versions.** `/api/v1` only grows: members are added, none is renamed or removed. What is to go is announced by
`Deprecation` and `Sunset` headers at least six months before. Addresses have no slash at their end; with one they are
served the same.
"""
