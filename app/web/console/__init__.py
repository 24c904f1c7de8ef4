"""The administrators' pages at /admin: complete without script, quicker with it."""
