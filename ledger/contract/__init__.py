"""The shapes of the HTTP contract (api.md): what is asked and what is answered, once for all.

The service answers with them, OpenAPI is made from them, the client reads them.
"""
